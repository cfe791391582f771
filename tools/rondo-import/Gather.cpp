// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Positions and features that are picked, and rows of tables.

#include "frontend/ModelInfo.h"
#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

bool Lowering::isOrderOfOne(const Value &value, unsigned dim, int64_t step) {
  const Dim &parts = value.dims[dim];
  return parts.size() == 1 && (parts[0].kind == Kind::Feature || (parts[0].kind == Kind::Axis && step < 0));
}

bool Lowering::pickAny(const OnnxNode &node, const Value &value, unsigned dim, const Sizes &places, StringRef suffix,
                       Value &result) {
  if (value.dims[dim].size() != 1 || value.type != Value::Type::Real || value.parts.size() != 1)
    return refuse(node, "in this order one dimension of real numbers, of one value, is expected");
  const Atom &atom = value.dims[dim][0];
  if (isOpen(atom.size))
    return refuse(node, "along a dimension of open size indices at equal distances, forward, are expected");
  int64_t size = atom.size, count = static_cast<int64_t>(places.size());
  std::vector<double> table(static_cast<size_t>(size * count), 0);
  for (size_t i = 0; i < places.size(); ++i)
    table[i * static_cast<size_t>(size) + static_cast<size_t>(places[i])] = 1;
  result = value;
  if (atom.kind == Kind::Batch && atom.input >= 0)
    return force(node, atom, Role::Axis, "an axis");
  if (atom.kind == Kind::Feature) {
    if (value.features.size() > 1 && atom.input >= 0)
      return force(node, atom, Role::Axis, "an axis");
    if (value.features.size() > 1)
      return refuse(node, "of features in several dimensions this order is not covered");
    OnnxNode one = node;
    one.outputs = {node.outputs.front() + "#picked" + suffix.str()};
    Value last = value; // as if they stood behind all others
    last.dims.erase(last.dims.begin() + dim);
    last.dims.push_back({atom});
    values.erase(one.outputs.front());
    if (!emitLinear(one, last, Constant::real({count, size}, table), true, nullptr, 1, 1))
      return false;
    result = values.find(one.outputs.front())->second;
    Dim picked = result.dims.back();
    result.dims.pop_back();
    result.dims.insert(result.dims.begin() + dim, picked);
    result.input = -1;
    return true;
  }
  if (atom.kind != Kind::Axis)
    return refuse(node, "taking parts of the batch is not covered");
  readsAlong(atom.axis);
  unsigned to = addAxis("F", count);
  Atom row = atom;
  row.axis = to;
  row.size = count;
  row.input = -1;
  std::string from = spellAxis(atom.axis), here = "index(" + from + ")", condition;
  bool isReversed = true;
  for (size_t i = 1; i < places.size(); ++i)
    isReversed &= places[i] == places[i - 1] - 1;
  if (isReversed) {
    condition = here + " == " + std::to_string(places[0]) + " - index(" + spellAxis(to) + ")";
  } else {
    Value numbers;
    if (!materializeTable(node, row, atom, table, nameOf(node, suffix.str() + "_places"), numbers))
      return false;
    condition = numbers.parts.front() + " > 0.5";
  }
  result.parts = {"sum(select(" + condition + ", " + value.parts.front() + ", 0) over " + from + ")"};
  result.dims[dim] = {row};
  result.input = -1;
  result = bind(node, result, suffix);
  return true;
}

// Of a known array any parts, in as many dimensions as the indices have.
bool Lowering::pickKnown(const OnnxNode &node, const Constant &array, unsigned dim, const Constant &indices) {
  Sizes from = array.shape, shape(from.begin(), from.begin() + dim), strides = stridesOf(from);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), from.begin() + dim + 1, from.end());
  int64_t size = from[dim];
  if (countOf(shape) < 0 || array.uniform || isOpen(size))
    return refuse(node, "expected at most 2^28 elements, of a known number of them");
  for (int64_t index : indices.integers)
    if (index < -size || index >= size)
      return refuse(node, "expected indices of a dimension of size " + Twine(size) + ", found " + Twine(index));
  Sizes indexStrides = stridesOf(indices.shape);
  return fold(node, array.rearranged(shape, [&](size_t i) {
    Sizes position = positionOf(i, shape);
    int64_t source = 0, index = 0;
    for (size_t at = 0; at < indices.shape.size(); ++at)
      index += position[dim + at] * indexStrides[at];
    int64_t place = indices.integers[static_cast<size_t>(index)];
    for (size_t at = 0; at < from.size(); ++at)
      source += strides[at] * (at < dim    ? position[at]
                               : at == dim ? place + (place < 0 ? size : 0)
                                           : position[at + indices.shape.size() - 1]);
    return static_cast<size_t>(source);
  }));
}

