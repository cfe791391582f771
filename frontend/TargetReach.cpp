// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How far the targets that a value depends on lie before it: a decoder may read what it has already said.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"

#include <array>
#include <cmath>

using namespace llvm;
using namespace rondo;

namespace {

constexpr int64_t never = INT64_MAX, always = INT64_MIN;

/// What hides a score, or less.
constexpr double hiding = -1e9;

/// Whether the number is too large to be part of a score: by it, it could be as low as what hides one.
bool isNoScore(double number) { return !(std::abs(number) <= 1e4); }

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
  // It may be as low as what a mask puts in the place of a score.
  bool isUnbounded = false;

  void include(AxisIndex axis, const Lag &lag) {
    if (lag.positions < lags[axis].positions)
      lags[axis] = lag;
  }
  void include(const Reach &other) {
    for (auto [axis, lag] : enumerate(other.lags))
      include(axis, lag);
    isUnbounded |= other.isUnbounded;
  }
  /// What lies before the position of one axis lies before that of another.
  void move(AxisIndex from, AxisIndex to) {
    include(to, lags[from]);
    lags[from] = Lag();
  }
  bool sameAs(const Reach &other) const {
    return isUnbounded == other.isUnbounded && all_of(zip(lags, other.lags), [](auto pair) {
             return std::get<0>(pair).positions == std::get<1>(pair).positions;
           });
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

  /// An output stands along the first of the axes as long as the window that it varies over: the window's, if it varies
  /// over that. What comes before a position of another one may come after its own.
  Leak findLeak(const Node &output) const {
    AxisIndex own = 0;
    for (AxisIndex axis = graph.info.axes.size(); axis; --axis)
      if (isWindow(axis) && (output.type.axes & setOf(axis)))
        own = axis;
    for (auto [axis, lag] : enumerate(of(&output).lags))
      if (lag.positions < (axis == own ? 1 : never))
        return {lag.cause, lag.positions != always && axis != own};
    return {};
  }

private:
  const Reach &of(const Node *node) const { return reaches[node->id]; }
  bool isWindow(AxisIndex axis) const { return window && graph.info.lengthOf(axis) == *window; }

  Reach compute(const Node &node) const {
    switch (node.op) {
    case NodeOp::Target: {
      bool varies = window && (node.type.axes & setOf(*window));
      Reach reach;
      reach.include(varies ? *window : 0,
                    {varies ? -graph.info.behindNearest(graph.info.targets[node.index]) : always, &node});
      return reach;
    }
    case NodeOp::Input: {
      Reach reach;
      reach.isUnbounded = node.type.isReal();
      return reach;
    }
    case NodeOp::Constant: {
      Reach reach;
      reach.isUnbounded = isNoScore(node.number);
      return reach;
    }
    case NodeOp::Log: {
      Reach reach = joined(node.operands);
      reach.isUnbounded = true;
      return reach;
    }
    // Products with weights, and what is between bounds.
    case NodeOp::Product:
    case NodeOp::Embedding:
    case NodeOp::Sigmoid:
    case NodeOp::Tanh: {
      Reach reach = joined(node.operands);
      reach.isUnbounded = false;
      return reach;
    }
    case NodeOp::State: {
      const ScanState &state = *node.region->states[node.index];
      Reach reach = joined({state.after});
      if (state.init)
        reach.include(of(state.init));
      else
        reach.isUnbounded |= isNoScore(state.initNumber);
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
      if (mixing != Mixing::None && mixing != Mixing::Back)
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
    if (node.operands[2]->op == NodeOp::Constant && node.operands[2]->number == 0)
      setMask(reach, mask);
    return reach;
  }

  /// The weights of causal attention are zero where they are masked: their exponentials are too small for a number.
  Reach weighed(const Node &node) const {
    const Node *scores = node.operands[0];
    Reach reach = joined({scores});
    reach.isUnbounded = false;
    if (scores->op != NodeOp::Select || scores->operands[2]->op != NodeOp::Constant ||
        scores->operands[2]->number > hiding)
      return reach;
    CausalMask mask(*scores->operands[0]);
    // Each position weighs itself at least, so that not all that it weighs is masked: unless by a mask of its own.
    if (mask.masked == node.axis && !of(scores->operands[1]).isUnbounded)
      setMask(reach, mask);
    return reach;
  }

  void setMask(Reach &reach, const CausalMask &mask) const {
    if (!mask.masked || !isWindow(mask.masked) || !isWindow(mask.query))
      return;
    reach.masked = mask.masked;
    reach.query = mask.query;
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

std::vector<Leak> rondo::findLeaks(const Graph &graph) {
  TargetReach reach(graph);
  std::vector<Leak> leaks;
  for (const Node *output : graph.outputs)
    leaks.push_back(reach.findLeak(*output));
  return leaks;
}
