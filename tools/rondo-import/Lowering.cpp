// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Names, nodes, and what nodes say beside their operands.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;

std::vector<Atom> Value::atoms() const {
  std::vector<Atom> all;
  for (const Dim &dim : dims)
    for (const Atom &atom : dim)
      if (atom.kind != Atom::Kind::Unit)
        all.push_back(atom);
  return all;
}

Sizes Value::shape() const {
  if (constant)
    return constant->shape;
  Sizes shape;
  for (const Dim &dim : dims) {
    shape.push_back(1);
    for (const Atom &atom : dim)
      shape.back() = productOf(shape.back(), atom.size);
  }
  return shape;
}

const std::map<std::string, Lowering::Handler> &Lowering::handlers() {
  static const std::map<std::string, Handler> table = {
      {"Abs", &Lowering::lowerUnary},
      {"Add", &Lowering::lowerBinary},
      {"And", &Lowering::lowerBinary},
      {"Attention", &Lowering::lowerAttention},
      {"AveragePool", &Lowering::lowerPool},
      {"BatchNormalization", &Lowering::lowerBatchNorm},
      {"Cast", &Lowering::lowerCast},
      {"Ceil", &Lowering::lowerUnary},
      {"Celu", &Lowering::lowerUnary},
      {"Clip", &Lowering::lowerClip},
      {"Concat", &Lowering::lowerConcat},
      {"Constant", &Lowering::lowerConstant},
      {"ConstantOfShape", &Lowering::lowerConstantOfShape},
      {"Conv", &Lowering::lowerConv},
      {"ConvTranspose", &Lowering::lowerConvTranspose},
      {"Cos", &Lowering::lowerUnary},
      {"CumSum", &Lowering::lowerCumSum},
      {"Div", &Lowering::lowerBinary},
      {"Dropout", &Lowering::lowerIdentity},
      {"Einsum", &Lowering::lowerEinsum},
      {"Elu", &Lowering::lowerUnary},
      {"Equal", &Lowering::lowerBinary},
      {"Erf", &Lowering::lowerUnary},
      {"Exp", &Lowering::lowerUnary},
      {"Expand", &Lowering::lowerExpand},
      {"Flatten", &Lowering::lowerFlatten},
      {"Floor", &Lowering::lowerUnary},
      {"GRU", &Lowering::lowerRecurrent},
      {"Gather", &Lowering::lowerGather},
      {"Gelu", &Lowering::lowerUnary},
      {"Gemm", &Lowering::lowerGemm},
      {"GlobalAveragePool", &Lowering::lowerGlobalPool},
      {"GlobalMaxPool", &Lowering::lowerGlobalPool},
      {"Greater", &Lowering::lowerBinary},
      {"GreaterOrEqual", &Lowering::lowerBinary},
      {"GroupNormalization", &Lowering::lowerInstanceNorm},
      {"HardSigmoid", &Lowering::lowerUnary},
      {"HardSwish", &Lowering::lowerUnary},
      {"Identity", &Lowering::lowerIdentity},
      {"If", &Lowering::lowerIf},
      {"InstanceNormalization", &Lowering::lowerInstanceNorm},
      {"IsNaN", &Lowering::lowerIsNaN},
      {"LSTM", &Lowering::lowerRecurrent},
      {"LayerNormalization", &Lowering::lowerLayerNorm},
      {"LeakyRelu", &Lowering::lowerUnary},
      {"Less", &Lowering::lowerBinary},
      {"LessOrEqual", &Lowering::lowerBinary},
      {"Log", &Lowering::lowerUnary},
      {"LogSoftmax", &Lowering::lowerSoftmax},
      {"Loop", &Lowering::lowerLoop},
      {"MatMul", &Lowering::lowerMatMul},
      {"Max", &Lowering::lowerVariadic},
      {"MaxPool", &Lowering::lowerPool},
      {"Mean", &Lowering::lowerVariadic},
      {"Min", &Lowering::lowerVariadic},
      {"Mod", &Lowering::lowerBinary},
      {"Mish", &Lowering::lowerUnary},
      {"Mul", &Lowering::lowerBinary},
      {"Neg", &Lowering::lowerUnary},
      {"Not", &Lowering::lowerUnary},
      {"OneHot", &Lowering::lowerOneHot},
      {"Or", &Lowering::lowerBinary},
      {"PRelu", &Lowering::lowerPRelu},
      {"Pad", &Lowering::lowerPad},
      {"Pow", &Lowering::lowerBinary},
      {"RNN", &Lowering::lowerRecurrent},
      {"Range", &Lowering::lowerRange},
      {"Reciprocal", &Lowering::lowerUnary},
      {"ReduceL1", &Lowering::lowerReduce},
      {"ReduceL2", &Lowering::lowerReduce},
      {"ReduceLogSum", &Lowering::lowerReduce},
      {"ReduceLogSumExp", &Lowering::lowerReduce},
      {"ReduceMax", &Lowering::lowerReduce},
      {"ReduceMean", &Lowering::lowerReduce},
      {"ReduceMin", &Lowering::lowerReduce},
      {"ReduceProd", &Lowering::lowerReduceProd},
      {"ReduceSum", &Lowering::lowerReduce},
      {"ReduceSumSquare", &Lowering::lowerReduce},
      {"Relu", &Lowering::lowerUnary},
      {"Reshape", &Lowering::lowerReshape},
      {"RotaryEmbedding", &Lowering::lowerRotaryEmbedding},
      {"Round", &Lowering::lowerUnary},
      {"Scan", &Lowering::lowerScan},
      {"Selu", &Lowering::lowerUnary},
      {"Shape", &Lowering::lowerShape},
      {"Shrink", &Lowering::lowerUnary},
      {"Sigmoid", &Lowering::lowerUnary},
      {"Sign", &Lowering::lowerUnary},
      {"Sin", &Lowering::lowerUnary},
      {"Slice", &Lowering::lowerSlice},
      {"Softmax", &Lowering::lowerSoftmax},
      {"Softplus", &Lowering::lowerUnary},
      {"Softsign", &Lowering::lowerUnary},
      {"Split", &Lowering::lowerSplit},
      {"Sqrt", &Lowering::lowerUnary},
      {"Squeeze", &Lowering::lowerSqueeze},
      {"Sub", &Lowering::lowerBinary},
      {"Sum", &Lowering::lowerVariadic},
      {"Swish", &Lowering::lowerUnary},
      {"Tanh", &Lowering::lowerUnary},
      {"ThresholdedRelu", &Lowering::lowerUnary},
      {"Tile", &Lowering::lowerTile},
      {"Transpose", &Lowering::lowerTranspose},
      {"Trilu", &Lowering::lowerTrilu},
      {"Unsqueeze", &Lowering::lowerUnsqueeze},
      {"Where", &Lowering::lowerWhere},
      {multiHeadAttention.str(), &Lowering::lowerMultiHeadAttention},
  };
  return table;
}

