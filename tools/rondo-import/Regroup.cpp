// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Dimensions in another order or in other groups: nothing of it is computed.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::Twine;
using Kind = Atom::Kind;

bool Lowering::lowerTranspose(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  if (!value || !checkAttributes(node, {"perm"}))
    return false;
  size_t rank = value->shape().size();
  Sizes reverse;
  for (size_t i = rank; i-- > 0;)
    reverse.push_back(static_cast<int64_t>(i));
  auto order = integers(node, "perm", reverse);
  if (!order)
    return false;
  Sizes sorted = *order;
  llvm::sort(sorted);
  std::reverse(reverse.begin(), reverse.end());
  if (sorted != reverse)
    return refuse(node, "expected a permutation of " + Twine(rank) + " dimensions, found " + spellShape(*order));
  if (value->isConstant()) {
    const Constant &array = *value->constant;
    Sizes shape, strides = array.uniform ? Sizes(rank, 0) : stridesOf(array.shape);
    for (int64_t dim : *order)
      shape.push_back(array.shape[static_cast<size_t>(dim)]);
    return fold(node, array.rearranged(shape, [&](size_t i) {
      Sizes position = positionOf(i, shape);
      int64_t source = 0;
      for (size_t dim = 0; dim < rank; ++dim)
        source += position[dim] * strides[static_cast<size_t>((*order)[dim])];
      return static_cast<size_t>(source);
    }));
  }
  Value result = *value;
  for (size_t i = 0; i < rank; ++i)
    result.dims[i] = value->dims[static_cast<size_t>((*order)[i])];
  return define(node, 0, result);
}

// The dimensions of a new shape from the parts of the old ones, in their order; of -1 all between its neighbours'.
bool Lowering::regroup(const OnnxNode &node, const Value &value, const Sizes &shape) {
  Value result = value; // its first dimension: what is not placed yet
  result.dims = {value.atoms()};
  size_t placed = 0, rank = shape.size(), free = static_cast<size_t>(llvm::find(shape, -1) - shape.begin());
  // Takes the parts of one dimension from either end. Those that lie in it are in `result` all the while, as places of
  // stacks change where one is divided.
  auto take = [&](int64_t rest, bool fromEnd) {
    size_t count = 0;
    auto left = [&] { return result.dims[0].size() - count; };
    while (rest != 1) {
      if (left() == 0)
        return false;
      size_t at = fromEnd ? left() - 1 : count;
      Atom atom = result.dims[0][at];
      if (int64_t quotient = quotientOf(rest, atom.size)) {
        rest = quotient;
        ++count;
      } else if (!isOpen(atom.size) && !isOpen(rest) && rest > 1 && atom.size % rest == 0) {
        if (!split(node, result, atom, fromEnd ? atom.size / rest : rest))
          return false;
      } else {
        return false;
      }
    }
    Dim &open = result.dims[0];
    auto begin = fromEnd ? open.end() - static_cast<std::ptrdiff_t>(count) : open.begin();
    Dim taken(begin, begin + static_cast<std::ptrdiff_t>(count));
    open.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
    // Behind the open ones in the order of the result: those of the front, then those of the back.
    result.dims.insert(result.dims.begin() + static_cast<std::ptrdiff_t>(1 + placed), taken);
    placed += !fromEnd;
    return true;
  };
  bool fits = true;
  for (size_t dim = 0; dim < free && fits; ++dim)
    fits = take(shape[dim], false);
  for (size_t dim = rank; fits && dim > free + 1; --dim)
    fits = take(shape[dim - 1], true);
  if (!fits && (again || !error.empty()))
    return false;
  Dim open = result.dims[0];
  result.dims.erase(result.dims.begin());
  if (free < rank && fits)
    result.dims.insert(result.dims.begin() + static_cast<std::ptrdiff_t>(placed), open);
  else if (fits && llvm::all_of(open, [](const Atom &atom) { return atom.size == 1; }) && (rank || open.empty()))
    for (const Atom &atom : open) // a part of the program that ONNX does not see
      result.dims.back().push_back(atom);
  else
    return refuse(node,
                  std::string("it would divide a dimension of the program, or mix several, which is not covered") +
                      (llvm::any_of(value.shape(), isOpen) ? " (of a model exported with known sizes it may be)" : "") +
                      ": from " + spellShape(value.shape()) + " to " + spellShape(shape));
  return define(node, 0, result);
}

