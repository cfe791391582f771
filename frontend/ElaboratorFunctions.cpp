// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions that need more than one operation or a check of their own.

#include "frontend/Elaborator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace rondo;

// Over the features or, of each, over the positions of an axis.
Node *Elaborator::reduce(mlir::Location loc, NodeOp op, Node *operand, AxisIndex axis) {
  operand = asNumber(operand, loc);
  if (!checkReal(operand, loc))
    return nullptr;
  if (axis) {
    ValueType type = operand->type;
    type.axes |= endsOf(axis);
    if (op != NodeOp::Softmax)
      type.axes &= ~setOf(axis);
    Node *node = make(op, std::move(type), loc, operand);
    node->axis = axis;
    return node;
  }
  if (operand->type.shape.empty())
    return operand;
  ValueType type;
  type.axes = operand->type.axes;
  return make(op, std::move(type), loc, operand);
}

// A whole exponent is repeated multiplication.
Node *Elaborator::callPow(const CallExpr &call, Node *base, const Meaning &exponent) {
  static constexpr int64_t maximalPower = 16;
  if (!checkReal(base, call.loc))
    return nullptr;
  if (!exponent.number) {
    error(call.loc) << "expected an exponent known at compile time, found a value";
    return nullptr;
  }
  if (exponent.number->isInteger) {
    int64_t power = exponent.number->integer;
    if (power < 1 || power > maximalPower) {
      error(call.loc) << "expected a whole exponent from 1 to " << maximalPower << ", found " << power;
      return nullptr;
    }
    Node *result = base;
    for (int64_t i = 1; i < power; ++i)
      result = makeElementwise(NodeOp::Multiply, call.loc, {result, base});
    return result;
  }
  return makeElementwise(NodeOp::Power, call.loc, {base, makeConstant(exponent.number->value, call.loc)});
}

// x Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016): 0.5 x (1 + erf(x / sqrt 2))
Node *Elaborator::callGelu(mlir::Location loc, Node *operand) {
  if (!checkReal(operand, loc))
    return nullptr;
  auto times = [&](Node *value, double number) {
    return makeElementwise(NodeOp::Multiply, loc, {value, makeConstant(number, loc)});
  };
  Node *erf = makeElementwise(NodeOp::Erf, loc, times(operand, numbers::inv_sqrt2));
  Node *doubled = makeElementwise(NodeOp::Add, loc, {erf, makeConstant(1, loc)});
  return makeElementwise(NodeOp::Multiply, loc, {times(operand, 0.5), doubled});
}

Node *Elaborator::callSilu(mlir::Location loc, Node *operand) {
  Node *gate = makeElementwise(NodeOp::Sigmoid, loc, operand);
  return gate ? makeElementwise(NodeOp::Multiply, loc, {operand, gate}) : nullptr;
}

// log(1 + exp(x)), without overflow: max(x, 0) + log1p(exp(-|x|))
Node *Elaborator::callSoftplus(mlir::Location loc, Node *operand) {
  Node *negative = makeElementwise(NodeOp::Negate, loc, operand);
  if (!negative)
    return nullptr;
  // Not by the absolute value, whose derivative at 0 is 0: that of a minimum there is the first operand's, and the
  // whole has its true derivative 1/2.
  Node *exponent = makeElementwise(NodeOp::Minimum, loc, {operand, negative});
  Node *small = makeElementwise(NodeOp::Log1p, loc, makeElementwise(NodeOp::Exp, loc, exponent));
  return makeElementwise(NodeOp::Add, loc, {makeElementwise(NodeOp::Relu, loc, operand), small});
}

// 1 above 0, -1 below, else 0, and what is not a number stays so; flat everywhere.
Node *Elaborator::callSign(mlir::Location loc, Node *operand) {
  if (!checkReal(operand, loc))
    return nullptr;
  Node *zero = makeConstant(0, loc), *nothing = makeElementwise(NodeOp::Multiply, loc, {operand, zero});
  auto where = [&](NodeOp comparison, double number, Node *other) {
    Node *holds = makeElementwise(comparison, loc, {operand, zero});
    return makeElementwise(NodeOp::Select, loc, {holds, makeConstant(number, loc), other});
  };
  return where(NodeOp::Greater, 1, where(NodeOp::Less, -1, nothing));
}