bool Lowering::refuse(const OnnxNode &node, const Twine &words) {
  if (error.empty() && !again)
    error = (node.spell() + ": " + words).str();
  return false;
}

Value Lowering::valueOf(Constant constant) {
  Value value;
  value.constant = std::make_shared<const Constant>(std::move(constant));
  return value;
}

bool Lowering::define(const OnnxNode &node, size_t i, Value value) {
  if (i >= node.outputs.size() || node.outputs[i].empty())
    return true;
  if (!values.emplace(node.outputs[i], std::move(value)).second)
    return refuse(node, "expected one value '" + node.outputs[i] + "', found a second");
  return true;
}

const Value *Lowering::operand(const OnnxNode &node, size_t i, bool takesPadding) {
  if (!has(node, i)) {
    refuse(node, "expected at least " + Twine(i + 1) + " inputs, found input " + Twine(i + 1) + " missing");
    return nullptr;
  }
  auto place = values.find(node.inputs[i]);
  if (place != values.end())
    return takesPadding || writePadding(node, place->second) ? &place->second : nullptr;
  refuse(node, "expected a value computed before it, found '" + node.inputs[i] + "'");
  return nullptr;
}

const Constant *Lowering::known(const OnnxNode &node, size_t i, const char *what) {
  const Value *value = operand(node, i);
  if (!value)
    return nullptr;
  if (value->isConstant())
    return value->constant.get();
  refuse(node, Twine("expected ") + what + " that is known, found '" + node.inputs[i] + "', which the inputs change");
  return nullptr;
}

bool Lowering::checkAttributes(const OnnxNode &node, llvm::ArrayRef<const char *> known) {
  for (const auto &attribute : node.attributes)
    if (llvm::none_of(known, [&](const char *one) { return one == attribute.first; }))
      return refuse(node, "attribute '" + attribute.first + "' is not covered");
  return true;
}

template <typename T>
std::optional<T> Lowering::attribute(const OnnxNode &node, const char *name, Attribute::Kind kind, T Attribute::*member,
                                     const char *what, T otherwise) {
  auto place = node.attributes.find(name);
  if (place == node.attributes.end())
    return otherwise;
  if (place->second.kind == kind)
    return place->second.*member;
  refuse(node, Twine("expected ") + what + " as attribute '" + name + "'");
  return std::nullopt;
}

std::optional<int64_t> Lowering::integer(const OnnxNode &node, const char *name, int64_t otherwise) {
  return attribute(node, name, Attribute::Kind::Integer, &Attribute::integer, "an integer", otherwise);
}

std::optional<double> Lowering::real(const OnnxNode &node, const char *name, double otherwise) {
  return attribute(node, name, Attribute::Kind::Real, &Attribute::real, "a real number", otherwise);
}