bool Lowering::lowerReshape(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  bool isThere = false;
  auto wanted = value ? sizesOf(node, "shape", 1, isThere) : std::nullopt;
  auto keepsZero = integer(node, "allowzero", 0);
  if (!wanted || !keepsZero || !checkAttributes(node, {"allowzero", "shape"}))
    return false;
  Sizes from = value->shape(), shape = *wanted;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !*keepsZero) {
      if (i >= from.size())
        return refuse(node, "expected a dimension to keep for each 0, found none for dimension " + Twine(i));
      shape[i] = from[i];
    }
    if (shape[i] < -1 && !isOpen(shape[i]))
      return refuse(node, "expected sizes, found " + Twine(shape[i]));
  }
  if (llvm::count(shape, -1) > 1)
    return refuse(node, "expected at most one size -1, found " + Twine(llvm::count(shape, -1)));
  if (!value->isConstant())
    return regroup(node, *value, shape);
  int64_t count = countOf(from), others = 1;
  auto free = llvm::find(shape, -1);
  if (free != shape.end()) {
    *free = 1;
    others = countOf(shape);
    if (others < 1 || count < 0 || count % others)
      return refuse(node, "expected a shape of " + Twine(count) + " elements, found " + spellShape(*wanted));
    *free = count / others;
  }
  if (!value->constant->uniform && countOf(shape) != count)
    return refuse(node, "expected a shape of " + Twine(count) + " elements, found " + spellShape(*wanted));
  return fold(node, value->constant->rearranged(shape, [](size_t i) { return i; }));
}

bool Lowering::lowerFlatten(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  auto axis = integer(node, "axis", 1);
  if (!value || !axis || !checkAttributes(node, {"axis"}))
    return false;
  int64_t rank = static_cast<int64_t>(value->shape().size());
  int64_t at = *axis < 0 ? *axis + rank : *axis;
  if (at < 0 || at > rank || value->isConstant())
    return refuse(node, "expected a dimension of what the inputs change, found " + Twine(*axis));
  Value result = *value;
  result.dims.assign(2, Dim());
  for (int64_t dim = 0; dim < rank; ++dim)
    for (const Atom &atom : value->dims[static_cast<size_t>(dim)])
      result.dims[dim < at ? 0 : 1].push_back(atom);
  return define(node, 0, result);
}

bool Lowering::lowerSqueeze(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  bool isThere = false;
  auto axes = value ? sizesOf(node, "axes", 1, isThere) : std::nullopt;
  if (!axes || !checkAttributes(node, {"axes"}))
    return false;
  Sizes shape = value->shape();
  std::set<unsigned> gone;
  for (int64_t axis : *axes) {
    auto dim = dimension(node, axis, shape.size());
    if (!dim)
      return false;
    gone.insert(*dim);
  }
  for (unsigned dim = 0; dim < shape.size() && !isThere; ++dim)
    if (shape[dim] == 1)
      gone.insert(dim);
  for (unsigned dim : gone)
    if (shape[dim] != 1)
      return refuse(node, "expected dimension " + Twine(dim) + " to be of size 1, found " +
                              (isOpen(shape[dim]) ? Twine("an open size") : Twine(shape[dim])));
  Sizes left;
  for (unsigned dim = 0; dim < shape.size(); ++dim)
    if (!gone.count(dim))
      left.push_back(shape[dim]);
  if (value->isConstant())
    return fold(node, value->constant->rearranged(left, [](size_t i) { return i; }));
  Value result = *value;
  result.dims.clear();
  for (unsigned dim = 0; dim < shape.size(); ++dim) {
    if (!gone.count(dim)) {
      result.dims.push_back(value->dims[dim]);
      continue;
    }
    for (const Atom &atom : value->dims[dim])
      for (std::string &part : result.parts)
        if (atom.kind == Kind::Axis)
          part = "last(" + part + " over " + spellAxis(atom.axis) + ")";
        else if (atom.kind == Kind::Feature && result.features.size() == 1)
          part = "sum(" + part + ")";
        else if (atom.kind != Kind::Unit)
          return refuse(node, "a dimension of one feature among others is not covered");
    if (llvm::any_of(value->dims[dim], [](const Atom &atom) { return atom.kind == Kind::Feature; }))
      result.features.clear();
  }
  return define(node, 0, result);
}

