// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What gate fusion produces.

#ifndef RONDO_GATE_OPS_TD
#define RONDO_GATE_OPS_TD

include "dialect/TensorOps.td"

def Rondo_GateProductOp : Rondo_TensorOp<"gate_product", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "several contractions of one left operand, computed as one product";
  let description = [{
    `result[g] = contract(lhs, weights[g], spec)` for each g: the normal form of a cell's gates. It comes
    after differentiation and has no derivative.

    ```mlir
    %i, %f = rondo.gate_product %h, (%wi, %wf) "bk,jk->bj"
        : tensor<2x4xf32>, (tensor<6x4xf32>, tensor<6x4xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>)
    ```

    Constraints:
    - gate_product_c1: at least two weights, and one result per weight.
    - gate_product_c2: each pair of lhs and weight satisfies contract_c1 to contract_c4 with its result.
    - gate_product_c3: the weights have equal types.
  }];
  let arguments = (ins FloatTensor:$lhs, Variadic<FloatTensor>:$weights, StrAttr:$spec);
  let results = (outs Variadic<FloatTensor>:$results);
  let assemblyFormat = [{
    $lhs `,` `(` $weights `)` $spec attr-dict `:` type($lhs) `,` `(` type($weights) `)` `->` `(` type($results) `)`
  }];
  let hasVerifier = 1;
}

#endif // RONDO_GATE_OPS_TD
