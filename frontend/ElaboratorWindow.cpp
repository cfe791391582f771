// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Windows of neighbouring positions, and the axes that these windows stand along.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

// A value is copied with what is put around it.
static constexpr int64_t maximalReach = 4096;

// axis U = (T - 4) / 2; false after an error
bool Elaborator::deriveAxis(const AxisStmt &stmt, AxisIndex parent, Axis &axis) {
  std::optional<int64_t> offset = 0, stride = 1;
  if (stmt.offset)
    offset = evaluateSize(*stmt.offset);
  if (stmt.divisor)
    stride = evaluateSize(*stmt.divisor);
  if (!offset || !stride)
    return false;
  const ModelInfo &info = graph->info;
  axis.kind = Axis::Kind::Derived;
  axis.parent = info.lengthOf(parent);
  axis.offset = stmt.adds ? -*offset : *offset;
  axis.stride = *stride;
  if (info.axes[info.rootOf(parent) - 1].kind == Axis::Kind::Free)
    return true; // the windows of training are known later
  int64_t size = info.sizesWith(1)[parent - 1], rest = size - axis.offset;
  if (rest >= *stride && rest % *stride == 0 && rest / *stride <= INT32_MAX)
    return true;
  error(stmt.loc) << "expected a length of axis '" << stmt.parent->text << "' from which follows a whole number of "
                  << "positions of axis '" << axis.name << "', at least 1, found " << size;
  return false;
}

// window(x over T, width: 3, stride: 2, dilation: 1, pad: zero, before: 1, to: U)
Node *Elaborator::callWindow(const CallExpr &call) {
  auto isValue = [](const Argument &argument) { return argument.role == ArgumentRole::Value; };
  const Argument &value = *find_if(call.arguments, isValue);
  AxisIndex from = entryOf(*value.axis).axis, to = from;
  WindowInfo window;
  bool ok = readWindow(call, window);
  for (const Argument &argument : call.arguments)
    if (argument.name == "to")
      to = frame->entries[cast<NameExpr>(*argument.value).slot].axis;
  Node *operand = elaborateReal(*value.value);
  if (!ok || !operand || !from || !to) // in error
    return nullptr;
  AxisSet axes = operand->type.axes;
  if (!(axes & setOf(from))) {
    error(value.value->loc) << "expected a value that varies over axis '" << value.axis->text
                            << "' in 'window', found one that does not";
    return nullptr;
  }
  if (to != from && (axes & setOf(to))) {
    error(call.loc) << "expected a value that does not vary over axis '" << graph->info.axes[to - 1].name
                    << "' for windows along it, found one that does";
    return nullptr;
  }
  ValueType type = operand->type;
  type.axes = (axes & ~setOf(from)) | setOf(to);
  if (window.neighbours && (type.axes & setOf(window.neighbours) || window.neighbours == from)) {
    error(call.loc) << "expected a value that does not vary over axis '" << graph->info.axes[window.neighbours - 1].name
                    << "' for neighbours along it, found one that does";
    return nullptr;
  }
  if (!(window.isPlaced ? placeWindows(call, from, to, window) : checkWindows(call, from, to, window)))
    return nullptr;
  if (!checkRaggedWindows(call, from, to, window))
    return nullptr;
  type.axes |= endsOf(from);
  if (window.neighbours)
    type.axes |= setOf(window.neighbours);
  else
    type.shape.insert(type.shape.begin(), window.width);
  if (type.shape.size() > maximalRank) {
    error(call.loc) << "expected windows of at most " << maximalRank << " dimensions, found " << spellShape(type.shape);
    return nullptr;
  }
  Node *node = make(NodeOp::Window, std::move(type), call.loc, operand);
  node->axis = to;
  node->source = from;
  node->window = window;
  node->path = pathOfPast();
  return node;
}

// Behind a sequence's own end a window sees its padding, of which a number is known without the sequence.
bool Elaborator::checkRaggedWindows(const CallExpr &call, AxisIndex from, AxisIndex to, const WindowInfo &window) {
  const ModelInfo &info = graph->info;
  if (!info.isRagged(from) || (info.lengthOf(from) == info.lengthOf(to) && window.pad == WindowInfo::Pad::Value))
    return true;
  error(call.loc) << "windows along axis '" << info.axes[from - 1].name << "', which is ragged, "
                  << (window.pad == WindowInfo::Pad::Value ? "that stand along another axis"
                                                           : "with values of the ends as padding")
                  << " are not supported yet: expected windows along it with 'pad: zero' or without 'pad'";
  return false;
}

