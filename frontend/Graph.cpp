// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is asked of the graph as a whole.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;
using namespace rondo;

void rondo::forEachSource(const Node &node, function_ref<void(const Node *)> visit) {
  for_each(node.operands, visit);
  if (node.body)
    visit(node.body);
  if (node.op != NodeOp::Scan)
    return;
  visit(node.scan->result);
  for (const auto &state : node.scan->states) {
    visit(state->after);
    if (state->init)
      visit(state->init);
  }
}

std::vector<bool> rondo::findNeeded(const Graph &graph, ArrayRef<Node *> roots, std::optional<bool> training,
                                    function_ref<bool(const Node &)> given) {
  std::vector<bool> needed(graph.nodes.size());
  auto need = [&](const Node *node) { needed[node->id] = true; };
  for_each(roots, need);
  // Operands have lower ids, and a scan's body and inputs lower ones than the scan.
  for (const auto &node : reverse(graph.nodes)) {
    if (!needed[node->id] || (given && given(*node)))
      continue;
    if (training && node->op == NodeOp::Select && node->operands[0]->op == NodeOp::Training) {
      need(node->operands[*training ? 1 : 2]);
      continue;
    }
    if (training == false && node->op == NodeOp::Dropout) {
      need(node->operands[0]);
      continue;
    }
    forEachSource(*node, need);
  }
  return needed;
}

SmallVector<Node *> rondo::primedValues(const Graph &graph) {
  SmallVector<Node *> values;
  for (const Prime &prime : graph.primes)
    values.push_back(prime.value);
  return values;
}

Mixing rondo::mixingOf(const Node &node, AxisIndex axis) {
  switch (node.op) {
  case NodeOp::Constant:
  case NodeOp::Training:
  case NodeOp::Parameter:
  case NodeOp::Given:
  case NodeOp::Input:
  case NodeOp::Target: // given, whatever it is ahead of
  case NodeOp::Step:
  case NodeOp::Range:
  case NodeOp::Position:
  case NodeOp::State:
  case NodeOp::Random:
#define RONDO_CASE(name, ...) case NodeOp::name:
    RONDO_ELEMENTWISE(RONDO_CASE)
    RONDO_COMPARISONS(RONDO_CASE)
#undef RONDO_CASE
  case NodeOp::Relu:
  case NodeOp::Stop:
  case NodeOp::Select:
  case NodeOp::Dropout:
  case NodeOp::Product:
  case NodeOp::Diagonal:
  case NodeOp::Transpose:
  case NodeOp::Expand:
  case NodeOp::Reshape:
  case NodeOp::Concat:
  case NodeOp::Slice:
  case NodeOp::Embedding:
  case NodeOp::OneHot:
  case NodeOp::ArgMax:
    return Mixing::None;
  case NodeOp::Sum:
  case NodeOp::Mean:
  case NodeOp::Max:
  case NodeOp::Softmax:
  case NodeOp::CrossEntropy:
  case NodeOp::Pick:
    return node.axis != axis ? Mixing::None : Mixing::All;
  case NodeOp::Pool: // with the batch it is of the window that one trains on, whatever is carried into that
    return (node.pooled & batchAxis) || !(node.pooled & setOf(axis)) ? Mixing::None : Mixing::All;
  // What varies over the renamed axis tells positions of the other from one another no more; and a length is that of
  // the whole sequence.
  case NodeOp::Rename:
  case NodeOp::Length:
    return node.source != axis ? Mixing::None : Mixing::All;
  case NodeOp::Index: // where a window begins is known; that of another axis has all positions of this one
    return node.source != axis || node.axis == axis ? Mixing::None : Mixing::All;
  case NodeOp::Shift:
    return node.axis != axis ? Mixing::None : Mixing::Back;
  case NodeOp::Window: {
    if (node.source != axis)
      return Mixing::None;
    if (node.axis != axis) // as of a renamed one
      return Mixing::All;
    const WindowInfo &window = *node.window;
    bool ahead = window.stride > 1 || window.before < window.reach();
    return ahead ? Mixing::Ahead : window.width > 1 ? Mixing::Back : Mixing::None;
  }
  case NodeOp::Last:
    return node.axis != axis ? Mixing::None : Mixing::End;
  case NodeOp::Scan:
  case NodeOp::StateSequence:
  case NodeOp::BodySequence:
    return node.scan->axis != axis ? Mixing::None : node.scan->backward ? Mixing::Ahead : Mixing::Back;
  case NodeOp::Final:
    return node.scan->axis != axis ? Mixing::None : Mixing::End;
  }
  llvm_unreachable("a node of no operation");
}