bool Lowering::lowerGather(const OnnxNode &node) {
  const Value *value = operand(node, 0), *which = value ? operand(node, 1) : nullptr;
  auto dim = dimensionByAxis(node, which ? value : nullptr, 0);
  if (!dim)
    return false;
  if (which->rowStep && *dim == 0 && !value->isConstant())
    return pickOfRows(node, *value, *which);
  if (!which->isConstant())
    return lookUp(node, *value, *which, *dim);
  const Constant &indices = *which->constant;
  int64_t size = value->shape()[*dim];
  if (indices.type == Constant::Type::Integer && !indices.uniform && value->isConstant() && indices.shape.size() > 1)
    return pickKnown(node, *value->constant, *dim, indices);
  if (indices.type != Constant::Type::Integer || indices.shape.size() > 1 || indices.uniform)
    return refuse(node, "expected an index or a list of them");
  if (isOpen(size) && indices.stored() == 1 && indices.integers[0] == -1 && indices.shape.empty()) {
    Value last = *value;
    if (!takeLast(node, last, *dim))
      return false;
    last.dims.erase(last.dims.begin() + *dim);
    return define(node, 0, last);
  }
  Sizes places = indices.integers;
  for (int64_t &place : places) {
    if (isOpen(size) || place < -size || place >= size)
      return refuse(node, "expected indices of a dimension of size " + (isOpen(size) ? "known" : Twine(size)) +
                              ", found " + Twine(place));
    place += place < 0 ? size : 0;
  }
  int64_t step = places.size() > 1 ? places[1] - places[0] : 1;
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i] - places[i - 1] != step)
      step = 0;
  if (value->isConstant() && step == 0)
    return pickKnown(node, *value->constant, *dim, indices);
  if (places.empty())
    return refuse(node, "expected at least one index");
  if (!value->isConstant() && places.size() > 1 && (step == 0 || (step != 1 && isOrderOfOne(*value, *dim, step)))) {
    Value picked;
    return pickAny(node, *value, *dim, places, "", picked) && define(node, 0, picked);
  }
  Value part;
  if (!slice(node, *value, *dim, places[0], static_cast<int64_t>(places.size()), step, "", part))
    return false;
  if (!indices.shape.empty())
    return define(node, 0, part);
  if (part.isConstant()) {
    Sizes shape = part.constant->shape;
    shape.erase(shape.begin() + *dim);
    return fold(node, part.constant->rearranged(shape, [](size_t i) { return i; }));
  }
  if (llvm::any_of(part.dims[*dim], [](const Atom &atom) { return atom.kind == Kind::Feature; })) {
    if (part.features.size() != 1)
      return refuse(node, "one feature of several dimensions is not covered");
    for (std::string &text : part.parts)
      text = "sum(" + text + ")";
    part.features.clear();
  }
  part.dims.erase(part.dims.begin() + *dim);
  return define(node, 0, part);
}

