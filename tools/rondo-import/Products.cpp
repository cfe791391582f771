// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products with weights, and of two values.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

const Constant *Lowering::biasBehind(const OnnxNode &node, int64_t size, const OnnxNode *&user) {
  const std::string &output = node.outputs.front();
  auto next = users.find(output);
  if (uses[output] != 1 || next == users.end() || !next->second || next->second->op != "Add" ||
      next->second->inputs.size() != 2 || next->second->outputs.empty())
    return nullptr;
  const std::string &other = next->second->inputs[next->second->inputs[0] == output ? 1 : 0];
  auto value = values.find(other);
  if (value == values.end() || !value->second.isConstant())
    return nullptr;
  const Constant &bias = *value->second.constant;
  if (!bias.isReal() || bias.uniform || bias.shape != Sizes{size})
    return nullptr;
  user = next->second;
  done.insert(user);
  return &bias;
}

// Of a number of its own `linear` has no form: it is repeated over the features of its weights.
Value Lowering::scaleNumber(const OnnxNode &node, Value value, std::vector<double> weights, std::vector<double> bias,
                            int64_t outputs) {
  auto parameter = [&](StringRef suffix, std::vector<double> &values) {
    std::string path = addParameter(nameOf(node, suffix), {outputs}, std::move(values));
    program.statements.push_back("param " + path + ": " + spellShape({outputs}) + " = zeros");
    return path;
  };
  if (!rondo::importer::isName(value.parts.front()))
    value = bind(node, value, "_in");
  std::string text = value.parts.front() + " * " + parameter("_weights", weights);
  if (!bias.empty())
    text += " + " + parameter("_bias", bias);
  value.features = outputs == 1 ? Sizes() : Sizes{outputs};
  value.parts = {outputs == 1 ? "sum(" + text + ")" : text};
  return bind(node, value);
}

