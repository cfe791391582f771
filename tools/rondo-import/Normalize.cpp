// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Normalisation over features, over positions, or by what training has counted.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

// Over the dimensions from `first` on; of features over all or none.
std::optional<std::string> Lowering::meanOver(const OnnxNode &node, const Value &value, std::string text,
                                              unsigned first) {
  size_t features = 0;
  for (unsigned dim = first; dim < value.dims.size(); ++dim)
    for (const Atom &atom : value.dims[dim]) {
      if (atom.kind == Kind::Batch || atom.kind == Kind::Stack)
        return refuse(node, "statistics over the batch, or over values side by side, are not covered"), std::nullopt;
      features += atom.kind == Kind::Feature;
      if (atom.kind != Kind::Axis)
        continue;
      reduces(node, atom.axis);
      text = "mean(" + text + " over " + spellAxis(atom.axis) + ")";
    }
  if (features && features != value.features.size())
    return refuse(node, "statistics over some dimensions of features are not covered, only over all"), std::nullopt;
  return features ? "mean(" + text + ")" : text;
}

// (x - mean) / sqrt(variance + epsilon), of each value by itself.
bool Lowering::standardize(const OnnxNode &node, Value &value, unsigned first, double epsilon) {
  Value centred = value;
  for (std::string &part : centred.parts) {
    auto mean = meanOver(node, value, part, first);
    if (!mean)
      return false;
    part = part + " - " + *mean;
  }
  centred = bind(node, centred, "_centred");
  for (std::string &part : centred.parts) {
    auto variance = meanOver(node, value, "square(" + part + ")", first);
    if (!variance)
      return false;
    part = part + " / sqrt(" + *variance + " + " + spellNumber(epsilon) + ")";
  }
  value = bind(node, centred, "_standard");
  return true;
}

bool Lowering::scaleAndShift(const OnnxNode &node, const Value &value, const Constant &gain, const Constant *bias) {
  auto times = [](std::string x, std::string y) { return x + " * " + y; };
  auto plus = [](std::string x, std::string y) { return x + " + " + y; };
  Value scaled, result;
  if (!combine(node, value, valueOf(gain), "_gain", times, scaled))
    return false;
  if (!bias)
    return define(node, 0, bind(node, scaled));
  return combine(node, scaled, valueOf(*bias), "_bias", plus, result) && define(node, 0, bind(node, result));
}

bool Lowering::lowerLayerNorm(const OnnxNode &node) {
  auto isMany = areSideBySide(node);
  if (!isMany || *isMany)
    return isMany && mapParts(node, &Lowering::lowerLayerNorm);
  const Value *value = operand(node, 0);
  const Constant *gain = value ? known(node, 1, "a scale") : nullptr, *bias = nullptr;
  auto precision = integer(node, "stash_type", 1);
  auto epsilon = real(node, "epsilon", 1e-5);
  if (!gain || !precision || !epsilon || (has(node, 2) && !(bias = known(node, 2, "a bias"))))
    return false;
  auto dim = dimensionByAxis(node, value, -1, {"axis", "epsilon", "stash_type"});
  if (!dim || !checkReals(node, *value))
    return false;
  for (unsigned i = 0; i < *dim; ++i)
    for (const Atom &atom : value->dims[i])
      if (atom.kind == Kind::Feature && atom.input >= 0)
        return force(node, atom, Role::Axis, "an axis beside the features");
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (uses.count(node.outputs[i]))
      return refuse(node, "its output " + Twine(i + 1) + " is not covered");
  Sizes shape = value->shape();
  shape.erase(shape.begin(), shape.begin() + *dim);
  for (const Constant *one : {gain, bias})
    if (one && (!one->isReal() || one->uniform || one->shape != shape))
      return refuse(node, "expected a scale and a bias of shape " + spellShape(shape));
  Value result = *value;
  bool isVector = value->features.size() == 1 && *dim + 1 == value->dims.size() && value->dims[*dim].size() == 1 &&
                  value->dims[*dim][0].kind == Kind::Feature;
  if (!isVector || float(*epsilon) != 1e-5f)
    return standardize(node, result, *dim, *epsilon) && scaleAndShift(node, result, *gain, bias);
  result.parts = {"layer_norm(" + value->parts.front() + ")"};
  result = bind(node, result);
  std::vector<double> shift = bias ? bias->reals : std::vector<double>(gain->reals.size(), 0);
  program.parameters.push_back({result.parts.front() + ".gain", shape, gain->reals});
  program.parameters.push_back({result.parts.front() + ".bias", shape, shift});
  return define(node, 0, result);
}

