// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Windows of neighbouring positions: convolution, pooling, padding.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::Twine;
using Kind = Atom::Kind;

unsigned Lowering::derivedAxis(unsigned from, int64_t count, int64_t stride, int64_t before, std::string rule) {
  auto [place, isNew] = derivedAxes.emplace(std::vector<int64_t>{from, count, stride, before}, 0);
  if (isNew)
    place->second = addAxis("F", count, std::move(rule));
  return place->second;
}

unsigned Lowering::neighbours(int64_t count) {
  auto [place, isNew] = derivedAxes.emplace(std::vector<int64_t>{-2, count}, 0);
  if (isNew)
    place->second = addAxis("W", count);
  return place->second;
}

bool Lowering::readSpatial(const OnnxNode &node, const Sizes &kernel, Spatial &spatial) {
  size_t rank = kernel.size();
  auto strides = integers(node, "strides", Sizes(rank, 1)), dilations = integers(node, "dilations", Sizes(rank, 1));
  auto pads = integers(node, "pads", Sizes(2 * rank, 0));
  auto automatic = text(node, "auto_pad", "NOTSET");
  if (!strides || !dilations || !pads || !automatic)
    return false;
  if (rank < 1 || rank > 2)
    return refuse(node, "windows over one or two dimensions are covered, found " + Twine(rank));
  if (strides->size() != rank || dilations->size() != rank || pads->size() != 2 * rank)
    return refuse(node, "expected strides, dilations and pads for " + Twine(rank) + " dimensions");
  for (const Sizes &list : {kernel, *strides, *dilations})
    for (int64_t one : list)
      if (one < 1 || one > 4096)
        return refuse(node, "expected a kernel, strides and dilations from 1 to 4096, found " + Twine(one));
  for (int64_t one : *pads)
    if (one < -65536 || one > 65536)
      return refuse(node, "expected pads of at most 65536 positions, found " + Twine(one));
  if (*automatic != "NOTSET" && *automatic != "VALID" && *automatic != "SAME_UPPER" && *automatic != "SAME_LOWER")
    return refuse(node, "expected a known kind of padding, found '" + *automatic + "'");
  spatial.kernel = kernel;
  spatial.strides = *strides;
  spatial.dilations = *dilations;
  spatial.begins.assign(pads->begin(), pads->begin() + static_cast<std::ptrdiff_t>(rank));
  spatial.ends.assign(pads->begin() + static_cast<std::ptrdiff_t>(rank), pads->end());
  if (*automatic == "VALID")
    spatial.begins = spatial.ends = Sizes(rank, 0);
  spatial.same = *automatic == "SAME_UPPER" ? 1 : *automatic == "SAME_LOWER" ? -1 : 0;
  return true;
}

// The dimensions behind the channels are axes; of those that are nothing else the inputs' become some.
bool Lowering::spatialAxes(const OnnxNode &node, Value &value, Spatial &spatial) {
  size_t rank = spatial.kernel.size();
  if (value.isConstant() || value.type != Value::Type::Real || value.dims.size() != rank + 2 || value.parts.size() != 1)
    return refuse(node, "expected a value of " + Twine(rank + 2) + " dimensions that the inputs change");
  bool known = true;
  for (size_t i = 0; i < rank; ++i) {
    Dim &dim = value.dims[2 + i];
    llvm::erase_if(dim, [](const Atom &atom) { return atom.kind == Kind::Unit && atom.input < 0; });
    if (dim.empty() || dim[0].kind == Kind::Unit || (dim.size() == 1 && dim[0].kind == Kind::Axis))
      continue;
    if (dim.size() != 1)
      return refuse(node, "windows over several dimensions that are one are not covered");
    known = force(node, dim[0], isOpen(dim[0].size) ? Role::Time : Role::Axis, "positions of an axis");
  }
  for (const Atom &atom : value.dims[0])
    if (atom.kind == Kind::Feature)
      known = force(node, atom, Role::Batch, "the batch");
  if (!known)
    return false;
  for (size_t i = 0; i < rank && spatial.same; ++i) {
    int64_t size = value.shape()[2 + i], reach = (spatial.kernel[i] - 1) * spatial.dilations[i];
    if (isOpen(size) && spatial.strides[i] > 1)
      return refuse(node, "padding that depends on an open size is not covered");
    int64_t count = isOpen(size) ? 0 : (size + spatial.strides[i] - 1) / spatial.strides[i];
    int64_t all = isOpen(size) ? reach : std::max<int64_t>(0, (count - 1) * spatial.strides[i] + reach + 1 - size);
    spatial.begins[i] = spatial.same > 0 ? all / 2 : all - all / 2;
    spatial.ends[i] = all - spatial.begins[i];
  }
  return true;
}

