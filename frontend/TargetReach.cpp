// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How far the targets that a value depends on lie before it: a decoder may read what it has already said.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"

#include <array>

using namespace llvm;
using namespace rondo;

namespace {

constexpr int64_t never = INT64_MAX, always = INT64_MIN;

struct Lag {
  int64_t positions = never;
  const Node *cause = nullptr; // the target, or the node that made it smaller
};

/// A value at positions p of the axes as long as the window's depends on targets at a position u only if u + lags[i]
/// <= p[i] for some axis i. A target without positions has its lag in the place of the batch.
struct Reach {
  std::array<Lag, maximalAxes + 1> lags;
  // It is zero wherever the position along `masked` is after that along `query`; 0 is no axis.
  AxisIndex masked = 0, query = 0;

  void include(AxisIndex axis, const Lag &lag) {
    if (lag.positions < lags[axis].positions)
      lags[axis] = lag;
  }
  void include(const Reach &other) {
    for (auto [axis, lag] : enumerate(other.lags))
      include(axis, lag);
  }
  /// What lies before the position of one axis lies before that of another.
  void move(AxisIndex from, AxisIndex to) {
    include(to, lags[from]);
    lags[from] = Lag();
  }
  bool sameAs(const Reach &other) const {
    return all_of(zip(lags, other.lags),
                  [](auto pair) { return std::get<0>(pair).positions == std::get<1>(pair).positions; });
  }
};

/// The axes of index(masked) <= index(query), or of the same the other way round.
struct CausalMask {
  AxisIndex masked = 0, query = 0;

  explicit CausalMask(const Node &condition) {
    bool turned = condition.op == NodeOp::GreaterEqual;
    if (!turned && condition.op != NodeOp::LessEqual)
      return;
    const Node *low = condition.operands[turned], *high = condition.operands[!turned];
    if (low->op != NodeOp::Index || high->op != NodeOp::Index || low->source != high->source || low->axis == high->axis)
      return;
    masked = low->axis;
    query = high->axis;
  }
};

class TargetReach {
public:
  explicit TargetReach(const Graph &graph) : graph(graph), window(graph.info.windowAxis()) {
    reaches.resize(graph.nodes.size());
    // States depend on what comes after them in their bodies. Lags only become smaller, each to the smallest of those
    // that exist or to less than all, so that this ends.
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto &node : graph.nodes) {
        Reach reach = compute(*node);
        changed |= !reach.sameAs(reaches[node->id]);
        reaches[node->id] = reach;
      }
    }
  }

  const Node *findLeak(const Node &node) const {
    for (const Lag &lag : of(&node).lags)
      if (lag.positions < 1)
        return lag.cause;
    return nullptr;
  }

private:
  const Reach &of(const Node *node) const { return reaches[node->id]; }
  bool isWindow(AxisIndex axis) const { return window && graph.info.lengthOf(axis) == *window; }

  Reach compute(const Node &node) const {
    switch (node.op) {
    case NodeOp::Target: {
      bool varies = window && (node.type.axes & setOf(*window));
      Reach reach;
      reach.include(varies ? *window : 0, {varies ? 0 : always, &node});
      return reach;
    }
    case NodeOp::State: {
      const ScanState &state = *node.region->states[node.index];
      Reach reach = joined({state.after});
      if (state.init)
        reach.include(of(state.init));
      return reach;
    }
    case NodeOp::Scan: {
      Reach reach = joined({node.scan->result});
      for (const auto &state : node.scan->states) {
        reach.include(of(state->before));
        reach.include(of(state->after));
      }
      return mixed(node, reach);
    }
    case NodeOp::Shift: {
      Reach reach = joined({node.operands[0]});
      Lag &lag = reach.lags[node.axis];
      if (lag.positions != never && lag.positions != always)
        lag.positions = std::min<int64_t>(lag.positions + std::min<int64_t>(node.index, UINT32_MAX), UINT32_MAX);
      reach.include(of(node.operands[1]));
      return reach;
    }
    case NodeOp::Rename: {
      Reach reach = joined({node.operands[0]});
      reach.move(node.source, node.axis);
      return reach;
    }
    case NodeOp::Select:
      return selected(node);
    case NodeOp::Multiply:
    case NodeOp::Dropout:
      return multiplied(node);
    case NodeOp::Softmax:
      return mixed(node, weighed(node));
    default:
      return mixed(node, joined(node.operands));
    }
  }

  Reach joined(ArrayRef<const Node *> nodes) const {
    Reach reach;
    for (const Node *node : nodes)
      reach.include(of(node));
    return reach;
  }

  /// What looks ahead along an axis sees all targets that its operand sees anywhere along it.
  Reach mixed(const Node &node, Reach reach) const {
    for (AxisIndex axis = 1; axis <= graph.info.axes.size(); ++axis) {
      if (!isWindow(axis) || reach.lags[axis].positions == never || reach.lags[axis].positions == always)
        continue;
      Mixing mixing = mixingOf(node, axis);
      // Along another axis the order of the window's is lost.
      bool isAlongOther = node.op == NodeOp::Window && node.source == axis && node.axis != axis;
      if ((mixing != Mixing::None && mixing != Mixing::Back) || isAlongOther)
        reach.lags[axis] = {always, &node};
    }
    return reach;
  }

  /// Under a causal mask what lies before the masked position lies before the other one too.
  Reach selected(const Node &node) const {
    CausalMask mask(*node.operands[0]);
    Reach reach = joined({node.operands[1]});
    if (mask.masked && isWindow(mask.masked) && isWindow(mask.query))
      reach.move(mask.masked, mask.query);
    reach.include(of(node.operands[0]));
    reach.include(of(node.operands[2]));
    return reach;
  }

  /// The weights of causal attention are zero where they are masked: their exponentials are too small for a number.
  Reach weighed(const Node &node) const {
    const Node *scores = node.operands[0];
    Reach reach = joined({scores});
    if (scores->op != NodeOp::Select || scores->operands[2]->op != NodeOp::Constant ||
        scores->operands[2]->number > -1e9)
      return reach;
    CausalMask mask(*scores->operands[0]);
    // Each position weighs itself at least, so that not all that it weighs is masked.
    if (mask.masked && mask.masked == node.axis && isWindow(node.axis) && isWindow(mask.query)) {
      reach.masked = mask.masked;
      reach.query = mask.query;
    }
    return reach;
  }

  Reach multiplied(const Node &node) const {
    Reach reach = joined(node.operands);
    for (const Node *operand : node.operands) {
      if (!of(operand).masked)
        continue;
      reach.masked = of(operand).masked;
      reach.query = of(operand).query;
      reach.move(reach.masked, reach.query);
    }
    return reach;
  }

  const Graph &graph;
  std::optional<AxisIndex> window;
  std::vector<Reach> reaches; // by node id
};

} // namespace

const Node *rondo::findLeak(const Graph &graph, const Node &node) { return TargetReach(graph).findLeak(node); }
