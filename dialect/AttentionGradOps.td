// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The derivative of attention as one op on tensors, and as the kernel that computes it of packed keys and values. Apart
// from the other ops, so that few files are compiled again for these.

#ifndef RONDO_ATTENTION_GRAD_OPS_TD
#define RONDO_ATTENTION_GRAD_OPS_TD

include "dialect/RondoOps.td"

def Rondo_AttentionGradOp : Rondo_TensorOp<"attention_grad", [
    AllTypesMatch<["query", "dQuery"]>, AllTypesMatch<["keys", "dKeys"]>, AllTypesMatch<["values", "dValues"]>,
    AllTypesMatch<["result", "cotangent"]>]> {
  let summary = "what queries, keys and values of an attention add to a loss";
  let description = [{
    With the `weight` and `result` of `rondo.attention` for the same queries, keys, values, spec, scale, n and lengths,
    s over the keys that the query sees, and `cotangent` the derivative of a loss by the result:

    ```
    d_weight[s] = sum over e of cotangent[o] * values[v]
    d_score[s]  = weight[s] * (d_weight[s] - sum over e of cotangent[o] * result[o])
    d_query[q]  = scale * sum over s of d_score[s] * keys[k]
    d_keys[k]   = scale * sum over the queries of d_score[s] * query[q]
    d_values[v] = sum over the queries of weight[s] * cotangent[o]
    ```

    Weights are of sum one here. They are computed again: no more than a block of them is in memory at one time.

    ```mlir
    %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g "tbd,sbd,sbe->tbe" scale 0.5 causal 0
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
    ```

    Constraints:
    - attention_grad_c1: `spec` is that of an attention (attention_c1) of the operands' sizes and type (attention_c2,
      attention_c3), n is not negative, and attention_c5 holds.
    - attention_grad_c2: the letter of terms is the last of queries and of keys, that of features the last of values.
  }];
  let arguments = (ins FloatTensor:$query, FloatTensor:$keys, FloatTensor:$values, FloatTensor:$result,
                   FloatTensor:$cotangent, Optional<CountTensor>:$lengths, StrAttr:$spec, F64Attr:$scale,
                   OptionalAttr<I64Attr>:$first, OptionalAttr<StrAttr>:$rows);
  let results = (outs FloatTensor:$dQuery, FloatTensor:$dKeys, FloatTensor:$dValues);
  let assemblyFormat = [{
    $query `,` $keys `,` $values `,` $result `,` $cotangent $spec `scale` $scale (`causal` $first^)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)? (`rows` $rows^)? attr-dict
    `:` type($query) `,` type($keys) `,` type($values) `,` type($result)
  }];
  let hasVerifier = 1;
}

def Rondo_AttendGradOp : Rondo_KernelOp<"attend_grad"> {
  let summary = "the derivative of attention with packed keys and values";
  let description = [{
    What `rondo.attention_grad` computes, with the same `spec`, `lengths` and `rows`, of queries, keys packed along s
    with the terms d, values packed along s with the terms e, keys packed along d with the terms s (`rondo.pack`, each a
    weight of its own), the result and its cotangent. With `part` m the outputs of keys and values have one more
    dimension, the first, of ceil(T / m) parts, T the positions of queries: part i has the sums over the queries at
    positions m i to below m (i + 1), and the gradients are the sums of the parts.

    ```mlir
    %dq, %dk, %dv = rondo.attend_grad
        ins(%q, %k, %v, %kd, %y, %g : tensor<7x2x4xf32>, tensor<2x1x4x16xf32>, tensor<2x1x3x16xf32>,
            tensor<2x1x5x16xf32>, tensor<7x2x3xf32>, tensor<7x2x3xf32>)
        outs(%a, %b, %c : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>)
        "tbd,sbd,sbe->tbe" scale 0.5 -> tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>
    ```

    Constraints:
    - attend_grad_c1: there are six inputs and three outputs, these of the shapes of queries, keys and values. `spec` is
      that of an attention_grad (attention_grad_c1, attention_grad_c2) of its sizes and type, n is not negative, and
      attention_c5 holds.
    - attend_grad_c2: all operands are tensors, and there are results of the outputs' types; or all are buffers, and
      there are none.
    - attend_grad_c3: m is positive, and there are as many parts of keys and of values as it says.
  }];
  let arguments = (ins Variadic<FloatBuffer>:$inputs, Optional<CountBuffer>:$lengths, Variadic<FloatBuffer>:$outputs,
                       StrAttr:$spec, F64Attr:$scale, OptionalAttr<I64Attr>:$first, OptionalAttr<StrAttr>:$rows,
                       OptionalAttr<I64Attr>:$part);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $inputs `:` type($inputs) `)` (`lengths` `(` $lengths^ `:` type($lengths) `)`)?
    `outs` `(` $outputs `:` type($outputs) `)` $spec `scale` $scale (`causal` $first^)? (`rows` $rows^)?
    (`part` $part^)? attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = destinationStyle # [{
    /// The types of keys and values: of the outputs, without the parts.
    ::mlir::ShapedType getKeysType();
    ::mlir::ShapedType getValuesType();
  }];
}

#endif // RONDO_ATTENTION_GRAD_OPS_TD
