// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is the same at all positions of the axis that is cut into windows, though inputs say what: an encoder's memory,
// and what a decoder's step makes of that alone.

#include "frontend/Graph.h"

using namespace llvm;
using namespace rondo;

namespace {

/// What is known of a model's nodes, in the order of their ids.
class HeldFinder {
public:
  explicit HeldFinder(const Graph &graph)
      : window(*graph.info.windowAxis()), varies(graph.nodes.size()), ofInputs(graph.nodes.size()),
        isWork(graph.nodes.size()), isAlone(graph.nodes.size()) {
    for (AxisIndex axis = 1; axis <= graph.info.axes.size(); ++axis)
      if (graph.info.rootOf(axis) == window)
        along |= setOf(axis);
    sizes = graph.info.sizesWith(1);
    for (const auto &node : graph.nodes)
      classify(*node);
  }

  /// Whether each sequence has one value of the node, which is worth being kept.
  bool isHeld(const Node &node) const {
    if (varies[node.id] || !isWork[node.id] || !isAlone[node.id] || !node.type.isReal())
      return false;
    switch (node.op) {
    case NodeOp::Scan:
    case NodeOp::StateSequence: // with its scan
    case NodeOp::Final:
      return true;
    case NodeOp::Window: // those that read it look at what it is one of
    case NodeOp::Rename:
      return false;
    default:
      return node.op == NodeOp::Product || numbersOf(node) <= numbersBefore(node);
    }
  }

private:
  /// Whether it is a product with a matrix that each call would have to read.
  static bool isLarge(const Node &node) {
    constexpr int64_t large = 1 << 16;
    return node.op == NodeOp::Product &&
           any_of(node.operands, [](const Node *operand) { return product_of(operand->type.shape) >= large; });
  }

  /// What it is computed from where one does not train.
  static void forEachRead(const Node &node, function_ref<void(const Node *)> visit) {
    if (node.op == NodeOp::Dropout)
      visit(node.operands[0]);
    else if (node.op == NodeOp::Select && node.operands[0]->op == NodeOp::Training)
      visit(node.operands[2]);
    else
      forEachSource(node, visit);
  }

  void classify(const Node &node) {
    bool given = node.op == NodeOp::Input || node.op == NodeOp::Length;
    bool isOver = (node.type.axes & along) || ((node.op == NodeOp::Length) && (setOf(node.source) & along));
    bool ofStep = node.op == NodeOp::State && (setOf(node.region->axis) & along);
    bool varying = isOver || ofStep || node.op == NodeOp::Target || node.op == NodeOp::Random, reads = given;
    bool works =
        node.op == NodeOp::Scan || (node.op == NodeOp::Product && (node.type.axes & ~batchAxis)) || isLarge(node);
    // Of what stands in the body of a scan along the axis: whether it could stand before it.
    bool alone = !node.region || (node.region->axis == window && !node.region->parent && !node.scan &&
                                  node.op != NodeOp::State && node.op != NodeOp::Position);
    bool workBefore = false;
    forEachRead(node, [&](const Node *source) {
      varying |= varies[source->id];
      reads |= ofInputs[source->id];
      workBefore |= isWork[source->id];
      alone &= source->region != node.region || isAlone[source->id];
    });
    varies[node.id] = varying;
    ofInputs[node.id] = reads;
    isWork[node.id] = reads && (works || workBefore);
    isAlone[node.id] = alone;
  }

  int64_t numbersOf(const Node &node) const {
    int64_t numbers = 1;
    for (int64_t size : node.type.shape)
      numbers *= size;
    for (auto [axis, size] : enumerate(sizes))
      numbers *= node.type.axes & setOf(axis + 1) ? size : 1;
    return numbers;
  }

  /// Of all that differ between sequences.
  int64_t numbersBefore(const Node &node) const {
    int64_t numbers = 0;
    for (const Node *operand : node.operands)
      numbers += ofInputs[operand->id] ? numbersOf(*operand) : 0;
    return numbers;
  }

  AxisIndex window;
  AxisSet along = noAxes; // the window's axis and those as long as it
  std::vector<int64_t> sizes;
  // By id: whether it may differ between positions; whether it depends on inputs; whether that is much work; and
  // whether it stands outside of scans or could.
  std::vector<bool> varies, ofInputs, isWork, isAlone;
};

} // namespace

void rondo::holdValues(Graph &graph, ArrayRef<Node *> roots) {
  HeldFinder finder(graph);
  auto isHeld = [&](const Node &node) { return finder.isHeld(node); };
  std::vector<bool> needed = findNeeded(graph, roots, /*training=*/false, isHeld);
  for (const auto &node : graph.nodes) {
    if (!needed[node->id] || !isHeld(*node) || is_contained(graph.held, node.get()))
      continue;
    graph.info.held.push_back({std::to_string(graph.held.size()), node->type.axes | batchAxis,
                               ArrayRef(node->type.shape).vec(), std::nullopt});
    graph.held.push_back(node.get());
  }
}

std::vector<bool> rondo::findNeededBeside(const Graph &graph, ArrayRef<Node *> roots) {
  return findNeeded(graph, roots, /*training=*/false,
                    [&](const Node &node) { return is_contained(graph.held, &node); });
}

SmallVector<Node *> rondo::heldFor(const Graph &graph, ArrayRef<Node *> roots) {
  std::vector<bool> needed = findNeededBeside(graph, roots);
  SmallVector<Node *> held;
  copy_if(graph.held, std::back_inserter(held), [&](const Node *node) { return needed[node->id]; });
  return held;
}
