// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is computed over an axis, and positions.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

// x over N
bool Elaborator::checkOver(const Node &operand, const Argument &argument, StringRef function) {
  if (operand.type.axes & setOf(entryOf(*argument.axis).axis))
    return true;
  error(argument.value->loc) << "expected a value that varies over axis '" << argument.axis->text << "' in '"
                             << function << "', found one that does not";
  return false;
}

// Over what the number of positions along the axis varies.
AxisSet Elaborator::endsOf(AxisIndex axis) const { return graph->info.isRagged(axis) ? batchAxis : noAxes; }

// f(x over N): of the values at all positions, for each feature
Node *Elaborator::callOver(const CallExpr &call, const FunctionInfo &info, const Meaning &meaning) {
  const Identifier &name = *call.arguments.front().axis;
  AxisIndex axis = entryOf(name).axis;
  Node *operand = lower(meaning, call.arguments.front().value->loc);
  if (info.op == NodeOp::Sum || info.op == NodeOp::Mean || info.function == Function::Max ||
      info.function == Function::CumulativeSum)
    operand = asNumber(operand, call.loc);
  if (!axis || !checkReal(operand, call.loc) || !checkOver(*operand, call.arguments.front(), info.name))
    return nullptr; // the axis may be in error
  if (info.function == Function::CumulativeSum)
    return callCumulativeSum(call, operand, axis);
  if (info.function == Function::LogSumExp)
    return callLogSumExp(call.loc, operand, axis);
  return reduce(call.loc, info.op, operand, axis);
}

// index(T)
Node *Elaborator::callIndex(const CallExpr &call) {
  AxisIndex axis = frame->entries[cast<NameExpr>(*call.arguments.front().value).slot].axis;
  if (!axis) // it is in error
    return nullptr;
  ValueType type;
  type.axes = setOf(axis);
  Node *node = make(NodeOp::Index, std::move(type), call.loc);
  node->axis = axis;
  node->source = graph->info.rootOf(axis);
  return node;
}

// length(T)
Node *Elaborator::callLength(const CallExpr &call) {
  AxisIndex axis = frame->entries[cast<NameExpr>(*call.arguments.front().value).slot].axis;
  if (!axis) // it is in error
    return nullptr;
  ValueType type;
  type.axes = batchAxis;
  Node *node = make(NodeOp::Length, std::move(type), call.loc);
  node->axis = axis;
  node->source = graph->info.lengthOf(axis);
  Axis &length = graph->info.axes[node->source - 1];
  if (length.kind == Axis::Kind::Derived) {
    error(call.loc) << "expected an axis of which the data know the lengths in 'length', found '" << length.name
                    << "', which follows from '" << graph->info.axes[length.parent - 1].name << "'";
    return nullptr;
  }
  length.hasLengths = true;
  lengths.push_back({node->source, call.loc});
  return node;
}

// The same positions as tokens, by which a table is read.
Node *Elaborator::makeIndex(const Node &index, int64_t vocab) {
  ValueType type = index.type;
  type.element = ValueType::Element::Token;
  type.vocab = vocab;
  Node *node = make(NodeOp::Index, std::move(type), index.loc);
  node->axis = index.axis;
  node->source = index.source;
  return node;
}

// rename(x, T: S)
Node *Elaborator::callRename(const CallExpr &call) {
  auto isRenaming = [](const Argument &argument) { return argument.role == ArgumentRole::Renaming; };
  const Argument &renaming = *find_if(call.arguments, isRenaming), &value = *find_if_not(call.arguments, isRenaming);
  auto &name = cast<NameExpr>(*renaming.value);
  AxisIndex from = entryOf(*renaming.axis).axis, to = frame->entries[name.slot].axis;
  Node *operand = elaborateValue(*value.value);
  if (!operand || !from || !to) // in error
    return nullptr;
  if (from == to) {
    error(name.loc) << "expected another axis to rename '" << name.name << "' to, found the same";
    return nullptr;
  }
  if (graph->info.lengthOf(from) != graph->info.lengthOf(to)) {
    error(renaming.loc) << "expected two axes of which one is 'like' the other, found '" << renaming.axis->text
                        << "' and '" << name.name << "'";
    return nullptr;
  }
  if (!(operand->type.axes & setOf(from)) || (operand->type.axes & setOf(to))) {
    error(value.value->loc) << "expected a value over axis '" << renaming.axis->text << "' and not over '" << name.name
                            << "' in 'rename', found one over " << spellAxes(operand->type.axes);
    return nullptr;
  }
  ValueType type = operand->type;
  type.axes = (type.axes & ~setOf(from)) | setOf(to);
  Node *node = make(NodeOp::Rename, std::move(type), call.loc, operand);
  node->axis = to;
  node->source = from;
  node->path = pathOfPast();
  return node;
}