// Each channel, or group of them, by its own mean and variance over all positions.
bool Lowering::lowerInstanceNorm(const OnnxNode &node) {
  bool hasGroups = node.op == "GroupNormalization";
  const Value *given = operand(node, 0);
  const Constant *parts[2] = {};
  auto epsilon = real(node, "epsilon", 1e-5);
  auto groups = integer(node, "num_groups", 0), precision = integer(node, "stash_type", 1);
  if (!given || !epsilon || !groups || !precision ||
      !(hasGroups ? checkAttributes(node, {"epsilon", "num_groups", "stash_type"})
                  : checkAttributes(node, {"epsilon"})))
    return false;
  if (given->isConstant() || given->type != Value::Type::Real || given->dims.size() < 3)
    return refuse(node, "expected a value of at least three dimensions that the inputs change");
  Value value = *given;
  size_t rank = value.dims.size();
  int64_t channels = value.shape()[1];
  bool isEach = !hasGroups || *groups == channels;
  if (hasGroups && (isOpen(channels) || *groups < 1 || channels % *groups))
    return refuse(node, "expected num_groups to divide the channels, found " + Twine(*groups));
  for (size_t i = 0; i < 2; ++i) {
    if (!(parts[i] = known(node, i + 1, "numbers for each channel")))
      return false;
    bool areOfGroups = hasGroups && model.opset < 21;
    Sizes expected = {areOfGroups ? *groups : channels};
    if (!parts[i]->isReal() || parts[i]->uniform || parts[i]->shape != expected)
      return refuse(node, "expected a list of " + Twine(expected[0]) + " numbers as input " + Twine(i + 2));
  }
  auto isFeature = [](const Atom &atom) { return atom.kind == Kind::Feature; };
  bool hasFeatures = llvm::any_of(value.dims[1], isFeature);
  for (size_t i = 2; i < rank; ++i)
    for (const Atom &atom : value.dims[i])
      if (hasFeatures && isFeature(atom) && atom.input >= 0)
        return force(node, atom, Role::Axis, "positions of an axis");
  if (!isEach && *groups > 1) {
    if (value.dims[1].size() != 1 || !isFeature(value.dims[1][0]))
      return refuse(node, "expected channels as features, in one dimension");
    if (!split(node, value, Atom(value.dims[1][0]), *groups))
      return false;
  }
  // Of a group the channels are a part of what is counted, in front of the positions.
  Value counted = value;
  if (!isEach) {
    Dim channel;
    for (const Atom &atom : value.dims[1])
      if (atom.kind == Kind::Feature)
        channel.push_back(atom);
    llvm::erase_if(counted.dims[1], isFeature);
    counted.dims.insert(counted.dims.begin() + 2, channel);
  }
  if (!standardize(node, counted, 2, *epsilon))
    return false;
  value.parts = counted.parts;
  Constant scale[2];
  bool areSame = parts[0]->isSame() && parts[1]->isSame();
  for (size_t i = 0; i < 2; ++i) {
    scale[i].shape.assign(rank - 1, 1);
    scale[i].shape[0] = areSame ? 1 : channels;
    for (int64_t k = 0; k < scale[i].shape[0]; ++k)
      scale[i].reals.push_back(
          parts[i]->reals[static_cast<size_t>(k * parts[i]->shape[0] / std::max<int64_t>(channels, 1))]);
  }
  if (!areSame && !unstack(node, value))
    return false;
  return scaleAndShift(node, value, scale[0], &scale[1]);
}

// With the statistics of training a factor and a summand for each channel.
bool Lowering::lowerBatchNorm(const OnnxNode &node) {
  const Value *value = joined(node, 0);
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
  return scaleAndShift(node, *value, factor, &summand);
}