std::optional<std::string> Lowering::text(const OnnxNode &node, const char *name, const char *otherwise) {
  return attribute(node, name, Attribute::Kind::Text, &Attribute::text, "a text", std::string(otherwise));
}

std::optional<Sizes> Lowering::integers(const OnnxNode &node, const char *name, Sizes otherwise) {
  return attribute(node, name, Attribute::Kind::Integers, &Attribute::integers, "integers", std::move(otherwise));
}

std::optional<unsigned> Lowering::dimension(const OnnxNode &node, int64_t dim, size_t rank) {
  int64_t count = static_cast<int64_t>(rank);
  if (dim >= -count && dim < count)
    return static_cast<unsigned>(dim < 0 ? dim + count : dim);
  refuse(node, "expected a dimension of " + Twine(rank) + ", found " + Twine(dim));
  return std::nullopt;
}

std::optional<unsigned> Lowering::dimensionByAxis(const OnnxNode &node, const Value *value, int64_t otherwise,
                                                  llvm::ArrayRef<const char *> attributes) {
  auto axis = integer(node, "axis", otherwise);
  if (!value || !axis || !checkAttributes(node, attributes))
    return std::nullopt;
  return dimension(node, *axis, value->shape().size());
}

bool Lowering::checkReals(const OnnxNode &node, const Value &value) {
  return (!value.isConstant() && value.type == Value::Type::Real) ||
         refuse(node, "expected real numbers that the inputs change");
}

std::optional<Sizes> Lowering::sizesOf(const OnnxNode &node, const char *attribute, size_t operandIndex,
                                       bool &isThere) {
  isThere = true;
  if (has(node, operandIndex)) {
    const Constant *constant = known(node, operandIndex, "integers");
    if (!constant)
      return std::nullopt;
    int64_t count = countOf(constant->shape);
    if (constant->isReal() || constant->shape.size() > 1 || count < 0 || count > 4096)
      return refuse(node, "expected a list of integers as input " + Twine(operandIndex + 1)), std::nullopt;
    return constant->uniform ? Sizes(static_cast<size_t>(count), constant->integers[0]) : constant->integers;
  }
  isThere = node.attributes.count(attribute);
  return integers(node, attribute, {});
}

void Lowering::countUses(const OnnxGraph &graph, bool isNested) {
  std::set<std::string> own;
  for (const OnnxNode &node : graph.nodes)
    own.insert(node.outputs.begin(), node.outputs.end());
  auto use = [&](const std::string &name, const OnnxNode *node) {
    uses[name] += isNested && !own.count(name) ? 2 : 1;
    users[name] = node;
  };
  for (const OnnxNode &node : graph.nodes) {
    for (const std::string &input : node.inputs)
      use(input, &node);
    for (const auto &[name, attribute] : node.attributes)
      if (attribute.graph)
        countUses(*attribute.graph, /*isNested=*/true);
  }
  for (const OnnxPort &port : graph.outputs)
    use(port.name, nullptr);
}

bool Lowering::lowerNode(const OnnxNode &node) {
  if (done.count(&node))
    return true;
  auto place = handlers().find(node.op);
  if (place == handlers().end())
    return refuse(node, "the operator is not covered");
  if (llvm::all_of(node.outputs, [](const std::string &name) { return name.empty(); }))
    return refuse(node, "expected an output, found none");
  return (this->*place->second)(node);
}

bool Lowering::lowerGraph(const OnnxGraph &graph) {
  for (const auto &[name, array] : graph.initializers)
    values[name] = valueOf(array);
  // What is known is known from the beginning, as for those that look at a value's uses.
  for (const OnnxNode &node : graph.nodes)
    if (node.op == "Constant" && done.insert(&node).second && !lowerConstant(node))
      return false;
  for (const OnnxNode &node : graph.nodes)
    if (!lowerNode(node))
      return false;
  return true;
}

std::string Lowering::nameOf(const OnnxNode &node, StringRef suffix) const {
  const std::string &first = *llvm::find_if(node.outputs, [](const std::string &name) { return !name.empty(); });
  // A recurrent node has several results, which are its scan's.
  bool isRecurrent = node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
  StringRef name = isRecurrent && node.name != first ? StringRef(node.name) : StringRef(first);
  name.consume_back("_output_0");
  return (isRecurrent && node.name == first ? StringRef(node.op).lower() : name.str()) + suffix.str();
}

Value Lowering::bind(const OnnxNode &node, Value value, StringRef suffix) {
  auto output = outputNames.find(node.outputs.front());
  for (size_t i = 0; i < value.parts.size(); ++i) {
    std::string name;
    if (suffix.empty() && output != outputNames.end() && value.parts.size() == 1 &&
        boundOutputs.insert(output->second).second)
      name = output->second;
    else
      name = names.make(nameOf(node, suffix) + (value.parts.size() > 1 ? "_" + std::to_string(i) : ""));
    program.statements.push_back(name + " = " + value.parts[i]);
    value.parts[i] = name;
  }
  return value;
}
