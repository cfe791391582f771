// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether what is computed along renamed axes looks back only, so that it can be computed while positions come.
//
// A function that streams keeps the renamed values of a sequence in slots, one for each position that there may be. At
// a position t of the sequence the slots s <= t are written, and those behind hold what is not the program's: zeros, or
// values of another time, finite. So along such an axis a value is asked what it is behind t. Whatever takes all
// positions together must not know of those: a sum has terms that are zero there, a softmax or maximum scores that are
// too low to count beside that of t itself.

#include "frontend/Graph.h"

#include "llvm/ADT/STLExtras.h"

#include <array>
#include <cmath>

using namespace llvm;
using namespace rondo;

namespace {

/// Exponentials vanish beside those of scores when these are lower by so much in any case.
constexpr double hidden = -1e6;

/// Of a value that varies over a renamed axis, along which s is its position.
struct Behind {
  bool isExact = true;          // it is not computed from slots
  std::optional<double> number; // what it is at every s > t, if it is one number there
  bool isFinite = true;         // at every s > t
  bool isScore = true;          // at s = t it cannot be as low as what is hidden

  bool isZero() const { return number == 0.0; }
  bool isHidden() const { return number && *number <= hidden; }
};

/// a * s + b * t + c, of real numbers.
struct Affine {
  double s = 0, t = 0, c = 0;
};

/// Whether a condition on s and t holds: nothing is known of what holds at some positions only.
struct Truth {
  std::optional<bool> behind, here; // at every s > t, and at s = t
};

class CausalReach {
public:
  CausalReach(const Graph &graph, const std::vector<bool> &needed, AxisIndex window)
      : graph(graph), needed(needed), window(window), values(graph.nodes.size()) {
    for (AxisIndex axis = 1; axis <= graph.info.axes.size(); ++axis)
      if (axis != window && graph.info.lengthOf(axis) == window)
        renamed |= setOf(axis);
  }

  /// The first node that looks ahead along a renamed axis, or null.
  const Node *find() {
    for (const auto &node : graph.nodes)
      if (needed[node->id] && !compute(*node))
        return node.get();
    return nullptr;
  }

private:
  bool varies(const Node &node, AxisIndex axis) const { return node.type.axes & setOf(axis); }

  Behind of(const Node *node, AxisIndex axis) const {
    if (varies(*node, axis))
      return values[node->id][axis];
    Behind behind; // a function of t
    if (node->op == NodeOp::Constant)
      behind.number = node->number;
    behind.isScore = isScore(*node, axis);
    return behind;
  }

  /// Whether a value can be no lower than a score is: products with weights, and what is made of these.
  bool isScore(const Node &node, AxisIndex axis) const {
    switch (node.op) {
    case NodeOp::Constant:
      return std::abs(node.number) <= 1e4;
    case NodeOp::Input:
      return !node.type.isReal();
    case NodeOp::Log:
    case NodeOp::State:
    case NodeOp::Scan:
    case NodeOp::Final:
    case NodeOp::StateSequence:
      return false;
    case NodeOp::Product:
    case NodeOp::Embedding:
    case NodeOp::Sigmoid:
    case NodeOp::Tanh:
    case NodeOp::Softmax:
      return true;
    default:
      return all_of(node.operands, [&](const Node *operand) {
        return varies(*operand, axis) ? values[operand->id][axis].isScore : isScore(*operand, axis);
      });
    }
  }

  /// What the node is along the renamed axes; false if it looks ahead along one.
  bool compute(const Node &node) {
    if (node.op == NodeOp::Rename && node.source == window && !(node.type.axes & renamed & ~setOf(node.axis)))
      return keep(node);
    AxisSet read = node.type.axes & renamed;
    for (const Node *operand : node.operands)
      read |= operand->type.axes & renamed;
    if (node.scan)
      read |= (node.scan->axes | setOf(node.scan->axis)) & renamed;
    if (!read)
      return true;
    // Beside the program's own positions: what is computed in scans, or at other positions.
    if (node.region || node.scan || mixingOf(node, window) == Mixing::Back || mixingOf(node, window) == Mixing::Ahead ||
        mixingOf(node, window) == Mixing::End)
      return false;
    for (AxisIndex axis = 1; axis <= graph.info.axes.size(); ++axis) {
      if (!(read & setOf(axis)))
        continue;
      if (mixingOf(node, axis) != Mixing::None && !takesAll(node, axis))
        return false;
      if (varies(node, axis))
        values[node.id][axis] = at(node, axis);
    }
    return true;
  }