// axis S like T, axis S = 20, in a cell
void Elaborator::declareLocalAxis(const AxisStmt &stmt) {
  Axis axis{stmt.name.text.str()};
  if (stmt.parent) {
    AxisIndex like = entryOf(*stmt.parent).axis;
    if (!like) // it is in error
      return;
    axis.kind = Axis::Kind::Like;
    axis.parent = graph->info.lengthOf(like);
  } else {
    std::optional<int64_t> size = evaluateSize(*stmt.size);
    if (!size)
      return;
    axis.kind = Axis::Kind::Fixed;
    axis.size = *size;
  }
  AxisIndex own = makeLocalAxis(std::move(axis), stmt.loc);
  frame->localAxes |= own ? setOf(own) : noAxes;
  entryOf(stmt.name).axis = own;
}

// No value over it leaves the cell, so one axis of the model serves all uses of all cells, but for those inside of one
// that uses it. 0 after an error.
AxisIndex Elaborator::makeLocalAxis(Axis axis, mlir::Location loc) {
  AxisSet taken = noAxes;
  for (const Frame *user : frames)
    taken |= user->localAxes;
  std::vector<Axis> &axes = graph->info.axes;
  auto found = find_if(axes, [&](const Axis &other) {
    return other.isLocal && other.kind == axis.kind && other.parent == axis.parent && other.size == axis.size &&
           !(taken & setOf(&other - axes.data() + 1));
  });
  if (found == axes.end() && axes.size() == maximalAxes) {
    error(loc) << "expected at most " << maximalAxes << " axes in a model, found more";
    return 0;
  }
  axis.isLocal = true;
  if (found == axes.end())
    found = axes.insert(axes.end(), std::move(axis));
  else
    found->name = axis.name;
  return found - axes.begin() + 1;
}

// shift(x over T, n, first: v)
Node *Elaborator::callShift(const CallExpr &call) {
  SmallVector<const Argument *, 2> arguments;
  for (const Argument &argument : call.arguments)
    if (argument.role == ArgumentRole::Value)
      arguments.push_back(&argument);
  const Argument &value = *arguments.front();
  AxisIndex axis = entryOf(*value.axis).axis;
  Node *operand = elaborateValue(*value.value);
  std::optional<int64_t> steps = 1;
  if (arguments.size() > 1)
    steps = evaluateInteger(*arguments[1]->value);
  if (!operand || !axis || !steps) // in error
    return nullptr;
  if (*steps < 1) {
    error(arguments[1]->value->loc) << "expected a shift by 1 position or more, from earlier ones, found " << *steps;
    return nullptr;
  }
  if (operand->type.element == ValueType::Element::Bool) {
    error(value.value->loc) << "expected numbers or tokens in 'shift', found " << spellType(operand->type);
    return nullptr;
  }
  Node *first = checkOver(*operand, value, "shift") ? elaborateFirst(call, *operand, *value.axis) : nullptr;
  if (!first)
    return nullptr;
  ValueType type = operand->type;
  type.axes |= first->type.axes;
  Node *node = make(NodeOp::Shift, std::move(type), call.loc, {operand, first});
  node->axis = axis;
  node->index = *steps;
  node->path = pathOfPast();
  return node;
}

