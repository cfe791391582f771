// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is asked of the graph as a whole.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace rondo;

std::vector<bool> rondo::findNeeded(const Graph &graph, ArrayRef<Node *> roots, std::optional<bool> training) {
  std::vector<bool> needed(graph.nodes.size());
  auto need = [&](const Node *node) { needed[node->id] = true; };
  for_each(roots, need);
  // Operands have lower ids, and a scan's body and inputs lower ones than the scan.
  for (const auto &node : reverse(graph.nodes)) {
    if (!needed[node->id])
      continue;
    if (training && node->op == NodeOp::Select && node->operands[0]->op == NodeOp::Training) {
      need(node->operands[*training ? 1 : 2]);
      continue;
    }
    if (training == false && node->op == NodeOp::Dropout) {
      need(node->operands[0]);
      continue;
    }
    for_each(node->operands, need);
    if (node->op != NodeOp::Scan)
      continue;
    need(node->scan->result);
    for (const auto &state : node->scan->states) {
      need(state->after);
      if (state->init)
        need(state->init);
    }
  }
  return needed;
}
