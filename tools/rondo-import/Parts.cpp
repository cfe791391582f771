// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Parts of dimensions, and dimensions made of parts.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

/// Elements begin, begin + step, .. of one dimension.
static Constant partOf(const Constant &array, unsigned dim, int64_t begin, int64_t count, int64_t step) {
  Sizes shape = array.shape, strides = stridesOf(array.shape);
  shape[dim] = count;
  return array.rearranged(shape, [&](size_t i) {
    Sizes position = positionOf(i, shape);
    position[dim] = begin + position[dim] * step;
    int64_t source = 0;
    for (size_t at = 0; at < shape.size(); ++at)
      source += position[at] * strides[at];
    return static_cast<size_t>(source);
  });
}

bool Lowering::slice(const OnnxNode &node, const Value &value, unsigned dim, int64_t begin, int64_t count, int64_t step,
                     StringRef suffix, Value &result) {
  result = value;
  if (value.isConstant()) {
    result = valueOf(partOf(*value.constant, dim, begin, count, step));
    return true;
  }
  int64_t size = value.shape()[dim];
  if (begin == 0 && count == size && step == 1)
    return true;
  Dim parts;
  for (const Atom &atom : value.dims[dim])
    if (atom.kind != Kind::Unit)
      parts.push_back(atom);
  if (parts.size() == 2 && parts[0].kind == Kind::Stack && parts[1].kind == Kind::Feature && count > 0) {
    int64_t each = parts[1].size;
    if (begin % each == 0 && count % each == 0 && step == 1) { // whole values
      result.takeOfStack(parts[0].place, begin / each, count / each, 1);
      return true;
    }
    Value whole = value;
    return unstack(node, whole) && slice(node, whole, dim, begin, count, step, suffix, result);
  }
  if (parts.size() != 1 || count < 1)
    return refuse(node, "taking parts of dimension " + Twine(dim) + " is not covered: it is " +
                            (count < 1 ? "empty then" : "made of several"));
  const Atom &atom = parts.front();
  Atom part = atom;
  part.size = count;
  if (atom.kind != Kind::Feature) // of features the dimension of the input may still become an axis
    part.input = -1;
  result.dims[dim] = {part};
  if (atom.kind == Kind::Stack) {
    result.dims[dim] = {atom};
    result.takeOfStack(atom.place, begin, count, step);
    return true;
  }
  if (atom.kind == Kind::Feature && atom.input >= 0 && value.input >= 0 && atom.place + 1 != value.features.size())
    return force(node, atom, Role::Axis, "an axis");
  if (atom.kind == Kind::Feature) {
    if (atom.place + 1 != value.features.size() || step != 1)
      return refuse(node, "of features only those of the last dimension, one after the other, can be taken");
    result.features.back() = count;
    std::string range = "[" + (begin ? std::to_string(begin) : "") + ":" +
                        (begin + count < size ? std::to_string(begin + count) : "") + "]";
    for (std::string &text : result.parts)
      text = (text.back() == ')' ? "(" + text + ")" : text) + range;
    return true;
  }
  if (atom.kind == Kind::Batch && atom.input >= 0 && value.input >= 0)
    return force(node, atom, Role::Axis, "an axis"); // as layers and directions of a state, which stand first
  if (atom.kind != Kind::Axis)
    return refuse(node, "taking parts of the batch is not covered");
  std::string axis = spellAxis(atom.axis);
  readsAlong(atom.axis);
  if (count == 1) {
    for (std::string &text : result.parts)
      text = begin + 1 == size ? "last(" + text + " over " + axis + ")"
                               : "sum(select(index(" + axis + ") == " + std::to_string(begin) + ", " + text +
                                     ", 0) over " + axis + ")";
    result.dims[dim].clear();
    result = bind(node, result, suffix);
    return true;
  }
  unsigned to = derivedAxis(atom.axis, count, step, -begin);
  for (std::string &text : result.parts)
    text = "sum(window(" + text + " over " + axis + ", width: " + spellAxis(neighbours(1)) +
           (step > 1 ? ", stride: " + std::to_string(step) : "") + ", pad: none, before: " + std::to_string(-begin) +
           ", to: " + spellAxis(to) + ") over " + spellAxis(neighbours(1)) + ")";
  result.dims[dim][0].axis = to;
  result = bind(node, result, suffix);
  return true;
}

