// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Building arithmetic on tensors without ceremony, for derivative rules and optimisers.

#ifndef RONDO_PASSES_SUPPORT_TENSORBUILDER_H
#define RONDO_PASSES_SUPPORT_TENSORBUILDER_H

#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace rondo {

/// Creates ops at one insertion point with one location. Operands of elementwise ops have equal types.
class TensorBuilder {
public:
  TensorBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  /// An op with one result whose type follows from its operands.
  template <typename OpT, typename... Args> mlir::Value make(Args &&...args) {
    return OpT::create(builder, loc, std::forward<Args>(args)...).getResult();
  }

  /// A tensor (or scalar) of `type`, every element `value`.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value zero(mlir::Type type) { return constant(type, 0.0); }

  mlir::Value add(mlir::Value a, mlir::Value b) { return make<mlir::arith::AddFOp>(a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return make<mlir::arith::SubFOp>(a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return make<mlir::arith::MulFOp>(a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return make<mlir::arith::DivFOp>(a, b); }
  mlir::Value neg(mlir::Value a) { return make<mlir::arith::NegFOp>(a); }
  /// `factor * a`
  mlir::Value scale(mlir::Value a, double factor) { return mul(a, constant(a.getType(), factor)); }
  mlir::Value square(mlir::Value a) { return mul(a, a); }
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value a, mlir::Value b) {
    return make<mlir::arith::CmpFOp>(predicate, a, b);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b) {
    return make<mlir::arith::SelectOp>(condition, a, b);
  }

  /// Repeats `a` up to `type`; dimension i of `a` becomes dimension `dims[i]`. Returns `a` if it has that type.
  mlir::Value broadcast(mlir::Value a, mlir::Type type, llvm::ArrayRef<int64_t> dims = {});
  /// Reduces over `dims`; returns `a` where there are none.
  mlir::Value reduce(ReduceKind kind, mlir::Value a, llvm::ArrayRef<int64_t> dims);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The dimensions 0 .. rank-1 that are not in `dims`, in order.
llvm::SmallVector<int64_t> otherDims(int64_t rank, llvm::ArrayRef<int64_t> dims);

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_TENSORBUILDER_H
