// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What forward mode asks of any op.

#ifndef RONDO_PASSES_TRAINING_TANGENTINTERFACE_TD
#define RONDO_PASSES_TRAINING_TANGENTINTERFACE_TD

include "mlir/IR/OpBase.td"

def TangentOpInterface : OpInterface<"TangentOpInterface"> {
  let cppNamespace = "::rondo";
  let description = [{
    The forward-mode derivative of a primitive op with one result. It is attached with the reverse-mode one, from the
    same table, to the same ops.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the tangent of the result: its derivative along a direction, given those of the operands. `tangents`
        has one value per operand, of its type, or null where that is zero; one at least is not null. The tangent may
        be null too. New ops may use the op's operands and result, and have both rules themselves, so that derivatives
        can be differentiated.
      }],
      "::mlir::Value", "buildTangent", (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$tangents)>
  ];
}

#endif // RONDO_PASSES_TRAINING_TANGENTINTERFACE_TD
