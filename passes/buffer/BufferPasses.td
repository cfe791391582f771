// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from tensors to buffers, and from there down to LLVM, in the order in which they run.

#ifndef RONDO_BUFFER_PASSES_TD
#define RONDO_BUFFER_PASSES_TD

include "mlir/Pass/PassBase.td"

def Bufferize : Pass<"rondo-bufferize", "::mlir::ModuleOp"> {
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
  let summary = "makes one loop over rows of a phase's loops over time and batch";
  let description = [{
    Neighbouring parallel loops of a phase on buffers become one where every operand that they index is contiguous
    along them: the rows of all steps are then cut into register tiles together, however few a step has.

    ```mlir
    func.func @f(%x: memref<5x3x2xf32>, %w: memref<1x2x16xf32>, %y: memref<5x3x4xf32>) {
      rondo.phase bounds [5, 3, 4, 2] parallel 3
          ins(%x, %w : memref<5x3x2xf32>, memref<1x2x16xf32>) outs(%y : memref<5x3x4xf32>)
          maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (j floordiv 16, k, j mod 16)>,
                affine_map<(t, i, j, k) -> (t, i, j)>]
          sums {
          ^bb0(%xk: f32, %wk: f32):
            %p = arith.mulf %xk, %wk : f32
            rondo.give %p : f32
          } finish {
          ^bb0(%s: f32, %xk: f32, %wk: f32):
            rondo.give %s : f32
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
            rondo.give %p : f32
          } finish {
          ^bb0(%s: f32, %xk: f32, %wk: f32):
            rondo.give %s : f32
          }
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::rondo::RondoDialect"];
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

def Distribute : Pass<"rondo-distribute", "::mlir::func::FuncOp"> {
  let summary = "deals the work of a function out to threads, with barriers where they need each other's results";
  let description = [{
    All threads run the function. Each nest that has a parallel loop gets the attribute
    `rondo.split = array<i64: loop, unit>`: with U = ceil(extent / unit), thread i of n runs that loop's units from
    floor(U i / n) to below floor(U (i + 1) / n). Every other op that writes is done by one thread. Sums are never
    cut, so results do not depend on the number of threads, bit for bit.

    In a loop over time all nests are cut in the same way: by rows, where there are at least 8 and the weights that
    every thread then reads are at most 1.5 MB, for which no barrier is needed from one step to the next; else by
    features. A `rondo.barrier` stands only where a thread would touch what another one wrote, or write what another
    one reads: two nests that cut the same dimension of the same memory in the same units need none.

    ```mlir
    // rondo-opt -rondo-distribute=work=0
    func.func @f(%x: memref<64x40xf32>, %y: memref<64x40xf32>, %z: memref<40x64xf32>) {
      linalg.exp ins(%x : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.sqrt ins(%y : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.transpose ins(%y : memref<64x40xf32>) outs(%z : memref<40x64xf32>) permutation = [1, 0]
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<64x40xf32>, %y: memref<64x40xf32>, %z: memref<40x64xf32>) {
      linalg.exp {rondo.split = array<i64: 0, 16>} ins(%x : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.sqrt {rondo.split = array<i64: 0, 16>} ins(%y : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      rondo.barrier
      linalg.transpose ins(%y : memref<64x40xf32>) outs(%z : memref<40x64xf32>) permutation = [1, 0]
          {rondo.split = array<i64: 0, 5>}
      return
    }
    ```
  }];
  let options = [Option<"work", "work", "int64_t", "200000",
                        "scalar operations of a function from which on several threads run it">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::rondo::RondoDialect"];
}

def Profile : Pass<"rondo-profile", "::mlir::ModuleOp"> {
  let summary = "marks where each nest begins, for a clock";
  let description = [{
    Runs on buffers, before nests become loops over vectors. Before each nest, in the loops over time too, stands a
    call of `rondo_profile` with the nest's number; whoever runs the code gives that function, which reads a
    clock. The module's attribute `rondo.profile` lists what the numbers stand for, with the program's lines; 0 is
    whatever lies between the nests. `rondo.profile_flops` lists the operations of each one's products.

    ```mlir
    func.func @f(%a: memref<4xf32>, %b: memref<4xf32>) {
      %zero = arith.constant 0.0 : f32
      linalg.fill ins(%zero : f32) outs(%a : memref<4xf32>)
      memref.copy %a, %b : memref<4xf32> to memref<4xf32>
      return
    }
    ```

    becomes

    ```mlir
    module attributes {rondo.profile = ["between nests", "f: linalg.fill 4  f.mlir:3", "f: memref.copy  f.mlir:4"]} {
      func.func private @rondo_profile(i64)
      func.func @f(%a: memref<4xf32>, %b: memref<4xf32>) {
        %zero = arith.constant 0.0 : f32
        %first = arith.constant 1 : i64
        call @rondo_profile(%first) : (i64) -> ()
        linalg.fill ins(%zero : f32) outs(%a : memref<4xf32>)
        %second = arith.constant 2 : i64
        call @rondo_profile(%second) : (i64) -> ()
        memref.copy %a, %b : memref<4xf32> to memref<4xf32>
        %none = arith.constant 0 : i64
        call @rondo_profile(%none) : (i64) -> ()
        return
      }
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def ShareKernels : Pass<"rondo-share-kernels", "::mlir::ModuleOp"> {
  let summary = "makes nests that differ only in their buffers calls of one function";
  let description = [{
    Phases, packings and pointwise nests of the whole module that are equal but for the buffers and numbers they
    work on (constants are the same) become calls of one private function: a stack's layers, the gradients of a
    cell's weights and the entries of a model share their code, and each is compiled once. Views may begin anywhere,
    their strides are equal. An argument is `llvm.noalias` where the buffers of all calls are apart, and
    `rondo.loop_step` marks the one that is the step of a loop around the call. Copies and fills stay where they are, as
    does what is too little work for a call in a loop.

    ```mlir
    // rondo-opt -rondo-share-kernels=work=0
    func.func @f(%w: memref<2x16x3xf32>, %i: index, %p: memref<1x3x16xf32>, %q: memref<1x3x16xf32>) {
      %a = memref.subview %w[%i, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: ?>>
      %b = memref.subview %w[1, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: 48>>
      rondo.pack ins(%a : memref<16x3xf32, strided<[3, 1], offset: ?>>) outs(%p : memref<1x3x16xf32>) lanes 0 width 16
      rondo.pack ins(%b : memref<16x3xf32, strided<[3, 1], offset: 48>>) outs(%q : memref<1x3x16xf32>) lanes 0 width 16
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%w: memref<2x16x3xf32>, %i: index, %p: memref<1x3x16xf32>, %q: memref<1x3x16xf32>) {
      %a = memref.subview %w[%i, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: ?>>
      %b = memref.subview %w[1, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: 48>>
      call @pack_16x3(%a, %p) : (memref<16x3xf32, strided<[3, 1], offset: ?>>, memref<1x3x16xf32>) -> ()
      %c = memref.cast %b
          : memref<16x3xf32, strided<[3, 1], offset: 48>> to memref<16x3xf32, strided<[3, 1], offset: ?>>
      call @pack_16x3(%c, %q) : (memref<16x3xf32, strided<[3, 1], offset: ?>>, memref<1x3x16xf32>) -> ()
      return
    }
    func.func private @pack_16x3(%w: memref<16x3xf32, strided<[3, 1], offset: ?>> {llvm.noalias},
                                 %p: memref<1x3x16xf32> {llvm.noalias}) {
      rondo.pack ins(%w : memref<16x3xf32, strided<[3, 1], offset: ?>>) outs(%p : memref<1x3x16xf32>) lanes 0 width 16
      return
    }
    ```
  }];
  let options = [Option<"work", "work", "int64_t", "10000",
                        "scalar operations of a nest in a loop from which on it may be worth a call">];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def Vectorize : Pass<"rondo-vectorize", "::mlir::func::FuncOp"> {
  let summary = "turns phases and linalg on buffers into loops over vectors";
  let description = [{
    Every `rondo.phase`, `rondo.pack` and `linalg` op becomes an `scf` loop nest over `vector` values. The innermost
    dimension of the results is cut into vectors of the target's width, the rest of a row into one masked vector.
    A phase keeps a tile of several rows, sums and vectors in registers over its whole sum, each one chain of
    additions, and finishes it there. Only where it has many rows, long sums and no pointwise body are the sums cut
    into blocks, so that the weights of a block stay in the first-level cache for all rows. In a loop over steps more
    than 256 KB of weights are read there and back: from the last tile of lanes to the first in every odd step.

    ```mlir
    // rondo-opt -rondo-vectorize="width=4 registers=16"
    func.func @f(%x: memref<7xf32>, %y: memref<7xf32>) {
      linalg.exp ins(%x : memref<7xf32>) outs(%y : memref<7xf32>)
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<7xf32>, %y: memref<7xf32>) {
      %c4 = arith.constant 4 : index
      %c0 = arith.constant 0 : index
      %a = vector.load %x[%c0] : memref<7xf32>, vector<4xf32>
      %b = math.exp %a : vector<4xf32>
      vector.store %b, %y[%c0] : memref<7xf32>, vector<4xf32>
      %three = arith.constant dense<[true, true, true, false]> : vector<4xi1>
      %zero = arith.constant dense<0.0> : vector<4xf32>
      %c = vector.maskedload %x[%c4], %three, %zero : memref<7xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
      %d = math.exp %c : vector<4xf32>
      vector.maskedstore %y[%c4], %three, %d : memref<7xf32>, vector<4xi1>, vector<4xf32>
      return
    }
    ```
  }];
  let options = [Option<"width", "width", "int64_t", "16", "floats of 32 bits in a vector register">,
                 Option<"registers", "registers", "int64_t", "32", "vector registers of the target">,
                 Option<"fma", "fma", "bool", "true", "the target has fused multiply-add">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ApproximateMath : Pass<"rondo-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "replaces functions on vectors by arithmetic";
  let description = [{
    exp, log, log1p and tanh of f32 and f64, and sin, cos and pow of f32, become the project's own arithmetic
    (`VectorMath.h`; each within 3 ulp), other functions of f32 upstream's polynomials. What is left of f64 are calls of
    libm. Without `fma` multiplications and additions are separate: a fused one would be a call of libm for each
    lane.

    ```mlir
    // rondo-opt -rondo-approximate-math=fma=false
    func.func @f(%a: vector<4xf32>, %b: vector<4xf32>, %c: vector<4xf32>) -> vector<4xf32> {
      %r = math.fma %a, %b, %c : vector<4xf32>
      return %r : vector<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%a: vector<4xf32>, %b: vector<4xf32>, %c: vector<4xf32>) -> vector<4xf32> {
      %p = arith.mulf %a, %b : vector<4xf32>
      %r = arith.addf %p, %c : vector<4xf32>
      return %r : vector<4xf32>
    }
    ```
  }];
  let options = [Option<"fma", "fma", "bool", "true", "the target has fused multiply-add">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

def LowerToLLVM : Pass<"rondo-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "turns straight loops over vectors into the llvm dialect";
  let description = [{
    Converts `vector`, `arith`, `math`, `memref`, `cf` and `func` at once. Functions take one bare pointer per
    buffer. Functions of `math` without an LLVM intrinsic become calls of libm, lane by lane. A function with
    `rondo.thread`, `rondo.threads` or `rondo.barrier`, or that calls such a one, takes the first two as two more
    arguments (`i64`), at the end; a barrier is a call of the runtime's `rondo_team_barrier` with them. Private
    functions become internal ones that are not inlined; they take the pointers at which their views begin.

    ```mlir
    func.func @f(%x: memref<8xf32>, %y: memref<8xf32>) {
      %c4 = arith.constant 4 : index
      %v = vector.load %x[%c4] : memref<8xf32>, vector<4xf32>
      rondo.barrier
      vector.store %v, %y[%c4] : memref<8xf32>, vector<4xf32>
      return
    }
    ```

    becomes

    ```mlir
    llvm.func @rondo_team_barrier(i64, i64) attributes {sym_visibility = "private"}
    llvm.func @f(%x: !llvm.ptr, %y: !llvm.ptr, %thread: i64, %threads: i64) {
      %from = llvm.getelementptr %x[4] : (!llvm.ptr) -> !llvm.ptr, f32
      %v = llvm.load %from {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
      llvm.call @rondo_team_barrier(%thread, %threads) : (i64, i64) -> ()
      %to = llvm.getelementptr %y[4] : (!llvm.ptr) -> !llvm.ptr, f32
      llvm.store %v, %to {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::vector::VectorDialect"];
}

#endif // RONDO_BUFFER_PASSES_TD