bool Lowering::windowAlong(const OnnxNode &node, Value &value, const Spatial &spatial, size_t i,
                           const std::string &width, std::string pad) {
  Atom &atom = value.dims[2 + i][0];
  int64_t stride = spatial.strides[i], dilation = spatial.dilations[i], reach = (spatial.kernel[i] - 1) * dilation;
  int64_t before = spatial.begins[i], behind = spatial.ends[i];
  unsigned from = atom.axis, padded = from;
  if (auto padding = value.paddings.find(from); padding != value.paddings.end()) {
    if ((before || behind) && padding->second.mode != pad)
      return refuse(node, "padding of two kinds is not covered");
    before += padding->second.before;
    pad = padding->second.mode;
    from = padding->second.from;
  }
  int64_t size = atom.size, given = program.axes[from].size;
  std::string text = "window(" + value.parts.front() + " over " + spellAxis(from) + ", width: " + width;
  if (stride > 1)
    text += ", stride: " + std::to_string(stride);
  if (dilation > 1)
    text += ", dilation: " + std::to_string(dilation);
  readsAlong(from);
  if (reach > 4096)
    return refuse(node, "windows that reach over more than 4096 positions are not covered");
  if (isOpen(given)) {
    int64_t lost = reach - before - behind;
    bool isCausal = stride == 1 && before == reach && behind == 0 && (pad == "zero" || reach == 0);
    bool isMiddle = before == reach / 2 && lost >= 0 && lost < stride;
    std::string rule = "= " + spellAxis(from);
    if (!isCausal && !isMiddle && (before || behind))
      return refuse(node, "along a dimension of open size, windows that end at their position or have it in their "
                          "middle are covered, found pads " +
                              Twine(before) + " and " + Twine(behind));
    if (!isCausal)
      text += ", pad: " + (before || behind || reach == 0 ? pad : "none");
    bool isNone = !isCausal && !before && !behind && reach;
    if (isNone)
      rule = stride > 1 ? "= (" + spellAxis(from) + " - " + std::to_string(reach) + ")"
                        : rule + " - " + std::to_string(reach);
    if (stride > 1)
      rule += " / " + std::to_string(stride);
    if (isNone || stride > 1) {
      int64_t open = openSize(static_cast<size_t>(100 + from) * 64 + derivedAxes.size());
      auto known = derivedAxes.find({-3, from, stride, isNone ? reach : 0});
      unsigned to = known != derivedAxes.end() ? known->second : addAxis("U", open, rule);
      derivedAxes[{-3, from, stride, isNone ? reach : 0}] = to;
      text += ", to: " + spellAxis(to);
      atom.axis = to;
      atom.size = program.axes[to].size;
    }
  } else {
    int64_t room = size + spatial.begins[i] + spatial.ends[i] - reach - 1;
    if (room < 0)
      return refuse(node,
                    "expected windows within " + Twine(size) + " positions, found a reach of " + Twine(reach + 1));
    int64_t count = spatial.counts.empty() ? room / stride + 1 : spatial.counts[i];
    before -= spatial.skipped.empty() ? 0 : spatial.skipped[i] * stride;
    bool isWithin = before <= 0 && (count - 1) * stride + reach + 1 <= given + before;
    bool isSame = stride == 1 && count == given;
    text += ", pad: " + (isWithin ? "none" : pad);
    if (!isSame || before != reach / 2 || isWithin)
      text += ", before: " + std::to_string(before);
    unsigned to = isSame ? from : derivedAxis(from, count, stride, before);
    if (to != from)
      text += ", to: " + spellAxis(to);
    atom.axis = to;
    atom.size = count;
  }
  value.paddings.erase(padded);
  atom.input = -1;
  value.parts.front() = text + ")";
  return true;
}

