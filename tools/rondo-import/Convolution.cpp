// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Convolution: products with windows.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::Twine;
using Kind = Atom::Kind;

// Where slices are all that reads windows, and of all the same ones, others are not computed.
void Lowering::cropBehind(const OnnxNode &node, unsigned dim, Spatial &spatial, size_t i, int64_t count) {
  std::set<const OnnxNode *> slices;
  std::optional<std::pair<int64_t, int64_t>> range;
  std::vector<std::string> open = {node.outputs.front()};
  auto list = [&](const OnnxNode &slice, size_t input) -> const Constant * {
    auto place = input < slice.inputs.size() ? values.find(slice.inputs[input]) : values.end();
    if (place == values.end() || !place->second.isConstant() || place->second.constant->stored() != 1 ||
        place->second.constant->isReal())
      return nullptr;
    return place->second.constant.get();
  };
  for (size_t at = 0; at < open.size(); ++at) {
    if (llvm::count_if(model.graph.outputs, [&](const OnnxPort &port) { return port.name == open[at]; }))
      return;
    size_t found = 0;
    for (const OnnxNode &user : model.graph.nodes) {
      if (!llvm::is_contained(user.inputs, open[at]))
        continue;
      ++found;
      const Constant *starts = list(user, 1), *ends = list(user, 2), *axes = list(user, 3);
      if (user.op != "Slice" || user.inputs[0] != open[at] || user.outputs.empty() || !starts || !ends || !axes ||
          (has(user, 4) && (!list(user, 4) || list(user, 4)->integers[0] != 1)))
        return;
      if (axes->integers[0] != static_cast<int64_t>(dim)) {
        open.push_back(user.outputs.front());
        continue;
      }
      int64_t begin = starts->integers[0], end = std::min(ends->integers[0], count);
      if (begin < 0 || begin >= end || (range && *range != std::pair(begin, end)))
        return;
      range = {begin, end};
      slices.insert(&user);
    }
    if (found != uses[open[at]])
      return;
  }
  if (!range)
    return;
  spatial.skipped[i] = range->first;
  spatial.counts[i] = range->second - range->first;
  cropped.insert(slices.begin(), slices.end());
}

// The channels as features.
bool Lowering::channelsOf(const OnnxNode &node, Value &value, int64_t channels) {
  Dim channel;
  for (const Atom &atom : value.dims[1])
    if (atom.kind != Kind::Unit)
      channel.push_back(atom);
  if (channel.size() == 1 && channel[0].kind == Kind::Axis && !gatherAxis(node, value, channel[0].axis))
    return false;
  if (value.shape()[1] != channels || channel.size() > 1 || value.features.size() != channel.size() ||
      (channel.size() == 1 && value.dims[1][0].kind != Kind::Feature))
    return refuse(node,
                  "expected " + Twine(channels) + " channels as features, found shape " + spellShape(value.shape()));
  return true;
}

// Windows that a slice takes away behind the end are not computed, as they are where pads make a convolution causal.
void Lowering::chompBehind(const OnnxNode &node, Spatial &spatial) {
  const OnnxNode *slice = users[node.outputs.front()];
  if (uses[node.outputs.front()] != 1 || !slice || slice->op != "Slice" || slice->inputs.size() < 4)
    return;
  Sizes expected[] = {{0}, {-spatial.ends[0]}, {2}, {1}};
  for (size_t i = 1; i < slice->inputs.size(); ++i) {
    auto place = values.find(slice->inputs[i]);
    if (i > 4 || place == values.end() || !place->second.isConstant() ||
        place->second.constant->integers != expected[i - 1])
      return;
  }
  spatial.ends[0] = 0;
  cropped.insert(slice);
}

bool Lowering::readKernel(const OnnxNode &node, const Constant *&weights, const Constant *&bias,
                          std::optional<int64_t> &groups) {
  groups = integer(node, "group", 1);
  if (!groups || !(weights = known(node, 1, "weights")) || (has(node, 2) && !(bias = known(node, 2, "a bias"))))
    return false;
  if (weights->shape.size() < 3 || !weights->isReal() || weights->uniform || weights->stored() == 0)
    return refuse(node, "expected weights of at least three dimensions");
  return true;
}

