// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of derivatives: how an entry is written, and how the table is registered.

#ifndef RONDO_PASSES_TRAINING_DERIVATIVERULES_H
#define RONDO_PASSES_TRAINING_DERIVATIVERULES_H

#include "dialect/RondoDialect.h"
#include "passes/support/TensorBuilder.h"

#include "passes/TangentInterface.h.inc"

namespace mlir {
class DialectRegistry;
}

namespace rondo {

/// Attaches the derivative of every op that has one: ops of rondo, arith, math and tensor.
void registerDerivativeRules(mlir::DialectRegistry &registry);

/// What a rule works with: the results' cotangents (the derivatives of the loss by them), arithmetic, and where the
/// operands' cotangents go.
class Adjoint : public TensorBuilder {
public:
  Adjoint(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange cotangents,
          llvm::function_ref<void(unsigned, mlir::Value)> add)
      : TensorBuilder(builder, loc), cotangents(cotangents), addTo(add) {}

  /// The cotangent of the only result.
  mlir::Value cotangent() const { return cotangents.front(); }
  /// `value`, a product of the cotangent and a slope that may be infinite, but zero where the cotangent is zero: what
  /// nobody asks for, as the branch that a select does not take, must not become zero times infinity.
  mlir::Value whereAsked(mlir::Value value) {
    guards = true;
    mlir::Value none = zero(value.getType());
    return select(compare(mlir::arith::CmpFPredicate::OEQ, cotangent(), none), none, value);
  }
  /// Adds a value of the type of operand `number` to the operand's cotangent.
  void accumulate(unsigned number, mlir::Value value) { addTo(number, value); }
  /// Whether a slope may be infinite: whether whereAsked has been called.
  bool isGuarded() const { return guards; }

private:
  mlir::ValueRange cotangents;
  llvm::function_ref<void(unsigned, mlir::Value)> addTo;
  bool guards = false;
};

/// What a rule of forward mode works with: the operands' tangents (their derivatives along the direction), null where
/// they are zero, and arithmetic.
class Tangent : public TensorBuilder {
public:
  Tangent(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange tangents)
      : TensorBuilder(builder, op->getLoc()), builder(builder), op(op), tangents(tangents) {}

  mlir::Value tangent(unsigned number) const { return tangents[number]; }
  mlir::Value tangentOrZero(unsigned number);
  /// The sum of two values of one type that are null where they are zero.
  mlir::Value sum(mlir::Value a, mlir::Value b) { return a && b ? add(a, b) : a ? a : b; }

  /// Of an op that is linear in its real operands together: the op of their tangents.
  mlir::Value linear();
  using AdjointRule = llvm::function_ref<void(Adjoint &)>;
  /// Of an op whose derivatives by each operand are symmetric matrices: what reverse mode makes of the tangents.
  mlir::Value symmetric(AdjointRule adjoint);
  /// Of an element-wise op, where they are diagonal. A tangent is zero where its slope is not finite: as what nobody
  /// asks for in reverse mode, it shall not become zero times infinity when a later function cannot tell it from
  /// infinity.
  mlir::Value elementwise(AdjointRule adjoint);

private:
  /// What `adjoint` gives operand `number` of the cotangent.
  mlir::Value share(AdjointRule adjoint, unsigned number, mlir::Value cotangent, bool &isGuarded);

  mlir::OpBuilder &builder;
  mlir::Operation *op;
  mlir::ValueRange tangents;
};

/// An entry of the table, for an op with one result: `struct R : Rule<R, SomeOp> { static void adjoint(SomeOp op,
/// Adjoint &a); };`. What it builds for an operand that needs no cotangent is dropped later. Element-wise ops have
/// forward mode by that; others say `static Value tangent(SomeOp op, Tangent &t)`.
template <typename Entry, typename OpT> struct Rule : DifferentiableOpInterface::ExternalModel<Entry, OpT> {
  using Op = OpT;
  mlir::LogicalResult buildAdjoint(mlir::Operation *op, mlir::OpBuilder &builder, mlir::ValueRange cotangents,
                                   llvm::function_ref<void(unsigned, mlir::Value)> add) const {
    Adjoint adjoint(builder, op->getLoc(), cotangents, add);
    Entry::adjoint(llvm::cast<OpT>(op), adjoint);
    return mlir::success();
  }
  static mlir::Value tangent(OpT op, Tangent &t) {
    return t.elementwise([&](Adjoint &a) { Entry::adjoint(op, a); });
  }
};

/// An entry for an op that is linear in its real operands together.
template <typename Entry, typename OpT> struct LinearRule : Rule<Entry, OpT> {
  static mlir::Value tangent(OpT, Tangent &t) { return t.linear(); }
};

/// Forward mode of an entry.
template <typename Entry>
struct TangentRule : TangentOpInterface::ExternalModel<TangentRule<Entry>, typename Entry::Op> {
  mlir::Value buildTangent(mlir::Operation *op, mlir::OpBuilder &builder, mlir::ValueRange tangents) const {
    Tangent tangent(builder, op, tangents);
    return Entry::tangent(llvm::cast<typename Entry::Op>(op), tangent);
  }
};

/// Attaches entries to their ops, whose dialects are loaded.
template <typename... Entries> void attachRules(mlir::MLIRContext *context) {
  (Entries::Op::template attachInterface<Entries, TangentRule<Entries>>(*context), ...);
}

/// The parts of the table, one per dialect.
void attachArithRules(mlir::MLIRContext *context);
void attachMathRules(mlir::MLIRContext *context);
void attachTensorRules(mlir::MLIRContext *context);
void attachRondoRules(mlir::MLIRContext *context);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_DERIVATIVERULES_H