// What the options say. By default a window ends at its position; a padded one has it in its middle.
bool Elaborator::readWindow(const CallExpr &call, WindowInfo &window) {
  bool ok = true;
  StringRef pad;
  auto setSize = [&](int64_t &size, const Expr &expr) {
    std::optional<int64_t> number = evaluateSize(expr);
    ok &= number.has_value();
    size = number.value_or(1);
  };
  for (const Argument &argument : call.arguments) {
    if (argument.name == "pad") {
      pad = cast<NameExpr>(*argument.value).name;
    } else if (argument.name == "first") {
      std::optional<Number> number = evaluate(*argument.value);
      ok &= number.has_value();
      window.value = number ? number->value : 0;
    } else if (argument.name == "before") {
      std::optional<int64_t> before = evaluateInteger(*argument.value);
      if (before && (*before < -INT32_MAX || *before > maximalReach)) {
        error(argument.loc) << "expected 'before' from -" << INT32_MAX << " to " << maximalReach << ", found "
                            << *before;
        before = std::nullopt;
      }
      ok &= before.has_value();
      window.isPlaced = true;
      window.before = before.value_or(0);
    } else if (argument.name == "stride") {
      setSize(window.stride, *argument.value);
    } else if (argument.name == "dilation") {
      setSize(window.dilation, *argument.value);
    } else if (argument.name == "width" && argument.role == ArgumentRole::Axis) {
      AxisIndex axis = frame->entries[cast<NameExpr>(*argument.value).slot].axis;
      if (!axis) // it is in error
        return false;
      window.neighbours = axis;
      if (graph->info.axes[graph->info.rootOf(axis) - 1].kind == Axis::Kind::Free) {
        error(argument.loc) << "expected a width known at compile time, found axis '" << graph->info.axes[axis - 1].name
                            << "', which is as long as the data";
        return false;
      }
      window.width = graph->info.sizesWith(1)[axis - 1];
    } else if (argument.name == "width") {
      setSize(window.width, *argument.value);
    }
  }
  if (!ok)
    return false;
  if (window.width > maximalReach || window.dilation > maximalReach || window.reach() > maximalReach) {
    error(call.loc) << "expected windows that reach over at most " << maximalReach << " positions, found "
                    << window.width << " neighbours, " << window.dilation << " apart";
    return false;
  }
  if (pad == "none") {
    window.isInside = true;
    return true;
  }
  window.pad = pad == "edge"      ? WindowInfo::Pad::Edge
               : pad == "reflect" ? WindowInfo::Pad::Reflect
                                  : WindowInfo::Pad::Value;
  if (window.isPlaced)
    return true;
  window.before = pad.empty() ? window.reach() : window.reach() / 2;
  window.after = window.reach() - window.before;
  return true;
}

// Of windows whose first one is placed: what they need behind the last position, for as many as `to` has positions.
bool Elaborator::placeWindows(const CallExpr &call, AxisIndex from, AxisIndex to, WindowInfo &window) {
  const ModelInfo &info = graph->info;
  for (AxisIndex axis : {from, to})
    if (info.axes[info.rootOf(axis) - 1].kind == Axis::Kind::Free) {
      error(call.loc) << "expected axes whose sizes are known at compile time for windows with 'before', found '"
                      << info.axes[axis - 1].name << "'";
      return false;
    }
  std::vector<int64_t> sizes = info.sizesWith(1);
  int64_t size = sizes[from - 1], last = (sizes[to - 1] - 1) * window.stride - window.before;
  window.after = last + window.reach() + 1 - size;
  if (window.isInside && (window.before > 0 || window.after > 0)) {
    error(call.loc) << "expected windows within the " << size << " positions of axis '" << info.axes[from - 1].name
                    << "', found them from position " << -window.before << " to " << last + window.reach();
    return false;
  }
  if (window.after <= maximalReach && -window.before < size && -window.after < size)
    return true;
  error(call.loc) << "expected windows that reach positions of axis '" << info.axes[from - 1].name << "', and at most "
                  << maximalReach << " beyond it, found them from position " << -window.before << " to "
                  << last + window.reach();
  return false;
}

// Whether there are as many windows as positions of `to`, whatever the length of `from` is.
bool Elaborator::checkWindows(const CallExpr &call, AxisIndex from, AxisIndex to, const WindowInfo &window) {
  const ModelInfo &info = graph->info;
  AxisIndex parent = info.lengthOf(from), length = info.lengthOf(to);
  const Axis &derived = info.axes[length - 1];
  int64_t offset = 0, stride = 1, lost = window.reach() - window.before - window.after;
  bool follows = length == parent;
  if (!follows && derived.kind == Axis::Kind::Derived && derived.parent == parent) {
    follows = true;
    offset = derived.offset;
    stride = derived.stride;
  }
  // Of offset + n * stride positions there are floor((offset - 1 - lost) / stride) + n + 1 windows.
  int64_t rest = offset - 1 - lost;
  if (follows && stride == window.stride && rest < 0 && rest >= -stride)
    return true;
  const std::string &name = info.axes[from - 1].name;
  std::string needed = lost == 0 ? name : name + " - " + std::to_string(lost);
  if (window.stride > 1)
    needed = (lost == 0 ? needed : "(" + needed + ")") + " / " + std::to_string(window.stride);
  auto diagnostic = error(call.loc) << "expected ";
  if (window.stride == 1 && lost == 0)
    diagnostic << "windows along axis '" << name << "' or one that is 'like' it";
  else
    diagnostic << "'to: ' and an axis declared as " << needed << " for these windows";
  diagnostic << ", found axis '" << info.axes[to - 1].name << "'";
  return false;
}
