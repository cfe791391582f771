// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The normal form of a cell's work: packed weights, and phases of products with one pointwise body. On tensors until
// bufferisation, on buffers after it.

#ifndef RONDO_KERNEL_OPS_TD
#define RONDO_KERNEL_OPS_TD

include "dialect/RondoDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def FloatBuffer : AnyTypeOf<[StaticShapeTensorOf<[F32, F64]>, StaticShapeMemRefOf<[F32, F64]>]>;
/// Numbers of positions, as of each row.
def CountBuffer : AnyTypeOf<[StaticShapeTensorOf<[I32, I64]>, StaticShapeMemRefOf<[I32, I64]>]>;
/// What a phase reads element by element, or one number for all points.
def PhaseInput : AnyTypeOf<[AnyStaticShapeTensor, AnyStaticShapeMemRef, AnyFloat, AnySignlessInteger, Index]>;

/// An op that writes its results into destinations: `inputs`, then `outputs`.
class Rondo_KernelOp<string mnemonic, list<Trait> traits = []> : Op<Rondo_Dialect, mnemonic, !listconcat([
    AttrSizedOperandSegments, DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>],
    traits)> {
  code destinationStyle = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
  }];
  let hasVerifier = 1;
}

def Rondo_PhaseOp : Rondo_KernelOp<"phase", [SingleBlock]> {
  let summary = "sums of products over some loops, then one pointwise body over their results";
  let description = [{
    The loops have the extents `bounds`; the first `parallel` of them run over the points of the outputs, the
    others are summed over. At each point of the parallel loops

    ```
    sum[g]  = sum over the other loops of sums(inputs...)[g], from zero, in the order of the loops
    outputs = epilogue(sum..., inputs...)
    ```

    where an operand is read (or written) at the element that its map gives. With `descending` the summed loops run
    from their last iterations to the first, as sums over positions do; with `accumulate` the sums begin with what the
    outputs hold instead of zero. The products of all gates of a cell and the cell's pointwise part are one phase;
    nothing between them goes through memory.

    ```mlir
    %h1 = rondo.phase bounds [2, 4, 3] parallel 2
        ins(%x, %w, %b : tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>)
        maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>,
              affine_map<(i, j, k) -> (i, j)>]
        sums {
        ^bb0(%xk: f32, %wk: f32, %bj: f32):
          %p = arith.mulf %xk, %wk : f32
          rondo.phase_yield %p : f32
        } epilogue {
        ^bb0(%s: f32, %xk: f32, %wk: f32, %bj: f32):
          %a = arith.addf %s, %bj : f32
          %t = math.tanh %a : f32
          rondo.phase_yield %t : f32
        } -> tensor<2x4xf32>
    ```

    Constraints:
    - phase_c1: there is at least one input. One map per operand, from all loops to as many numbers as the
      operand has dimensions; it stays inside the operand. Besides loops a map may have `loop floordiv n` and
      `loop mod n`, as packed weights need, `loop * n`, and sums of these and constants, as neighbours of every n-th
      position need.
    - phase_c2: there is at least one output; its map is the parallel loops in their order, its shape their
      extents.
    - phase_c3: `sums` takes the inputs' elements and yields at least one number, all f32 or all f64;
      `epilogue` takes these numbers and the inputs' elements, and yields one number per output. An input that
      `epilogue` reads does not vary along the summed loops.
    - phase_c4: there is at least one parallel loop and one that is summed over; no extent is negative.
    - phase_c5: with `accumulate` the sums themselves are the outputs: `epilogue` yields them in their order.
    - phase_c6: all operands but scalars are tensors, and there are results, one per output and of its type; or
      all are buffers, and there are none.
  }];
  let arguments = (ins DenseI64ArrayAttr:$bounds, I64Attr:$parallel, Variadic<PhaseInput>:$inputs,
                   Variadic<FloatBuffer>:$outputs, AffineMapArrayAttr:$maps, UnitAttr:$descending,
                   UnitAttr:$accumulate);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let regions = (region SizedRegion<1>:$sums, SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    `bounds` $bounds `parallel` $parallel `ins` `(` $inputs `:` type($inputs) `)`
    `outs` `(` $outputs `:` type($outputs) `)` `maps` $maps attr-dict `sums` $sums `epilogue` $epilogue
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = destinationStyle # [{
    unsigned getNumParallel() { return getParallel(); }
    unsigned getNumSums();
    /// The map of operand `index`: an input, or behind the inputs an output.
    ::mlir::AffineMap getMap(unsigned index);
    /// Whether the input is read at each point of the parallel loops where the outputs are written, and only there: it
    /// may lie in the buffer of an output.
    bool readsAtPoint(unsigned input);
    /// Whether an element of the input is read by the products.
    bool readsInSums(unsigned input);
  }];
}