bool Lowering::lowerConv(const OnnxNode &node) {
  const Value *given = single(node, 0, /*takesPadding=*/true);
  const Constant *weights = nullptr, *bias = nullptr;
  std::optional<int64_t> groups;
  if (!given || !checkAttributes(node, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}) ||
      !readKernel(node, weights, bias, groups))
    return false;
  int64_t outputs = weights->shape[0], channels = weights->shape[1];
  if (*groups < 1 || outputs % *groups)
    return refuse(node, "expected outputs for as many groups, found " + Twine(outputs) + " for " + Twine(*groups));
  if (bias && (!bias->isReal() || bias->shape != Sizes{outputs} || bias->uniform))
    return refuse(node, "expected a bias of " + Twine(outputs) + " numbers");
  Sizes kernel(weights->shape.begin() + 2, weights->shape.end());
  Spatial spatial;
  Value value = *given;
  auto said = integers(node, "kernel_shape", kernel);
  if (!said || !readSpatial(node, kernel, spatial) || !spatialAxes(node, value, spatial))
    return false;
  if (*said != kernel)
    return refuse(node, "expected kernel_shape to be that of the weights, " + spellShape(kernel));
  return channelsOf(node, value, *groups * channels) && convolveGroups(node, value, *weights, bias, spatial, *groups);
}

// The windows along the last dimension are the inner ones; their neighbours are dimensions in front of the channels.
bool Lowering::convolve(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias,
                        Spatial &spatial) {
  size_t rank = spatial.kernel.size();
  Sizes taps(rank, -1); // of a dimension of size 1 the only one that meets it
  spatial.counts.assign(rank, 0);
  spatial.skipped.assign(rank, 0);
  Sizes features = value.features;
  for (size_t i = rank; i-- > 0;) {
    int64_t size = value.shape()[2 + i], reach = (spatial.kernel[i] - 1) * spatial.dilations[i];
    int64_t all = spatial.begins[i] + spatial.ends[i];
    bool isUnit = value.dims[2 + i].empty() || value.dims[2 + i][0].kind == Kind::Unit;
    if (isUnit) {
      taps[i] = spatial.begins[i] / spatial.dilations[i];
      if (all - reach < 0 || (all - reach) / spatial.strides[i] > 0 || spatial.begins[i] % spatial.dilations[i] ||
          spatial.begins[i] < 0 || taps[i] >= spatial.kernel[i])
        return refuse(node, "windows over a dimension of size 1 that are none or several are not covered");
      value.dims[2 + i].clear();
      continue;
    }
    if (spatial.kernel[i] == 1 && spatial.strides[i] == 1 && all == 0 && spatial.begins[i] == 0 &&
        !value.paddings.count(value.dims[2 + i][0].axis)) {
      taps[i] = 0;
      continue;
    }
    if (isOpen(size) && rank == 1 && spatial.begins[i] == reach && spatial.ends[i] > 0)
      chompBehind(node, spatial);
    if (!isOpen(size)) {
      spatial.counts[i] = size + all < reach + 1 ? 0 : (size + all - reach - 1) / spatial.strides[i] + 1;
      if (rank == 1 && spatial.counts[i] > 1)
        cropBehind(node, static_cast<unsigned>(2 + i), spatial, i, spatial.counts[i]);
    }
    if (!windowAlong(node, value, spatial, i, std::to_string(spatial.kernel[i]), "zero"))
      return false;
    features.insert(features.begin(), spatial.kernel[i]);
  }
  value.features = features;
  int64_t outputs = weights.shape[0], channels = weights.shape[1];
  bool hasChannels = channels > 1 || value.dims[1].size() == 1;
  std::vector<double> rows;
  Sizes strides = stridesOf(weights.shape);
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t k = 0; k < countOf(features); ++k) {
      Sizes position = positionOf(static_cast<size_t>(k), features);
      int64_t source = n * strides[0];
      size_t at = 0;
      for (size_t i = 0; i < rank; ++i)
        source += (taps[i] >= 0 ? taps[i] : position[at++]) * strides[2 + i];
      if (hasChannels && at < position.size())
        source += position[at] * strides[1];
      rows.push_back(weights.reals[static_cast<size_t>(source)]);
    }
  value = bindLinear(node, value, std::move(rows), bias ? bias->reals : std::vector<double>(), outputs);
  Atom feature;
  feature.kind = Kind::Feature;
  feature.size = outputs;
  value.dims[1] = outputs == 1 ? Dim() : Dim{feature};
  bool isSingle = false;
  for (size_t i = 0; i < rank; ++i) {
    isSingle |= value.dims[2 + i].size() == 1 && value.dims[2 + i][0].size == 1;
    dropSingle(value, static_cast<unsigned>(2 + i));
  }
  return define(node, 0, isSingle ? bind(node, value, "_only") : value);
}

