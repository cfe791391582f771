// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from tensors to buffers in one arena, in the order in which they run.

#ifndef RONDO_PASSES_BUFFER_BUFFERPASSES_TD
#define RONDO_PASSES_BUFFER_BUFFERPASSES_TD

include "mlir/Pass/PassBase.td"

def PrepareParameters : Pass<"rondo-prepare-parameters", "::mlir::ModuleOp"> {
  let summary = "moves what depends on parameters alone into functions that run once for each set of weights";
  let description = [{
    Each entry with parameters is split in two: what its outermost ops compute from parameters and constants alone
    moves into a function `<name>_pack`, whose results are `rondo.packed` with a number, and the entry takes the
    same as arguments instead, behind its parameters. It says by its own attribute `rondo.packed_by` which function
    makes them. What costs nothing stays: constants, parts and other shapes of a parameter, values repeated along
    a dimension. Parameters that the entry does not read any more are dropped.

    A value that several entries compute has one number in all of them, and entries with the same values share one
    function. A function that changes parameters is left alone.

    ```mlir
    func.func @f(%w: tensor<4x3xf32> {rondo.parameter = "w"}, %b: tensor<4xf32> {rondo.parameter = "b"},
                 %x: tensor<3x4xf32> {rondo.input = "x"}) -> (tensor<3x4xf32> {rondo.output = "y"}, tensor<4xf32>) {
      %empty = tensor.empty() : tensor<3x4xf32>
      %transposed = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%empty : tensor<3x4xf32>) permutation = [1, 0]
      %y = linalg.add ins(%transposed, %x : tensor<3x4xf32>, tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>)
          -> tensor<3x4xf32>
      return %y, %b : tensor<3x4xf32>, tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%b: tensor<4xf32> {rondo.parameter = "b"}, %transposed: tensor<3x4xf32> {rondo.packed = "0"},
                 %x: tensor<3x4xf32> {rondo.input = "x"}) -> (tensor<3x4xf32> {rondo.output = "y"}, tensor<4xf32>)
        attributes {rondo.packed_by = "f_pack"} {
      %empty = tensor.empty() : tensor<3x4xf32>
      %y = linalg.add ins(%transposed, %x : tensor<3x4xf32>, tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>)
          -> tensor<3x4xf32>
      return %y, %b : tensor<3x4xf32>, tensor<4xf32>
    }
    func.func @f_pack(%w: tensor<4x3xf32> {rondo.parameter = "w"}) -> (tensor<3x4xf32> {rondo.packed = "0"}) {
      %empty = tensor.empty() : tensor<3x4xf32>
      %transposed = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%empty : tensor<3x4xf32>) permutation = [1, 0]
      return %transposed : tensor<3x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def Bufferize : Pass<"rondo-bufferize", "::mlir::func::FuncOp"> {
  let summary = "gives every tensor a buffer";
  let description = [{
    A function's tensors become buffer arguments: a result with the name of an argument (`rondo.state`,
    `rondo.parameter`, ...) is written in place, every other result becomes an argument at the end.
    `rondo.access` says of each argument whether it is `in`, `out` or `inout`. Bodies are bufferised by
    upstream's one-shot analysis. A phase may write over what it reads at the point that it writes, but not over
    what its sums read.

    ```mlir
    func.func @f(%h: tensor<4xf32> {rondo.state = "h"}, %x: tensor<4xf32> {rondo.input = "x"})
        -> (tensor<4xf32> {rondo.output = "y"}, tensor<4xf32> {rondo.state = "h"}) {
      %empty = tensor.empty() : tensor<4xf32>
      %n = linalg.add ins(%h, %x : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
      return %x, %n : tensor<4xf32>, tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%h: memref<4xf32> {rondo.access = "inout", rondo.state = "h"},
                 %x: memref<4xf32> {rondo.access = "in", rondo.input = "x"},
                 %y: memref<4xf32> {rondo.access = "out", rondo.output = "y"}) {
      linalg.add ins(%h, %x : memref<4xf32>, memref<4xf32>) outs(%h : memref<4xf32>)
      memref.copy %x, %y : memref<4xf32> to memref<4xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def ElideCopies : Pass<"rondo-elide-copies", "::mlir::func::FuncOp"> {
  let summary = "reads a slot of a sequence in its place while the next slot is written";
  let description = [{
    A buffer that is only a copy of another one becomes that one if nothing writes there until the last read.
    Slots of one buffer whose positions differ by a constant are different places.

    ```mlir
    func.func @f(%hs: memref<5x4xf32>, %t: index) {
      %c1 = arith.constant 1 : index
      %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
      %copy = memref.alloc() : memref<4xf32>
      memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
      %t1 = arith.addi %t, %c1 : index
      %n = memref.subview %hs[%t1, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
      linalg.exp ins(%copy : memref<4xf32>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%hs: memref<5x4xf32>, %t: index) {
      %c1 = arith.constant 1 : index
      %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
      %t1 = arith.addi %t, %c1 : index
      %n = memref.subview %hs[%t1, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
      linalg.exp ins(%h : memref<4xf32, strided<[1], offset: ?>>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
      return
    }
    ```
  }];
}

def JoinLoops : Pass<"rondo-join-loops", "::mlir::func::FuncOp"> {
  let summary = "makes one loop of loops over time and batch";
  let description = [{
    Neighbouring parallel loops of a phase on buffers become one where every operand that they index is contiguous
    along them: the rows of all steps are then cut into register tiles together, however few a step has. So do the
    loops of a `linalg.generic` that sums everything up, as a loss: vectors then run along all of them.

    ```mlir
    func.func @f(%x: memref<5x3x2xf32>, %w: memref<1x2x16xf32>, %y: memref<5x3x4xf32>) {
      rondo.phase bounds [5, 3, 4, 2] parallel 3
          ins(%x, %w : memref<5x3x2xf32>, memref<1x2x16xf32>) outs(%y : memref<5x3x4xf32>)
          maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (j floordiv 16, k, j mod 16)>,
                affine_map<(t, i, j, k) -> (t, i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%s: f32, %xk: f32, %wk: f32):
            rondo.phase_yield %s : f32
          }
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<5x3x2xf32>, %w: memref<1x2x16xf32>, %y: memref<5x3x4xf32>) {
      %xs = memref.collapse_shape %x [[0, 1], [2]] : memref<5x3x2xf32> into memref<15x2xf32>
      %ys = memref.collapse_shape %y [[0, 1], [2]] : memref<5x3x4xf32> into memref<15x4xf32>
      rondo.phase bounds [15, 4, 2] parallel 2
          ins(%xs, %w : memref<15x2xf32>, memref<1x2x16xf32>) outs(%ys : memref<15x4xf32>)
          maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>,
                affine_map<(i, j, k) -> (i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.phase_yield %p : f32
          } epilogue {
          ^bb0(%s: f32, %xk: f32, %wk: f32):
            rondo.phase_yield %s : f32
          }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::rondo::RondoDialect"];
}

def LimitLoops : Pass<"rondo-limit-loops", "::mlir::func::FuncOp"> {
  let summary = "marks loops over a window's positions that may end where a call's positions do";
  let description = [{
    A function with an argument `rondo.length` is compiled for windows of some length and called for as many positions
    or fewer. The loops of its scans end by themselves. Nests over all positions, before and behind these loops, get the
    attribute `rondo.limit = array<i64: loop, rows>`: of that loop, which has so many rows for each position, nothing is
    needed behind the call's positions. Which loops they are follows from the slots that a scan's loop goes through. A
    loop that is summed over runs as a whole, and so does one that makes numbers other than reals. Copies of positions
    become nests. An argument of which nothing behind the call's positions is touched gets `rondo.within`: its memory
    may end there.

    Where arguments say which of their dimensions is over positions (`rondo.positions`), the model looks ahead, and what
    its sums read behind a call's positions changes none. Then they end there too, several loops of a nest
    (array<i64: loop, rows, loop, rows>), and loops over tokens; or, where one of the sums cannot, none does. That a
    loop's index is less than the call's positions, by which these were masked, holds in such a nest: it is gone.
    Nor does any where loops of one size became one nest, over positions for some of its operands and not for others, as
    the arguments say.

    ```mlir
    func.func @f(%x: memref<8x4xf32>, %n: memref<i64> {rondo.length}, %h: memref<4xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %e = memref.alloc() : memref<8x4xf32>
      linalg.exp ins(%x : memref<8x4xf32>) outs(%e : memref<8x4xf32>)
      %length = memref.load %n[] : memref<i64>
      %positions = arith.index_cast %length : i64 to index
      %end = arith.minui %positions, %c8 : index
      scf.for %t = %c0 to %end step %c1 {
        %et = memref.subview %e[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
        linalg.add ins(%h, %et : memref<4xf32>, memref<4xf32, strided<[1], offset: ?>>) outs(%h : memref<4xf32>)
      }
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<8x4xf32> {rondo.within}, %n: memref<i64> {rondo.length}, %h: memref<4xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %e = memref.alloc() : memref<8x4xf32>
      linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<8x4xf32>) outs(%e : memref<8x4xf32>)
      %length = memref.load %n[] : memref<i64>
      %positions = arith.index_cast %length : i64 to index
      %end = arith.minui %positions, %c8 : index
      scf.for %t = %c0 to %end step %c1 {
        %et = memref.subview %e[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
        linalg.add ins(%h, %et : memref<4xf32>, memref<4xf32, strided<[1], offset: ?>>) outs(%h : memref<4xf32>)
      }
      return
    }
    ```
  }];
}

def PlanMemory : Pass<"rondo-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "gives every buffer of a function its place in one arena";
  let description = [{
    All allocations become views of one last argument, `rondo.arena`, of a fixed number of bytes. Buffers whose
    uses do not overlap in time share their place. Offsets are multiples of 64 bytes.

    ```mlir
    func.func @f(%x: memref<20xf32>, %y: memref<20xf32>, %z: memref<20xf32>) {
      %a = memref.alloc() : memref<20xf32>
      memref.copy %x, %a : memref<20xf32> to memref<20xf32>
      memref.copy %a, %y : memref<20xf32> to memref<20xf32>
      %b = memref.alloc() : memref<20xf32>
      memref.copy %x, %b : memref<20xf32> to memref<20xf32>
      memref.copy %b, %z : memref<20xf32> to memref<20xf32>
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<20xf32>, %y: memref<20xf32>, %z: memref<20xf32>,
                 %arena: memref<128xi8> {rondo.access = "inout", rondo.arena}) {
      %c0 = arith.constant 0 : index
      %a = memref.view %arena[%c0][] : memref<128xi8> to memref<20xf32>
      memref.copy %x, %a : memref<20xf32> to memref<20xf32>
      memref.copy %a, %y : memref<20xf32> to memref<20xf32>
      memref.copy %x, %a : memref<20xf32> to memref<20xf32>
      memref.copy %a, %z : memref<20xf32> to memref<20xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // RONDO_PASSES_BUFFER_BUFFERPASSES_TD
