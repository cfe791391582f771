// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is drawn: bernoulli, gumbel, normal, sample, uniform, dropout. All of it is made of uniform numbers, which stand
// outside of scans, one for each of their positions, so that they are the same for any windows.

#include "frontend/Elaborator.h"

#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace rondo;

/// The axes over which the cell that is expanded is computed beside the batch: those of the scans around it, those over
/// which these are lifted, and those of its arguments.
AxisSet Elaborator::axesAround() const {
  AxisSet axes = frame->lifted;
  for (const Scan *scan = frame->scan; scan; scan = scan->parent)
    axes |= scan->axes | setOf(scan->axis);
  return axes;
}

/// What `build` makes outside of all scans; in them, its value at the current position.
Node *Elaborator::makeOutside(mlir::Location loc, function_ref<Node *()> build) {
  SmallVector<Scan *> scans; // from the innermost outwards
  for (Scan *scan = frame->scan; scan; scan = scan->parent)
    scans.push_back(scan);
  Scan *inner = std::exchange(frame->scan, nullptr);
  Node *node = build();
  frame->scan = inner;
  for (Scan *scan : reverse(scans))
    node = makePosition(node, scan, loc);
  return node;
}

/// Numbers in [0, 1), of a stream of their own.
Node *Elaborator::makeUniform(const ValueType &type, bool isAnew, mlir::Location loc) {
  Node *node = make(NodeOp::Random, type, loc);
  node->isAnew = isAnew;
  node->index = draws++;
  return node;
}

/// With mean 0 and variance 1 (Box & Muller 1958).
Node *Elaborator::makeNormal(const ValueType &type, bool isAnew, mlir::Location loc) {
  auto number = [&](double value) { return makeConstant(value, loc); };
  auto apply = [&](NodeOp op, ArrayRef<Node *> operands) { return makeElementwise(op, loc, operands); };
  // From (0, 1], of which the logarithm is finite.
  Node *above = apply(NodeOp::Subtract, {number(1), makeUniform(type, isAnew, loc)});
  Node *square = apply(NodeOp::Multiply, {number(-2), apply(NodeOp::Log, above)});
  Node *angle = apply(NodeOp::Multiply, {number(2 * numbers::pi), makeUniform(type, isAnew, loc)});
  return apply(NodeOp::Multiply, {apply(NodeOp::Sqrt, square), apply(NodeOp::Cos, angle)});
}

/// With distribution function exp(-exp(-x)).
Node *Elaborator::makeGumbel(const ValueType &type, bool isAnew, mlir::Location loc) {
  auto minusLog = [&](Node *of) { return makeElementwise(NodeOp::Negate, loc, makeElementwise(NodeOp::Log, loc, of)); };
  // In the place of 0 what is as likely as 0 and all below.
  Node *above = makeElementwise(NodeOp::Maximum, loc, {makeUniform(type, isAnew, loc), makeConstant(0x1p-25, loc)});
  return minusLog(minusLog(above));
}

/// The argument of what draws, of which a number is checked; null after an error.
Node *Elaborator::elaborateDrawn(const CallExpr &call, const Argument &argument, Function function) {
  Meaning meaning = elaborate(*argument.value);
  if (!meaning)
    return nullptr;
  mlir::Location loc = argument.value->loc;
  bool isProbability = function == Function::Bernoulli;
  bool isFit = function == Function::Sample || !meaning.number ||
               (meaning.number->value >= 0 && (!isProbability || meaning.number->value <= 1));
  if (!isFit) {
    error(loc) << "expected "
               << (isProbability                   ? "a probability from 0 to 1"
                   : function == Function::Uniform ? "a bound of at least 0"
                   : function == Function::Normal  ? "a standard deviation of at least 0"
                                                   : "a scale of at least 0")
               << ", found " << spellNumber(*meaning.number);
    return nullptr;
  }
  Node *node = asNumber(lower(meaning, loc), loc);
  return checkReal(node, loc) ? node : nullptr;
}