bool Lowering::lowerSlice(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  bool isThere = false, hasAxes = false, hasSteps = false;
  auto starts = value ? sizesOf(node, "starts", 1, isThere) : std::nullopt;
  auto ends = starts ? sizesOf(node, "ends", 2, isThere) : std::nullopt;
  auto axes = ends ? sizesOf(node, "axes", 3, hasAxes) : std::nullopt;
  auto steps = axes ? sizesOf(node, "steps", 4, hasSteps) : std::nullopt;
  if (!steps || !checkAttributes(node, {"axes", "ends", "starts"}))
    return false;
  if (!hasSteps)
    steps->assign(starts->size(), 1);
  for (size_t i = 0; i < starts->size() && !hasAxes; ++i)
    axes->push_back(static_cast<int64_t>(i));
  if (ends->size() != starts->size() || axes->size() != starts->size() || steps->size() != starts->size())
    return refuse(node, "expected as many ends, axes and steps as starts");
  Value result = *value;
  if (cropped.count(&node))
    return define(node, 0, result);
  if (value->isConstant() && starts->size() == 1 && isOpen((*ends)[0]) && (*starts)[0] == 0 && (*steps)[0] == 1)
    return rowsOfPositions(node, *value->constant, (*axes)[0], (*ends)[0]);
  for (size_t i = 0; i < starts->size(); ++i) {
    Sizes shape = result.shape();
    auto dim = dimension(node, (*axes)[i], shape.size());
    if (!dim)
      return false;
    int64_t size = shape[*dim], begin = (*starts)[i], end = (*ends)[i], step = (*steps)[i];
    if (isOpen(begin) || isOpen(end) || step == 0 || step == INT64_MIN)
      return refuse(node, "expected known positions and steps, found open ones: they are known in a model that is "
                          "exported with known sizes");
    if (isOpen(size)) {
      bool isAll = begin == 0 && end >= INT32_MAX && step == 1, isLast = begin == -1 && end >= INT32_MAX && step == 1;
      if (isAll)
        continue;
      if (!isLast)
        return refuse(node, "parts of a dimension of open size are not covered, except its last position");
      if (!takeLast(node, result, *dim))
        return false;
      continue;
    }
    auto clamp = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? std::max(at, -size - 1) + size : at, step < 0 ? -1 : 0,
                                 step < 0 ? size - 1 : size);
    };
    // The last position of a walk to the front is before the first one: an end far below zero.
    begin = clamp(begin);
    end = step < 0 && end < -size ? -1 : clamp(end);
    int64_t way = step > 0 ? end - begin : begin - end, count = way <= 0 ? 0 : (way - 1) / std::abs(step) + 1;
    Value part;
    if (step != 1 && count > 1 && !result.isConstant() && isOrderOfOne(result, *dim, step)) {
      Sizes places;
      for (int64_t at = 0; at < count; ++at)
        places.push_back(begin + at * step);
      if (!pickAny(node, result, *dim, places, "_" + std::to_string(*dim), part))
        return false;
    } else if (!slice(node, result, *dim, begin, count, step, "_" + std::to_string(*dim), part))
      return false;
    result = part;
  }
  return define(node, 0, result);
}

bool Lowering::takeLast(const OnnxNode &node, Value &value, unsigned dim) {
  const Dim &parts = value.dims[dim];
  if (parts.size() != 1 || parts[0].kind != Kind::Axis)
    return refuse(node, "expected an axis of the program in dimension " + Twine(dim));
  counts(node, parts[0].axis);
  for (std::string &text : value.parts)
    text = "last(" + text + " over " + spellAxis(parts[0].axis) + ")";
  value.dims[dim].clear();
  value = bind(node, value);
  return true;
}

bool Lowering::lowerSplit(const OnnxNode &node) {
  const Value *value = operand(node, 0);
  bool isThere = false;
  auto sizes = value ? sizesOf(node, "split", 1, isThere) : std::nullopt;
  auto dim = dimensionByAxis(node, sizes ? value : nullptr, 0, {"axis", "num_outputs", "split"});
  if (!dim)
    return false;
  Sizes shape = value->shape();
  int64_t size = shape[*dim], count = static_cast<int64_t>(node.outputs.size()), each = (size + count - 1) / count;
  if (isOpen(size) || size < 1)
    return refuse(node, "dividing a dimension of open size is not covered");
  if (!isThere)
    for (int64_t i = 0; i < count; ++i)
      sizes->push_back(std::min(each, size - i * each));
  int64_t sum = 0;
  for (int64_t one : *sizes)
    sum = one < 1 || one > size ? size + 1 : std::min(sum + one, size + 1);
  if (sum != size || sizes->size() != node.outputs.size())
    return refuse(node, "expected as many sizes as outputs, of the sum " + Twine(size));
  Value whole = *value;
  for (size_t i = 0, begin = 0; i < sizes->size(); begin += static_cast<size_t>((*sizes)[i++])) {
    Value part;
    if (!slice(node, whole, *dim, static_cast<int64_t>(begin), (*sizes)[i], 1, i ? "_" + std::to_string(i) : "",
               part) ||
        !define(node, i, part))
      return false;
  }
  return true;
}