  /// Renamed values, whose slots behind hold anything.
  bool keep(const Node &node) {
    int64_t exact = int64_t(1) << 24; // a token is held as a real number
    if (node.region || node.type.element == ValueType::Element::Bool ||
        (node.type.element == ValueType::Element::Token && node.type.vocab > exact))
      return false;
    Behind &behind = values[node.id][node.axis];
    behind.isExact = false;
    behind.isScore = isScore(*node.operands[0], node.axis);
    return true;
  }

  /// Whether the node, which takes all positions of a renamed axis together, takes none from those behind.
  bool takesAll(const Node &node, AxisIndex axis) const {
    Behind operand = node.operands.empty() ? Behind() : of(node.operands[0], axis);
    switch (node.op) {
    case NodeOp::Sum:
      return operand.isZero();
    case NodeOp::Max:
    case NodeOp::Softmax:
      return operand.isHidden() && operand.isScore;
    default:
      return false;
    }
  }

  Behind at(const Node &node, AxisIndex axis) const {
    Behind result;
    result.isScore = isScore(node, axis);
    for (const Node *operand : node.operands) {
      Behind behind = of(operand, axis);
      result.isExact &= behind.isExact;
      result.isFinite &= behind.isFinite;
    }
    if (node.op == NodeOp::Select)
      return selected(node, axis, result);
    result.number = numberOf(node, axis);
    if (result.number)
      result.isFinite = std::isfinite(*result.number);
    else
      result.isFinite &= result.isExact || isFinite(node.op);
    return result;
  }

  /// Whether finite numbers give a finite one.
  static bool isFinite(NodeOp op) {
    return op != NodeOp::Log && op != NodeOp::Log1p && op != NodeOp::Divide && op != NodeOp::Power &&
           op != NodeOp::Exp && op != NodeOp::Sqrt;
  }

  std::optional<double> numberOf(const Node &node, AxisIndex axis) const {
    auto operand = [&](unsigned i) { return of(node.operands[i], axis); };
    auto both = [&](auto combine) -> std::optional<double> {
      std::optional<double> a = operand(0).number, b = operand(1).number;
      return a && b ? std::optional<double>(combine(*a, *b)) : std::nullopt;
    };
    auto isZeroTimesFinite = [&] {
      auto isZero = [&](const Node *factor) { return of(factor, axis).isZero(); };
      auto isFinite = [&](const Node *factor) { return of(factor, axis).isFinite; };
      return any_of(node.operands, isZero) && all_of(node.operands, isFinite);
    };
    std::optional<double> zero = 0.0, none;
    switch (node.op) {
    case NodeOp::Softmax:
      return node.axis == axis ? zero : none; // takesAll() has seen why
    case NodeOp::Multiply:
      return isZeroTimesFinite() ? zero : both([](double a, double b) { return a * b; });
    case NodeOp::Product:
      return isZeroTimesFinite() ? zero : none;
    case NodeOp::Divide:
      if (operand(0).isZero() && !varies(*node.operands[1], axis))
        return zero;
      return operand(1).isZero() ? none : both([](double a, double b) { return a / b; });
    case NodeOp::Add:
      return both([](double a, double b) { return a + b; });
    case NodeOp::Subtract:
      return both([](double a, double b) { return a - b; });
    case NodeOp::Negate:
      return operand(0).number ? std::optional<double>(-*operand(0).number) : none;
    case NodeOp::Exp:
      return operand(0).isHidden() ? zero : none;
    case NodeOp::Dropout: // of which nothing is left where one streams
    case NodeOp::Slice:
      return operand(0).number;
    case NodeOp::Concat:
      return all_of(node.operands, [&](const Node *part) { return of(part, axis).isZero(); }) ? zero : none;
    case NodeOp::Abs:
    case NodeOp::Erf:
    case NodeOp::Relu:
    case NodeOp::Sin:
    case NodeOp::Sqrt:
    case NodeOp::Tanh:
    case NodeOp::Sum:
    case NodeOp::Mean:
    case NodeOp::Max:
      return operand(0).isZero() ? zero : none;
    default:
      return none;
    }
  }