// Rows of a table by tokens of the inputs.
bool Lowering::lookUp(const OnnxNode &node, const Value &table, const Value &tokens, unsigned dim) {
  bool isIndex = StringRef(tokens.parts.front()).starts_with("index(");
  if (table.isConstant() && tokens.type == Value::Type::Integer && tokens.input >= 0) { // tokens, as it turns out
    again |= decisions.vocabularies.emplace(tokens.input, table.shape()[dim]).second;
    return false;
  }
  if (!table.isConstant() || tokens.type != Value::Type::Token || (tokens.input < 0 && !isIndex))
    return refuse(node, "expected a known table, and indices that are an input");
  const Constant &rows = *table.constant;
  if (dim != 0 || !rows.isReal() || rows.uniform || rows.shape.size() != 2 || rows.stored() == 0)
    return refuse(node, "expected a table of two dimensions whose rows are picked");
  auto vocabulary =
      isIndex ? decisions.vocabularies.end() : decisions.vocabularies.emplace(tokens.input, rows.shape[0]).first;
  if (!isIndex && vocabulary->second != rows.shape[0])
    return refuse(node, "expected tables of as many rows for one input, found " + Twine(rows.shape[0]) + " beside " +
                            Twine(vocabulary->second));
  Value result;
  result.dims = tokens.dims;
  Atom feature;
  feature.kind = Kind::Feature;
  feature.size = rows.shape[1];
  result.dims.push_back({feature});
  result.features = {rows.shape[1]};
  if (isIndex) {
    const ProgramAxis &axis = program.axes[tokens.atoms().front().axis];
    int64_t window = TrainInfo().k1;
    if (isOpen(axis.size) && axis.rule.empty() && rows.shape[0] < window)
      return refuse(node, "expected a row for each of " + Twine(window) +
                              " positions, as many as a window has where their number is open, found " +
                              Twine(rows.shape[0]));
    std::string path = addParameter(nameOf(node, "_table"), rows.shape, rows.reals);
    program.statements.push_back("param " + path + ": " + spellShape(rows.shape) + " = zeros");
    result.parts = {"embedding(" + tokens.parts.front() + ", table: " + path + ")"};
    return define(node, 0, bind(node, result));
  }
  result.parts = {"embedding[" + std::to_string(rows.shape[1]) + "](" + tokens.parts.front() + ")"};
  result = bind(node, result);
  program.parameters.push_back({result.parts.front(), rows.shape, rows.reals});
  return define(node, 0, result);
}

bool Lowering::rowsOfPositions(const OnnxNode &node, const Constant &table, int64_t dim, int64_t size) {
  auto at = dimension(node, dim, table.shape.size());
  auto axis = llvm::find_if(program.axes, [&](const ProgramAxis &one) { return one.size == size; });
  if (!at)
    return false;
  bool isTable = table.shape.size() == *at + 2;
  for (unsigned i = 0; i < *at; ++i)
    isTable &= table.shape[i] == 1;
  if (axis == program.axes.end() || !isTable)
    return refuse(node,
                  "of a known array as many positions as an axis of open size has are covered where they are rows "
                  "of a table: expected a model exported with a known number of positions");
  Constant rows = table;
  rows.shape.erase(rows.shape.begin(), rows.shape.begin() + *at);
  OnnxNode one = node;
  one.outputs = {node.outputs.front() + "#rows"};
  if (!lookUp(one, valueOf(rows), positionsAlong(static_cast<unsigned>(axis - program.axes.begin())), 0))
    return false;
  Value result = values.find(one.outputs.front())->second;
  result.dims.insert(result.dims.begin(), *at, Dim());
  return define(node, 0, result);
}

bool Lowering::lowerOneHot(const OnnxNode &node) {
  const Value *tokens = operand(node, 0);
  const Constant *depth = tokens ? known(node, 1, "a number") : nullptr,
                 *ends = depth ? known(node, 2, "two numbers") : nullptr;
  auto axis = integer(node, "axis", -1);
  if (!ends || !axis || !checkAttributes(node, {"axis"}))
    return false;
  bool isInput = tokens->input >= 0 && (tokens->type == Value::Type::Token || tokens->type == Value::Type::Integer);
  if (!isInput || depth->stored() != 1 || ends->uniform || ends->stored() != 2 || ends->number(0) != 0 ||
      ends->number(1) != 1)
    return refuse(node, "expected integers that are an input, their number, and the numbers 0 and 1");
  int64_t rank = static_cast<int64_t>(tokens->dims.size()), size = static_cast<int64_t>(depth->number(0));
  if (*axis != -1 && *axis != rank)
    return refuse(node, "expected the last dimension as axis, found " + Twine(*axis));
  auto vocabulary = decisions.vocabularies.emplace(tokens->input, size).first;
  if (tokens->type == Value::Type::Integer && size >= 1) { // tokens, as it turns out
    again = true;
    return false;
  }
  if (vocabulary->second != size || size < 1)
    return refuse(node,
                  "expected as many kinds of integers as other operators read of this input, found " + Twine(size));
  Value result = *tokens;
  result.type = Value::Type::Real;
  result.input = -1;
  Atom feature;
  feature.kind = Kind::Feature;
  feature.size = size;
  result.dims.push_back({feature});
  result.features = {size};
  result.parts = {"one_hot(" + tokens->parts.front() + ")"};
  return define(node, 0, bind(node, result));
}