bool Lowering::lowerUnsqueeze(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  bool isThere = false;
  auto axes = value ? sizesOf(node, "axes", 1, isThere) : std::nullopt;
  if (!axes || !checkAttributes(node, {"axes"}))
    return false;
  Sizes shape = value->shape();
  size_t rank = shape.size() + axes->size();
  std::set<unsigned> added;
  for (int64_t axis : *axes) {
    auto dim = dimension(node, axis, rank);
    if (!dim)
      return false;
    if (!added.insert(*dim).second)
      return refuse(node, "expected each new dimension once, found " + Twine(*dim) + " twice");
  }
  if (rank > 64)
    return refuse(node, "expected at most 64 dimensions, found " + Twine(rank));
  Sizes more;
  Value result = *value;
  result.dims.clear();
  for (unsigned dim = 0, from = 0; dim < rank; ++dim) {
    bool isNew = added.count(dim);
    more.push_back(isNew ? 1 : shape[from]);
    if (!value->isConstant())
      result.dims.push_back(isNew ? Dim() : value->dims[from]);
    from += !isNew;
  }
  if (value->isConstant())
    return fold(node, value->constant->rearranged(more, [](size_t i) { return i; }));
  return define(node, 0, result);
}

bool Lowering::lowerExpand(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  const Constant *wanted = value ? known(node, 1, "a shape") : nullptr;
  if (!wanted || !checkAttributes(node, {}))
    return false;
  if (wanted->type != Constant::Type::Integer || wanted->shape.size() != 1 || wanted->uniform)
    return refuse(node, "expected a shape: a list of integers");
  Sizes from = value->shape(), to = wanted->integers;
  while (to.size() < from.size())
    to.insert(to.begin(), 1);
  while (from.size() < to.size())
    from.insert(from.begin(), 1);
  bool isSame = true;
  for (size_t i = 0; i < to.size(); ++i) {
    to[i] = to[i] == 1 ? from[i] : to[i];
    if (from[i] != to[i] && from[i] != 1)
      return refuse(node, "expected dimensions of one size or of size 1");
    isSame &= from[i] == to[i];
  }
  if (value->isConstant())
    return expandKnown(node, *value->constant, from, to);
  Value result = *value;
  result.dims.insert(result.dims.begin(), to.size() - result.dims.size(), Dim());
  // Beside a value of the whole shape it is repeated anyway.
  for (const OnnxNode &user : model.graph.nodes)
    for (size_t i = 0; i < user.inputs.size() && !isSame; ++i) {
      if (user.inputs[i] != node.outputs.front())
        continue;
      static const std::set<std::string> repeating = {"Add", "Sub", "Mul", "Div"};
      const std::string &other = user.inputs.size() == 2 ? user.inputs[1 - i] : std::string();
      auto place = values.find(other);
      if (!repeating.count(user.op) || place == values.end() || place->second.shape() != to)
        continue;
      isSame = uses[node.outputs.front()] == 1;
    }
  // So are positions for each row of the batch.
  unsigned places = 0;
  for (const OnnxNode &user : model.graph.nodes)
    places += user.op == "RotaryEmbedding" && user.inputs.size() == 4 && user.inputs[3] == node.outputs.front();
  isSame |= places > 0 && places == uses[node.outputs.front()] && to.size() == 2 && from[1] == to[1];
  return isSame ? define(node, 0, result) : repeat(node, result, to);
}

