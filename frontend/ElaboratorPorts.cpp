// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a model declares of its data: axes, inputs, targets, outputs.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

void Elaborator::declareAxis(const AxisStmt &stmt) {
  std::vector<Axis> &axes = graph->info.axes;
  Axis axis{stmt.name.text.str()};
  if (stmt.size && !stmt.isDerived) {
    std::optional<int64_t> size = evaluateSize(*stmt.size);
    if (!size)
      return;
    axis.kind = Axis::Kind::Fixed;
    axis.size = *size;
  } else if (stmt.parent && stmt.isDerived) {
    AxisIndex parent = entryOf(*stmt.parent).axis;
    if (!parent || !deriveAxis(stmt, parent, axis)) // it is in error
      return;
  } else if (stmt.parent) {
    AxisIndex parent = entryOf(*stmt.parent).axis;
    if (!parent) // it is in error
      return;
    axis.kind = Axis::Kind::Like;
    axis.parent = graph->info.lengthOf(parent);
  } else if (graph->info.windowAxis()) {
    error(stmt.loc) << "a second axis without a size is not supported yet: expected 'axis " << axis.name
                    << " = SIZE' or 'axis " << axis.name << " like " << axes[*graph->info.windowAxis() - 1].name << "'";
    return;
  }
  if (!setRagged(stmt, axis))
    return;
  if (stmt.most)
    axis.most = evaluateSize(*stmt.most).value_or(0);
  if (axes.size() == maximalAxes) {
    error(stmt.loc) << "expected at most " << maximalAxes << " axes in a model, found more";
    return;
  }
  axes.push_back(std::move(axis));
  entryOf(stmt.name).axis = axes.size();
  if (stmt.ragged)
    lengths.push_back({static_cast<AxisIndex>(axes.size()), *stmt.ragged});
}

// axis T ragged; false after an error
bool Elaborator::setRagged(const AxisStmt &stmt, Axis &axis) {
  if (axis.kind == Axis::Kind::Derived) {
    const Axis &root = graph->info.axes[graph->info.rootOf(axis.parent) - 1];
    if (!stmt.ragged && !root.isRagged)
      return true;
    error(stmt.ragged.value_or(stmt.loc)) << "axis '" << axis.name << "', which follows from '"
                                          << graph->info.axes[axis.parent - 1].name << "', with a length for each "
                                          << "sequence is not supported yet: expected an axis without 'ragged'";
    return false;
  }
  axis.isRagged = axis.hasLengths = stmt.ragged.has_value();
  return true;
}

// One of the axes of an input or target.
void Elaborator::addAxis(const Identifier &name, AxisSet &axes) {
  AxisIndex axis = entryOf(name).axis;
  if (!axis) // it is in error
    return;
  if (axes & setOf(axis))
    error(name.loc) << "expected another axis, found '" << name.text << "' a second time";
  // Data are cut into windows along one of their axes.
  std::optional<AxisIndex> window = graph->info.windowAxis();
  if (axis != window && graph->info.rootOf(axis) == window)
    error(name.loc) << "data over axis '" << name.text << "', which is "
                    << (graph->info.lengthOf(axis) == window ? "like '" : "derived from '")
                    << graph->info.axes[*window - 1].name << "', are not supported yet: expected them over '"
                    << graph->info.axes[*window - 1].name << "'";
  axes |= setOf(axis);
}

// The number of positions of an axis of which an index is one.
std::optional<int64_t> Elaborator::sizeOfIndex(const Identifier &name) {
  AxisIndex axis = entryOf(name).axis;
  if (!axis) // it is in error
    return std::nullopt;
  const Axis &length = graph->info.axes[graph->info.lengthOf(axis) - 1];
  if (length.kind == Axis::Kind::Fixed)
    return length.size;
  error(name.loc) << "positions of axis '" << name.text << "', which has no size of its own, are not supported yet: "
                  << "expected an axis with a size";
  return std::nullopt;
}

// token[V], index[S], [H]
bool Elaborator::evaluateType(const PortStmt &port, ValueType &type) {
  if (port.indexAxis) {
    std::optional<int64_t> size = sizeOfIndex(*port.indexAxis);
    type.element = ValueType::Element::Token;
    type.vocab = size.value_or(0);
    return size.has_value();
  }
  if (!evaluateShape(port.shape, type.shape))
    return false;
  if (port.isToken) {
    type.element = ValueType::Element::Token;
    type.vocab = type.shape.front();
    type.shape.clear();
  }
  return true;
}

// input, target
void Elaborator::declarePort(const PortStmt &port) {
  PortInfo info;
  info.name = port.name.text.str();
  ValueType type;
  type.axes = batchAxis;
  for (const Identifier &axis : port.axes)
    addAxis(axis, type.axes);
  info.axes = type.axes;
  if (evaluateType(port, type)) {
    info.token = type.element == ValueType::Element::Token;
    info.vocab = type.vocab;
    AxisIndex length = port.indexAxis ? graph->info.lengthOf(entryOf(*port.indexAxis).axis) : 0;
    info.positions = length && graph->info.isRagged(length) ? length : 0;
    info.shape.assign(type.shape.begin(), type.shape.end());
    if (port.value)
      declareAhead(port, info);
    Node *node = make(port.isTarget ? NodeOp::Target : NodeOp::Input, type, port.name.loc);
    auto &nodes = port.isTarget ? graph->targets : graph->inputs;
    auto &infos = port.isTarget ? graph->info.targets : graph->info.inputs;
    node->index = nodes.size();
    nodes.push_back(node);
    infos.push_back(std::move(info));
    entryOf(port.name).meaning = node;
  }
}

// target next: token[vocab] over T = ahead(text, 1)
void Elaborator::declareAhead(const PortStmt &port, PortInfo &info) {
  auto &call = cast<CallExpr>(*port.value);
  auto &name = cast<NameExpr>(*call.arguments[0].value);
  const Node *node = frame->entries[name.slot].meaning.node;
  if (!node) // the input is in error
    return;
  const PortInfo *input = &graph->info.inputs[node->index];
  if (!graph->info.overWindow(input->axes))
    error(name.loc) << "expected an input over the time axis alone in 'ahead', found '" << name.name << "' over "
                    << spellAxes(input->axes);
  else if (input->token != info.token || input->vocab != info.vocab || input->shape != info.shape ||
           input->axes != info.axes)
    error(port.name.loc) << "expected a target of the type of input '" << name.name << "', over the same axis";
  std::optional<int64_t> steps = evaluateSize(*call.arguments[1].value);
  info.aheadOf = name.name.str();
  info.ahead = steps.value_or(1);
}

void Elaborator::declareOutput(const BindStmt &bind, Node *node) {
  const Identifier &name = bind.targets.front().name;
  SmallVector<int64_t, 2> shape;
  node = asNumber(node, bind.value->loc);
  if (!checkReal(node, bind.value->loc) || !evaluateShape(bind.shape, shape))
    return;
  // The features of a vector may be given out in several dimensions.
  bool isDivided = node->type.shape.size() == 1 && shape.size() > 1 && product_of(shape) == node->type.shape[0];
  if (node->type.shape != shape && !isDivided) {
    error(bind.value->loc) << "expected output '" << name.text << "' of shape " << spellShape(shape) << ", found "
                           << spellShape(node->type.shape);
    return;
  }
  PortInfo info;
  info.name = name.text.str();
  info.axes = node->type.axes | batchAxis;
  info.shape.assign(shape.begin(), shape.end());
  graph->outputs.push_back(node);
  graph->info.outputs.push_back(std::move(info));
}