def Rondo_PhaseYieldOp : Op<Rondo_Dialect, "phase_yield", [Pure, Terminator, ReturnLike, ParentOneOf<["PhaseOp"]>]> {
  let summary = "the values of a phase's region";
  let description = [{
    ```mlir
    rondo.phase_yield %s : f32
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Rondo_PackOp : Rondo_KernelOp<"pack"> {
  let summary = "lays weights out in the order in which a phase reads them";
  let description = [{
    With N and K the sizes of a weight's dimensions `lanes` and `terms`, G weights and W the width:

    ```
    result[n / W][k][g * W + n mod W] = weights[g][n][k]        (lanes = 0, terms = 1; else [k][n])
    ```

    so the result has the shape [ceil(N / W)][K][G * W]. Where a phase reads one weight after the other, they lie
    `apart`, each term after term:

    ```
    result[n / W][g][k][n mod W] = weights[g][n][k]
    ```

    with the shape [ceil(N / W)][G][K][W]. Other dimensions of the weights come before these, in their order. Elements
    without a weight (where W does not divide N) are undefined.

    ```mlir
    %p = rondo.pack ins(%wi, %wf : tensor<20x3xf32>, tensor<20x3xf32>) outs(%e : tensor<2x3x32xf32>)
        lanes 0 terms 1 width 16 -> tensor<2x3x32xf32>
    ```
    ```mlir
    %k = rondo.pack ins(%keys : tensor<20x5x3xf32>) outs(%d : tensor<5x2x3x16xf32>)
        lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
    ```

    With `ends`, elements whose position along the dimension `along` is `plus` or more behind the number in `ends` are
    undefined: it is one number, or one for each position along the dimension `rows`.

    ```mlir
    %k = rondo.pack ins(%keys : tensor<20x5x3xf32>) ends(%n : tensor<5xi64>) along 0 rows 1 plus 2
        outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
    ```

    Constraints:
    - pack_c1: at least one weight; all have one type.
    - pack_c2: lanes and terms are two dimensions of the weights, and width is at least 1.
    - pack_c3: one output, of the shape above and the weights' element type.
    - pack_c4: all operands are tensors, and there is one result, of the output's type; or all are buffers, and
      there is none.
    - pack_c5: `along` is lanes or terms. `rows` is another dimension of the weights, whose size `ends` has; without it
      `ends` has no dimension.
  }];
  let arguments = (ins Variadic<FloatBuffer>:$inputs, Optional<CountBuffer>:$ends, Variadic<FloatBuffer>:$outputs,
                       I64Attr:$lanes, I64Attr:$terms, I64Attr:$width, UnitAttr:$apart, OptionalAttr<I64Attr>:$along,
                       OptionalAttr<I64Attr>:$rows, OptionalAttr<I64Attr>:$plus);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $inputs `:` type($inputs) `)`
    (`ends` `(` $ends^ `:` type($ends) `)` `along` $along (`rows` $rows^)? `plus` $plus)?
    `outs` `(` $outputs `:` type($outputs) `)` `lanes` $lanes `terms` $terms `width` $width (`apart` $apart^)? attr-dict
    (`->` type($results)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::ValueRange":$inputs,
                                 "::mlir::ValueRange":$outputs, "int64_t":$lanes, "int64_t":$terms, "int64_t":$width,
                                 "bool":$apart), [{
    build($_builder, $_state, results, inputs, /*ends=*/{}, outputs, lanes, terms, width, apart,
          /*along=*/{}, /*rows=*/{}, /*plus=*/{});
  }]>];
  let extraClassDeclaration = destinationStyle # [{
    /// The shape of `count` weights of this shape when they are packed.
    static ::llvm::SmallVector<int64_t> shapeOf(::llvm::ArrayRef<int64_t> weight, int64_t count, int64_t lanes,
                                                int64_t terms, int64_t width, bool apart);
    /// The weights' dimensions beside lanes and terms, in their order.
    ::llvm::SmallVector<int64_t> getOuterDims();
  }];
}

#endif // RONDO_KERNEL_OPS_TD