// Each group's channels by themselves, side by side again.
bool Lowering::convolveGroups(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias,
                              Spatial &spatial, int64_t groups) {
  if (groups == 1)
    return convolve(node, value, weights, bias, spatial);
  int64_t outputs = weights.shape[0], channels = weights.shape[1], each = outputs / groups;
  const Dim &positions = value.dims[2];
  if (channels == 1 && each == 1 && spatial.kernel.size() == 1 && positions.size() == 1 &&
      positions[0].kind == Kind::Axis)
    return convolveEach(node, value, weights, bias, spatial);
  if (groups > 256)
    return refuse(node, "expected at most 256 groups, found " + Twine(groups));
  value = bind(node, value, "_channels");
  Value all;
  Sizes strides = stridesOf(weights.shape);
  for (int64_t group = 0; group < groups; ++group) {
    OnnxNode one = node;
    one.outputs = {node.outputs.front() + "#" + std::to_string(group)};
    Value part = value;
    part.parts.front() += "[" + std::to_string(group * channels) + ":" + std::to_string((group + 1) * channels) + "]";
    part.features = {channels};
    part.dims[1][0].size = channels;
    Constant rows, shift;
    rows.shape = weights.shape;
    rows.shape[0] = each;
    auto row = weights.reals.begin() + static_cast<std::ptrdiff_t>(group * each * strides[0]);
    rows.reals.assign(row, row + static_cast<std::ptrdiff_t>(each * strides[0]));
    shift.shape = {each};
    if (bias) {
      auto first = bias->reals.begin() + static_cast<std::ptrdiff_t>(group * each);
      shift.reals.assign(first, first + static_cast<std::ptrdiff_t>(each));
    }
    Spatial own = spatial;
    if (!convolve(one, part, rows, bias ? &shift : nullptr, own))
      return false;
    Value &result = values.find(one.outputs.front())->second;
    if (group == 0)
      all = result;
    else
      all.parts.push_back(result.parts.front());
  }
  Atom stack;
  stack.kind = Kind::Stack;
  stack.size = groups;
  all.dims[1].insert(all.dims[1].begin(), stack);
  return unstack(node, all) && define(node, 0, bind(node, all));
}

// One weight of each neighbour for each channel.
bool Lowering::convolveEach(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias,
                            Spatial &spatial) {
  int64_t outputs = weights.shape[0], width = spatial.kernel[0];
  std::vector<double> rows;
  for (int64_t k = 0; k < width; ++k)
    for (int64_t n = 0; n < outputs; ++n)
      rows.push_back(weights.reals[static_cast<size_t>(n * width + k)]);
  std::string table = addParameter(nameOf(node, "_weights"), {width, outputs}, std::move(rows));
  program.statements.push_back("param " + table + ": " + spellShape({width, outputs}) + " = zeros");
  std::string neighbour = spellAxis(neighbours(width));
  if (!windowAlong(node, value, spatial, 0, neighbour, "zero"))
    return false;
  std::string &text = value.parts.front();
  text = "sum(embedding(index(" + neighbour + "), table: " + table + ") * " + text + " over " + neighbour + ")";
  if (bias) {
    std::string shift = addParameter(nameOf(node, "_bias"), {outputs}, bias->reals);
    program.statements.push_back("param " + shift + ": " + spellShape({outputs}) + " = zeros");
    text += " + " + shift;
  }
  value = bind(node, value);
  dropSingle(value, 2);
  return define(node, 0, value);
}

