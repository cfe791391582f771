// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reductions, running sums and softmax.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

// Over axes one after the other, over features all at once.
bool Lowering::lowerReduce(const OnnxNode &node) {
  const Value *value = joined(node, 0);
  bool isThere = false;
  auto axes = value ? sizesOf(node, "axes", 1, isThere) : std::nullopt;
  auto keeps = integer(node, "keepdims", 1), isNothing = integer(node, "noop_with_empty_axes", 0);
  if (!axes || !keeps || !isNothing || !checkAttributes(node, {"axes", "keepdims", "noop_with_empty_axes"}))
    return false;
  static const std::set<std::string> ofIntegers = {"ReduceMax", "ReduceMin", "ReduceSum"};
  bool isInteger = value->type == Value::Type::Integer && ofIntegers.count(node.op);
  if (!isInteger && !checkReals(node, *value))
    return false;
  size_t rank = value->dims.size();
  if (axes->empty() && *isNothing)
    return define(node, 0, Value(*value));
  std::set<unsigned> gone;
  for (int64_t axis : *axes) {
    auto dim = dimension(node, axis, rank);
    if (!dim)
      return false;
    gone.insert(*dim);
  }
  for (unsigned dim = 0; dim < rank && axes->empty(); ++dim)
    gone.insert(dim);
  StringRef kind = StringRef(node.op).drop_front(6);
  if (value->parts.size() > 1) {
    for (unsigned dim : gone)
      for (const Atom &atom : value->dims[dim])
        if (atom.kind == Kind::Stack)
          return gone.size() == 1 ? reduceStack(node, *value, dim, *keeps != 0)
                                  : refuse(node, "a reduction of values side by side and over others is not covered");
    return mapParts(node, &Lowering::lowerReduce);
  }
  Value result = *value;
  std::string &text = result.parts.front();
  size_t features = 0;
  if (kind == "L1")
    text = "abs(" + text + ")";
  else if (kind == "L2" || kind == "SumSquare")
    text = "square(" + text + ")";
  else if (kind == "Min")
    text = "-(" + text + ")";
  std::string function = kind == "Max" || kind == "Min" ? "max" : kind == "Mean" ? "mean" : "sum";
  std::vector<unsigned> axesGone;
  for (unsigned dim : gone)
    for (const Atom &atom : value->dims[dim]) {
      if (atom.kind == Kind::Batch)
        return refuse(node, "a reduction over the batch is not covered");
      features += atom.kind == Kind::Feature;
      if (atom.kind != Kind::Axis)
        continue;
      reduces(node, atom.axis);
      axesGone.push_back(atom.axis);
    }
  if (features && features != value->features.size()) {
    for (unsigned dim = 0; dim < rank; ++dim)
      for (const Atom &atom : value->dims[dim])
        if (atom.kind == Kind::Feature && atom.input >= 0 && !gone.count(dim) && !isFeatureByUse(atom))
          return force(node, atom, Role::Axis, "an axis beside the features that are reduced");
    for (unsigned dim : gone)
      for (const Atom &atom : value->dims[dim])
        if (atom.kind == Kind::Feature && atom.input >= 0)
          return force(node, atom, Role::Axis, "an axis that is reduced");
    return refuse(node, "a reduction over some dimensions of features is not covered, only over all");
  }
  auto over = [&](const std::string &function, std::string text) {
    for (unsigned axis : axesGone)
      text = function + "(" + text + " over " + spellAxis(axis) + ")";
    return features ? function + "(" + text + ")" : text;
  };
  if (kind == "LogSumExp") { // below the largest one, which is infinite where all are
    Value most = result;
    most.parts = {"max(" + over("max", text) + ", -1e30)"};
    std::string largest = bind(node, most, "_most").parts.front();
    text = largest + " + log(" + over("sum", "exp(" + text + " - " + largest + ")") + ")";
  } else {
    text = over(function, text);
  }
  if (features)
    result.features.clear();
  if (kind == "L2")
    text = "sqrt(" + text + ")";
  else if (kind == "LogSum")
    text = "log(" + text + ")";
  else if (kind == "Min")
    text = "-" + text;
  result.dims.clear();
  for (unsigned dim = 0; dim < rank; ++dim)
    if (!gone.count(dim))
      result.dims.push_back(value->dims[dim]);
    else if (*keeps)
      result.dims.emplace_back();
  return define(node, 0, bind(node, result));
}

// Of values side by side.
bool Lowering::reduceStack(const OnnxNode &node, const Value &value, unsigned dim, bool keeps) {
  bool isMax = node.op == "ReduceMax", isMin = node.op == "ReduceMin", isMean = node.op == "ReduceMean";
  Value all = value, result = value;
  if (!isMax && !isMin && !isMean && node.op != "ReduceSum")
    return refuse(node, "of values side by side this reduction is not covered");
  if (value.stacks().size() != 1 || value.dims[dim].size() != 1)
    return refuse(node, "values side by side in two dimensions are not covered here");
  std::string text = all.parts.front();
  for (const std::string &part : llvm::drop_begin(all.parts))
    text = isMax || isMin ? (isMax ? "max(" : "min(") + text + ", " + part + ")" : text + " + " + part;
  result.parts = {isMean ? "(" + text + ") / " + std::to_string(all.parts.size()) : text};
  result.dims[dim].clear();
  if (!keeps)
    result.dims.erase(result.dims.begin() + dim);
  return define(node, 0, bind(node, result));
}