void Lowering::dropSingle(Value &value, unsigned dim) {
  if (value.dims[dim].size() != 1 || value.dims[dim][0].kind != Kind::Axis || value.dims[dim][0].size != 1)
    return;
  value.parts.front() = "last(" + value.parts.front() + " over " + spellAxis(value.dims[dim][0].axis) + ")";
  value.dims[dim].clear();
}

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

bool Lowering::lowerConv(const OnnxNode &node) {
  const Value *given = single(node, 0, /*takesPadding=*/true);
  const Constant *weights = given ? known(node, 1, "weights") : nullptr, *bias = nullptr;
  if (!weights || !checkAttributes(node, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}))
    return false;
  auto groups = integer(node, "group", 1);
  if (has(node, 2) && !(bias = known(node, 2, "a bias")))
    return false;
  if (!groups || weights->shape.size() < 3 || !weights->isReal() || weights->uniform || weights->stored() == 0)
    return refuse(node, "expected weights of at least three dimensions");
  int64_t outputs = weights->shape[0], channels = weights->shape[1];
  if (*groups != 1)
    return refuse(node, "a convolution in " + Twine(*groups) + " groups is not covered");
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
  return convolve(node, value, *weights, bias, spatial);
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
  if (features.empty())
    return refuse(node, "a product of single numbers is not covered");
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

bool Lowering::lowerPool(const OnnxNode &node) {
  const Value *given = single(node, 0);
  auto kernel = integers(node, "kernel_shape", {});
  auto ceil = integer(node, "ceil_mode", 0), counts = integer(node, "count_include_pad", 0);
  if (!given || !kernel || !ceil || !counts ||
      !checkAttributes(node, {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads",
                              "storage_order", "strides"}))
    return false;
  bool isMax = node.op == "MaxPool";
  if (node.outputs.size() > 1 && uses.count(node.outputs[1]))
    return refuse(node, "the positions of the largest are not covered");
  Spatial spatial;
  Value value = *given;
  if (!readSpatial(node, *kernel, spatial) || !spatialAxes(node, value, spatial))
    return false;
  for (size_t i = spatial.kernel.size(); i-- > 0;) {
    int64_t size = value.shape()[2 + i], reach = (spatial.kernel[i] - 1) * spatial.dilations[i];
    int64_t room = size + spatial.begins[i] + spatial.ends[i] - reach - 1;
    bool isPadded = spatial.begins[i] || spatial.ends[i];
    if (*ceil && (isOpen(size) ? spatial.strides[i] > 1 : room % spatial.strides[i] != 0))
      return refuse(node, "windows beyond the end, by ceil_mode, are not covered");
    if (isPadded && !isMax && !*counts)
      return refuse(node, "means over fewer positions at the ends are not covered: expected count_include_pad");
    // A position at the end is in each window that reaches beyond it, so that to repeat it changes no maximum.
    if (isPadded && isMax && (spatial.dilations[i] > 1 || std::max(spatial.begins[i], spatial.ends[i]) > reach))
      return refuse(node, "pads beside dilations, or as wide as the window, are not covered");
    bool isUnit = value.dims[2 + i].empty() || value.dims[2 + i][0].kind == Kind::Unit;
    if (isUnit && spatial.kernel[i] == 1 && !isPadded)
      continue;
    if (isUnit)
      return refuse(node, "windows over a dimension of size 1 are not covered");
    std::string width = spellAxis(neighbours(spatial.kernel[i]));
    if (!windowAlong(node, value, spatial, i, width, isMax ? "edge" : "zero"))
      return false;
    value.parts.front() = std::string(isMax ? "max(" : "mean(") + value.parts.front() + " over " + width + ")";
    dropSingle(value, static_cast<unsigned>(2 + i));
  }
  return define(node, 0, bind(node, value));
}