// first: v, what stands before the first position
Node *Elaborator::elaborateFirst(const CallExpr &call, const Node &operand, const Identifier &axis) {
  const Argument *argument = findArgument(call, ArgumentRole::First);
  if (!operand.type.isReal()) {
    if (!argument) {
      error(call.loc) << "expected 'first: ..', a token's number, in a shift of tokens, found none";
      return nullptr;
    }
    std::optional<int64_t> token = evaluateInteger(*argument->value);
    if (token && *token >= 0 && *token < operand.type.vocab)
      return makeConstant(*token, argument->value->loc);
    if (token)
      error(argument->value->loc) << "expected the number of a " << spellType(operand.type) << " after 'first', found "
                                  << *token;
    return nullptr;
  }
  if (!argument)
    return makeConstant(0, call.loc);
  Node *first = elaborateReal(*argument->value);
  if (!first)
    return nullptr;
  if (!first->type.shape.empty() && first->type.shape != operand.type.shape) {
    error(argument->value->loc) << "expected a first value of shape " << spellShape(operand.type.shape) << ", found "
                                << spellShape(first->type.shape);
    return nullptr;
  }
  if (first->type.axes & setOf(entryOf(axis).axis)) {
    error(argument->value->loc) << "expected a first value that does not vary over axis '" << axis.text
                                << "', found one that does";
    return nullptr;
  }
  return first;
}

// A position of the axis: an index[S], or an index(S) as such.
Node *Elaborator::checkPosition(Node *position, const Argument &argument, const Identifier &axis) {
  std::optional<int64_t> size = sizeOfIndex(axis);
  if (!size)
    return nullptr;
  if (position->op == NodeOp::Index && graph->info.lengthOf(position->axis) == graph->info.lengthOf(entryOf(axis).axis))
    return makeIndex(*position, *size);
  if (position->type.element == ValueType::Element::Token && position->type.vocab == *size)
    return position;
  auto diagnostic = error(argument.value->loc)
                    << "expected a position of axis '" << axis.text << "', one of " << *size << ", found ";
  if (position->op == NodeOp::Index)
    diagnostic << "the index of an axis of another length";
  else
    diagnostic << spellType(position->type);
  return nullptr;
}

// pick(x, t): of the last feature dimension
Node *Elaborator::callPickFeature(const CallExpr &call) {
  const Argument &value = call.arguments[0], &which = call.arguments[1];
  Node *operand = elaborateReal(*value.value), *token = elaborateToken(*which.value);
  if (!operand || !token)
    return nullptr;
  ValueType type = operand->type;
  if (type.shape.empty() || type.shape.back() != token->type.vocab) {
    error(value.value->loc) << "expected " << token->type.vocab << " features, of which a " << spellType(token->type)
                            << " picks one, found " << spellShape(type.shape);
    return nullptr;
  }
  type.axes |= token->type.axes;
  type.shape.pop_back();
  return make(NodeOp::Pick, std::move(type), call.loc, {operand, token});
}

// pick(x over S, i)
Node *Elaborator::callPick(const CallExpr &call) {
  const Argument &value = call.arguments[0], &which = call.arguments[1];
  if (!value.axis)
    return callPickFeature(call);
  AxisIndex axis = entryOf(*value.axis).axis;
  Node *operand = elaborateReal(*value.value), *position = elaborateValue(*which.value);
  if (!operand || !position || !axis || !checkOver(*operand, value, "pick") || // the axis may be in error
      !(position = checkPosition(position, which, *value.axis)))
    return nullptr;
  ValueType type = operand->type;
  type.axes = (type.axes & ~setOf(axis)) | position->type.axes;
  Node *node = make(NodeOp::Pick, std::move(type), call.loc, {operand, position});
  node->axis = axis;
  return node;
}

// cross_entropy(scores over S, i)
Node *Elaborator::callCrossEntropyOver(const CallExpr &call, Node *scores, Node *position) {
  const Argument &value = call.arguments[0], &which = call.arguments[1];
  AxisIndex axis = entryOf(*value.axis).axis;
  if (!axis || !checkOver(*scores, value, "cross_entropy") || // the axis may be in error
      !(position = checkPosition(position, which, *value.axis)))
    return nullptr;
  if (!scores->type.shape.empty()) {
    error(value.value->loc) << "expected one number at each position of axis '" << value.axis->text
                            << "' as the scores of 'cross_entropy', found " << spellShape(scores->type.shape);
    return nullptr;
  }
  if (position->type.axes & setOf(axis)) {
    error(which.value->loc) << "expected a position that does not vary over axis '" << value.axis->text
                            << "' itself, found one that does";
    return nullptr;
  }
  ValueType type;
  type.axes = (scores->type.axes & ~setOf(axis)) | position->type.axes | endsOf(axis);
  Node *node = make(NodeOp::CrossEntropy, std::move(type), call.loc, {scores, position});
  node->axis = axis;
  return node;
}
