// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads ONNX files by their own description.

#include "tools/rondo-import/Reader.h"
#include "tools/rondo-import/ExternalData.h"

#include "onnx.pb.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"
#include <cmath>
#include <limits>
#include <set>

using namespace rondo::importer;
using llvm::Twine;

namespace {

/// A reader that keeps the first error.
struct Reader {
  OnnxModel &model;
  ExternalData data;
  std::string error;

  bool fail(const Twine &words) {
    if (error.empty())
      error = words.str();
    return false;
  }
  bool readArray(const ::onnx::TensorProto &from, Constant &to, const std::string &what);
  bool readAttribute(const ::onnx::AttributeProto &from, Attribute &to, const OnnxNode &node, int depth);
  bool readNode(const ::onnx::NodeProto &from, OnnxNode &to, int depth);
  bool readPort(const ::onnx::ValueInfoProto &from, OnnxPort &to);
  bool readGraph(const ::onnx::GraphProto &from, OnnxGraph &to, int depth);
  bool readVersion(const ::onnx::ModelProto &from);
  int64_t sizeNamed(const std::string &name);
};

/// The elements of raw bytes, little-endian, each made by `convert` of `Word`.
template <typename Word, typename Result, typename Convert>
bool unpack(const std::string &bytes, int64_t count, std::vector<Result> &to, Convert convert) {
  if (bytes.size() != static_cast<size_t>(count) * sizeof(Word))
    return false;
  to.reserve(static_cast<size_t>(count));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    to.push_back(convert(llvm::support::endian::read<Word, llvm::endianness::little>(bytes.data() + i * sizeof(Word))));
  return true;
}

template <typename Field, typename Result> bool copyField(const Field &field, int64_t count, std::vector<Result> &to) {
  if (field.size() != count)
    return false;
  to.assign(field.begin(), field.end());
  return true;
}

double realOfBits(uint16_t bits, const llvm::fltSemantics &semantics) {
  llvm::APFloat value(semantics, llvm::APInt(16, bits));
  bool loses = false;
  value.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &loses);
  return value.convertToDouble();
}

/// The reals of a tensor; false where there are not as many as its shape says.
bool unpackReals(const ::onnx::TensorProto &from, int64_t count, std::vector<double> &to) {
  const std::string &raw = from.raw_data();
  auto same = [](auto value) { return static_cast<double>(value); };
  switch (from.data_type()) {
  case ::onnx::TensorProto::FLOAT:
    return from.has_raw_data() ? unpack<float>(raw, count, to, same) : copyField(from.float_data(), count, to);
  case ::onnx::TensorProto::DOUBLE:
    return from.has_raw_data() ? unpack<double>(raw, count, to, same) : copyField(from.double_data(), count, to);
  default: {
    bool isHalf = from.data_type() == ::onnx::TensorProto::FLOAT16;
    auto half = [&](auto bits) {
      return realOfBits(static_cast<uint16_t>(bits), isHalf ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat());
    };
    if (from.has_raw_data())
      return unpack<uint16_t>(raw, count, to, half);
    if (from.int32_data_size() != count)
      return false;
    for (int32_t bits : from.int32_data())
      to.push_back(half(bits));
    return true;
  }
  }
}

bool unpackIntegers(const ::onnx::TensorProto &from, int64_t count, std::vector<int64_t> &to) {
  const std::string &raw = from.raw_data();
  auto same = [](auto value) { return static_cast<int64_t>(value); };
  auto isOne = [](auto value) { return static_cast<int64_t>(value != 0); };
  bool hasRaw = from.has_raw_data();
  switch (from.data_type()) {
  case ::onnx::TensorProto::INT64:
    return hasRaw ? unpack<int64_t>(raw, count, to, same) : copyField(from.int64_data(), count, to);
  case ::onnx::TensorProto::INT32:
    return hasRaw ? unpack<int32_t>(raw, count, to, same) : copyField(from.int32_data(), count, to);
  case ::onnx::TensorProto::UINT8:
    return hasRaw ? unpack<uint8_t>(raw, count, to, same) : copyField(from.int32_data(), count, to);
  case ::onnx::TensorProto::INT8:
    return hasRaw ? unpack<int8_t>(raw, count, to, same) : copyField(from.int32_data(), count, to);
  default:
    return hasRaw ? unpack<uint8_t>(raw, count, to, isOne) : copyField(from.int32_data(), count, to);
  }
}