bool Lowering::lowerConcat(const OnnxNode &node) {
  const Value *first = operand(node, 0);
  auto dim = dimensionByAxis(node, first, 0);
  if (!dim)
    return false;
  std::vector<const Value *> all;
  bool areKnown = true;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    all.push_back(operand(node, i));
    if (!all.back())
      return false;
    if (all.back()->shape().size() != first->shape().size())
      return refuse(node, "expected values of as many dimensions, found " + Twine(first->shape().size()) + " and " +
                              Twine(all.back()->shape().size()));
    areKnown &= all.back()->isConstant();
  }
  if (areKnown)
    return concatKnown(node, all, *dim);
  bool areAxes = llvm::any_of(all, [&](const Value *value) {
    return !value->isConstant() && value->dims[*dim].size() == 1 && value->dims[*dim][0].kind == Kind::Axis;
  });
  return areAxes ? concatAxes(node, all, *dim) : concatValues(node, all, *dim);
}

bool Lowering::concatKnown(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim) {
  Constant result;
  result.type = all[0]->constant->type;
  result.shape = all[0]->constant->shape;
  result.shape[dim] = 0;
  Sizes ends;
  for (const Value *value : all) {
    Sizes shape = value->constant->shape;
    if (value->constant->type != result.type || value->constant->uniform || isOpen(shape[dim]))
      return refuse(node, "expected known arrays of one type");
    result.shape[dim] += shape[dim];
    ends.push_back(result.shape[dim]);
    shape[dim] = result.shape[dim];
    if (shape != result.shape)
      return refuse(node, "expected arrays of one shape but for dimension " + Twine(dim));
  }
  int64_t count = countOf(result.shape);
  if (count < 0)
    return refuse(node, "expected at most 2^28 elements");
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    Sizes position = positionOf(i, result.shape);
    size_t which = static_cast<size_t>(llvm::upper_bound(ends, position[dim]) - ends.begin());
    position[dim] -= which ? ends[which - 1] : 0;
    const Constant &from = *all[which]->constant;
    Sizes strides = stridesOf(from.shape);
    int64_t source = 0;
    for (size_t at = 0; at < position.size(); ++at)
      source += position[at] * strides[at];
    if (result.isReal())
      result.reals.push_back(from.reals[static_cast<size_t>(source)]);
    else
      result.integers.push_back(from.integers[static_cast<size_t>(source)]);
  }
  return fold(node, result);
}

// Positions one behind the other: the sum of what each value is at its own ones, and zero elsewhere.
bool Lowering::concatAxes(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim) {
  int64_t total = 0;
  for (const Value *value : all) {
    if (value->isConstant() || value->parts.size() != 1 || value->type != Value::Type::Real)
      return refuse(node, "of positions of an axis values that the inputs change are expected");
    for (const Atom &atom : value->dims[dim])
      if ((atom.kind == Kind::Feature || atom.kind == Kind::Batch) && atom.input >= 0)
        return force(node, atom, Role::Axis, "positions of an axis");
    int64_t size = value->shape()[dim];
    if (isOpen(size))
      return refuse(node, "along positions of open number this operator is not covered");
    total += size;
  }
  unsigned to = addAxis("F", total);
  Value result;
  int64_t begin = 0;
  std::string text;
  for (const Value *value : all) {
    Value part = *value;
    int64_t size = part.shape()[dim];
    Dim &own = part.dims[dim];
    llvm::erase_if(own, [](const Atom &atom) { return atom.kind == Kind::Unit; });
    if (own.size() > 1 || (own.size() == 1 && own[0].kind != Kind::Axis))
      return refuse(node, "expected positions of an axis in dimension " + Twine(dim));
    std::string one = own.empty() ? "" : spellAxis(neighbours(1));
    std::string place = "index(" + spellAxis(to) + ")";
    if (own.empty())
      place = "select(" + place + " == " + std::to_string(begin) + ", " + part.parts.front() + ", 0)";
    else
      place = "sum(window(" + part.parts.front() + " over " + spellAxis(own[0].axis) + ", width: " + one +
              ", pad: zero, before: " + std::to_string(begin) + ", to: " + spellAxis(to) + ") over " + one + ")";
    if (!own.empty())
      readsAlong(own[0].axis);
    Atom atom;
    atom.kind = Kind::Axis;
    atom.axis = to;
    atom.size = total;
    own = {atom};
    text += (text.empty() ? "" : " + ") + place;
    Value aligned;
    if (begin && !align(node, result, part, aligned))
      return false;
    result = begin ? aligned : part;
    begin += size;
  }
  result.parts = {text};
  return define(node, 0, bind(node, result));
}