Value Lowering::bindLinear(const OnnxNode &node, Value value, std::vector<double> weights, std::vector<double> bias,
                           int64_t outputs) {
  if (value.features.empty())
    return scaleNumber(node, std::move(value), std::move(weights), std::move(bias), outputs);
  const std::string &part = value.parts.front();
  bool isName = llvm::all_of(part, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  std::string text = "linear[" + std::to_string(outputs) + "](" + (isName ? "" : "x: ") + part +
                     (bias.empty() ? ", bias: none)" : ")");
  Sizes shape = value.features;
  shape.insert(shape.begin(), outputs);
  // One feature is a number of its own.
  Value result = value;
  result.features = outputs == 1 ? Sizes() : Sizes{outputs};
  result.parts = {outputs == 1 ? "sum(" + text + ")" : text};
  result = bind(node, result);
  std::string path = result.parts.front() + ".";
  program.parameters.push_back({path + (isName ? part : "x"), shape, std::move(weights)});
  if (!bias.empty())
    program.parameters.push_back({path + "bias", {outputs}, std::move(bias)});
  return result;
}

bool Lowering::emitLinear(const OnnxNode &node, Value value, const Constant &weights, bool isTransposed,
                          const Constant *bias, double scale, double biasScale) {
  if (value.type != Value::Type::Real || value.dims.empty() || !unstack(node, value))
    return refuse(node, "expected real numbers in one dimension or more");
  int64_t inputs = weights.shape[isTransposed ? 1 : 0], outputs = weights.shape[isTransposed ? 0 : 1];
  if (value.shape().back() != inputs || !weights.isReal() || weights.uniform || weights.stored() == 0)
    return refuse(node,
                  "expected " + Twine(inputs) + " features to multiply, found shape " + spellShape(value.shape()));
  // Other features would have to be of one axis: of an input they can become one.
  for (size_t dim = 0; dim + 1 < value.dims.size(); ++dim)
    for (const Atom &atom : value.dims[dim])
      if (atom.kind == Kind::Feature)
        return force(node, atom, Role::Axis, "an axis in front of the features that it multiplies");
  for (unsigned axis = 0; axis < program.axes.size(); ++axis)
    if (llvm::any_of(value.dims.back(), [&](const Atom &atom) { return atom.kind == Kind::Axis && atom.axis == axis; }))
      if (!gatherAxis(node, value, axis))
        return false;
  std::vector<Atom> last;
  for (const Atom &atom : value.dims.back())
    if (atom.kind == Kind::Feature)
      last.push_back(atom);
    else if (atom.kind != Kind::Unit)
      return refuse(node, "expected features to multiply, found the batch");
  if (last.size() > 3)
    return refuse(node, "a product over more than three dimensions is not covered");
  // A number of its own: of an input it is a feature.
  if (last.empty() && !value.dims.back().empty() && value.dims.back()[0].input >= 0)
    return force(node, value.dims.back()[0], Role::Feature, "features to multiply");
  Sizes sizes, strides(last.size());
  for (const Atom &atom : last)
    sizes.push_back(atom.size);
  Sizes inOrder = stridesOf(sizes);
  for (size_t i = 0; i < last.size(); ++i)
    strides[last[i].place] = inOrder[i];
  std::vector<double> rows, biases;
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t k = 0; k < inputs; ++k) {
      Sizes position = positionOf(static_cast<size_t>(k), value.features);
      int64_t source = 0;
      for (size_t i = 0; i < position.size(); ++i)
        source += position[i] * strides[i];
      int64_t at = isTransposed ? n * inputs + source : source * outputs + n;
      rows.push_back(scale * weights.reals[static_cast<size_t>(at)]);
    }
  for (int64_t n = 0; bias && n < outputs; ++n)
    biases.push_back(biasScale * bias->reals[bias->reals.size() == 1 ? 0 : static_cast<size_t>(n)]);
  value = bindLinear(node, value, std::move(rows), std::move(biases), outputs);
  Atom feature;
  feature.kind = Kind::Feature;
  feature.size = outputs;
  value.dims.back() = outputs == 1 ? Dim() : Dim{feature};
  return define(node, 0, value);
}

