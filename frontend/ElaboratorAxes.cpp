// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is computed over an axis, and positions.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

// f(x over N): of the values at all positions, for each feature
Node *Elaborator::callOver(const CallExpr &call, const FunctionInfo &info, const Meaning &meaning) {
  const Identifier &name = *call.arguments.front().axis;
  AxisIndex axis = entryOf(name).axis;
  Node *operand = lower(meaning, call.arguments.front().value->loc);
  if (!axis || !checkReal(operand, call.loc)) // the axis is in error
    return nullptr;
  if (!(operand->type.axes & setOf(axis))) {
    error(call.arguments.front().value->loc) << "expected a value that varies over axis '" << name.text << "' in '"
                                             << info.name << "', found one that does not";
    return nullptr;
  }
  ValueType type = operand->type;
  if (info.function != Function::Softmax)
    type.axes &= ~setOf(axis);
  Node *node = make(info.op, std::move(type), call.loc, operand);
  node->axis = axis;
  return node;
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
  node->source = graph->info.lengthOf(axis);
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
  return node;
}

// axis S like T, in a cell. No value over it leaves the cell, so one axis of the model serves all uses of all cells,
// but for those inside of one that uses it.
void Elaborator::declareLocalAxis(const AxisStmt &stmt) {
  AxisIndex like = entryOf(*stmt.parent).axis;
  if (!like) // it is in error
    return;
  AxisIndex parent = graph->info.lengthOf(like);
  AxisSet taken = noAxes;
  for (const Frame *user : frames)
    taken |= user->localAxes;
  std::vector<Axis> &axes = graph->info.axes;
  auto found = find_if(axes, [&](const Axis &axis) {
    return axis.isLocal && axis.parent == parent && !(taken & setOf(&axis - axes.data() + 1));
  });
  if (found == axes.end() && axes.size() == maximalAxes) {
    error(stmt.loc) << "expected at most " << maximalAxes << " axes in a model, found more";
    return;
  }
  if (found == axes.end())
    found = axes.insert(axes.end(), Axis{"", Axis::Kind::Like, 0, parent, /*isLocal=*/true});
  found->name = stmt.name.text.str();
  AxisIndex axis = found - axes.begin() + 1;
  frame->localAxes |= setOf(axis);
  entryOf(stmt.name).axis = axis;
}
