// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The tensor ops that upstream lacks or that have a better derivative, or a better kernel, as one op.

#ifndef RONDO_TENSOR_OPS_TD
#define RONDO_TENSOR_OPS_TD

include "dialect/RondoDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

// rondo_c1: every shape is static.
def FloatTensor : StaticShapeTensorOf<[F32, F64]>;
def TokenTensor : StaticShapeTensorOf<[I32]>;
def SeedTensor : StaticShapeTensorOf<[I64]>;

/// Numbers of positions, as of each row.
def CountTensor : StaticShapeTensorOf<[I32, I64]>;

class Rondo_TensorOp<string mnemonic, list<Trait> traits = []>
    : Op<Rondo_Dialect, mnemonic, !listconcat([Pure], traits)>;

def Rondo_ContractOp : Rondo_TensorOp<"contract", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "sum of products over shared indices of two tensors";
  let description = [{
    `spec` is of the form "a,b->c", with one letter per dimension of lhs, rhs and result (einsum). With K the letters
    that are not in c:

    ```
    result[c] = sum over K of lhs[a] * rhs[b]
    ```

    ```mlir
    %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
    ```

    Constraints:
    - contract_c1: `spec` has the form above: lower-case letters, one per dimension, none twice in one term.
    - contract_c2: a letter has the same size wherever it stands.
    - contract_c3: each letter of c stands in a or in b.
    - contract_c4: lhs, rhs and result have the same element type.
  }];
  let arguments = (ins FloatTensor:$lhs, FloatTensor:$rhs, StrAttr:$spec);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs $spec attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
  let extraClassDeclaration = [{
    /// The three terms of `spec`; call only on a verified op.
    ::llvm::StringRef getLhsTerm();
    ::llvm::StringRef getRhsTerm();
    ::llvm::StringRef getResultTerm();
  }];
  let hasVerifier = 1;
}

def Rondo_BroadcastOp : Rondo_TensorOp<"broadcast"> {
  let summary = "repeats a tensor along new dimensions, and puts its own in any order";
  let description = [{
    Dimension i of the operand becomes dimension `dims[i]` of the result; along the others the operand is
    repeated: `result[r] = operand[r[dims[0]], r[dims[1]], ...]`. Without others it is a transposition.

    ```mlir
    %r = rondo.broadcast %bias dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
    %t = rondo.broadcast %w dims = [1, 0] : tensor<4x3xf32> -> tensor<3x4xf32>
    ```

    Constraints:
    - broadcast_c1: `dims` has one entry per dimension of the operand, each another one below the result's rank.
    - broadcast_c2: operand and result agree in the sizes of these dimensions and in the element type.
  }];
  let arguments = (ins AnyStaticShapeTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$operand `dims` `=` $dims attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Rondo_ReduceKind : I32EnumAttr<"ReduceKind", "how a reduction combines", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"max", 2>]> {
  let cppNamespace = "::rondo";
  let genSpecializedAttr = 0;
}
def Rondo_ReduceKindAttr : EnumAttr<Rondo_Dialect, Rondo_ReduceKind, "kind"> {
  let assemblyFormat = "$value";
}

def Rondo_ReduceOp : Rondo_TensorOp<"reduce", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "sum, mean or maximum over dimensions, which disappear";
  let description = [{
    `mean` is the sum divided by the number of elements summed. A NaN makes the `max` NaN.

    ```mlir
    %m = rondo.reduce mean %x dims = [0, 1] : tensor<8x2xf32> -> tensor<f32>
    ```

    Constraints:
    - reduce_c1: `dims` is not empty, strictly increasing, within the operand's rank.
    - reduce_c2: the result has the operand's other dimensions and its element type.
  }];
  let arguments = (ins Rondo_ReduceKindAttr:$kind, FloatTensor:$operand, DenseI64ArrayAttr:$dims);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "`` $kind $operand `dims` `=` $dims attr-dict `:` type($operand) `->` type($result)";
  let hasVerifier = 1;
}