// Of two values: scores of positions beside one another, or what weights of positions make of them.
bool Lowering::multiplyValues(const OnnxNode &node, Value a, Value b) {
  if (a.dims.size() < 2 || b.dims.size() < 2 || a.type != Value::Type::Real || b.type != Value::Type::Real)
    return refuse(node, "of two values the inputs change a product of at least two dimensions each is covered");
  for (const Value *value : {&a, &b})
    for (const Dim &dim : llvm::ArrayRef<Dim>(value->dims).take_back(2))
      if (llvm::count_if(dim, [](const Atom &atom) { return atom.kind != Kind::Unit; }) > 1)
        return refuse(node, "of two values a product over dimensions that are made of several is not covered");
  auto single = [](const Dim &dim) {
    Atom found;
    for (const Atom &atom : dim)
      if (atom.kind != Kind::Unit || found.kind == Kind::Unit)
        found = atom;
    return found;
  };
  Atom rows = single(a.dims[a.dims.size() - 2]), inner = single(a.dims.back());
  Atom other = single(b.dims[b.dims.size() - 2]), columns = single(b.dims.back());
  Value left = a, right = b, result;
  left.dims.resize(a.dims.size() - 2);
  right.dims.resize(b.dims.size() - 2);
  bool overFeatures =
      inner.kind == Kind::Feature && other.kind == Kind::Feature && a.features == b.features && a.features.size() == 1;
  bool overAxis =
      inner.kind == Kind::Axis && other.kind == Kind::Axis && a.features.empty() && inner.size == other.size;
  // Of inputs what is beside the features that it multiplies is an axis.
  std::vector<Atom> open = {inner, other, rows};
  if (inner.kind == Kind::Feature && other.kind == Kind::Feature)
    open = {rows, columns};
  for (const Atom &atom : open)
    if (atom.kind == Kind::Feature && atom.input >= 0 && !overFeatures && atom.size > 1)
      return force(node, atom, Role::Axis, "an axis");
  for (const Atom &atom : {inner, other, rows, columns})
    if (atom.kind == Kind::Batch && atom.input >= 0)
      return force(node, atom, Role::Axis, "an axis");
  if (!overFeatures && !overAxis)
    return refuse(node, "of two values a product over features of both, or over one axis, is covered");
  Sizes features = overFeatures ? Sizes() : b.features;
  left.features = right.features = {};
  if (!align(node, left, right, result))
    return false;
  // The positions of the second operand along an axis of the first have one of their own.
  Atom &second = overFeatures ? columns : other;
  std::string expression = b.parts.front();
  if (overFeatures && rows.kind == Kind::Axis && columns.kind == Kind::Axis && rows.axis == columns.axis) {
    unsigned like = likeAxis(columns.axis);
    readsAlong(columns.axis);
    expression = "rename(" + expression + ", " + spellAxis(columns.axis) + ": " + spellAxis(like) + ")";
    second.axis = like;
    second.input = -1;
  } else if (overAxis && inner.axis != other.axis) {
    if (program.axes[inner.axis].rule != "like " + spellAxis(other.axis))
      return refuse(node, "expected one axis in both operands, found two");
    expression = "rename(" + expression + ", " + spellAxis(other.axis) + ": " + spellAxis(inner.axis) + ")";
  }
  if (overAxis)
    reduces(node, other.axis);
  result.parts = {overFeatures
                      ? "dot(" + a.parts.front() + ", " + expression + ")"
                      : "sum(" + a.parts.front() + " * " + expression + " over " + spellAxis(inner.axis) + ")"};
  result.features = features;
  result.dims.push_back(rows.kind == Kind::Unit ? Dim() : Dim{rows});
  result.dims.push_back(columns.kind == Kind::Unit ? Dim() : Dim{columns});
  std::set<unsigned> axes;
  for (const Atom &atom : result.atoms())
    if (atom.kind == Kind::Axis && !axes.insert(atom.axis).second)
      return refuse(node, "its result would vary twice along one axis, which is not covered");
  return define(node, 0, bind(node, result));
}

unsigned Lowering::likeAxis(unsigned axis) {
  auto [place, isNew] = derivedAxes.emplace(std::vector<int64_t>{-1, axis}, 0);
  if (isNew)
    place->second = addAxis("S", program.axes[axis].size, "like " + spellAxis(axis));
  return place->second;
}

// A product of rows that are all one number: the sums of the columns.
bool Lowering::foldProduct(const OnnxNode &node, const Constant &a, const Constant &b, bool isTransposed, double scale,
                           const Constant *bias, double biasScale) {
  int64_t inputs = b.shape[isTransposed ? 1 : 0], outputs = b.shape[isTransposed ? 0 : 1];
  if (!a.isReal() || a.stored() == 0 || !a.isSame() || a.shape.empty() || a.shape.back() != inputs || !b.isReal() ||
      b.uniform)
    return refuse(node, "of two known arrays a product is covered where the first one is one number throughout");
  Constant result;
  result.shape.assign(a.shape.size(), 1);
  result.shape.back() = outputs;
  for (int64_t n = 0; n < outputs; ++n) {
    double sum = 0;
    for (int64_t k = 0; k < inputs; ++k)
      sum += b.reals[static_cast<size_t>(isTransposed ? n * inputs + k : k * outputs + n)];
    double more = bias ? bias->reals[bias->reals.size() == 1 ? 0 : static_cast<size_t>(n)] : 0;
    result.reals.push_back(scale * a.reals[0] * sum + biasScale * more);
  }
  return fold(node, result);
}

