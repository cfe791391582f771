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
    behind += padding->second.behind;
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
    if (behind > 0) // what stands behind the last position is no zero where a row is shorter than the program's window
      counts(node, from);
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
      int64_t open = openSize(mostOpenSizes + derivedAxes.size());
      auto known = derivedAxes.find({-3, from, stride, isNone ? reach : 0});
      unsigned to = known != derivedAxes.end() ? known->second : addAxis("U", open, rule);
      derivedAxes[{-3, from, stride, isNone ? reach : 0}] = to;
      text += ", to: " + spellAxis(to);
      atom.axis = to;
      atom.size = program.axes[to].size;
    } else {
      atom.axis = from;
      atom.size = given;
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
    if (*ceil && (isOpen(size) ? spatial.strides[i] > 1 : room >= 0 && room % spatial.strides[i] != 0)) {
      int64_t start = (room / spatial.strides[i] + 1) * spatial.strides[i]; // of one more window
      if (isOpen(size) || !isMax)
        return refuse(node, "means of windows beyond the end, or of an open number, by ceil_mode, are not covered");
      if (start < size + spatial.begins[i])
        spatial.ends[i] += start - room;
    }
    bool isPadded = spatial.begins[i] || spatial.ends[i], isFewer = isPadded && !isMax && !*counts;
    if (isFewer && isOpen(size))
      return refuse(node, "means over fewer positions at the ends of an open number of them are not covered: expected "
                          "count_include_pad");
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
    value.parts.front() = std::string(isMax     ? "max("
                                      : isFewer ? "sum("
                                                : "mean(") +
                          value.parts.front() + " over " + width + ")";
    if (isFewer && !divideByCounts(node, value, size, spatial, i))
      return false;
    dropSingle(value, static_cast<unsigned>(2 + i));
  }
  return define(node, 0, bind(node, value));
}

// By how many positions each window has that are no padding.
bool Lowering::divideByCounts(const OnnxNode &node, Value &value, int64_t size, const Spatial &spatial, size_t i) {
  const Atom &atom = value.dims[2 + i][0];
  Value factor;
  std::vector<double> factors;
  for (int64_t at = 0; at < atom.size; ++at) {
    int64_t count = 0;
    for (int64_t k = 0; k < spatial.kernel[i]; ++k) {
      int64_t place = at * spatial.strides[i] - spatial.begins[i] + k * spatial.dilations[i];
      count += place >= 0 && place < size;
    }
    factors.push_back(1.0 / static_cast<double>(std::max<int64_t>(count, 1)));
  }
  std::string name = nameOf(node, "_counts_" + std::to_string(i));
  if (!parameterAlong(node, atom, {name, {atom.size}, factors}, factor))
    return false;
  value.parts.front() += " * " + factor.parts.front();
  return true;
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
    bool isKnown = !isOpen(atom.size);
    if (before < 0 || behind < 0 ? !isKnown : false)
      return refuse(node, "taking positions of a dimension of open size away is not covered");
    if ((isKnown && atom.size + before + behind < 1) ||
        (isKnown && *mode == "reflect" && std::max(before, behind) >= atom.size))
      return refuse(node, "expected pads that fit into " + Twine(atom.size) + " positions");
    Padding padding{atom.axis, before, behind, *mode == "constant" ? "zero" : *mode};
    readsAlong(atom.axis);
    atom.size = isKnown ? atom.size + before + behind : unknownSize;
    atom.axis = addAxis("P", atom.size);
    program.axes[atom.axis].isHidden = true;
    atom.input = -1;
    value.paddings[atom.axis] = padding;
  }
  return define(node, 0, value);
}

bool Lowering::writePadding(const OnnxNode &node, Value &value) {
  for (const auto &[axis, padding] : value.paddings) {
    if (isOpen(program.axes[axis].size))
      return refuse(node, "padding of a dimension of open size is covered as a part of a convolution only");
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
