// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivatives of the dialect's own ops. g is the cotangent of the result y. The scan is not in the table: its
// derivative is another scan (ScanAdjoint.cpp).

#include "dialect/Einsum.h"
#include "passes/training/DerivativeRules.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The cotangent of the operand with the term `own`: g and the other operand contracted over all that `own` lacks. A
/// letter that only `own` has was summed alone; along it every element has the same cotangent.
Value contractAdjoint(Adjoint &a, StringRef own, RankedTensorType ownType, StringRef otherTerm, Value other,
                      StringRef resultTerm) {
  Einsum einsum{resultTerm.str(), otherTerm.str(), ""};
  SmallVector<int64_t> dims;
  for (auto [i, letter] : llvm::enumerate(own))
    if (resultTerm.contains(letter) || otherTerm.contains(letter)) {
      einsum.result += letter;
      dims.push_back(i);
    }
  return a.broadcast(a.make<ContractOp>(a.cotangent(), other, einsum.str()), ownType, dims);
}

struct ContractRule : Rule<ContractRule, ContractOp> {
  static void adjoint(ContractOp op, Adjoint &a) {
    StringRef lhs = op.getLhsTerm(), rhs = op.getRhsTerm(), result = op.getResultTerm();
    a.accumulate(0, contractAdjoint(a, lhs, op.getLhs().getType(), rhs, op.getRhs(), result));
    a.accumulate(1, contractAdjoint(a, rhs, op.getRhs().getType(), lhs, op.getLhs(), result));
  }
  static Value tangent(ContractOp op, Tangent &t) {
    Value lhs = t.tangent(0), rhs = t.tangent(1);
    return t.sum(lhs ? t.make<ContractOp>(lhs, op.getRhs(), op.getSpec()) : Value(),
                 rhs ? t.make<ContractOp>(op.getLhs(), rhs, op.getSpec()) : Value());
  }
};

struct BroadcastRule : LinearRule<BroadcastRule, BroadcastOp> {
  static void adjoint(BroadcastOp op, Adjoint &a) {
    int64_t rank = cast<RankedTensorType>(op.getType()).getRank();
    Value sum = a.reduce(ReduceKind::sum, a.cotangent(), otherDims(rank, op.getDims()));
    // The sum has the dimensions in the order of the result; back in that of the operand.
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, op.getDims().size()));
    llvm::sort(order, [&](int64_t i, int64_t j) { return op.getDims()[i] < op.getDims()[j]; });
    a.accumulate(0, a.broadcast(sum, op.getOperand().getType(), order));
  }
};

/// The maximum's g goes in equal parts to the elements that equal the maximum.
struct ReduceRule : Rule<ReduceRule, ReduceOp> {
  static Value onesAtMaximum(ReduceOp op, TensorBuilder &b) {
    RankedTensorType type = op.getOperand().getType();
    Value largest = b.broadcast(op.getResult(), type, otherDims(type.getRank(), op.getDims()));
    Value taken = b.compare(arith::CmpFPredicate::OEQ, op.getOperand(), largest);
    return b.select(taken, b.constant(type, 1), b.zero(type));
  }
  static Value tangent(ReduceOp op, Tangent &t) {
    if (op.getKind() != ReduceKind::max)
      return t.linear();
    Value ones = onesAtMaximum(op, t);
    return t.div(t.reduce(ReduceKind::sum, t.mul(ones, t.tangent(0)), op.getDims()),
                 t.reduce(ReduceKind::sum, ones, op.getDims()));
  }
  static void adjoint(ReduceOp op, Adjoint &a) {
    RankedTensorType type = op.getOperand().getType();
    SmallVector<int64_t> kept = otherDims(type.getRank(), op.getDims());
    Value g = a.cotangent();
    if (op.getKind() == ReduceKind::max) {
      Value ones = onesAtMaximum(op, a);
      Value share = a.div(g, a.reduce(ReduceKind::sum, ones, op.getDims()));
      a.accumulate(0, a.mul(ones, a.broadcast(share, type, kept)));
      return;
    }
    if (op.getKind() == ReduceKind::mean)
      g = a.scale(g, double(op.getType().getNumElements()) / double(type.getNumElements()));
    a.accumulate(0, a.broadcast(g, type, kept));
  }
};

