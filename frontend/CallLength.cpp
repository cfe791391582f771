// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether a call of a model that looks ahead may have fewer positions than its functions are made for.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace llvm;
using namespace rondo;

/// Whether the node's value at a position within the call is what it would be in a function made for so many positions:
/// it does not know of those behind, or IRGenBound.cpp can take these out of it.
static bool endsWithCall(const Node &node, const ModelInfo &info, AxisIndex window) {
  auto isTime = [&](AxisIndex axis) { return axis && info.rootOf(axis) == window; };
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    if (isTime(axis) && info.lengthOf(axis) != window && (node.type.axes & setOf(axis)))
      return false; // it has other positions than those that a call says
  switch (node.op) {
  case NodeOp::Scan:
  case NodeOp::StateSequence:
  case NodeOp::BodySequence:
  case NodeOp::Final:
    return !isTime(node.scan->axis) || (!node.region && info.lengthOf(node.scan->axis) == window);
  case NodeOp::Sum:
  case NodeOp::Mean:
  case NodeOp::Max:
  case NodeOp::Softmax:
    return !isTime(node.axis) || !node.region;
  case NodeOp::Pool:
    return !node.region || none_of(seq<AxisIndex>(1, info.axes.size() + 1),
                                   [&](AxisIndex axis) { return (node.pooled & setOf(axis)) && isTime(axis); });
  case NodeOp::Last:
    return !isTime(node.axis) || (!node.region && (node.type.axes & batchAxis));
  case NodeOp::CrossEntropy:
  case NodeOp::Pick:
    return !isTime(node.axis);
  case NodeOp::Length:
    return !isTime(node.source);
  case NodeOp::Window:
    return !isTime(node.source) || mixingOf(node, node.source) == Mixing::Back ||
           mixingOf(node, node.source) == Mixing::None;
  default:
    return true;
  }
}

const Node *rondo::findUnended(const Graph &graph) {
  std::optional<AxisIndex> window = graph.info.windowAxis();
  std::vector<bool> needed = findNeeded(graph, graph.outputs, /*training=*/false);
  for (const auto &node : graph.nodes)
    if (window && needed[node->id] && !endsWithCall(*node, graph.info, *window))
      return node.get();
  return nullptr;
}