def Rondo_SoftmaxOp : Rondo_TensorOp<"softmax", [SameOperandsAndResultType]> {
  let summary = "softmax over one dimension";
  let description = [{
    `result[p, i, q] = exp(x[p, i, q] - m) / sum over j of exp(x[p, j, q] - m)`, i along dimension `dim` and m the
    maximum over j of x[p, j, q].

    ```mlir
    %p = rondo.softmax %x dim = 1 : tensor<2x5xf32>
    %q = rondo.softmax %scores dim = 0 : tensor<7x2xf32>
    ```

    - softmax_c1: `dim` is a dimension of the operand.
  }];
  let arguments = (ins FloatTensor:$operand, I64Attr:$dim);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$operand `dim` `=` $dim attr-dict `:` type($operand)";
  let hasVerifier = 1;
}

def Rondo_IotaOp : Rondo_TensorOp<"iota"> {
  let summary = "the position along one dimension";
  let description = [{
    `result[p, i, q] = i`, i along dimension `dim`.

    ```mlir
    %i = rondo.iota dim = 0 : tensor<8x2xi32>
    ```

    - iota_c1: `dim` is a dimension of the result.
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs TokenTensor:$result);
  let assemblyFormat = "`dim` `=` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Rondo_CrossEntropyOp : Rondo_TensorOp<"cross_entropy", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "negative log-probability of a token under the softmax of logits, in nats";
  let description = [{
    `result[p] = m + log(sum over j of exp(logits[p, j] - m)) - logits[p, token[p]]`, m the row's maximum. A
    token outside 0 .. V-1 is an error of the caller: the runtime checks its data.

    ```mlir
    %l = rondo.cross_entropy %logits, %next : tensor<8x2x96xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
    ```

    - cross_entropy_c1: tokens and result have the logits' shape without its last dimension.
  }];
  let arguments = (ins FloatTensor:$logits, TokenTensor:$tokens);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$logits `,` $tokens attr-dict `:` type($logits) `,` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

def Rondo_OneHotOp : Rondo_TensorOp<"one_hot"> {
  let summary = "1 at the token's index, 0 elsewhere";
  let description = [{
    ```mlir
    %h = rondo.one_hot %tokens : tensor<2xi32> -> tensor<2x96xf32>
    ```

    - one_hot_c1: the result has the tokens' shape and one more dimension, the vocabulary, last.
  }];
  let arguments = (ins TokenTensor:$tokens);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$tokens attr-dict `:` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

def Rondo_GatherOp : Rondo_TensorOp<"gather", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "what stands at the tokens in one dimension of a table: an embedding, a position that is picked";
  let description = [{
    `result[p, f..] = table[token[p], f..]`. With a `spec` "a,b->c", one letter per dimension of table, tokens and
    result, the dimension i of the table whose letter the result lacks is the one that the tokens are about:
    `result[c] = table[a with i = token[b]]`.

    ```mlir
    %e = rondo.gather %table, %text : tensor<96x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
    %m = rondo.gather %memory, %at "sbf,tb->tbf" : tensor<7x2x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
    ```

    - gather_c1: the result has the tokens' shape, then the table's without its first dimension; the table
      has at least one dimension.
    - gather_c2: `spec` fulfils contract_c1 to contract_c3; c lacks exactly one letter, which is one of a and none of b;
      letters that b lacks are in one order in a and c.
  }];
  let arguments = (ins FloatTensor:$table, TokenTensor:$tokens, OptionalAttr<StrAttr>:$spec);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$table `,` $tokens ($spec^)? attr-dict `:` type($table) `,` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

def Rondo_ScatterAddOp : Rondo_TensorOp<"scatter_add"> {
  let summary = "sums rows into a table of zeros: the derivative of gather by its table";
  let description = [{
    `result = 0; for each position p in row-major order: result[token[p], f..] += updates[p, f..]`. With the `spec` of a
    gather, "a,b->c": `result[a with i = token[b]] += updates[c]`.

    ```mlir
    %g = rondo.scatter_add %text, %d : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<96x16xf32>
    %n = rondo.scatter_add %at, %d "sbf,tb->tbf" : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<7x2x16xf32>
    ```

    - scatter_add_c1: `updates` has the tokens' shape, then the result's without its first dimension; with a spec they
      have the type of a gather's result from a table of the result's type.
  }];
  let arguments = (ins TokenTensor:$tokens, FloatTensor:$updates, OptionalAttr<StrAttr>:$spec);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $tokens `,` $updates ($spec^)? attr-dict `:` type($tokens) `,` type($updates) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Rondo_SigmoidOp : Rondo_TensorOp<"sigmoid", [SameOperandsAndResultType, Elementwise]> {
  let summary = "logistic function, 1 / (1 + exp(-x)), element by element";
  let description = [{
    One op, and not its formula, because its derivative s(1-s) is finite where the formula's is not.

    ```mlir
    %s = rondo.sigmoid %x : tensor<2x5xf32>
    ```
  }];
  let arguments = (ins FloatTensor:$operand);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
}

def Rondo_StopOp : Rondo_TensorOp<"stop", [SameOperandsAndResultType, Elementwise]> {
  let summary = "its operand, of which it has no derivative";
  let description = [{
    ```mlir
    %stopped = rondo.stop %x : tensor<2x5xf32>
    ```

    `rondo-drop-stops` puts the operand in its place once there are the derivatives.
  }];
  let arguments = (ins FloatTensor:$operand);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
}

def Rondo_RandomOp : Rondo_TensorOp<"random", [
    OptionalTypesMatchWith<"first has the seed's type", "seed", "first", "$_self">]> {
  let summary = "uniform numbers in [0, 1), functions of a row's seed, a stream, a position and an element";
  let description = [{
    Counter-based: no state, the same on every machine, for any number of threads, and however a run is cut into rows
    and windows. Along the dimension `rows`, if there is one, each row has a seed of its own; along `time`, if there is
    one, stand the positions from the row's `first` on. Of an element in row r (in none where seed and first are
    scalars), at index t along `time` (0 without one), let

    - `e` be its row-major index in the other dimensions, in unsigned 32 bits,
    - `p` be first[r] + t in unsigned 64 bits; `first` is 0 where it is left out,
    - `lo(x)` and `hi(x)` be the halves of 64 bits, and
    - Philox4x32-10 the function of Salmon et al. 2011 of a counter of four words and a key of two:

    ```
    w = word 0 of Philox4x32-10(counter = (e, lo(p), hi(p), stream), key = (lo(seed[r]), hi(seed[r])))
    result = (w >> 8) * 2^-24
    ```

    ```mlir
    %u = rondo.random %seeds, %first rows = 1 time = 0 stream = 3 : tensor<2xi64> -> tensor<8x2x16xf32>
    %v = rondo.random %seed stream = 4 : tensor<i64> -> tensor<16xf32>
    ```

    - random_c1: at one position of one row the result has fewer than 2^32 elements; `stream` >= 0.
    - random_c2: `rows` and `time` are dimensions of the result, not the same one.
    - random_c3: with `rows` the seed has one dimension, of that one's size, else none; `first` has the seed's type.
  }];
  let arguments = (ins SeedTensor:$seed, Optional<SeedTensor>:$first, OptionalAttr<I64Attr>:$rows,
                       OptionalAttr<I64Attr>:$time, ConfinedAttr<I32Attr, [IntNonNegative]>:$stream);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $seed (`,` $first^)? (`rows` `=` $rows^)? (`time` `=` $time^)? `stream` `=` $stream attr-dict
    `:` type($seed) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // RONDO_TENSOR_OPS_TD