/// y * (g - sum(g * y)), the sum along the dimension
struct SoftmaxRule : Rule<SoftmaxRule, SoftmaxOp> {
  static void adjoint(SoftmaxOp op, Adjoint &a) {
    RankedTensorType type = op.getType();
    int64_t dim = op.getDim();
    Value sum = a.reduce(ReduceKind::sum, a.mul(a.cotangent(), op.getResult()), dim);
    Value centred = a.sub(a.cotangent(), a.broadcast(sum, type, otherDims(type.getRank(), dim)));
    a.accumulate(0, a.mul(op.getResult(), centred));
  }
  static Value tangent(SoftmaxOp op, Tangent &t) {
    return t.symmetric([&](Adjoint &a) { adjoint(op, a); });
  }
};

/// g * (softmax(logits) - one_hot(token))
struct CrossEntropyRule : Rule<CrossEntropyRule, CrossEntropyOp> {
  static Value difference(CrossEntropyOp op, TensorBuilder &b) {
    RankedTensorType type = op.getLogits().getType();
    return b.sub(b.make<SoftmaxOp>(op.getLogits(), type.getRank() - 1), b.make<OneHotOp>(type, op.getTokens()));
  }
  static Value tangent(CrossEntropyOp op, Tangent &t) {
    return t.reduce(ReduceKind::sum, t.mul(difference(op, t), t.tangent(0)), op.getLogits().getType().getRank() - 1);
  }
  static void adjoint(CrossEntropyOp op, Adjoint &a) {
    RankedTensorType type = op.getLogits().getType();
    Value g = a.broadcast(a.cotangent(), type, otherDims(type.getRank(), type.getRank() - 1));
    a.accumulate(0, a.mul(difference(op, a), g));
  }
};

struct GatherRule : LinearRule<GatherRule, GatherOp> {
  static void adjoint(GatherOp op, Adjoint &a) {
    a.accumulate(0, a.make<ScatterAddOp>(op.getTable().getType(), op.getTokens(), a.cotangent(), op.getSpecAttr()));
  }
};

struct ScatterAddRule : LinearRule<ScatterAddRule, ScatterAddOp> {
  static void adjoint(ScatterAddOp op, Adjoint &a) {
    a.accumulate(1, a.make<GatherOp>(a.cotangent(), op.getTokens(), op.getSpecAttr()));
  }
};

struct WindowRule : LinearRule<WindowRule, WindowOp> {
  static void adjoint(WindowOp op, Adjoint &a) {
    a.accumulate(0, a.make<OverlapAddOp>(op.getOperand().getType(), a.cotangent(), op.getDim(), op.getStride(),
                                         op.getDilation()));
  }
};

struct OverlapAddRule : LinearRule<OverlapAddRule, OverlapAddOp> {
  static void adjoint(OverlapAddOp op, Adjoint &a) {
    int64_t size = op.getOperand().getType().getDimSize(op.getDim() + 1);
    a.accumulate(0, a.make<WindowOp>(a.cotangent(), op.getDim(), size, op.getStride(), op.getDilation()));
  }
};

/// g * y * (1 - y)
struct SigmoidRule : Rule<SigmoidRule, SigmoidOp> {
  static void adjoint(SigmoidOp op, Adjoint &a) {
    Value slope = a.mul(op.getResult(), a.sub(a.constant(op.getType(), 1), op.getResult()));
    a.accumulate(0, a.mul(a.cotangent(), slope));
  }
};

struct StopRule : Rule<StopRule, StopOp> {
  static void adjoint(StopOp, Adjoint &) {}
  static Value tangent(StopOp, Tangent &) { return {}; }
};

} // namespace

void rondo::attachRondoRules(MLIRContext *context) {
  attachRules<ContractRule, BroadcastRule, ReduceRule, SoftmaxRule, CrossEntropyRule, GatherRule, ScatterAddRule,
              SigmoidRule, StopRule, WindowRule, OverlapAddRule>(context);
}
