// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from the rondo dialect to phases and linalg on tensors, in the order in which they run.

#ifndef RONDO_PASSES_LINALG_LINALGPASSES_TD
#define RONDO_PASSES_LINALG_LINALGPASSES_TD

include "mlir/Pass/PassBase.td"
include "passes/support/MachineOptions.td"

def BlockLoss : Pass<"rondo-block-loss", "::mlir::func::FuncOp"> {
  let summary = "computes a loss over a large vocabulary, and its derivatives, in panels of the vocabulary";
  let description = [{
    The product of rows with a vocabulary's weights, the cross-entropy of the sums, and the products and the sum that
    its derivative goes into, become two loops over panels of the vocabulary. The first one computes each row's
    exponentials of a panel, less the panel's largest, with their sum; what all panels together are follows from these.
    The second one makes a panel's derivative of them, and at once all that is made of it. So each is still in the
    cache: as a whole the logits of 400 rows of 10,000 tokens are 16 MB, read and written about seven times.

    Where the derivative is computed beside the loss, nothing else reads it or the logits, and these are more than twice
    a core's own cache. A panel fills half of that with one number for each row; `panel` says its tokens instead.

    ```mlir
    // rondo-opt -rondo-block-loss=panel=4
    func.func @f(%x: tensor<4x3xf32>, %w: tensor<8x3xf32>, %t: tensor<4xi32>)
        -> (tensor<4xf32>, tensor<4x3xf32>, tensor<8x3xf32>) {
      %c = arith.constant dense<0.25> : tensor<4x8xf32>
      %z = rondo.contract %x, %w "bi,oi->bo" : tensor<4x3xf32>, tensor<8x3xf32> -> tensor<4x8xf32>
      %l = rondo.cross_entropy %z, %t : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32>
      %s = rondo.softmax %z dim = 1 : tensor<4x8xf32>
      %o = rondo.one_hot %t : tensor<4xi32> -> tensor<4x8xf32>
      %m = arith.subf %s, %o : tensor<4x8xf32>
      %d = arith.mulf %m, %c : tensor<4x8xf32>
      %dx = rondo.contract %d, %w "bo,oi->bi" : tensor<4x8xf32>, tensor<8x3xf32> -> tensor<4x3xf32>
      %dw = rondo.contract %d, %x "bo,bi->oi" : tensor<4x8xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
      return %l, %dx, %dw : tensor<4xf32>, tensor<4x3xf32>, tensor<8x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<4x3xf32>, %w: tensor<8x3xf32>, %t: tensor<4xi32>) -> (tensor<4xf32>, tensor<4x3xf32>,
        tensor<8x3xf32>) {
      %cst = arith.constant dense<2.500000e-01> : tensor<4x4xf32>
      %cst_0 = arith.constant dense<0.000000e+00> : tensor<4x4xf32>
      %cst_1 = arith.constant dense<0.000000e+00> : tensor<4x3xf32>
      %cst_2 = arith.constant dense<2.500000e-01> : tensor<4xf32>
      %cst_3 = arith.constant dense<4> : tensor<4xi32>
      %cst_4 = arith.constant -3.40282347E+38 : f32
      %c4 = arith.constant 4 : index
      %c2 = arith.constant 2 : index
      %c1 = arith.constant 1 : index
      %c0 = arith.constant 0 : index
      %cst_5 = arith.constant dense<0> : tensor<2x4xi32>
      %cst_6 = arith.constant dense<4> : tensor<2x4xi32>
      %0 = rondo.iota dim = 0 : tensor<2x4xi32>
      %1 = arith.muli %0, %cst_6 : tensor<2x4xi32>
      %2 = rondo.broadcast %t dims = [1] : tensor<4xi32> -> tensor<2x4xi32>
      %3 = arith.subi %2, %1 : tensor<2x4xi32>
      %4 = arith.cmpi ult, %3, %cst_6 : tensor<2x4xi32>
      %5 = arith.select %4, %3, %cst_5 : tensor<2x4xi1>, tensor<2x4xi32>
      %6 = tensor.empty() : tensor<2x4xf32>
      %7 = tensor.empty() : tensor<2x4x4xf32>
      %8:4 = scf.for %arg3 = %c0 to %c2 step %c1 iter_args(%arg4 = %6, %arg5 = %6, %arg6 = %6, %arg7 = %7) ->
          (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x4xf32>) {
        %25 = arith.muli %arg3, %c4 : index
        %part = tensor.extract_slice %w[%25, 0] [4, 3] [1, 1] : tensor<8x3xf32> to tensor<4x3xf32>
        %26 = rondo.contract %x, %part "bi,oi->bo" : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x4xf32>
        %part_7 = tensor.extract_slice %5[%arg3, 0] [1, 4] [1, 1] : tensor<2x4xi32> to tensor<4xi32>
        %27 = rondo.gather %26, %part_7 "bo,b->b" : tensor<4x4xf32>, tensor<4xi32> -> tensor<4xf32>
        %28 = tensor.empty() : tensor<4xf32>
        %29 = linalg.fill ins(%cst_4 : f32) outs(%28 : tensor<4xf32>) -> tensor<4xf32>
        %30 = linalg.generic {indexing_maps = [affine_map<(b, o) -> (b, o)>, affine_map<(b, o) -> (b)>],
            iterator_types = ["parallel", "reduction"]} ins(%26 : tensor<4x4xf32>) outs(%29 : tensor<4xf32>) {
        ^bb0(%in: f32, %out: f32):
          %35 = arith.maxnumf %out, %in : f32
          linalg.yield %35 : f32
        } -> tensor<4xf32>
        %31 = rondo.broadcast %30 dims = [0] : tensor<4xf32> -> tensor<4x4xf32>
        %32 = arith.subf %26, %31 : tensor<4x4xf32>
        %33 = math.exp %32 : tensor<4x4xf32>
        %34 = rondo.reduce sum %33 dims = [1] : tensor<4x4xf32> -> tensor<4xf32>
        %all = tensor.insert_slice %30 into %arg4[%arg3, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<2x4xf32>
        %all_8 = tensor.insert_slice %34 into %arg5[%arg3, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<2x4xf32>
        %all_9 = tensor.insert_slice %27 into %arg6[%arg3, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<2x4xf32>
        %all_10 = tensor.insert_slice %33 into %arg7[%arg3, 0, 0] [1, 4, 4] [1, 1, 1] : tensor<4x4xf32> into
            tensor<2x4x4xf32>
        scf.yield %all, %all_8, %all_9, %all_10 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x4xf32>
      }
      %9 = rondo.reduce max %8#0 dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
      %10 = rondo.broadcast %9 dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
      %11 = arith.subf %8#0, %10 : tensor<2x4xf32>
      %12 = math.exp %11 : tensor<2x4xf32>
      %13 = arith.mulf %12, %8#1 : tensor<2x4xf32>
      %14 = rondo.reduce sum %13 dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
      %15 = arith.divsi %t, %cst_3 : tensor<4xi32>
      %16 = rondo.gather %8#2, %15 "pb,b->b" : tensor<2x4xf32>, tensor<4xi32> -> tensor<4xf32>
      %17 = math.log %14 : tensor<4xf32>
      %18 = arith.subf %9, %16 : tensor<4xf32>
      %19 = arith.addf %17, %18 : tensor<4xf32>
      %20 = arith.divf %cst_2, %14 : tensor<4xf32>
      %21 = rondo.broadcast %20 dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
      %22 = arith.mulf %12, %21 : tensor<2x4xf32>
      %23 = tensor.empty() : tensor<8x3xf32>
      %24:2 = scf.for %arg3 = %c0 to %c2 step %c1 iter_args(%arg4 = %23, %arg5 = %cst_1) -> (tensor<8x3xf32>,
          tensor<4x3xf32>) {
        %25 = arith.subi %c1, %arg3 : index
        %26 = arith.muli %25, %c4 : index
        %part = tensor.extract_slice %8#3[%25, 0, 0] [1, 4, 4] [1, 1, 1] : tensor<2x4x4xf32> to tensor<4x4xf32>
        %part_7 = tensor.extract_slice %22[%25, 0] [1, 4] [1, 1] : tensor<2x4xf32> to tensor<4xf32>
        %27 = rondo.broadcast %part_7 dims = [0] : tensor<4xf32> -> tensor<4x4xf32>
        %28 = arith.mulf %part, %27 : tensor<4x4xf32>
        %part_8 = tensor.extract_slice %3[%25, 0] [1, 4] [1, 1] : tensor<2x4xi32> to tensor<4xi32>
        %29 = rondo.broadcast %part_8 dims = [0] : tensor<4xi32> -> tensor<4x4xi32>
        %30 = rondo.iota dim = 1 : tensor<4x4xi32>
        %31 = arith.cmpi eq, %30, %29 : tensor<4x4xi32>
        %32 = arith.select %31, %cst, %cst_0 : tensor<4x4xi1>, tensor<4x4xf32>
        %33 = arith.subf %28, %32 : tensor<4x4xf32>
        %34 = rondo.contract %33, %x "bo,bi->oi" : tensor<4x4xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
        %all = tensor.insert_slice %34 into %arg4[%26, 0] [4, 3] [1, 1] : tensor<4x3xf32> into tensor<8x3xf32>
        %part_9 = tensor.extract_slice %w[%26, 0] [4, 3] [1, 1] : tensor<8x3xf32> to tensor<4x3xf32>
        %35 = rondo.contract %33, %part_9 "bo,oi->bi" : tensor<4x4xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
        %36 = arith.addf %arg5, %35 : tensor<4x3xf32>
        scf.yield %all, %36 : tensor<8x3xf32>, tensor<4x3xf32>
      }
      return %19, %24#1, %24#0 : tensor<4xf32>, tensor<4x3xf32>, tensor<8x3xf32>
    }
    ```
  }];
  let options = machineOptions # [
    Option<"panel", "panel", "int64_t", "0", "tokens of a panel, of any vocabulary; 0: as the machine's caches say">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def LowerToLinalg : Pass<"rondo-lower-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "turns scans, products and tensor ops into phases, linalg, scf and tensor";
  let description = [{
    A scan becomes an `scf.for` over its states and emitted sequences. A state that is emitted lives in one sequence
    of length + 1, of which each step reads one slot and writes the next.

    A contraction becomes a `rondo.phase` over loops whose lanes are contiguous in memory. Its right operand is laid
    out by a `rondo.pack` where it is read often: parameters, what the loop around does not change, and what at
    least 16 rows share, in a loop panels of what it does not change; outside of the loops that do not change it, once
    for all products that read it. Letters that
    both operands and the result have, as heads of attention are, give it a matrix for each of their positions. An
    operand that has its lanes elsewhere than last, and is not packed, is transposed. Contractions that are
    summands of one sum and have the same loops are one phase, as are the gates fused by `rondo-fuse-gates`, with
    a sum for each. A contraction without lanes or without a sum becomes a `linalg.generic`.

    An attention packs its keys and values and becomes a `rondo.attend`.

    Windows that a product reads in place are gone; others are written neighbour by neighbour.

    Pointwise ops stay as they are for `rondo-fuse-pointwise`.

    ```mlir
    func.func @f(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {rondo.parameter = "w"}) -> tensor<2x4xf32> {
      %y = rondo.contract %x, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {rondo.parameter = "w"}) -> tensor<2x4xf32> {
      %d = tensor.empty() : tensor<1x3x16xf32>
      %p = rondo.pack ins(%w : tensor<4x3xf32>) outs(%d : tensor<1x3x16xf32>)
          lanes 0 terms 1 width 16 -> tensor<1x3x16xf32>
      %e = tensor.empty() : tensor<2x4xf32>
      %y = rondo.phase bounds [2, 4, 3] parallel 2
          ins(%x, %p : tensor<2x3xf32>, tensor<1x3x16xf32>) outs(%e : tensor<2x4xf32>)
          maps [affine_map<(b, o, i) -> (b, i)>, affine_map<(b, o, i) -> (o floordiv 16, i, o mod 16)>,
                affine_map<(b, o, i) -> (b, o)>]
          sums {
          ^bb0(%xi: f32, %wi: f32):
            %xw = arith.mulf %xi, %wi : f32
            rondo.phase_yield %xw : f32
          } epilogue {
          ^bb0(%s: f32, %xi: f32, %wi: f32):
            rondo.phase_yield %s : f32
          } -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```
  }];
  let options = machineOptions;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def FusePointwise : Pass<"rondo-fuse-pointwise", "::mlir::func::FuncOp"> {
  let summary = "makes one loop nest of the pointwise ops between two products";
  let description = [{
    All pointwise ops of one shape with no other op on a path between them become one `linalg.generic` with
    one result for each value that is read outside of it. So the pointwise part of a cell, with any number of
    gates and states, is one pass over its data. More than 16 results stay in one only where the ops read each
    other's results or the same tensors. Broadcasts are part of each pass that reads them, in a loop too, and so are
    sums, differences and products of one tensor that lies in memory in any case and of what is broadcast. A sum over
    rows takes in such arithmetic that only it reads.

    ```mlir
    func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
      %0 = arith.mulf %a, %b : tensor<4xf32>
      %1 = math.tanh %0 : tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
      %empty = tensor.empty() : tensor<4xf32>
      %1 = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) {
        ^bb0(%x: f32, %y: f32, %out: f32):
          %2 = arith.mulf %x, %y : f32
          %3 = math.tanh %2 : f32
          linalg.yield %3 : f32
      } -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FusePhases : Pass<"rondo-fuse-phases", "::mlir::func::FuncOp"> {
  let summary = "lets each phase compute the pointwise op that reads its sums";
  let description = [{
    Runs after `rondo-fuse-pointwise`. A `linalg.generic` without sums that reads the results of phases over the same
    points becomes the pointwise body of the one with the most work: its sums reach it in registers. The others'
    results it reads from memory. Not where the sums are so long that they are computed in blocks, nor where the
    pointwise body asks for its position.

    ```mlir
    func.func @f(%x: tensor<2x3xf32>, %w: tensor<1x3x16xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
      %e = tensor.empty() : tensor<2x4xf32>
      %s = rondo.phase bounds [2, 4, 3] parallel 2
          ins(%x, %w : tensor<2x3xf32>, tensor<1x3x16xf32>) outs(%e : tensor<2x4xf32>)
          maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>,
                affine_map<(i, j, k) -> (i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%sum: f32, %xk: f32, %wk: f32):
            rondo.phase_yield %sum : f32
          } -> tensor<2x4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%s, %b : tensor<2x4xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>) {
        ^bb0(%sum: f32, %bj: f32, %out: f32):
          %a = arith.addf %sum, %bj : f32
          linalg.yield %a : f32
      } -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<2x3xf32>, %w: tensor<1x3x16xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
      %e = tensor.empty() : tensor<2x4xf32>
      %y = rondo.phase bounds [2, 4, 3] parallel 2
          ins(%x, %w, %b : tensor<2x3xf32>, tensor<1x3x16xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>)
          maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>,
                affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32, %bj: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%sum: f32, %xk: f32, %wk: f32, %bj: f32):
            %a = arith.addf %sum, %bj : f32
            rondo.phase_yield %a : f32
          } -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```
  }];
  let options = machineOptions;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::rondo::RondoDialect"];
}

def FillConstants : Pass<"rondo-fill-constants", "::mlir::func::FuncOp"> {
  let summary = "fills buffers where a constant tensor is read";
  let description = [{
    Runs after `rondo-fuse-pointwise`, which makes scalars of the constants of pointwise ops. Each remaining use
    of a constant of equal elements becomes a `linalg.fill`, so that the binary holds no such tensor. What a loop only
    reads is filled once, before the loop.

    ```mlir
    func.func @f() -> tensor<32x256xf32> {
      %0 = arith.constant dense<0.5> : tensor<32x256xf32>
      return %0 : tensor<32x256xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f() -> tensor<32x256xf32> {
      %half = arith.constant 0.5 : f32
      %0 = tensor.empty() : tensor<32x256xf32>
      %1 = linalg.fill ins(%half : f32) outs(%0 : tensor<32x256xf32>) -> tensor<32x256xf32>
      return %1 : tensor<32x256xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def Unroll : Pass<"rondo-unroll", "::mlir::func::FuncOp"> {
  let summary = "computes several time steps in one iteration of a scan's loop";
  let description = [{
    A time loop of T steps becomes one of T / factor iterations with `factor` steps each, and a loop for the
    remaining T mod factor steps if there are any. Works on the loops that `rondo-lower-to-linalg` makes of
    scans, marked `rondo.scan`. The results are the same bit for bit.

    ```mlir
    // rondo-opt -rondo-unroll=factor=2
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c7 = arith.constant 7 : index
      %r = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %x) -> (tensor<2xf32>) {
        %n = math.tanh %h : tensor<2xf32>
        scf.yield %n : tensor<2xf32>
      } {rondo.scan}
      return %r : tensor<2xf32>
    }
    ```

    becomes, the last step being no loop any more,

    ```mlir
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %c0 = arith.constant 0 : index
      %c6 = arith.constant 6 : index
      %c2 = arith.constant 2 : index
      %r = scf.for %t = %c0 to %c6 step %c2 iter_args(%h = %x) -> (tensor<2xf32>) {
        %n = math.tanh %h : tensor<2xf32>
        %m = math.tanh %n : tensor<2xf32>
        scf.yield %m : tensor<2xf32>
      }
      %last = math.tanh %r : tensor<2xf32>
      return %last : tensor<2xf32>
    }
    ```
  }];
  let options = [Option<"factor", "factor", "int64_t", "4", "steps in one iteration, 1 to 1024">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

#endif // RONDO_PASSES_LINALG_LINALGPASSES_TD