// Over all dimensions from `first` on, as before version 13.
bool Lowering::softmaxOverAll(const OnnxNode &node, const Value &value, unsigned first) {
  size_t features = 0;
  std::vector<unsigned> axes;
  for (unsigned dim = 0; dim < value.dims.size(); ++dim)
    for (const Atom &atom : value.dims[dim]) {
      if (dim < first && atom.kind == Kind::Feature && atom.input >= 0)
        return force(node, atom, Role::Axis, "an axis beside the features");
      if (dim < first)
        continue;
      if (atom.kind == Kind::Batch || atom.kind == Kind::Stack)
        return refuse(node, "a softmax over the batch is not covered");
      features += atom.kind == Kind::Feature;
      if (atom.kind == Kind::Axis)
        axes.push_back(atom.axis);
    }
  if (features != value.features.size())
    return refuse(node, "a softmax over some dimensions of features is not covered, only over all");
  auto over = [&](const std::string &function, std::string text) {
    if (features)
      text = function + "(" + text + ")";
    for (unsigned axis : axes)
      text = function + "(" + text + " over " + spellAxis(axis) + ")";
    return text;
  };
  for (unsigned axis : axes)
    reduces(node, axis);
  Value result = value;
  result.parts = {value.parts.front() + " - " + over("max", value.parts.front())};
  result = bind(node, result, "_below");
  std::string below = result.parts.front(), sum = over("sum", "exp(" + below + ")");
  result.parts = {node.op == "Softmax" ? "exp(" + below + ") / " + sum : below + " - log(" + sum + ")"};
  return define(node, 0, bind(node, result));
}

bool Lowering::lowerSoftmax(const OnnxNode &node) {
  auto isMany = areSideBySide(node);
  if (!isMany || *isMany)
    return isMany && mapParts(node, &Lowering::lowerSoftmax);
  const Value *value = operand(node, 0);
  auto dim = dimensionByAxis(node, value, model.opset < 13 ? 1 : -1);
  if (!dim || !checkReals(node, *value))
    return false;
  if (model.opset < 13)
    for (size_t i = *dim + 1; i < value->dims.size(); ++i)
      if (value->shape()[i] != 1)
        return softmaxOverAll(node, *value, *dim);
  Dim parts;
  for (const Atom &atom : value->dims[*dim])
    if (atom.kind != Kind::Unit)
      parts.push_back(atom);
  if (parts.size() != 1 || (parts[0].kind != Kind::Feature && parts[0].kind != Kind::Axis))
    return refuse(node, "expected features or an axis in dimension " + Twine(*dim));
  bool takesSeveral = node.op == "Softmax" && parts[0].place + 1 == value->features.size();
  if (parts[0].kind == Kind::Feature && value->features.size() > 1 && !takesSeveral &&
      !leaveFeatures(node, *value, *dim))
    return false;
  Value result = *value;
  std::string over;
  if (parts[0].kind == Kind::Axis) {
    reduces(node, parts[0].axis);
    over = " over " + spellAxis(parts[0].axis);
  } else if (parts[0].place + 1 != value->features.size()) {
    return refuse(node, "a softmax along another dimension than the last one of the features is not covered");
  } else if (node.op == "LogSoftmax" && value->features.size() != 1) {
    return refuse(node, "its logarithm with features of several dimensions is not covered");
  }
  std::string &text = result.parts.front();
  if (node.op == "Softmax") {
    text = "softmax(" + text + over + ")";
    return define(node, 0, bind(node, result));
  }
  text += " - max(" + text + over + ")";
  result = bind(node, result, "_below");
  result.parts.front() += " - log(sum(exp(" + result.parts.front() + ")" + over + "))";
  return define(node, 0, bind(node, result));
}

// A scan of a cell that adds; before its first position there is 0.
bool Lowering::lowerCumSum(const OnnxNode &node) {
  const Value *value = joined(node, 0);
  const Constant *axis = value ? known(node, 1, "a dimension") : nullptr;
  auto isExclusive = integer(node, "exclusive", 0), isBackward = integer(node, "reverse", 0);
  if (!axis || !isExclusive || !isBackward || !checkAttributes(node, {"exclusive", "reverse"}))
    return false;
  if (value->isConstant() || value->type != Value::Type::Real || axis->isReal() || axis->stored() != 1)
    return refuse(node, "expected real numbers that the inputs change, and a dimension");
  auto dim = dimension(node, axis->integers[0], value->dims.size());
  if (!dim)
    return false;
  Dim parts = value->dims[*dim];
  if (parts.size() == 1 && parts[0].kind != Kind::Axis && parts[0].input >= 0)
    return force(node, parts[0], isOpen(parts[0].size) ? Role::Time : Role::Axis, "positions of an axis");
  if (parts.size() != 1 || parts[0].kind != Kind::Axis)
    return refuse(node, "expected an axis of the program in dimension " + Twine(*dim));
  std::string name = *isExclusive ? "SumBefore" : "RunningSum", shape = spellShape(value->features);
  for (int64_t size : value->features)
    name += "_" + std::to_string(size);
  program.addCell("cell " + name + "(x: " + shape + ") -> " + shape + " {\n  state s: " + shape +
                  "\n  s' = s + x\n  return s" + (*isExclusive ? "" : "'") + "\n}\n");
  if (*isBackward)
    reduces(node, parts[0].axis); // it begins at the last position
  Value result = *value;
  for (std::string &part : result.parts)
    part = "scan " + name + "(" + part + ") over " + spellAxis(parts[0].axis) + (*isBackward ? " backward" : "");
  return define(node, 0, bind(node, result));
}