// x, and below 0 alpha (e^x - 1) (Clevert, Unterthiner & Hochreiter 2016), with alpha = 1 if it is left out
Node *Elaborator::callElu(mlir::Location loc, ArrayRef<Node *> operands) {
  Node *operand = operands.front();
  if (!checkReal(operand, loc))
    return nullptr;
  Node *zero = makeConstant(0, loc);
  // At 0, where states begin, alpha is the slope.
  Node *isAbove = makeElementwise(NodeOp::Greater, loc, {operand, zero});
  Node *below = makeElementwise(NodeOp::ExpM1, loc, makeElementwise(NodeOp::Select, loc, {isAbove, zero, operand}));
  if (operands.size() == 2)
    below = makeElementwise(NodeOp::Multiply, loc, {operands[1], below});
  return below ? makeElementwise(NodeOp::Select, loc, {isAbove, operand, below}) : nullptr;
}

// min(max(x, low), high), but within the bounds, which included, it is x also where derivatives are taken
Node *Elaborator::callClamp(mlir::Location loc, ArrayRef<Node *> operands) {
  auto bound = [&](Node *value, Node *limit, NodeOp within, NodeOp nearest) {
    Node *bounded = makeElementwise(nearest, loc, {value, limit});
    Node *isWithin = bounded ? makeElementwise(within, loc, {value, limit}) : nullptr;
    return isWithin ? makeElementwise(NodeOp::Select, loc, {isWithin, value, bounded}) : nullptr;
  };
  Node *value = asNumber(operands[0], loc), *low = asNumber(operands[1], loc), *high = asNumber(operands[2], loc);
  value = bound(value, low, NodeOp::GreaterEqual, NodeOp::Maximum);
  return value ? bound(value, high, NodeOp::LessEqual, NodeOp::Minimum) : nullptr;
}

// m + log(sum(exp(x - m))), where m, the largest finite value, has no part in the derivative
Node *Elaborator::callLogSumExp(mlir::Location loc, Node *operand, AxisIndex axis) {
  if (!checkReal(operand, loc))
    return nullptr;
  Node *largest = withinFloats(loc, reduce(loc, NodeOp::Max, operand, axis));
  Node *power = makeElementwise(NodeOp::Exp, loc, makeElementwise(NodeOp::Subtract, loc, {operand, largest}));
  Node *logarithm = makeElementwise(NodeOp::Log, loc, reduce(loc, NodeOp::Sum, power, axis));
  return makeElementwise(NodeOp::Add, loc, {logarithm, largest});
}

// What logsumexp subtracts, and then adds, so that it does not overflow: a number also where it is infinite. It changes
// no derivative.
Node *Elaborator::withinFloats(mlir::Location loc, Node *largest) {
  constexpr double most = std::numeric_limits<float>::max();
  largest = makeElementwise(NodeOp::Minimum, loc, {largest, makeConstant(most, loc)});
  largest = makeElementwise(NodeOp::Maximum, loc, {largest, makeConstant(-most, loc)});
  return make(NodeOp::Stop, largest->type, loc, largest);
}

// logsumexp(a, b, ..), element by element
Node *Elaborator::callLogAddExp(mlir::Location loc, ArrayRef<Node *> operands) {
  Node *largest = operands.front();
  for (Node *operand : operands.drop_front())
    if (!largest || !(largest = makeElementwise(NodeOp::Maximum, loc, {largest, operand})))
      return nullptr;
  largest = withinFloats(loc, largest);
  Node *sum = nullptr;
  for (Node *operand : operands) {
    Node *power = makeElementwise(NodeOp::Exp, loc, makeElementwise(NodeOp::Subtract, loc, {operand, largest}));
    sum = sum ? makeElementwise(NodeOp::Add, loc, {sum, power}) : power;
  }
  return makeElementwise(NodeOp::Add, loc, {makeElementwise(NodeOp::Log, loc, sum), largest});
}

