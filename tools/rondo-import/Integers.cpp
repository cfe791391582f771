// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Integers that the inputs change, as the program's real numbers: exact below 2^24 in absolute value.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

/// Integers above are no single real numbers of single precision.
static constexpr int64_t mostExact = 1 << 24;

bool Lowering::toNumber(const OnnxNode &node, Value &value) {
  if (value.rowStep)
    return refuse(node, "the number of a row of the batch is covered where Gather picks one position of each row only");
  if (value.isConstant() || value.type != Value::Type::Token)
    return true;
  std::string &text = value.parts.front();
  int input = value.input;
  value.type = Value::Type::Integer;
  value.input = -1;
  if (StringRef(text).starts_with("index("))
    return true;
  if (input < 0)
    return refuse(node, "of integers of the inputs, arithmetic and comparisons are covered with a whole input, not "
                        "with parts of one");
  if (auto length = decisions.lengths.find(input); length != decisions.lengths.end()) {
    text = "length(" + spellAxis(length->second) + ")";
    return true;
  }
  auto vocabulary = decisions.vocabularies.find(input);
  if (vocabulary == decisions.vocabularies.end()) {
    again |= decisions.integers.insert(input).second;
    return false;
  }
  int64_t kinds = vocabulary->second;
  if (kinds > mostExact)
    return refuse(node, "expected at most 2^24 kinds of integers to compute with, found " + Twine(kinds));
  std::vector<double> rows;
  for (int64_t i = 0; i < kinds; ++i)
    rows.push_back(static_cast<double>(i));
  std::string table = addParameter(nameOf(node, "_numbers"), {kinds, 1}, std::move(rows));
  program.statements.push_back("param " + table + ": " + spellShape({kinds, 1}) + " = zeros");
  text = "sum(embedding(" + text + ", table: " + table + "))";
  return true;
}

std::optional<Constant> Lowering::realOf(const OnnxNode &node, const Constant &constant) {
  Constant real = constant;
  real.type = Constant::Type::Real;
  real.reals.assign(constant.integers.begin(), constant.integers.end());
  real.integers.clear();
  for (int64_t number : constant.integers)
    if (isOpen(number) || number > mostExact || number < -mostExact) {
      refuse(node, isOpen(number)
                       ? "arithmetic of integers of the inputs with sizes that are open is not covered"
                       : "expected integers up to 2^24, which are exact as real numbers, found " + Twine(number));
      return std::nullopt;
    }
  return real;
}

bool Lowering::asPositions(const Constant &constant, const Value &beside, Value &result) {
  size_t rank = constant.shape.size(), dim = 0;
  for (size_t i = 0; i < rank; ++i)
    dim = constant.shape[i] != 1 ? i : dim;
  int64_t count = countOf(constant.shape);
  if (rank == 0 || count < 2 || constant.shape[dim] != count || constant.uniform || !beside.features.empty())
    return false;
  for (size_t i = 0; i < constant.stored(); ++i)
    if (constant.number(i) != static_cast<double>(i))
      return false;
  size_t fromEnd = rank - dim;
  if (fromEnd <= beside.dims.size() &&
      llvm::any_of(beside.dims[beside.dims.size() - fromEnd], [](const Atom &atom) { return atom.kind != Kind::Unit; }))
    return false;
  auto isAsLong = [&](const ProgramAxis &axis) { return axis.size == count && axis.rule.empty(); };
  auto axis = llvm::find_if(program.axes, [&](const ProgramAxis &one) { return isAsLong(one) && one.isTime; });
  if (axis == program.axes.end())
    axis = llvm::find_if(program.axes, isAsLong);
  if (axis == program.axes.end())
    return false;
  result = positionsAlong(static_cast<unsigned>(axis - program.axes.begin()));
  result.type = Value::Type::Real;
  Dim positions = result.dims.front();
  result.dims.assign(rank, Dim());
  result.dims[dim] = positions;
  return true;
}

std::optional<Value> Lowering::addRows(const OnnxNode &node, const Value &a, const Value &b) {
  auto isPerRow = [](const Value &value) {
    bool isWhole = value.type == Value::Type::Integer || value.type == Value::Type::Token;
    return isWhole && !value.isConstant() && value.dims.size() == 1 && value.dims[0].size() == 1 &&
           value.dims[0][0].kind == Kind::Batch;
  };
  for (bool isFirst : {true, false}) {
    const Value &value = isFirst ? a : b, &other = isFirst ? b : a;
    if (!isPerRow(value))
      continue;
    Value result = value;
    if (other.isConstant() && !other.constant->isReal() && !other.constant->uniform) {
      const Sizes &numbers = other.constant->integers;
      if (node.op == "Mul" && value.rowStep == 1 && value.parts.front() == "0" && numbers.size() == 1) {
        result.rowStep = numbers[0];
        return result;
      }
      int64_t count = value.dims[0][0].size, step = numbers.size() > 1 ? numbers[1] : 0;
      bool isSteps =
          node.op == "Add" && value.rowStep == 0 && step > 0 && !isOpen(step) && other.constant->shape == Sizes{count};
      for (size_t i = 0; isSteps && i < numbers.size(); ++i)
        isSteps = numbers[i] == step * static_cast<int64_t>(i);
      if (isSteps && toNumber(node, result))
        return result.rowStep = step, result;
    } else if (node.op == "Add" && isPerRow(other) && other.rowStep && other.parts.front() == "0" && !value.rowStep &&
               toNumber(node, result)) {
      return result.rowStep = other.rowStep, result;
    }
  }
  return std::nullopt;
}

bool Lowering::pickOfRows(const OnnxNode &node, const Value &value, const Value &which) {
  Dim whole;
  for (const Atom &atom : value.dims[0])
    if (atom.kind != Kind::Unit)
      whole.push_back(atom);
  if (value.type != Value::Type::Real || value.parts.size() != 1 || whole.size() != 2 || whole[0].kind != Kind::Batch ||
      whole[1].kind != Kind::Axis || whole[1].size != which.rowStep)
    return refuse(node, "expected rows of as many positions as the indices have between them, in one dimension with "
                        "the batch");
  readsAlong(whole[1].axis);
  std::string axis = spellAxis(whole[1].axis);
  Value result = value;
  result.dims[0] = {whole[0]};
  result.input = -1;
  result.parts = {"sum(select(index(" + axis + ") == " + which.parts.front() + ", " + value.parts.front() +
                  ", 0) over " + axis + ")"};
  return define(node, 0, bind(node, result));
}