bool Lowering::lowerMatMul(const OnnxNode &node) {
  auto isMany = areSideBySide(node);
  if (!isMany || *isMany)
    return isMany && mapParts(node, &Lowering::lowerMatMul);
  const Value *a = operand(node, 0), *b = a ? operand(node, 1) : nullptr;
  if (!b || !checkAttributes(node, {}))
    return false;
  if (!a->isConstant() && !b->isConstant())
    return multiplyValues(node, *a, *b);
  if (a->isConstant() && b->isConstant() && b->constant->shape.size() == 2)
    return foldProduct(node, *a->constant, *b->constant, false, 1, nullptr, 0);
  if (a->isConstant()) { // W x is the transpose of what x' W' is
    if (a->constant->shape.size() != 2 || b->dims.size() < 2)
      return refuse(node, "expected weights of two dimensions, found shape " + spellShape(a->shape()));
    Value turned = *b;
    std::swap(turned.dims[turned.dims.size() - 1], turned.dims[turned.dims.size() - 2]);
    OnnxNode one = node;
    one.outputs = {node.outputs.front() + "#turned"};
    if (!emitLinear(one, turned, *a->constant, true, nullptr, 1, 1))
      return false;
    Value result = values.find(one.outputs.front())->second;
    std::swap(result.dims[result.dims.size() - 1], result.dims[result.dims.size() - 2]);
    return define(node, 0, result);
  }
  Constant weights = *b->constant;
  while (weights.shape.size() > 2 && weights.shape[0] == 1 && weights.shape.size() <= a->dims.size())
    weights.shape.erase(weights.shape.begin());
  bool isVector = weights.shape.size() == 1;
  if (isVector)
    weights.shape.push_back(1);
  if (weights.shape.size() != 2)
    return refuse(node,
                  "expected weights of two dimensions as the second operand, found shape " + spellShape(b->shape()));
  if (isVector) {
    OnnxNode one = node;
    one.outputs = {node.outputs.front() + "#column"};
    if (!emitLinear(one, *a, weights, false, nullptr, 1, 1))
      return false;
    Value result = values.find(one.outputs.front())->second;
    result.dims.pop_back();
    return define(node, 0, result);
  }
  const OnnxNode *user = &node;
  const Constant *bias = biasBehind(node, weights.shape[1], user);
  return emitLinear(*user, *a, weights, false, bias, 1, 1);
}

bool Lowering::lowerGemm(const OnnxNode &node) {
  const Value *a = operand(node, 0);
  const Constant *b = a ? known(node, 1, "weights") : nullptr;
  auto alpha = real(node, "alpha", 1), beta = real(node, "beta", 1);
  auto turnsA = integer(node, "transA", 0), turnsB = integer(node, "transB", 0);
  if (!b || !alpha || !beta || !turnsA || !turnsB || !checkAttributes(node, {"alpha", "beta", "transA", "transB"}))
    return false;
  if (b->shape.size() != 2 || a->shape().size() != 2 || (a->isConstant() && *turnsA))
    return refuse(node, "expected a value of two dimensions that the inputs change, and weights of two");
  Value value = *a;
  if (*turnsA)
    std::swap(value.dims[0], value.dims[1]);
  const Constant *bias = nullptr;
  int64_t outputs = b->shape[*turnsB ? 0 : 1];
  if (has(node, 2)) {
    bias = known(node, 2, "a bias");
    if (!bias)
      return false;
    int64_t count = bias->uniform ? -1 : countOf(bias->shape);
    bool isRow = !bias->shape.empty() && bias->shape.back() == outputs;
    if (!bias->isReal() || bias->uniform || !(count == 1 || (count == outputs && isRow)))
      return refuse(node, "expected a bias of " + Twine(outputs) + " numbers, found shape " + spellShape(bias->shape));
  }
  if (a->isConstant())
    return foldProduct(node, *a->constant, *b, *turnsB != 0, *alpha, bias, *beta);
  return emitLinear(node, value, *b, *turnsB != 0, bias, *alpha, *beta);
}