Node *Elaborator::callSoftmax(mlir::Location loc, Node *operand) {
  if (!checkReal(operand, loc))
    return nullptr;
  if (!operand->type.shape.empty())
    return make(NodeOp::Softmax, operand->type, loc, operand);
  error(loc) << "expected features as the argument of 'softmax', found []";
  return nullptr;
}

// The parts agree in all feature dimensions but the last.
Node *Elaborator::callConcat(const CallExpr &call, ArrayRef<Node *> parts) {
  ValueType type;
  for (auto [part, argument] : zip(parts, call.arguments)) {
    mlir::Location loc = argument.value->loc;
    if (!checkReal(part, loc))
      return nullptr;
    ArrayRef<int64_t> shape = part->type.shape;
    if (shape.empty()) {
      error(loc) << "expected features as an argument of 'concat', found []";
      return nullptr;
    }
    type.axes |= part->type.axes;
    if (type.shape.empty()) {
      type.shape.append(shape.begin(), shape.end());
    } else if (shape.drop_back() == ArrayRef<int64_t>(type.shape).drop_back()) {
      type.shape.back() += shape.back();
    } else {
      error(loc) << "expected parts that agree in all dimensions but the last, found " << spellShape(shape) << " after "
                 << spellShape(parts.front()->type.shape);
      return nullptr;
    }
  }
  return make(NodeOp::Concat, std::move(type), call.loc, parts);
}

/// Whether a comparison of numbers holds; nothing if the node is none.
static std::optional<bool> evaluateComparison(const Node *node) {
  if (node->operands.size() != 2 || !all_of(node->operands, [](Node *n) { return n->op == NodeOp::Constant; }))
    return std::nullopt;
  APFloat a(node->operands[0]->number), b(node->operands[1]->number);
  switch (node->op) {
#define RONDO_CASE(name, predicate)                                                                                    \
  case NodeOp::name:                                                                                                   \
    return mlir::arith::applyCmpPredicate(mlir::arith::CmpFPredicate::predicate, a, b);
    RONDO_COMPARISONS(RONDO_CASE)
#undef RONDO_CASE
  default:
    return std::nullopt;
  }
}

// Where numbers alone decide, the other value is not computed.
Node *Elaborator::callSelect(const CallExpr &call, ArrayRef<Node *> operands) {
  if (operands[0]->type.element != ValueType::Element::Bool) {
    error(call.arguments[0].value->loc) << "expected a truth value as the condition of 'select', found "
                                        << spellType(operands[0]->type);
    return nullptr;
  }
  Node *yes = asNumber(operands[1], call.arguments[1].value->loc);
  Node *no = asNumber(operands[2], call.arguments[2].value->loc);
  if (!checkReal(yes, call.arguments[1].value->loc) || !checkReal(no, call.arguments[2].value->loc))
    return nullptr;
  Node *result = makeElementwise(NodeOp::Select, call.loc, {operands[0], yes, no});
  std::optional<bool> holds = evaluateComparison(operands[0]);
  Node *taken = !holds ? result : *holds ? yes : no;
  // Else it is repeated over the features or an axis of the other one.
  bool isAll = result && taken->type.shape == result->type.shape && taken->type.axes == result->type.axes;
  return isAll ? taken : result;
}

// The first of the largest elements; 0 if one is not a number.
Node *Elaborator::callArgMax(mlir::Location loc, Node *operand) {
  constexpr int64_t most = int64_t(1) << 24; // places are counted in real numbers
  if (!operand || !checkReal(operand, loc))
    return nullptr;
  ArrayRef<int64_t> shape = operand->type.shape;
  if (shape.size() != 1 || shape[0] > most) {
    error(loc) << "expected a vector of at most " << most << " numbers, found " << spellShape(shape);
    return nullptr;
  }
  ValueType type;
  type.element = ValueType::Element::Token;
  type.vocab = shape[0];
  type.axes = operand->type.axes;
  return make(NodeOp::ArgMax, std::move(type), loc, operand);
}

