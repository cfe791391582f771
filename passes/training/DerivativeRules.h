// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of derivatives: how an entry is written, and how the table is registered.

#ifndef RONDO_PASSES_TRAINING_DERIVATIVERULES_H
#define RONDO_PASSES_TRAINING_DERIVATIVERULES_H

#include "dialect/RondoDialect.h"
#include "passes/support/TensorBuilder.h"

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
    mlir::Value none = zero(value.getType());
    return select(compare(mlir::arith::CmpFPredicate::OEQ, cotangent(), none), none, value);
  }
  /// Adds a value of the type of operand `number` to the operand's cotangent.
  void accumulate(unsigned number, mlir::Value value) { addTo(number, value); }

private:
  mlir::ValueRange cotangents;
  llvm::function_ref<void(unsigned, mlir::Value)> addTo;
};

/// An entry of the table, for an op with one result: `struct R : Rule<R, SomeOp> { static void adjoint(SomeOp op,
/// Adjoint &a); };`. What it builds for an operand that needs no cotangent is dropped later.
template <typename Entry, typename OpT> struct Rule : DifferentiableOpInterface::ExternalModel<Entry, OpT> {
  using Op = OpT;
  mlir::LogicalResult buildAdjoint(mlir::Operation *op, mlir::OpBuilder &builder, mlir::ValueRange cotangents,
                                   llvm::function_ref<void(unsigned, mlir::Value)> add) const {
    Adjoint adjoint(builder, op->getLoc(), cotangents, add);
    Entry::adjoint(llvm::cast<OpT>(op), adjoint);
    return mlir::success();
  }
};

/// Attaches entries to their ops, whose dialects are loaded.
template <typename... Entries> void attachRules(mlir::MLIRContext *context) {
  (Entries::Op::template attachInterface<Entries>(*context), ...);
}

/// The parts of the table, one per dialect.
void attachArithRules(mlir::MLIRContext *context);
void attachMathRules(mlir::MLIRContext *context);
void attachTensorRules(mlir::MLIRContext *context);
void attachRondoRules(mlir::MLIRContext *context);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_DERIVATIVERULES_H
