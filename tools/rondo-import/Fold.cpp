// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is known without any input: constants, shapes, and arithmetic with them.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo::importer;
using llvm::Twine;

bool Lowering::lowerConstant(const OnnxNode &node) {
  using Kind = Attribute::Kind;
  if (!checkAttributes(node, {"value", "value_float", "value_floats", "value_int", "value_ints"}))
    return false;
  if (node.attributes.size() != 1)
    return refuse(node, "expected one attribute with its value, found " + Twine(node.attributes.size()));
  const Attribute &value = node.attributes.begin()->second;
  switch (value.kind) {
  case Kind::Array:
    return fold(node, *value.array);
  case Kind::Real:
    return fold(node, Constant::real({}, {value.real}));
  case Kind::Integer:
    return fold(node, Constant::integer({}, {value.integer}));
  case Kind::Reals:
    return fold(node, Constant::real({static_cast<int64_t>(value.reals.size())}, value.reals));
  case Kind::Integers:
    return fold(node, Constant::integer({static_cast<int64_t>(value.integers.size())}, value.integers));
  default:
    return refuse(node, "expected numbers as its value");
  }
}

bool Lowering::lowerShape(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  auto start = integer(node, "start", 0), end = integer(node, "end", INT32_MAX);
  if (!value || !start || !end || !checkAttributes(node, {"end", "start"}))
    return false;
  Sizes shape = value->shape();
  int64_t rank = static_cast<int64_t>(shape.size());
  auto clamp = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  Sizes part;
  for (int64_t i = clamp(*start); i < clamp(*end); ++i)
    part.push_back(shape[static_cast<size_t>(i)]);
  return fold(node, Constant::integer({static_cast<int64_t>(part.size())}, part));
}

bool Lowering::lowerConstantOfShape(const OnnxNode &node) {
  const Constant *shape = known(node, 0, "a shape");
  if (!shape || !checkAttributes(node, {"value"}))
    return false;
  if (shape->type != Constant::Type::Integer || shape->shape.size() != 1 || shape->uniform)
    return refuse(node, "expected a shape: a list of integers");
  Constant all = Constant::real({}, {0});
  if (auto place = node.attributes.find("value"); place != node.attributes.end()) {
    if (place->second.kind != Attribute::Kind::Array || place->second.array->stored() != 1)
      return refuse(node, "expected an array of one element as attribute 'value'");
    all = *place->second.array;
  }
  all.shape = shape->integers;
  for (int64_t size : all.shape)
    if (size < 0 && !isOpen(size))
      return refuse(node, "expected sizes, found " + Twine(size));
  all.uniform = true;
  int64_t count = countOf(all.shape);
  if (!all.isReal() && count >= 0 && count <= 4096) { // integers, which say what shapes are
    all.uniform = false;
    all.integers.assign(static_cast<size_t>(count), all.integers.front());
  }
  return fold(node, all);
}

/// Whether it is what positions begin with.
static bool isIndex(const Constant &from) { return !from.isReal() && from.stored() == 1 && from.integers[0] == 0; }

Value Lowering::positionsAlong(unsigned axis) {
  Atom atom;
  atom.kind = Atom::Kind::Axis;
  atom.size = program.axes[axis].size;
  atom.axis = axis;
  readsAlong(axis);
  Value value;
  value.type = Value::Type::Token;
  value.dims = {{atom}};
  value.parts = {"index(" + spellAxis(axis) + ")"};
  return value;
}

// The numbers of the positions along an axis of open size.
bool Lowering::lowerIndex(const OnnxNode &node, int64_t size) {
  const Constant *step = known(node, 2, "an integer");
  if (!step)
    return false;
  auto axis = llvm::find_if(program.axes, [&](const ProgramAxis &one) { return one.size == size; });
  if (!step->isReal() && step->stored() == 1 && step->integers[0] == 1 && size == batchSize) { // of its rows
    Atom row;
    row.kind = Atom::Kind::Batch;
    row.size = size;
    Value rows;
    rows.type = Value::Type::Integer;
    rows.dims = {{row}};
    rows.parts = {"0"};
    rows.rowStep = 1;
    return define(node, 0, rows);
  }
  if (step->isReal() || step->stored() != 1 || step->integers[0] != 1 || axis == program.axes.end())
    return refuse(node, "expected an integer, or the positions 0, 1, .. along an axis of the program");
  return define(node, 0, positionsAlong(static_cast<unsigned>(axis - program.axes.begin())));
}