/// Of what shape, and over which axes, the numbers are drawn; false after an error.
bool Elaborator::typeDrawn(const CallExpr &call, const Argument &argument, const Node &operand, StringRef per,
                           ValueType &type) {
  type.shape = operand.type.shape;
  if (call.hasSizes) {
    type.shape.clear();
    if (!evaluateShape(call.sizes, type.shape))
      return false;
    if (!operand.type.shape.empty() && operand.type.shape != type.shape) {
      error(argument.value->loc) << "expected one number or " << spellShape(type.shape) << " as the argument of '"
                                 << call.callee.text << "', found " << spellShape(operand.type.shape);
      return false;
    }
  }
  type.axes = per == "batch" ? noAxes : batchAxis;
  if (per.empty())
    type.axes |= operand.type.axes | axesAround();
  if (argument.axis)
    type.axes |= setOf(entryOf(*argument.axis).axis);
  for (const Identifier &axis : argument.pooled)
    type.axes |= setOf(entryOf(axis).axis);
  std::optional<AxisIndex> window = graph->info.windowAxis();
  for (AxisIndex axis = 1; axis <= graph->info.axes.size(); ++axis) {
    bool isLong = window && (type.axes & setOf(axis)) && graph->info.rootOf(axis) == *window;
    if (!isLong || (axis == *window && per != "batch"))
      continue;
    // Elements are numbered along all axes but the window's, and what has no sequence has no place in one.
    error(call.callee.loc) << "expected '" << call.callee.text << "' "
                           << (per == "batch" ? "of a whole batch to be drawn over axes with a size"
                                              : "to be drawn over axes with a size and the time")
                           << " alone, found '" << graph->info.axes[axis - 1].name << "'";
    return false;
  }
  return true;
}

// bernoulli(p), normal[H](s over T), uniform[H](r, per: sequence)
Node *Elaborator::callDraw(const CallExpr &call, Function function) {
  const Argument &argument = *findArgument(call, ArgumentRole::Value), *word = findArgument(call, ArgumentRole::Word);
  StringRef per = word ? cast<NameExpr>(*word->value).name : StringRef();
  mlir::Location loc = call.loc;
  Node *operand = elaborateDrawn(call, argument, function);
  ValueType type;
  if (!operand || !typeDrawn(call, argument, *operand, per, type))
    return nullptr;
  bool isAnew = per == "window" || per == "batch";
  if (function == Function::Bernoulli)
    return makeElementwise(NodeOp::Less, loc,
                           {makeOutside(loc, [&] { return makeUniform(type, isAnew, loc); }), operand});
  Node *drawn = makeOutside(loc, [&] {
    if (function == Function::Normal)
      return makeNormal(type, isAnew, loc);
    if (function != Function::Uniform)
      return makeGumbel(type, isAnew, loc);
    Node *twice = makeElementwise(NodeOp::Multiply, loc, {makeConstant(2, loc), makeUniform(type, isAnew, loc)});
    return makeElementwise(NodeOp::Subtract, loc, {twice, makeConstant(1, loc)});
  });
  // The largest logit, with these numbers added, has its probability under the softmax (Maddison, Tarlow & Minka 2014).
  if (function == Function::Sample)
    return callArgMax(loc, makeElementwise(NodeOp::Add, loc, {operand, drawn}));
  bool isOne = operand->op == NodeOp::Constant && operand->number == 1;
  return isOne ? drawn : makeElementwise(NodeOp::Multiply, loc, {operand, drawn});
}

// The mask is made outside of scans, for the whole sequence.
Node *Elaborator::callDropout(const CallExpr &call, Node *operand, const Meaning &probability) {
  mlir::Location loc = call.loc;
  if (!checkReal(operand, loc))
    return nullptr;
  if (!probability.number || probability.number->value < 0 || probability.number->value >= 1) {
    auto diagnostic = error(call.arguments[1].value->loc) << "expected a probability from 0 to less than 1, found ";
    if (probability.number)
      diagnostic << spellNumber(*probability.number);
    else
      diagnostic << "a value";
    return nullptr;
  }
  double dropped = probability.number->value;
  if (dropped == 0)
    return operand;
  ValueType type = operand->type;
  for (Scan *scan = frame->scan; scan; scan = scan->parent)
    type.axes |= setOf(scan->axis);
  Node *mask = makeOutside(loc, [&] {
    Node *uniform = makeUniform(type, /*isAnew=*/!(type.axes & batchAxis), loc);
    Node *isKept = makeElementwise(NodeOp::GreaterEqual, loc, {uniform, makeConstant(dropped, loc)});
    return makeElementwise(NodeOp::Select, loc, {isKept, makeConstant(1 / (1 - dropped), loc), makeConstant(0, loc)});
  });
  return make(NodeOp::Dropout, operand->type, loc, {operand, mask});
}
