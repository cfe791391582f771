// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reductions, softmax and normalisation.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

// Over axes one after the other, over features all at once.
bool Lowering::lowerReduce(const OnnxNode &node) {
  const Value *value = single(node, 0);
  bool isThere = false;
  auto axes = value ? sizesOf(node, "axes", 1, isThere) : std::nullopt;
  auto keeps = integer(node, "keepdims", 1), isNothing = integer(node, "noop_with_empty_axes", 0);
  if (!axes || !keeps || !isNothing || !checkAttributes(node, {"axes", "keepdims", "noop_with_empty_axes"}))
    return false;
  if (value->isConstant() || value->type != Value::Type::Real)
    return refuse(node, "expected real numbers that the inputs change");
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
  Value result = *value;
  std::string &text = result.parts.front();
  size_t features = 0;
  if (kind == "L1")
    text = "abs(" + text + ")";
  else if (kind == "L2" || kind == "SumSquare")
    text = "square(" + text + ")";
  else if (kind == "LogSumExp")
    text = "exp(" + text + ")";
  else if (kind == "Min")
    text = "-(" + text + ")";
  std::string function = kind == "Max" || kind == "Min" ? "max" : kind == "Mean" ? "mean" : "sum";
  for (unsigned dim : gone)
    for (const Atom &atom : value->dims[dim]) {
      if (atom.kind == Kind::Batch)
        return refuse(node, "a reduction over the batch is not covered");
      features += atom.kind == Kind::Feature;
      if (atom.kind != Kind::Axis)
        continue;
      reduces(node, atom.axis);
      text = function + "(" + text + " over " + spellAxis(atom.axis) + ")";
    }
  if (features && features != value->features.size()) {
    for (unsigned dim = 0; dim < rank; ++dim)
      for (const Atom &atom : value->dims[dim])
        if (atom.kind == Kind::Feature && (atom.input >= 0 && (!gone.count(dim) || atom.place == 0)))
          return force(node, atom, Role::Axis, "an axis beside the features that are reduced");
    return refuse(node, "a reduction over some dimensions of features is not covered, only over all");
  }
  if (features) {
    text = function + "(" + text + ")";
    result.features.clear();
  }
  if (kind == "L2")
    text = "sqrt(" + text + ")";
  else if (kind == "LogSumExp" || kind == "LogSum")
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

bool Lowering::lowerSoftmax(const OnnxNode &node) {
  const Value *value = single(node, 0);
  auto axis = integer(node, "axis", model.opset < 13 ? 1 : -1);
  if (!value || !axis || !checkAttributes(node, {"axis"}))
    return false;
  auto dim = dimension(node, *axis, value->shape().size());
  if (!dim)
    return false;
  if (value->isConstant() || value->type != Value::Type::Real)
    return refuse(node, "expected real numbers that the inputs change");
  if (model.opset < 13)
    for (size_t i = *dim + 1; i < value->dims.size(); ++i)
      if (value->shape()[i] != 1)
        return refuse(node, "a softmax over several dimensions, as before version 13, is not covered");
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

bool Lowering::lowerLayerNorm(const OnnxNode &node) {
  const Value *value = single(node, 0);
  const Constant *gain = value ? known(node, 1, "a scale") : nullptr, *bias = nullptr;
  auto axis = integer(node, "axis", -1), precision = integer(node, "stash_type", 1);
  auto epsilon = real(node, "epsilon", 1e-5);
  if (!gain || !axis || !precision || !epsilon || !checkAttributes(node, {"axis", "epsilon", "stash_type"}))
    return false;
  if (has(node, 2) && !(bias = known(node, 2, "a bias")))
    return false;
  auto dim = dimension(node, *axis, value->shape().size());
  if (!dim)
    return false;
  if (!value->isConstant() && value->features.size() > 1 && !leaveFeatures(node, *value, *dim))
    return false;
  if (value->isConstant() || value->features.size() != 1 || *dim + 1 != value->dims.size() ||
      value->dims[*dim].size() != 1 || value->dims[*dim][0].kind != Kind::Feature)
    return refuse(node, "expected one dimension of features, the last one");
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (uses.count(node.outputs[i]))
      return refuse(node, "its output " + Twine(i + 1) + " is not covered");
  int64_t size = value->features[0];
  for (const Constant *one : {gain, bias})
    if (one && (!one->isReal() || one->uniform || one->shape != Sizes{size}))
      return refuse(node, "expected a scale and a bias of " + Twine(size) + " numbers");
  Value result = *value;
  std::string x = value->parts.front();
  std::vector<double> shift = bias ? bias->reals : std::vector<double>(gain->reals.size(), 0);
  if (float(*epsilon) == 1e-5f) {
    result.parts = {"layer_norm(" + x + ")"};
    result = bind(node, result);
    program.parameters.push_back({result.parts.front() + ".gain", {size}, gain->reals});
    program.parameters.push_back({result.parts.front() + ".bias", {size}, shift});
    return define(node, 0, result);
  }
  result.parts = {x + " - mean(" + x + ")"};
  std::string centred = bind(node, result, "_centred").parts.front();
  std::string names[2] = {addParameter(nameOf(node, "_gain"), {size}, gain->reals),
                          addParameter(nameOf(node, "_bias"), {size}, shift)};
  for (const std::string &name : names)
    program.statements.push_back("param " + name + ": " + spellShape({size}) + " = zeros");
  result.parts = {centred + " / sqrt(mean(square(" + centred + ")) + " + spellNumber(*epsilon) + ") * " + names[0] +
                  " + " + names[1]};
  return define(node, 0, bind(node, result));
}

// With the statistics of training a factor and a summand for each channel.
bool Lowering::lowerBatchNorm(const OnnxNode &node) {
  const Value *value = single(node, 0);
  auto epsilon = real(node, "epsilon", 1e-5);
  auto trains = integer(node, "training_mode", 0), spatial = integer(node, "spatial", 1);
  auto momentum = real(node, "momentum", 0.9);
  if (!value || !epsilon || !trains || !spatial || !momentum ||
      !checkAttributes(node, {"epsilon", "momentum", "spatial", "training_mode"}))
    return false;
  if (*trains || *spatial != 1 || node.outputs.size() > 1)
    return refuse(node, "normalisation as in training is not covered");
  const Constant *parts[4];
  for (size_t i = 0; i < 4; ++i) {
    if (!(parts[i] = known(node, i + 1, "numbers for each channel")))
      return false;
    if (!parts[i]->isReal() || parts[i]->shape.size() != 1 || parts[i]->uniform || parts[i]->shape != parts[0]->shape)
      return refuse(node, "expected a list of numbers as input " + Twine(i + 2));
  }
  size_t rank = value->dims.size(), count = parts[0]->reals.size();
  if (value->isConstant() || rank < 2 || value->shape()[1] != static_cast<int64_t>(count))
    return refuse(node, "expected " + Twine(count) + " channels in dimension 1");
  Constant factor, summand;
  factor.shape.assign(rank - 1, 1);
  factor.shape[0] = static_cast<int64_t>(count);
  summand.shape = factor.shape;
  for (size_t i = 0; i < count; ++i) {
    double scale = parts[0]->reals[i] / std::sqrt(parts[3]->reals[i] + *epsilon);
    factor.reals.push_back(scale);
    summand.reals.push_back(parts[1]->reals[i] - parts[2]->reals[i] * scale);
  }
  Value scaled, result;
  auto times = [](std::string x, std::string y) { return x + " * " + y; };
  auto plus = [](std::string x, std::string y) { return x + " + " + y; };
  if (!combine(node, *value, valueOf(factor), "_gain", times, scaled) ||
      !combine(node, scaled, valueOf(summand), "_bias", plus, result))
    return false;
  return define(node, 0, bind(node, result));
}
