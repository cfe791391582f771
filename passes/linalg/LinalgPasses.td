// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from the rondo dialect to phases and linalg on tensors, in the order in which they run.

#ifndef RONDO_PASSES_LINALG_LINALGPASSES_TD
#define RONDO_PASSES_LINALG_LINALGPASSES_TD

include "mlir/Pass/PassBase.td"
include "passes/support/MachineOptions.td"

def LowerToLinalg : Pass<"rondo-lower-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "turns scans, products and tensor ops into phases, linalg, scf and tensor";
  let description = [{
    A scan becomes an `scf.for` over its states and emitted sequences. A state that is emitted lives in one sequence
    of length + 1, of which each step reads one slot and writes the next.

    A contraction becomes a `rondo.phase` over loops whose lanes are contiguous in memory. Its right operand is laid
    out by a `rondo.pack` where it is read often: parameters, what the loop around does not change, and what at
    least 16 rows share; outside of the loops that do not change it, once for all products that read it. Letters that
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