// Dimensions of size 1 as axes at whose positions the value is the same.
bool Lowering::repeat(const OnnxNode &node, Value value, const Sizes &to) {
  Sizes from = value.shape();
  if (value.type != Value::Type::Real)
    return refuse(node, "expected real numbers");
  for (size_t dim = 0; dim < to.size(); ++dim) {
    if (from[dim] == to[dim])
      continue;
    if (from[dim] != 1 || isOpen(to[dim]) || to[dim] > INT32_MAX ||
        llvm::any_of(value.dims[dim], [](const Atom &atom) { return atom.kind != Kind::Unit; }))
      return refuse(node, "repeating what the inputs change is covered along a dimension of size 1, a known number of "
                          "times");
    Atom atom;
    atom.kind = Kind::Axis;
    atom.size = to[dim];
    atom.axis = addAxis("R", to[dim]);
    value.dims[dim] = {atom};
    for (std::string &part : value.parts)
      part = "select(index(" + spellAxis(atom.axis) + ") >= 0, " + part + ", 0)";
  }
  value.input = -1;
  return define(node, 0, bind(node, value));
}

bool Lowering::expandKnown(const OnnxNode &node, const Constant &array, const Sizes &from, const Sizes &to) {
  Constant result = array;
  if (result.uniform || result.stored() == 1) {
    result.uniform = countOf(to) != 1;
    result.shape = to;
    return fold(node, result);
  }
  Sizes shape = to;
  for (size_t i = 0; i < shape.size(); ++i)
    if (isOpen(shape[i])) { // repeated where it is used; its shape may not be
      for (const OnnxNode &user : model.graph.nodes)
        if (llvm::is_contained(user.inputs, node.outputs.front()) && user.op != "GRU" && user.op != "LSTM" &&
            user.op != "RNN" && user.op != "Add" && user.op != "Mul" && user.op != "Sub")
          return refuse(node, "repeating an array over sizes that are open is covered where it is used only");
      shape[i] = from[i];
    }
  if (countOf(shape) < 0)
    return refuse(node, "expected at most 2^28 elements");
  Sizes strides = stridesOf(from);
  return fold(node, result.rearranged(shape, [&](size_t i) {
    Sizes position = positionOf(i, shape);
    int64_t source = 0;
    for (size_t dim = 0; dim < shape.size(); ++dim)
      source += from[dim] == 1 ? 0 : position[dim] % from[dim] * strides[dim];
    return static_cast<size_t>(source);
  }));
}

bool Lowering::lowerTile(const OnnxNode &node) {
  const Value *value = operand(node, 0, /*takesPadding=*/true);
  bool isThere = false;
  auto counts = value ? sizesOf(node, "repeats", 1, isThere) : std::nullopt;
  if (!counts || !checkAttributes(node, {}))
    return false;
  Sizes from = value->shape(), to;
  if (counts->size() != from.size())
    return refuse(node, "expected a number for each of " + Twine(from.size()) + " dimensions");
  for (size_t i = 0; i < from.size(); ++i) {
    if ((*counts)[i] < 1 && !isOpen((*counts)[i]))
      return refuse(node, "expected each dimension once or more often, found " + Twine((*counts)[i]));
    to.push_back(productOf(from[i], (*counts)[i]));
  }
  if (to == from)
    return define(node, 0, Value(*value));
  if (!value->isConstant())
    return repeat(node, *value, to);
  return expandKnown(node, *value->constant, from, to);
}