bool Lowering::concatValues(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim) {
  const Value *pattern = *llvm::find_if(all, [](const Value *value) { return !value->isConstant(); });
  std::vector<Value> values;
  bool areSides = true;
  for (auto [i, value] : llvm::enumerate(all)) {
    values.push_back(*value);
    Value &one = values.back();
    if (value->isConstant()) {
      // Beside features of another number, so as if they were its own.
      Value beside = *pattern;
      for (Atom &atom : beside.dims[dim])
        if (atom.kind == Kind::Feature && beside.dims[dim].size() == 1) {
          atom.size = value->constant->shape[dim];
          beside.features[atom.place] = atom.size;
        }
      one = Value();
      if (!materialize(node, *value->constant, beside, "_" + std::to_string(i), one))
        return false;
      if (one.features.size() != beside.features.size())
        return refuse(node, "a known array is expected to have all features here");
    }
    if (one.type != Value::Type::Real)
      return refuse(node, "expected real numbers");
    Dim parts;
    for (const Atom &atom : one.dims[dim])
      if (atom.kind != Kind::Unit)
        parts.push_back(atom);
    one.dims[dim] = parts;
    areSides &= parts.empty() || (parts.size() == 1 && parts[0].kind == Kind::Stack);
  }
  int64_t size = 0;
  Value result, rest;
  for (Value &value : values) {
    Value other = value, aligned;
    other.dims[dim].clear();
    if (!areSides && !unstack(node, value))
      return false;
    if (!areSides && (value.dims[dim].size() != 1 || value.dims[dim][0].kind != Kind::Feature ||
                      value.dims[dim][0].place + 1 != value.features.size())) {
      const Value &given = *all[static_cast<size_t>(&value - &values[0])];
      if (!given.isConstant() && given.dims[dim].size() == 1 && given.dims[dim][0].kind == Kind::Unit &&
          given.dims[dim][0].input >= 0)
        return force(node, given.dims[dim][0], Role::Feature, "features");
      if (!given.isConstant() && given.dims[dim].size() == 1 && given.dims[dim][0].kind == Kind::Feature &&
          given.dims[dim][0].input >= 0 && given.features.size() > 1)
        return force(node, given.dims[dim][0], Role::Axis, "positions of an axis");
      if (!given.isConstant() && given.dims[dim].size() == 1 && given.dims[dim][0].kind == Kind::Batch)
        return force(node, given.dims[dim][0], Role::Axis, "positions of an axis");
      return refuse(node, "expected features of the last dimension, or single values, side by side in dimension " +
                              Twine(dim));
    }
    size += areSides ? static_cast<int64_t>(value.parts.size()) : value.features.back();
    if (!areSides)
      other.features.back() = values[0].features.back();
    if (&value == &values[0]) {
      rest = other;
    } else if (!align(node, rest, other, aligned)) {
      return false;
    } else {
      rest = aligned;
    }
    result.parts.insert(result.parts.end(), value.parts.begin(), value.parts.end());
  }
  result.dims = rest.dims;
  result.features = values[0].features;
  Atom atom = areSides ? Atom() : values[0].dims[dim][0];
  atom.kind = areSides ? Kind::Stack : Kind::Feature;
  atom.size = size;
  result.dims[dim] = {atom};
  if (areSides) {
    for (const Atom &one : rest.atoms())
      if (one.kind == Kind::Stack)
        return refuse(node, "values side by side in two dimensions are not covered");
    return define(node, 0, result);
  }
  std::string text;
  for (const std::string &part : result.parts)
    text += (text.empty() ? "concat(" : ", ") + part;
  result.features.back() = size;
  result.parts = {text + ")"};
  return define(node, 0, bind(node, result));
}