  /// The side that is taken.
  Behind selected(const Node &node, AxisIndex axis, Behind result) const {
    Truth truth = truthOf(*node.operands[0], axis);
    Behind yes = of(node.operands[1], axis), no = of(node.operands[2], axis);
    result.isScore = truth.here ? (*truth.here ? yes : no).isScore : yes.isScore && no.isScore;
    if (truth.behind) {
      const Behind &taken = *truth.behind ? yes : no;
      result.number = taken.number;
      result.isFinite = taken.isFinite;
    } else {
      result.number = yes.number == no.number ? yes.number : std::nullopt;
    }
    return result;
  }

  /// The value as a function of the positions along the axis and the window's own, if it is one.
  std::optional<Affine> affineOf(const Node &node, AxisIndex axis) const {
    auto operand = [&](unsigned i) { return affineOf(*node.operands[i], axis); };
    switch (node.op) {
    case NodeOp::Constant:
      return Affine{0, 0, node.number};
    case NodeOp::Index:
      if (node.axis == axis)
        return Affine{1, 0, 0};
      return node.axis == window ? std::optional(Affine{0, 1, 0}) : std::nullopt;
    case NodeOp::Negate:
      if (std::optional<Affine> a = operand(0))
        return Affine{-a->s, -a->t, -a->c};
      return std::nullopt;
    case NodeOp::Add:
    case NodeOp::Subtract: {
      std::optional<Affine> a = operand(0), b = operand(1);
      double sign = node.op == NodeOp::Add ? 1 : -1;
      if (a && b)
        return Affine{a->s + sign * b->s, a->t + sign * b->t, a->c + sign * b->c};
      return std::nullopt;
    }
    default:
      return std::nullopt;
    }
  }

  /// Of a comparison of positions whose distance alone counts.
  Truth truthOf(const Node &condition, AxisIndex axis) const {
    if (condition.operands.size() != 2)
      return {};
    std::optional<Affine> left = affineOf(*condition.operands[0], axis), right = affineOf(*condition.operands[1], axis);
    if (!left || !right)
      return {};
    double slope = left->s - right->s, other = left->t - right->t, start = left->c - right->c;
    if (slope != -other)
      return {};
    // slope * (s - t) + start is compared with 0.
    auto holds = [&](double difference) -> std::optional<bool> {
      switch (condition.op) {
      case NodeOp::Less:
        return difference < 0;
      case NodeOp::LessEqual:
        return difference <= 0;
      case NodeOp::Greater:
        return difference > 0;
      case NodeOp::GreaterEqual:
        return difference >= 0;
      case NodeOp::Equal:
        return difference == 0;
      case NodeOp::NotEqual:
        return difference != 0;
      default:
        return std::nullopt;
      }
    };
    Truth truth{std::nullopt, holds(start)};
    if (!truth.here)
      return {};
    // From s = t + 1 on, where the difference goes away from 0, it is on one side of it.
    double next = slope + start;
    bool isOneSide = next == 0 ? holds(0) == holds(slope) : slope == 0 || (slope > 0) == (next > 0);
    if (isOneSide)
      truth.behind = holds(next);
    return truth;
  }

  const Graph &graph;
  const std::vector<bool> &needed;
  AxisIndex window;
  AxisSet renamed = noAxes;                                // the axes like the window's
  std::vector<std::array<Behind, maximalAxes + 1>> values; // by node id, of the axes that the node varies over
};

} // namespace

const Node *rondo::findAheadOfRenamed(const Graph &graph, const std::vector<bool> &needed, AxisIndex axis) {
  return CausalReach(graph, needed, axis).find();
}
