// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Values of another type.

#include "tools/rondo-import/Lowering.h"

#include <cmath>

using namespace rondo::importer;
using llvm::Twine;

/// The known numbers of `from` as those of `result`, of a type that TensorProto numbers. Returns a worded error, empty
/// on success.
static std::string castKnown(const Constant &from, int64_t type, Constant &result) {
  static const std::map<int64_t, std::pair<double, double>> ranges = {
      {2, {0, 255}}, {3, {-128, 127}}, {6, {INT32_MIN, INT32_MAX}}, {7, {-1e15, 1e15}}};
  result.reals.clear();
  result.integers.clear();
  for (size_t i = 0; i < from.stored(); ++i) {
    bool isSize = !from.isReal() && isOpen(from.integers[i]);
    double number = from.number(i);
    if (result.isReal()) {
      if (isSize)
        return "arithmetic with sizes that are open is not covered";
      result.reals.push_back(number);
    } else if (result.type == Constant::Type::Truth) {
      result.integers.push_back(number != 0);
    } else if (!from.isReal() && (isSize || type == 7)) {
      result.integers.push_back(from.integers[i]);
    } else {
      auto [least, most] = ranges.at(type);
      if (!(std::trunc(number) >= least && std::trunc(number) <= most))
        return "expected known numbers from " + std::to_string(static_cast<int64_t>(least)) + " to " +
               std::to_string(static_cast<int64_t>(most)) + ", found another one";
      result.integers.push_back(static_cast<int64_t>(number));
    }
  }
  return "";
}

bool Lowering::lowerCast(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  auto to = integer(node, "to", 1);
  if (!value || !to || !checkAttributes(node, {"saturate", "to", "round_mode"}))
    return false;
  bool isReal = *to == 1 || *to == 10 || *to == 11 || *to == 16, isTruth = *to == 9; // as TensorProto says
  bool isInteger = *to == 2 || *to == 3 || *to == 6 || *to == 7;
  if (!isReal && !isTruth && !isInteger)
    return refuse(node, "a cast to type " + Twine(*to) + " is not covered");
  if (value->isConstant()) {
    Constant result = *value->constant;
    result.type = isReal ? Constant::Type::Real : isTruth ? Constant::Type::Truth : Constant::Type::Integer;
    if (std::string wrong = castKnown(*value->constant, *to, result); !wrong.empty())
      return refuse(node, wrong);
    return fold(node, result);
  }
  if (value->type == Value::Type::Token && isInteger)
    return define(node, 0, Value(*value));
  Value result = *value;
  if (!toNumber(node, result))
    return false;
  if (result.type == Value::Type::Integer && isReal)
    result.type = Value::Type::Real;
  auto is = [&](Value::Type type, bool isWanted) { return result.type == type && isWanted; };
  if (is(Value::Type::Real, isReal) || is(Value::Type::Integer, isInteger) || is(Value::Type::Truth, isTruth))
    return define(node, 0, result);
  if (isTruth) {
    result.type = Value::Type::Truth;
    for (std::string &part : result.parts)
      part = grouped(part) + " != 0";
    return define(node, 0, bind(node, result));
  }
  if (result.type != Value::Type::Truth)
    return refuse(node, "of real numbers that the inputs change a cast to integers is not covered");
  result.type = isReal ? Value::Type::Real : Value::Type::Integer;
  for (std::string &part : result.parts)
    part = "select(" + part + ", 1, 0)";
  return define(node, 0, bind(node, result));
}