/// Whether the tool knows a type of elements, and which of its own it is.
bool typeOf(int type, Constant::Type &to) {
  switch (type) {
  case ::onnx::TensorProto::FLOAT:
  case ::onnx::TensorProto::DOUBLE:
  case ::onnx::TensorProto::FLOAT16:
  case ::onnx::TensorProto::BFLOAT16:
    to = Constant::Type::Real;
    return true;
  case ::onnx::TensorProto::INT64:
  case ::onnx::TensorProto::INT32:
  case ::onnx::TensorProto::UINT8:
  case ::onnx::TensorProto::INT8:
    to = Constant::Type::Integer;
    return true;
  case ::onnx::TensorProto::BOOL:
    to = Constant::Type::Truth;
    return true;
  default:
    return false;
  }
}

bool Reader::readArray(const ::onnx::TensorProto &from, Constant &to, const std::string &what) {
  to.shape.assign(from.dims().begin(), from.dims().end());
  int64_t count = countOf(to.shape);
  if (count < 0)
    return fail(what + " has a shape with a negative size, or of more than 2^28 elements");
  if (!typeOf(from.data_type(), to.type))
    return fail(what + " has elements of type " + Twine(from.data_type()) +
                ", expected reals, integers or truth values");
  if (from.data_location() == ::onnx::TensorProto::EXTERNAL) {
    llvm::StringRef bytes;
    if (std::string words = data.read(from, bytes); !words.empty())
      return fail(what + ": " + words);
    ::onnx::TensorProto own;
    if (bytes.size() <= static_cast<size_t>(count) * sizeof(double)) // else it fits in no type
      own.set_raw_data(bytes.data(), bytes.size());
    own.set_data_type(from.data_type());
    for (int64_t size : from.dims())
      own.add_dims(size);
    return readArray(own, to, what);
  }
  if (!(to.isReal() ? unpackReals(from, count, to.reals) : unpackIntegers(from, count, to.integers)))
    return fail(what + " has other data than its shape, of " + Twine(count) + " elements, and its type say");
  if (llvm::any_of(to.integers, isOpen)) // those are the tool's own; nothing in a model is so far below zero
    for (int64_t &value : to.integers)
      value = std::max(value, INT64_MIN / 4);
  return true;
}

bool Reader::readAttribute(const ::onnx::AttributeProto &from, Attribute &to, const OnnxNode &node, int depth) {
  using Kind = Attribute::Kind;
  std::string what = node.spell() + ": attribute '" + from.name() + "'";
  switch (from.type()) {
  case ::onnx::AttributeProto::FLOAT:
    to.kind = Kind::Real;
    to.real = from.f();
    return true;
  case ::onnx::AttributeProto::INT:
    to.kind = Kind::Integer;
    to.integer = from.i();
    return true;
  case ::onnx::AttributeProto::STRING:
    to.kind = Kind::Text;
    to.text = from.s();
    return true;
  case ::onnx::AttributeProto::FLOATS:
    to.kind = Kind::Reals;
    to.reals.assign(from.floats().begin(), from.floats().end());
    return true;
  case ::onnx::AttributeProto::INTS:
    to.kind = Kind::Integers;
    to.integers.assign(from.ints().begin(), from.ints().end());
    return true;
  case ::onnx::AttributeProto::STRINGS:
    to.kind = Kind::Texts;
    to.texts.assign(from.strings().begin(), from.strings().end());
    return true;
  case ::onnx::AttributeProto::TENSOR:
    to.kind = Kind::Array;
    to.array = std::make_shared<Constant>();
    return readArray(from.t(), *to.array, what);
  case ::onnx::AttributeProto::GRAPH:
    to.kind = Kind::Graph;
    to.graph = std::make_shared<OnnxGraph>();
    return readGraph(from.g(), *to.graph, depth + 1);
  default:
    return fail(what + " has type " + Twine(int(from.type())) + ", which is not covered");
  }
}