bool Lowering::lowerRange(const OnnxNode &node) {
  const Constant *parts[3] = {};
  for (size_t i = 0; i < 3; ++i) {
    if (!(parts[i] = known(node, i, "an integer")))
      return false;
    if (i == 1 && isIndex(*parts[0]) && has(node, 2) && parts[1]->stored() == 1 && !parts[1]->isReal() &&
        isOpen(parts[1]->integers[0]))
      return lowerIndex(node, parts[1]->integers[0]);
    if (parts[i]->type != Constant::Type::Integer || parts[i]->stored() != 1 || isOpen(parts[i]->integers[0]))
      return refuse(node, "expected an integer as input " + Twine(i + 1));
  }
  int64_t begin = parts[0]->integers[0], end = parts[1]->integers[0], step = parts[2]->integers[0];
  std::vector<int64_t> values;
  auto isSmall = [](int64_t number) { return number > -(int64_t(1) << 40) && number < (int64_t(1) << 40); };
  if (!isSmall(begin) || !isSmall(end) || !isSmall(step) || step == 0 || (end - begin) / step > 1 << 20)
    return refuse(node, "expected at most 2^20 integers");
  for (int64_t at = begin; step > 0 ? at < end : at > end; at += step)
    values.push_back(at);
  return fold(node, Constant::integer({static_cast<int64_t>(values.size())}, values));
}

bool Lowering::lowerIf(const OnnxNode &node) {
  const Constant *condition = known(node, 0, "a condition");
  if (!condition)
    return false;
  auto branch = node.attributes.find(condition->stored() && condition->number(0) != 0 ? "then_branch" : "else_branch");
  if (condition->stored() != 1 || condition->isReal())
    return refuse(node, "expected one truth value as condition");
  if (branch == node.attributes.end() || !branch->second.graph ||
      branch->second.graph->outputs.size() != node.outputs.size())
    return refuse(node, "expected a graph for both cases with an output for each of its own");
  if (!lowerGraph(*branch->second.graph))
    return false;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    auto place = values.find(branch->second.graph->outputs[i].name);
    if (place == values.end())
      return refuse(node, "output '" + branch->second.graph->outputs[i].name + "' of its graph is computed by no node");
    Value value = place->second;
    if (!define(node, i, value))
      return false;
  }
  return true;
}

bool Lowering::foldUnary(const OnnxNode &node, const Constant &a) {
  static const std::map<std::string, double (*)(double)> functions = {
      {"Abs", std::fabs},
      {"Ceil", std::ceil},
      {"Exp", std::exp},
      {"Floor", std::floor},
      {"Log", std::log},
      {"Round", std::nearbyint},
      {"Sqrt", std::sqrt},
      {"Sin", std::sin},
      {"Cos", std::cos},
      {"Tanh", std::tanh},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Relu", [](double x) { return x > 0 ? x : 0; }},
      {"Neg", [](double x) { return -x; }},
      {"Reciprocal", [](double x) { return 1 / x; }},
      {"Not", [](double x) { return double(x == 0); }},
  };
  auto function = functions.find(node.op);
  if (function == functions.end())
    return refuse(node, "of known arrays this operator is not covered");
  Constant result = a;
  for (double &number : result.reals)
    number = function->second(number);
  for (int64_t &number : result.integers) {
    if (isOpen(number))
      return refuse(node, "arithmetic with sizes that are open is not covered");
    number = static_cast<int64_t>(
        function->second(static_cast<double>(std::clamp<int64_t>(number, -(1LL << 52), 1LL << 52))));
  }
  return fold(node, result);
}

// One integer operation; false where it has no result.
static bool integerResult(const std::string &op, int64_t a, int64_t b, int64_t &result) {
  bool isSize = isOpen(a) || isOpen(b);
  if (op == "Equal") // an open size may be any number from 1 on
    return result = a == b, !isSize || a == b || std::min(isOpen(a) ? INT64_MAX : a, isOpen(b) ? INT64_MAX : b) < 1;
  if (isSize && op == "Mul" && (isOpen(a) || a > 0) && (isOpen(b) || b > 0))
    return (result = productOf(a, b)) != unknownSize;
  if (isSize && op == "Div")
    return (result = quotientOf(a, b)) != 0;
  if (isOpen(a) || isOpen(b))
    return false;
  if (op == "Add")
    return !__builtin_add_overflow(a, b, &result);
  if (op == "Sub")
    return !__builtin_sub_overflow(a, b, &result);
  if (op == "Mul")
    return !__builtin_mul_overflow(a, b, &result);
  if (op == "Div")
    return b != 0 && b != -1 ? (result = a / b, true) : false;
  if (op == "Mod") // of the sign of b
    return b != 0 && b != -1 ? (result = (a % b + b) % b, true) : false;
  if (op == "Less")
    return result = a < b, true;
  if (op == "LessOrEqual")
    return result = a <= b, true;
  if (op == "Greater")
    return result = a > b, true;
  if (op == "GreaterOrEqual")
    return result = a >= b, true;
  if (op == "And")
    return result = a && b, true;
  if (op == "Or")
    return result = a || b, true;
  if (op == "Max")
    return result = std::max(a, b), true;
  if (op == "Min")
    return result = std::min(a, b), true;
  return false;
}