bool Lowering::lowerGlobalPool(const OnnxNode &node) {
  const Value *given = single(node, 0);
  if (!given || !checkAttributes(node, {}))
    return false;
  Value value = *given;
  Spatial spatial;
  size_t rank = value.shape().size();
  if (rank < 3)
    return refuse(node, "expected a value of at least three dimensions");
  spatial.kernel.assign(rank - 2, 1);
  if (!spatialAxes(node, value, spatial))
    return false;
  for (size_t i = 2; i < rank; ++i) {
    for (const Atom &atom : value.dims[i])
      if (atom.kind == Kind::Axis) {
        reduces(node, atom.axis);
        value.parts.front() = std::string(node.op == "GlobalMaxPool" ? "max(" : "mean(") + value.parts.front() +
                              " over " + spellAxis(atom.axis) + ")";
      }
    value.dims[i].clear();
  }
  return define(node, 0, bind(node, value));
}

bool Lowering::lowerPad(const OnnxNode &node) {
  const Value *given = single(node, 0);
  bool isThere = false;
  auto pads = given ? sizesOf(node, "pads", 1, isThere) : std::nullopt;
  auto mode = text(node, "mode", "constant");
  auto old = real(node, "value", 0);
  if (!pads || !mode || !old || !checkAttributes(node, {"mode", "pads", "value"}))
    return false;
  if (given->isConstant() || given->type != Value::Type::Real || has(node, 3))
    return refuse(node, "expected a value that the inputs change, and no axes");
  size_t rank = given->dims.size();
  double number = *old;
  if (has(node, 2)) {
    const Constant *value = known(node, 2, "a value");
    if (!value)
      return false;
    if (value->stored() != 1)
      return refuse(node, "expected one number to pad with");
    number = value->number(0);
  }
  if (pads->size() != 2 * rank || (*mode != "constant" && *mode != "reflect" && *mode != "edge"))
    return refuse(node, "expected two pads for each dimension, and the mode constant, edge or reflect");
  if (*mode == "constant" && number != 0)
    return refuse(node, "padding with other constants than 0 is not covered");
  Value value = *given;
  for (size_t i = 0; i < rank; ++i) {
    int64_t before = (*pads)[i], behind = (*pads)[i + rank];
    if (before == 0 && behind == 0)
      continue;
    if (std::abs(before) > 65536 || std::abs(behind) > 65536)
      return refuse(node, "expected pads of at most 65536 positions");
    if (value.dims[i].size() != 1)
      return refuse(node, "padding of a dimension of size 1 or of several is not covered");
    Atom &atom = value.dims[i][0];
    if (atom.kind != Kind::Axis)
      return force(node, atom, Role::Axis, "positions of an axis");
    if (isOpen(atom.size))
      return refuse(node, "padding of a dimension of open size is covered as a part of a convolution only");
    if (atom.size + before + behind < 1 || (*mode == "reflect" && std::max(before, behind) >= atom.size))
      return refuse(node, "expected pads that fit into " + Twine(atom.size) + " positions");
    Padding padding{atom.axis, before, *mode == "constant" ? "zero" : *mode};
    readsAlong(atom.axis);
    atom.size += before + behind;
    atom.axis = addAxis("P", atom.size);
    program.axes[atom.axis].isHidden = true;
    atom.input = -1;
    value.paddings[atom.axis] = padding;
  }
  return define(node, 0, value);
}

bool Lowering::writePadding(const OnnxNode &node, Value &value) {
  for (const auto &[axis, padding] : value.paddings) {
    program.axes[axis].isHidden = false;
    std::string width = spellAxis(neighbours(1));
    value.parts.front() = "sum(window(" + value.parts.front() + " over " + spellAxis(padding.from) +
                          ", width: " + width + ", pad: " + padding.mode +
                          ", before: " + std::to_string(padding.before) + ", to: " + spellAxis(axis) + ") over " +
                          width + ")";
  }
  if (!value.paddings.empty()) {
    std::string name = names.make(nameOf(node, "_padded"));
    program.statements.push_back(name + " = " + value.parts.front());
    value.parts.front() = name;
  }
  value.paddings.clear();
  return true;
}