int64_t rondo::pastOf(const Node &node, AxisIndex axis) {
  constexpr int64_t most = 4096, exact = int64_t(1) << 24;
  bool isToken = node.type.element == ValueType::Element::Token; // its number is held as a real one
  if (mixingOf(node, axis) != Mixing::Back || node.region || (isToken && node.type.vocab > exact))
    return 0;
  int64_t past = node.op == NodeOp::Shift ? node.index : node.op == NodeOp::Window ? node.window->before : 0;
  return past <= most ? past : 0;
}

bool rondo::countInRows(Graph &graph, const std::vector<bool> &needed, AxisIndex axis) {
  auto isIndex = [&](const std::unique_ptr<Node> &node) {
    bool counts = node->op == NodeOp::Index ? node->axis == axis : node->op == NodeOp::Rename && node->source == axis;
    return needed[node->id] && counts;
  };
  if (none_of(graph.nodes, isIndex))
    return false;
  for (const auto &node : graph.nodes) {
    AxisSet &axes = node->type.axes;
    axes |= isIndex(node) ? batchAxis : noAxes;
    if (node->op == NodeOp::Pool && (node->pooled & batchAxis)) // is the same for all sequences
      continue;
    forEachSource(*node, [&](const Node *source) { axes |= source->type.axes & batchAxis; });
  }
  return true;
}

std::vector<Node *> rondo::windowsWithin(Node *node, std::optional<AxisIndex> cut) {
  std::vector<Node *> chain{node};
  auto isCarried = [&](const Node *part) { return cut && pastOf(*part, *cut) > 0; };
  AxisSet along = noAxes;
  auto isApart = [&](const Node *inner) {
    return inner->op == NodeOp::Window && inner->region == node->region &&
           !(along & (setOf(inner->axis) | (inner->window->neighbours ? setOf(inner->window->neighbours) : noAxes)));
  };
  auto padsAlike = [&](const WindowInfo &window) {
    return (window.before <= 0 && window.after <= 0) ||
           (window.pad == WindowInfo::Pad::Value && window.value == node->window->value);
  };
  while (true) {
    along |= setOf(chain.back()->source);
    Node *inner = chain.back()->operands.front();
    if (!isApart(inner) || (isCarried(node) && !padsAlike(*inner->window)))
      return chain;
    if (isCarried(inner)) {
      // What is put before it must be the same for all that read it.
      std::vector<Node *> parts = windowsWithin(inner, cut);
      if (all_of(parts, isApart))
        append_range(chain, parts);
      return chain;
    }
    chain.push_back(inner);
  }
}

const Node *rondo::findUncarried(const Graph &graph, const std::vector<bool> &needed, AxisIndex axis,
                                 ArrayRef<const Node *> given) {
  auto isAlongRenamed = [&](const Node &node) {
    return (node.op == NodeOp::Rename || node.op == NodeOp::Index) && node.source == axis &&
           mixingOf(node, axis) == Mixing::All;
  };
  bool mayKeep = graph.info.axes[axis - 1].most > 0;
  if (const Node *ahead = mayKeep ? findAheadOfRenamed(graph, needed, axis) : nullptr)
    return ahead;
  // By id: the node whose value at the end a value without the axis depends on.
  std::vector<const Node *> ends(graph.nodes.size());
  for (const auto &node : graph.nodes) {
    if (!needed[node->id] || is_contained(given, node.get()) || (mayKeep && isAlongRenamed(*node)))
      continue;
    Mixing mixing = mixingOf(*node, axis);
    // A scan within another begins anew at each of that one's steps.
    bool isWithin = node->op == NodeOp::Scan && node->region && node->scan->axis == axis;
    bool isOfScan = node->op == NodeOp::Scan || node->op == NodeOp::StateSequence || node->op == NodeOp::BodySequence;
    bool isStateless = mixing == Mixing::Back && !isOfScan && !pastOf(*node, axis);
    if (mixing == Mixing::Ahead || mixing == Mixing::All || isWithin || isStateless)
      return node.get();
    if (mixing == Mixing::End) {
      ends[node->id] = node.get();
      continue;
    }
    const Node *spread = nullptr;
    forEachSource(*node, [&](const Node *source) {
      const Node *end = ends[source->id];
      if (!end)
        return;
      ends[node->id] = end;
      if (node->region || node->op == NodeOp::Scan || (node->type.axes & ~source->type.axes))
        spread = end;
    });
    if (spread)
      return spread;
  }
  return nullptr;
}