bool Reader::readNode(const ::onnx::NodeProto &from, OnnxNode &to, int depth) {
  to.op = from.op_type();
  to.inputs.assign(from.input().begin(), from.input().end());
  to.outputs.assign(from.output().begin(), from.output().end());
  auto named = llvm::find_if(to.outputs, [](const std::string &name) { return !name.empty(); });
  to.name = !from.name().empty() ? from.name() : named != to.outputs.end() ? *named : "";
  bool isOwn = from.domain().empty() || from.domain() == "ai.onnx";
  if (!isOwn && from.domain() + "." + from.op_type() == multiHeadAttention.str())
    to.op = multiHeadAttention;
  else if (!isOwn)
    return fail(to.spell() + ": operators of domain '" + from.domain() + "' are not covered");
  for (const ::onnx::AttributeProto &attribute : from.attribute()) {
    auto [place, isNew] = to.attributes.emplace(attribute.name(), Attribute());
    if (!isNew)
      return fail(to.spell() + ": expected one attribute '" + attribute.name() + "', found a second");
    if (!readAttribute(attribute, place->second, to, depth))
      return false;
  }
  return true;
}

int64_t Reader::sizeNamed(const std::string &name) {
  auto place = name.empty() ? model.openSizes.end() : llvm::find(model.openSizes, name);
  if (place != model.openSizes.end())
    return openSize(static_cast<size_t>(place - model.openSizes.begin()));
  model.openSizes.push_back(name);
  return openSize(model.openSizes.size() - 1);
}

bool Reader::readPort(const ::onnx::ValueInfoProto &from, OnnxPort &to) {
  to.name = from.name();
  if (!from.type().has_tensor_type())
    return fail("'" + to.name + "' is no tensor, which is not covered");
  const auto &type = from.type().tensor_type();
  if (!typeOf(type.elem_type(), to.type))
    return fail("'" + to.name + "' has elements of type " + Twine(type.elem_type()) +
                ", expected reals, integers or truth values");
  to.hasShape = type.has_shape();
  for (const auto &dim : type.shape().dim()) {
    if (dim.has_dim_value() && (dim.dim_value() < 0 || dim.dim_value() > INT32_MAX))
      return fail("'" + to.name + "' has a dimension of size " + Twine(dim.dim_value()));
    to.shape.push_back(dim.has_dim_value() ? dim.dim_value() : sizeNamed(dim.dim_param()));
    if (model.openSizes.size() > mostOpenSizes)
      return fail("expected at most " + Twine(mostOpenSizes) + " dimensions of open size");
  }
  return true;
}

bool Reader::readGraph(const ::onnx::GraphProto &from, OnnxGraph &to, int depth) {
  if (depth > 16)
    return fail("graphs within graphs: expected at most 16, one within the other");
  to.name = from.name();
  if (from.sparse_initializer_size())
    return fail("sparse initialisers are not covered");
  for (const ::onnx::TensorProto &array : from.initializer())
    if (!readArray(array, to.initializers[array.name()], "initialiser '" + array.name() + "'"))
      return false;
  std::set<std::string> names;
  for (const ::onnx::ValueInfoProto &port : from.input()) {
    OnnxPort input;
    if (to.initializers.count(port.name()))
      continue;
    if (!readPort(port, input))
      return false;
    if (!names.insert(input.name).second)
      return fail("expected one input '" + input.name + "', found a second");
    to.inputs.push_back(input);
  }
  for (const ::onnx::ValueInfoProto &port : from.output()) {
    to.outputs.emplace_back();
    if (depth == 0 ? !readPort(port, to.outputs.back()) : (to.outputs.back().name = port.name(), false))
      return false;
  }
  for (const ::onnx::NodeProto &node : from.node()) {
    to.nodes.emplace_back();
    if (!readNode(node, to.nodes.back(), depth))
      return false;
  }
  return true;
}

bool Reader::readVersion(const ::onnx::ModelProto &from) {
  for (const ::onnx::OperatorSetIdProto &set : from.opset_import())
    if (set.domain().empty() || set.domain() == "ai.onnx")
      model.opset = set.version();
  if (model.opset < 7 || model.opset > 25)
    return fail("expected operators of version 7 to 25, found " + Twine(model.opset));
  if (from.functions_size())
    return fail("functions of the model's own are not covered");
  return true;
}

} // namespace

std::string rondo::importer::readModel(llvm::StringRef bytes, llvm::StringRef path, OnnxModel &model) {
  ::onnx::ModelProto proto;
  if (bytes.size() > static_cast<size_t>(INT32_MAX) ||
      !proto.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto.IsInitialized() ||
      !proto.has_graph())
    return "expected an ONNX model, found something else";
  Reader reader{model, ExternalData(path), ""};
  if (reader.readVersion(proto))
    reader.readGraph(proto.graph(), model.graph, 0);
  model.dataFiles = reader.data.paths();
  return reader.error;
}
