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

const Node *rondo::findLookAhead(const Graph &graph, const std::vector<bool> &needed) {
  // By id: the scan on whose last state a value without time depends.
  std::vector<const Node *> lasts(graph.nodes.size());
  for (const auto &node : graph.nodes) {
    if (!needed[node->id])
      continue;
    if (node->op == NodeOp::Final) {
      lasts[node->id] = node->scan->node;
      continue;
    }
    if (node->op == NodeOp::Scan) {
      if (node->scan->backward)
        return node.get();
      for (const auto &state : node->scan->states)
        if (state->init && lasts[state->init->id])
          return lasts[state->init->id];
    }
    for (const Node *operand : node->operands) {
      if (!lasts[operand->id])
        continue;
      if (node->region || (node->type.axes & timeAxis))
        return lasts[operand->id];
      lasts[node->id] = lasts[operand->id];
    }
  }
  return nullptr;
}
