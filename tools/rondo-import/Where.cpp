// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One of two values, as a condition says.

#include "tools/rondo-import/Lowering.h"

using namespace rondo::importer;

// Of known arrays, each repeated as ONNX says.
bool Lowering::chooseKnown(const OnnxNode &node, const Constant &which, const Constant &a, const Constant &b) {
  Constant result;
  result.type = a.type;
  for (const Constant *one : {&which, &a, &b}) {
    size_t rank = std::max(result.shape.size(), one->shape.size());
    result.shape.insert(result.shape.begin(), rank - result.shape.size(), 1);
    for (size_t i = 0; i < one->shape.size(); ++i) {
      int64_t &size = result.shape[rank - one->shape.size() + i], own = one->shape[i];
      if (size != own && size != 1 && own != 1)
        return refuse(node, "expected dimensions of one size or of size 1");
      size = size == 1 ? own : size;
    }
  }
  int64_t count = countOf(result.shape);
  if (count < 0 || a.isReal() != b.isReal() || which.isReal())
    return refuse(node, "expected truth values, and known arrays of one type and of known sizes");
  auto sourceOf = [&](const Constant &array, size_t i) { return repeatedElement(array, i, result.shape); };
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Constant &from = which.integers[sourceOf(which, i)] != 0 ? a : b;
    if (a.isReal())
      result.reals.push_back(from.reals[sourceOf(from, i)]);
    else
      result.integers.push_back(from.integers[sourceOf(from, i)]);
  }
  return fold(node, result);
}

// One of two values everywhere, repeated to the shape of both and of the condition.
bool Lowering::chooseAll(const OnnxNode &node, const Sizes &which, const Value &a, const Value &b, bool isFirst) {
  Sizes to;
  for (const Sizes &shape : {which, a.shape(), b.shape()}) {
    to.insert(to.begin(), std::max(to.size(), shape.size()) - to.size(), 1);
    for (size_t i = 0; i < shape.size(); ++i) {
      int64_t &size = to[to.size() - shape.size() + i];
      if (size != shape[i] && size != 1 && shape[i] != 1)
        return refuse(node, "expected dimensions of one size or of size 1");
      size = size == 1 ? shape[i] : size;
    }
  }
  Value chosen = isFirst ? a : b;
  Sizes from = chosen.shape();
  from.insert(from.begin(), to.size() - from.size(), 1);
  if (chosen.isConstant())
    return expandKnown(node, *chosen.constant, from, to);
  chosen.dims.insert(chosen.dims.begin(), to.size() - chosen.dims.size(), Dim());
  return from == to ? define(node, 0, chosen) : repeat(node, chosen, to);
}

bool Lowering::lowerWhere(const OnnxNode &node) {
  auto isMany = areSideBySide(node);
  if (!isMany || *isMany)
    return isMany && mapParts(node, &Lowering::lowerWhere);
  const Value *condition = operand(node, 0), *a = condition ? operand(node, 1) : nullptr;
  const Value *b = a ? operand(node, 2) : nullptr;
  if (!b || !checkAttributes(node, {}))
    return false;
  bool areKnown = a->isConstant() && b->isConstant();
  if (condition->isConstant()) {
    const Constant &which = *condition->constant;
    if (which.stored() == 0 || which.isReal())
      return refuse(node, "expected truth values");
    if (areKnown && !(which.uniform || a->constant->uniform || b->constant->uniform))
      return chooseKnown(node, which, *a->constant, *b->constant);
    if (which.isSame())
      return chooseAll(node, which.shape, *a, *b, which.number(0) != 0);
  }
  if (areKnown && (condition->isConstant() || a->constant->stored() != 1))
    return refuse(node, "expected truth values, and at most one known array");
  Value which = *condition, first = *a, second = *b, chosen, result;
  if (condition->isConstant()) {
    Constant real = *condition->constant;
    real.type = Constant::Type::Real;
    real.reals.assign(real.integers.begin(), real.integers.end());
    which = Value();
    if (!materialize(node, real, a->isConstant() ? *b : *a, "_mask", which))
      return false;
    which.parts = {grouped(which.parts.front()) + " > 0.5"};
    which.type = Value::Type::Truth;
  }
  if (which.type != Value::Type::Truth)
    return refuse(node, "expected truth values");
  if (!toNumber(node, first) || !toNumber(node, second))
    return false;
  if (a->isConstant()) {
    first = Value();
    if (!materialize(node, *a->constant, b->isConstant() ? which : second, "_then", first))
      return false;
  }
  if (b->isConstant()) {
    second = Value();
    if (!materialize(node, *b->constant, a->isConstant() ? which : first, "_else", second))
      return false;
  }
  if (first.type != second.type)
    return refuse(node, "expected values of one type, numbers or truth values");
  if (!align(node, which, first, chosen) || !align(node, chosen, second, result))
    return false;
  std::string parts[2] = {first.parts.front(), second.parts.front()};
  if (first.type == Value::Type::Truth)
    for (std::string &part : parts)
      part = "select(" + part + ", 1, 0)";
  result.parts = {"select(" + which.parts.front() + ", " + parts[0] + ", " + parts[1] + ")"};
  if (first.type == Value::Type::Truth)
    result.parts.front() += " > 0.5";
  result.type = first.type;
  return define(node, 0, bind(node, result));
}