// A convolution by the weights turned round, over positions that lie as far apart as the strides say.
bool Lowering::lowerConvTranspose(const OnnxNode &node) {
  const Value *given = single(node, 0);
  const Constant *weights = nullptr, *bias = nullptr;
  std::optional<int64_t> groups;
  if (!given ||
      !checkAttributes(node, {"auto_pad", "dilations", "group", "kernel_shape", "output_padding", "pads", "strides"}) ||
      !readKernel(node, weights, bias, groups))
    return false;
  int64_t inputs = weights->shape[0], each = weights->shape[1];
  Sizes kernel(weights->shape.begin() + 2, weights->shape.end());
  if (*groups < 1 || inputs % *groups)
    return refuse(node, "expected channels for as many groups, found " + Twine(inputs) + " for " + Twine(*groups));
  int64_t outputs = each * *groups, channels = inputs / *groups;
  if (bias && (!bias->isReal() || bias->shape != Sizes{outputs} || bias->uniform))
    return refuse(node, "expected a bias of " + Twine(outputs) + " numbers");
  Spatial spatial;
  Value value = *given;
  auto said = integers(node, "kernel_shape", kernel), more = integers(node, "output_padding", Sizes(kernel.size(), 0));
  if (!said || !more || !readSpatial(node, kernel, spatial) || !spatialAxes(node, value, spatial))
    return false;
  if (*said != kernel || more->size() != kernel.size())
    return refuse(node, "expected kernel_shape to be that of the weights, " + spellShape(kernel));
  if (spatial.same)
    return refuse(node, "padding that follows from the strides is not covered");
  for (size_t i = 0; i < kernel.size(); ++i) {
    int64_t reach = (kernel[i] - 1) * spatial.dilations[i];
    if (spatial.strides[i] > 1 && !spread(node, value, static_cast<unsigned>(2 + i), spatial.strides[i]))
      return false;
    if ((*more)[i] < 0 || (*more)[i] > 4096)
      return refuse(node, "expected an output_padding from 0 to 4096, found " + Twine((*more)[i]));
    spatial.begins[i] = reach - spatial.begins[i];
    spatial.ends[i] = reach - spatial.ends[i] + (*more)[i];
    spatial.strides[i] = 1;
  }
  Constant turned;
  turned.shape = weights->shape;
  turned.shape[0] = outputs;
  turned.shape[1] = channels;
  int64_t taps = countOf(kernel);
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t k = taps; k-- > 0;)
        turned.reals.push_back(
            weights->reals[static_cast<size_t>((((n / each) * channels + c) * each + n % each) * taps + k)]);
  return channelsOf(node, value, inputs) && convolveGroups(node, value, turned, bias, spatial, *groups);
}

// The positions of a dimension with so many as the stride says, less one, of zeros between them.
bool Lowering::spread(const OnnxNode &node, Value &value, unsigned dim, int64_t stride) {
  if (value.dims[dim].size() != 1 || value.dims[dim][0].kind != Kind::Axis || isOpen(value.dims[dim][0].size) ||
      value.dims[dim][0].size * stride > 2048)
    return refuse(node, "with strides an axis of a known number of positions, 2048 behind it at most, is expected");
  Atom &atom = value.dims[dim][0];
  readsAlong(atom.axis);
  std::string from = spellAxis(atom.axis);
  unsigned to = addAxis("F", (atom.size - 1) * stride + 1);
  value.parts.front() = "sum(select(index(" + spellAxis(to) + ") == " + std::to_string(stride) + " * index(" + from +
                        "), " + value.parts.front() + ", 0) over " + from + ")";
  atom.axis = to;
  atom.size = program.axes[to].size;
  atom.input = -1;
  value = bind(node, value, "_spread");
  return true;
}