static bool realResult(const std::string &op, double a, double b, double &result) {
  static const std::map<std::string, double (*)(double, double)> functions = {
      {"Add", [](double a, double b) { return a + b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Equal", [](double a, double b) { return double(a == b); }},
      {"Less", [](double a, double b) { return double(a < b); }},
      {"LessOrEqual", [](double a, double b) { return double(a <= b); }},
      {"Greater", [](double a, double b) { return double(a > b); }},
      {"GreaterOrEqual", [](double a, double b) { return double(a >= b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
  };
  auto function = functions.find(op);
  if (function == functions.end())
    return false;
  result = function->second(a, b);
  return true;
}

bool Lowering::foldBinary(const OnnxNode &node, const Constant &a, const Constant &b) {
  size_t rank = std::max(a.shape.size(), b.shape.size());
  auto sizeAt = [&](const Constant &array, size_t i) {
    size_t missing = rank - array.shape.size();
    return i < missing ? int64_t(1) : array.shape[i - missing];
  };
  Constant result;
  for (size_t i = 0; i < rank; ++i) {
    int64_t left = sizeAt(a, i), right = sizeAt(b, i);
    if (left != right && left != 1 && right != 1)
      return refuse(node,
                    "expected dimensions of one size or of size 1, found " + Twine(left) + " and " + Twine(right));
    result.shape.push_back(left == 1 ? right : left);
  }
  bool areSame = (a.uniform || a.stored() == 1) && (b.uniform || b.stored() == 1);
  result.uniform = areSame && countOf(result.shape) != 1;
  int64_t count = result.uniform ? 1 : countOf(result.shape);
  if (count < 0 || a.isReal() != b.isReal())
    return refuse(node, "expected arrays of one type and of known sizes");
  auto sourceOf = [&](const Constant &array, size_t i) { return repeatedElement(array, i, result.shape); };
  static const std::set<std::string> truths = {"Equal",          "Less", "LessOrEqual", "Greater",
                                               "GreaterOrEqual", "And",  "Or"};
  result.type = truths.count(node.op) ? Constant::Type::Truth : a.type;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    size_t left = sourceOf(a, i), right = sourceOf(b, i);
    double number = 0;
    int64_t integer = 0;
    if (a.isReal() ? !realResult(node.op, a.reals[left], b.reals[right], number)
                   : !integerResult(node.op, a.integers[left], b.integers[right], integer))
      return refuse(node, "this operation of known arrays, or of sizes that are open, is not covered");
    if (result.isReal())
      result.reals.push_back(number);
    else if (a.isReal())
      result.integers.push_back(number != 0);
    else
      result.integers.push_back(integer);
  }
  return fold(node, result);
}

// One triangle of a matrix that is known, as the masks of attention are made.
bool Lowering::lowerTrilu(const OnnxNode &node) {
  const Constant *array = known(node, 0, "an array"), *shift = nullptr;
  auto upper = integer(node, "upper", 1);
  if (!array || !upper || !checkAttributes(node, {"upper"}))
    return false;
  if (has(node, 1) && !(shift = known(node, 1, "an integer")))
    return false;
  size_t rank = array->shape.size();
  int64_t count = countOf(array->shape);
  if (rank < 2 || count < 0 || (shift && (shift->isReal() || shift->stored() != 1 || isOpen(shift->integers[0]))))
    return refuse(node, "expected a known array of at least two dimensions of known sizes, and an integer");
  Constant result = *array;
  result.uniform = false;
  result.reals.clear();
  result.integers.clear();
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    Sizes position = positionOf(i, array->shape);
    int64_t off = position[rank - 1] - position[rank - 2], from = shift ? shift->integers[0] : 0;
    bool isKept = *upper ? off >= from : off <= from;
    size_t source = array->uniform ? 0 : i;
    if (array->isReal())
      result.reals.push_back(isKept ? array->reals[source] : 0);
    else
      result.integers.push_back(isKept ? array->integers[source] : 0);
  }
  return fold(node, result);
}

// Of known integers, as those of a shape, all of them; of what the inputs change none.
bool Lowering::lowerReduceProd(const OnnxNode &node) {
  const Constant *array = known(node, 0, "integers");
  auto keeps = integer(node, "keepdims", 1);
  bool isThere = false;
  auto axes = array ? sizesOf(node, "axes", 1, isThere) : std::nullopt;
  if (!axes || !keeps || !checkAttributes(node, {"axes", "keepdims", "noop_with_empty_axes"}))
    return false;
  if (array->isReal() || array->uniform || array->shape.size() != 1 || (isThere && *axes != Sizes{0}))
    return refuse(node, "expected a list of integers, multiplied with one another");
  int64_t product = 1;
  for (int64_t one : array->integers)
    if ((!isOpen(one) && one < 1) || (product = productOf(product, one)) == unknownSize)
      return refuse(node, "expected sizes whose product is known, found " + Twine(one));
  return fold(node, Constant::integer(*keeps ? Sizes{1} : Sizes(), {product}));
}