Node *Elaborator::callOneHot(const CallExpr &call, Node *tokens) {
  if (tokens->type.element != ValueType::Element::Token) {
    error(call.arguments[0].value->loc) << "expected a token, found " << spellType(tokens->type);
    return nullptr;
  }
  ValueType type;
  type.axes = tokens->type.axes;
  type.shape = {tokens->type.vocab};
  return make(NodeOp::OneHot, std::move(type), call.loc, tokens);
}

Node *Elaborator::callLoss(const CallExpr &call, const FunctionInfo &info, ArrayRef<Node *> operands) {
  Node *a = operands[0], *b = operands[1];
  if (!checkReal(a, call.arguments[0].value->loc))
    return nullptr;
  if (info.function == Function::SquaredError) {
    if (!checkReal(b, call.arguments[1].value->loc))
      return nullptr;
    if (a->type.shape != b->type.shape) {
      error(call.loc) << "expected arguments of one shape, found " << spellShape(a->type.shape) << " and "
                      << spellShape(b->type.shape);
      return nullptr;
    }
    Node *difference = makeElementwise(NodeOp::Subtract, call.loc, {a, b});
    return reduce(call.loc, NodeOp::Mean, makeElementwise(NodeOp::Multiply, call.loc, {difference, difference}));
  }
  return callCrossEntropy(call, operands);
}

// cross_entropy(logits, token), cross_entropy(scores over S, position)
Node *Elaborator::callCrossEntropy(const CallExpr &call, ArrayRef<Node *> operands) {
  Node *a = operands[0], *b = operands[1];
  if (call.arguments[0].axis)
    return callCrossEntropyOver(call, a, b);
  if (b->type.element != ValueType::Element::Token) {
    error(call.arguments[1].value->loc) << "expected a token, found " << spellType(b->type);
    return nullptr;
  }
  if (ArrayRef<int64_t>(a->type.shape) != ArrayRef<int64_t>(b->type.vocab)) {
    error(call.arguments[0].value->loc) << "expected logits of shape [" << b->type.vocab << "] for a token["
                                        << b->type.vocab << "], found " << spellShape(a->type.shape);
    return nullptr;
  }
  ValueType type;
  type.axes = a->type.axes | b->type.axes;
  return make(NodeOp::CrossEntropy, std::move(type), call.loc, operands);
}

Node *Elaborator::slice(mlir::Location loc, Node *base, int64_t low, int64_t high) {
  ValueType type = base->type;
  type.shape.back() = high - low;
  Node *node = make(NodeOp::Slice, std::move(type), loc, base);
  node->low = low;
  node->high = high;
  return node;
}

// split(x): equal parts; split(x, a, b, ...): parts of these sizes
std::vector<Node *> Elaborator::callSplit(const CallExpr &call, size_t parts) {
  Node *base = elaborateReal(*call.arguments.front().value);
  if (!base)
    return {};
  if (base->type.shape.empty()) {
    error(call.loc) << "expected features to split, found []";
    return {};
  }
  int64_t total = base->type.shape.back(), sum = 0;
  std::vector<int64_t> sizes;
  for (const Argument &argument : drop_begin(call.arguments)) {
    std::optional<int64_t> size = evaluateSize(*argument.value);
    if (!size)
      return {};
    sizes.push_back(*size);
    sum += *size;
  }
  if (sizes.empty() && total % static_cast<int64_t>(parts) != 0) {
    error(call.loc) << "expected a size that " << parts << " divides, found " << total;
    return {};
  }
  if (sizes.empty()) {
    sizes.assign(parts, total / static_cast<int64_t>(parts));
  } else if (sizes.size() != parts || sum != total) {
    error(call.loc) << "expected " << parts << " sizes that add up to " << total << ", found " << sizes.size()
                    << " that add up to " << sum;
    return {};
  }
  std::vector<Node *> result;
  int64_t low = 0;
  for (int64_t size : sizes) {
    result.push_back(slice(call.loc, base, low, low + size));
    low += size;
  }
  return result;
}
