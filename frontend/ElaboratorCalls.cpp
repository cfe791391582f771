// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions without parameters.

#include "frontend/Elaborator.h"

#include "runtime/NumberFunctions.h"

#include <cmath>

using namespace llvm;
using namespace rondo;

Meaning Elaborator::elaborate(const CallExpr &call) {
  bool ownsParameters = call.function ? call.function->ownsParameters && !findArgument(call, ArgumentRole::Table)
                                      : call.cell->hasParameters;
  if (!checkFrozen(call.callee.text, ownsParameters, call.frozen))
    return {};
  if (call.function)
    return callFunction(call, *call.function);
  Instance *instance = call.isOfInstance ? entryOf(call.callee).instance : nullptr;
  if (call.isOfInstance && !instance) // its let is in error
    return {};
  return callCell(call, *call.cell, instance);
}

// What is needed to compute sizes, initialisers and rates.
std::optional<Number> Elaborator::callOnNumbers(const FunctionInfo &info, ArrayRef<Meaning> arguments) {
  for (const Meaning &argument : arguments)
    if (!argument.number)
      return std::nullopt;
  const Number &a = *arguments.front().number, &b = *arguments.back().number;
  if (info.op == NodeOp::Abs)
    return a.value < 0 ? (a.isInteger ? Number::ofInteger(-a.integer) : Number::ofReal(-a.value)).from(a, a) : a;
  if (info.op == NodeOp::Minimum)
    return a.value < b.value ? a : b;
  if (info.function == Function::Max)
    return a.value > b.value ? a : b;
  const NumberFunction *function = findNumberFunction(info.name.str().c_str());
  double result = function ? function->compute(a.value, b.value) : NAN;
  if (!std::isfinite(result))
    return std::nullopt;
  bool isInteger = result == std::floor(result) && std::fabs(result) < 0x1p53 &&
                   (info.op == NodeOp::Floor || (a.isInteger && b.isInteger));
  return (isInteger ? Number::ofInteger(static_cast<int64_t>(result)) : Number::ofReal(result)).from(a, b);
}

Meaning Elaborator::callFunction(const CallExpr &call, const FunctionInfo &info) {
  if (info.function == Function::Linear)
    return callLinear(call);
  if (info.function == Function::Embedding)
    return callEmbedding(call);
  if (info.function == Function::BatchNorm)
    return callBatchNorm(call);
  if (info.function == Function::Index)
    return callIndex(call);
  if (info.function == Function::Length)
    return callLength(call);
  if (info.function == Function::Rename)
    return callRename(call);
  if (info.function == Function::Shift)
    return callShift(call);
  if (info.function == Function::Pick)
    return callPick(call);
  if (info.function == Function::Window)
    return callWindow(call);
  if (isDraw(info.function))
    return callDraw(call, info.function);
  if (info.function == Function::Expand)
    return callWithSizes(call, NodeOp::Expand);
  if (info.function == Function::Range)
    return callRange(call);
  if (info.function == Function::Reshape)
    return callWithSizes(call, NodeOp::Reshape);
  std::vector<Meaning> arguments;
  bool ok = true;
  for (const Argument &argument : call.arguments) {
    arguments.push_back(elaborate(*argument.value));
    ok &= static_cast<bool>(arguments.back());
  }
  if (!ok)
    return {};
  if (!call.arguments.front().pooled.empty())
    return callPooled(call, info, arguments.front());
  if (call.arguments.front().axis && info.function != Function::CrossEntropy)
    return callOver(call, info, arguments.front());
  if (std::optional<Number> number = callOnNumbers(info, arguments))
    return *number;
  // The second argument of these two is no value.
  if (info.function == Function::Dropout)
    return callDropout(call, lower(arguments[0], call.loc), arguments[1]);
  if (info.function == Function::Pow)
    return callPow(call, lower(arguments[0], call.loc), arguments[1]);

  std::vector<Node *> operands;
  for (auto [meaning, argument] : zip(arguments, call.arguments))
    operands.push_back(lower(meaning, argument.value->loc));
  return callOnValues(call, info, operands);
}

Meaning Elaborator::callOnValues(const CallExpr &call, const FunctionInfo &info, ArrayRef<Node *> operands) {
  mlir::Location loc = call.loc;
  Node *first = operands.front();
  switch (info.function) {
  case Function::Elementwise:
    return makeElementwise(info.op, loc, operands);
  case Function::Square:
    return makeElementwise(NodeOp::Multiply, loc, {first, first});
  case Function::Gelu:
    return callGelu(loc, first);
  case Function::Silu:
    return callSilu(loc, first);
  case Function::Softplus:
    return callSoftplus(loc, first);
  case Function::Clamp:
    return callClamp(loc, operands);
  case Function::Sign:
    return callSign(loc, first);
  case Function::Elu:
    return callElu(loc, operands);
  case Function::Stop:
    if (!checkReal(first, loc))
      return nullptr;
    return stops.emplace_back(make(NodeOp::Stop, first->type, loc, first));
  case Function::LogSumExp:
    return operands.size() > 1 ? callLogAddExp(loc, operands) : callLogSumExp(loc, first, /*axis=*/0);
  case Function::Max:
    return operands.size() == 2 ? makeElementwise(NodeOp::Maximum, loc, operands) : reduce(loc, NodeOp::Max, first);
  case Function::Sum:
    return reduce(loc, NodeOp::Sum, first);
  case Function::Mean:
    return reduce(loc, NodeOp::Mean, first);
  case Function::Softmax:
    return callSoftmax(loc, first);
  case Function::Dot:
    return callDot(loc, operands);
  case Function::Outer:
    return callOuter(loc, operands);
  case Function::Diagonal:
    return callDiagonal(loc, first);
  case Function::Transpose:
    return callTranspose(loc, first);
  case Function::Concat:
    return callConcat(call, operands);
  case Function::Select:
    return callSelect(call, operands);
  case Function::LayerNorm:
    return callLayerNorm(call, first);
  case Function::ArgMax:
    return callArgMax(loc, first);
  case Function::OneHot:
    return callOneHot(call, first);
  case Function::CrossEntropy:
  case Function::SquaredError:
    return callLoss(call, info, operands);
  case Function::Ahead: // have their own places
  case Function::BatchNorm:
  case Function::Bernoulli:
  case Function::CumulativeSum:
  case Function::Dropout:
  case Function::Embedding:
  case Function::Expand:
  case Function::Gumbel:
  case Function::Index:
  case Function::Last:
  case Function::Length:
  case Function::Linear:
  case Function::Normal:
  case Function::Pick:
  case Function::Pow:
  case Function::Range:
  case Function::Rename:
  case Function::Reshape:
  case Function::Sample:
  case Function::Shift:
  case Function::Split:
  case Function::Uniform:
  case Function::Window:
    break;
  }
  return {};
}
