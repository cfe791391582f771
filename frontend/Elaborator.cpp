// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The making of nodes, and what all parts of Elaborator use.

#include "frontend/Elaborator.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;
using namespace rondo;

std::string rondo::spellShape(ArrayRef<int64_t> shape) {
  std::string text;
  raw_string_ostream os(text);
  os << '[';
  interleaveComma(shape, os);
  os << ']';
  return text;
}

std::string rondo::spellType(const ValueType &type) {
  switch (type.element) {
  case ValueType::Element::Token:
    return "token[" + std::to_string(type.vocab) + "]";
  case ValueType::Element::Bool:
    return "a truth value";
  case ValueType::Element::Real:
    break;
  }
  return spellShape(type.shape);
}

std::string Elaborator::spellAxes(AxisSet axes) {
  std::string text;
  for (auto [i, axis] : enumerate(graph->info.axes))
    if (axes & setOf(i + 1))
      text += (text.empty() ? "'" : ", '") + axis.name + "'";
  return text.empty() ? "no axis" : text;
}

std::string rondo::spellNumber(const Number &number) {
  std::string text;
  raw_string_ostream os(text);
  if (number.isInteger)
    os << number.integer;
  else
    os << format("%g", number.value);
  // A real number with the value of an integer is none.
  if (!number.isInteger && StringRef(text).find_first_not_of("-0123456789") == StringRef::npos)
    os << ".0";
  if (number.define)
    os << ", from -D " << number.define->first << '=' << number.define->second;
  return text;
}

std::string rondo::joinPath(StringRef path, StringRef name) {
  return path.empty() ? name.str() : (path + "." + name).str();
}

mlir::InFlightDiagnostic Elaborator::errorAtUse(mlir::Location loc) {
  Frame *inner = frames.back();
  frames.pop_back();
  mlir::InFlightDiagnostic diagnostic = error(loc);
  frames.push_back(inner);
  return diagnostic;
}

mlir::InFlightDiagnostic Elaborator::error(mlir::Location loc) {
  static constexpr unsigned maximalNotes = 4;
  failed = true;
  mlir::InFlightDiagnostic diagnostic = mlir::emitError(loc);
  unsigned notes = 0;
  for (Frame *user : reverse(frames))
    if (user->use && notes++ < maximalNotes)
      diagnostic.attachNote(*user->use) << "in this use of cell '" << user->cell->name.text << "'";
  return diagnostic;
}

Node *Elaborator::make(NodeOp op, ValueType type, mlir::Location loc, ArrayRef<Node *> operands) {
  auto node = std::make_unique<Node>(graph->nodes.size(), op, std::move(type), loc);
  node->operands.append(operands.begin(), operands.end());
  node->region = frame->scan;
  if (budget)
    --budget;
  checkAxes(*node);
  graph->nodes.push_back(std::move(node));
  return graph->nodes.back().get();
}

Node *Elaborator::makePosition(Node *sequence, Scan *scan, mlir::Location loc) {
  if (!(sequence->type.axes & setOf(scan->axis)))
    return sequence;
  ValueType type = sequence->type;
  type.axes &= ~setOf(scan->axis);
  Node *node = make(NodeOp::Position, std::move(type), loc, sequence);
  node->region = scan;
  return node;
}

// In a scan the value of each position is part of a sequence.
void Elaborator::checkAxes(const Node &node) {
  auto axesOf = [](const Node &node) {
    AxisSet axes = node.type.axes & ~batchAxis;
    for (const Scan *scan = node.region; scan; scan = scan->parent)
      axes |= setOf(scan->axis);
    return axes;
  };
  unsigned count = popcount(axesOf(node));
  auto isIn = [&](const Node *operand) { return popcount(axesOf(*operand)) > static_cast<int>(maximalAxesOfValue); };
  if (count > maximalAxesOfValue && none_of(node.operands, isIn)) // else they are in error
    error(node.loc) << "expected a value over at most " << maximalAxesOfValue << " axes, found one over "
                    << spellAxes(axesOf(node));
}

Node *Elaborator::makeConstant(double value, mlir::Location loc) {
  Node *node = make(NodeOp::Constant, {}, loc);
  node->number = value;
  return node;
}

Node *Elaborator::lower(const Meaning &meaning, mlir::Location loc) {
  return meaning.number ? makeConstant(meaning.number->value, loc) : meaning.node;
}

bool Elaborator::checkReal(Node *node, mlir::Location loc) {
  if (node->type.isReal())
    return true;
  error(loc) << "expected numbers, found " << spellType(node->type);
  return false;
}

// 1 for a truth that holds, else 0
Node *Elaborator::asNumber(Node *node, mlir::Location loc) {
  if (node->type.element != ValueType::Element::Bool)
    return node;
  return makeElementwise(NodeOp::Select, loc, {node, makeConstant(1, loc), makeConstant(0, loc)});
}

static bool isToken(const Node *node) { return node->type.element == ValueType::Element::Token; }

// t == u, t == 3: two tokens of one vocabulary, or one and the number of one.
bool Elaborator::checkTokens(ArrayRef<Node *> operands, mlir::Location loc) {
  const Node *left = operands[0], *right = operands[1];
  if (isToken(left) && isToken(right)) {
    if (left->type.vocab == right->type.vocab)
      return true;
    error(loc) << "expected tokens of one vocabulary, found " << spellType(left->type) << " and "
               << spellType(right->type);
    return false;
  }
  const Node *token = isToken(left) ? left : right, *other = isToken(left) ? right : left;
  if (other->op != NodeOp::Constant) {
    error(loc) << "expected a " << spellType(token->type) << " or the number of one to compare with a token, found "
               << spellType(other->type);
    return false;
  }
  double number = other->number;
  bool isWhole = number == std::floor(number) && std::abs(number) < 1e15;
  if (isWhole && number >= 0 && number < token->type.vocab)
    return true;
  error(loc) << "expected the number of a " << spellType(token->type) << ", from 0 to " << token->type.vocab - 1
             << ", found "
             << spellNumber(isWhole ? Number::ofInteger(static_cast<int64_t>(number)) : Number::ofReal(number));
  return false;
}

Node *Elaborator::makeElementwise(NodeOp op, mlir::Location loc, ArrayRef<Node *> values) {
  bool isComparison = op >= NodeOp::Less && op <= NodeOp::NotEqual;
  SmallVector<Node *> operands(values);
  // Not of a < b < c, which says something else than one means.
  for (Node *&operand : operands)
    if (op != NodeOp::Select && !isComparison)
      operand = asNumber(operand, loc);
  ValueType type;
  bool areTokens = (op == NodeOp::Equal || op == NodeOp::NotEqual) && any_of(operands, isToken);
  if (areTokens && !checkTokens(operands, loc))
    return nullptr;
  for (Node *operand : operands) {
    if (op != NodeOp::Select && !areTokens && !checkReal(operand, loc))
      return nullptr;
    type.axes |= operand->type.axes;
    if (operand->type.shape.empty())
      continue;
    if (type.shape.empty()) {
      type.shape = operand->type.shape;
    } else if (type.shape != operand->type.shape) {
      error(loc) << "expected operands of one shape, found " << spellShape(type.shape) << " and "
                 << spellShape(operand->type.shape);
      return nullptr;
    }
  }
  if (isComparison)
    type.element = ValueType::Element::Bool;
  return make(op, std::move(type), loc, operands);
}
