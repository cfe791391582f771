// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a pass may ask of any op: its derivative, and its form over a whole sequence.

#ifndef RONDO_INTERFACES_TD
#define RONDO_INTERFACES_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::rondo";
  let description = [{
    The reverse-mode derivative of a primitive op. The rules are a table beside the differentiation pass,
    attached to this dialect's ops and to those of `arith`, `math` and `tensor` alike.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the contribution of this op's results to the derivative of the loss by its operands.
        `cotangents` has one value per result, or null where nothing depends on it. For each operand that
        receives a contribution, calls `add(operandNumber, contribution)`, at most once; the contribution
        has the operand's type. New ops may use the op's operands and results.
      }],
      "::mlir::LogicalResult", "buildAdjoint",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$cotangents,
           "::llvm::function_ref<void(unsigned, ::mlir::Value)>":$add)>
  ];
}

def LiftableOpInterface : OpInterface<"LiftableOpInterface"> {
  let cppNamespace = "::rondo";
  let description = [{
    The op applied at all positions of a sequence at once: every operand marked as lifted has a new leading
    dimension, and so have the results.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the op over `length` positions. `operands` are the op's operands, those with `lifted` set
        with a leading dimension of `length`; at least one is lifted. Returns one value per result, each
        with the leading dimension, or failure where the op has no such form.
      }],
      "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "buildLifted",
      (ins "::mlir::OpBuilder &":$builder, "int64_t":$length, "::mlir::ValueRange":$operands,
           "::llvm::ArrayRef<bool>":$lifted)>
  ];
}

#endif // RONDO_INTERFACES_TD
