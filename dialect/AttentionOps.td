// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention as one op on tensors, and as the kernel that computes it of packed keys and values.

#ifndef RONDO_ATTENTION_OPS_TD
#define RONDO_ATTENTION_OPS_TD

include "dialect/KernelOps.td"
include "dialect/TensorOps.td"

def Rondo_AttentionOp : Rondo_TensorOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "means of values, weighed by the softmax of the products of queries with keys";
  let description = [{
    `spec` is of the form "q,k,v->o", with one letter per dimension of queries, keys, values and result. With d the
    letter of q and k alone, s that of k and v alone, and all others those of the point:

    ```
    score[s]  = scale * sum over d of query[q] * keys[k]
    weight[s] = exp(score[s] - m), m the maximum over s of score[s]
    result[o] = (sum over s of weight[s] * values[v]) / sum over s of weight[s]
    ```

    With `causal` n the query at position t, along the first letter of q that is in neither k nor v, sees the keys 0 to
    n + t only: no others are in the sums. Keys and values that a query does not see must be finite: they may be
    multiplied by zero.

    `first` is added to n, and `lengths` are how many keys there are at most: each is one number, or one for each
    position along the letter `rows`. So keys and values may be slots of which the later ones are still empty, or
    sequences of different lengths. Keys and values behind the last one that a row's queries see, and behind its length,
    need not be finite: nothing is computed of them. Of no key at all the result is zero.

    ```mlir
    %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
    %z = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
    ```

    ```mlir
    %s = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0 first(%p : tensor<2xi64>) rows "b"
        : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
    %u = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 lengths(%n : tensor<i32>)
        : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
    ```

    Constraints:
    - attention_c1: `spec` has the form above: lower-case letters, one per dimension, none twice in one term. One
      letter is that of q and k alone, one that of k and v alone, one that of v and o alone, which is o's last; each
      other one is in q and o. At least one letter of q is in neither k nor v.
    - attention_c2: a letter has the same size wherever it stands. There is a key, and a term of its scores.
    - attention_c3: queries, keys, values and result have the same element type.
    - attention_c4: n is not negative.
    - attention_c5: `first` goes with `causal`. `first` and `lengths` have no dimension, or one of the size of `rows`,
      which is a letter of queries and result other than that of positions; it is there if one of them has a dimension.
  }];
  let arguments = (ins FloatTensor:$query, FloatTensor:$keys, FloatTensor:$values, Optional<CountTensor>:$firsts,
                   Optional<CountTensor>:$lengths, StrAttr:$spec, F64Attr:$scale, OptionalAttr<I64Attr>:$first,
                   OptionalAttr<StrAttr>:$rows);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $keys `,` $values $spec `scale` $scale (`causal` $first^)? (`first` `(` $firsts^ `:` type($firsts) `)`)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)? (`rows` $rows^)? attr-dict
    `:` type($query) `,` type($keys) `,` type($values) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Rondo_AttendOp : Rondo_KernelOp<"attend"> {
  let summary = "attention with packed keys and values";
  let description = [{
    What `rondo.attention` computes, with the same `spec`, `first`, `lengths` and `rows`, of queries, keys packed along
    s with the terms d, and values packed along the last letter of o with the terms s (`rondo.pack`, each a weight of
    its own).

    ```mlir
    %y = rondo.attend ins(%q, %k, %v : tensor<7x2x4xf32>, tensor<2x1x4x16xf32>, tensor<2x1x5x16xf32>)
        outs(%e : tensor<7x2x3xf32>) "tbd,sbd,sbe->tbe" scale 0.5 -> tensor<7x2x3xf32>
    ```

    Constraints:
    - attend_c1: there are queries, packed keys and packed values, and one output. `spec` is that of an attention
      (attention_c1) of its sizes and type (attention_c2, attention_c3), n is not negative, and attention_c5 holds.
    - attend_c2: all operands are tensors, and there is one result, of the output's type; or all are buffers, and
      there is none.
  }];
  let arguments = (ins Variadic<FloatBuffer>:$inputs, Optional<CountBuffer>:$firsts, Optional<CountBuffer>:$lengths,
                       Variadic<FloatBuffer>:$outputs, StrAttr:$spec, F64Attr:$scale, OptionalAttr<I64Attr>:$first,
                       OptionalAttr<StrAttr>:$rows);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $inputs `:` type($inputs) `)` (`first` `(` $firsts^ `:` type($firsts) `)`)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)? `outs` `(` $outputs `:` type($outputs) `)` $spec `scale` $scale
    (`causal` $first^)? (`rows` $rows^)? attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = destinationStyle # [{
    /// The lanes of one block of packed keys, and of packed values.
    int64_t getKeyLanes();
    int64_t getValueLanes();
  }];
}

#endif // RONDO_ATTENTION_OPS_TD
