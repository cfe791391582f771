// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from linalg on buffers to loops over vectors and the llvm dialect, in the order in which they run.

#ifndef RONDO_PASSES_VECTOR_VECTORPASSES_TD
#define RONDO_PASSES_VECTOR_VECTORPASSES_TD

include "mlir/Pass/PassBase.td"
include "passes/support/MachineOptions.td"

def FuseMatrices : Pass<"rondo-fuse-matrices", "::mlir::func::FuncOp"> {
  let summary = "runs products of matrices together with what makes the matrices";
  let description = [{
    A product that is computed step by step (`rondo.matrix_product`) of matrices, each of which has a vector of its own,
    reads each number of them once. Nests over the same loops that make the matrices, change them or sum them up join
    it: around them are the outer loops and one over tiles of rows, in which each nest runs along the rows after the one
    before it. So a state of rank 2 is read once and written once in a step, with all products of what it was and what
    it is. Nests join where each row touches, of what they write, the same row's only, and where nothing between them
    hinders, but not over rows of more than four vectors where the matrices are kept of each step: memory wants them
    row after row. Sums along the rows of a tile are summed up side by side. A product's bits do not depend on the nests
    beside it, nor on tiles, threads or the batch.

    ```mlir
    // rondo-opt -rondo-fuse-matrices="width=4 registers=16"
    func.func @f(%f: f32, %v: memref<2xf32>, %c: memref<2x4xf32>, %y: memref<4xf32>) {
      linalg.generic {
          indexing_maps = [affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]}
          ins(%f, %c : f32, memref<2x4xf32>) outs(%c : memref<2x4xf32>) {
        ^bb0(%kept: f32, %before: f32, %out: f32):
          %now = arith.mulf %kept, %before : f32
          linalg.yield %now : f32
      }
      linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
          iterator_types = ["reduction", "parallel"]}
          ins(%v, %c : memref<2xf32>, memref<2x4xf32>) outs(%y : memref<4xf32>) attrs = {rondo.matrix_product} {
        ^bb0(%vi: f32, %now: f32, %sum: f32):
          %p = arith.mulf %vi, %now : f32
          %s = arith.addf %sum, %p : f32
          linalg.yield %s : f32
      }
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%f: f32, %v: memref<2xf32>, %c: memref<2x4xf32>, %y: memref<4xf32>) {
      %one = arith.constant 1 : index
      %zero = arith.constant 0 : index
      %kept = vector.broadcast %f : f32 to vector<4xf32>
      %c0 = vector.load %c[%zero, %zero] : memref<2x4xf32>, vector<4xf32>
      %n0 = arith.mulf %kept, %c0 : vector<4xf32>
      vector.store %n0, %c[%zero, %zero] : memref<2x4xf32>, vector<4xf32>
      %c1 = vector.load %c[%one, %zero] : memref<2x4xf32>, vector<4xf32>
      %n1 = arith.mulf %kept, %c1 : vector<4xf32>
      vector.store %n1, %c[%one, %zero] : memref<2x4xf32>, vector<4xf32>
      %v0 = memref.load %v[%zero] : memref<2xf32>
      %v1 = memref.load %v[%one] : memref<2xf32>
      %y0 = vector.load %y[%zero] : memref<4xf32>, vector<4xf32>
      %w0 = vector.broadcast %v0 : f32 to vector<4xf32>
      %m0 = vector.load %c[%zero, %zero] : memref<2x4xf32>, vector<4xf32>
      %y1 = math.fma %w0, %m0, %y0 : vector<4xf32>
      %w1 = vector.broadcast %v1 : f32 to vector<4xf32>
      %m1 = vector.load %c[%one, %zero] : memref<2x4xf32>, vector<4xf32>
      %y2 = math.fma %w1, %m1, %y1 : vector<4xf32>
      vector.store %y2, %y[%zero] : memref<4xf32>, vector<4xf32>
      return
    }
    ```
  }];
  let options = machineOptions;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::rondo::RondoDialect"];
}

def Sweep : Pass<"rondo-sweep", "::mlir::func::FuncOp"> {
  let summary = "runs loops over time point by point, with the states in registers";
  let description = [{
    A loop over time (`rondo.scan`) in which each point, as a feature of a row, reads of all that the loop writes only
    what the same point wrote before, becomes a loop over eight steps at a time, around one over tiles of points, around
    one over these steps. What a step hands to the next one is carried in registers; where all steps write it to one
    place, it is written behind the eighth. A tile is four vectors, fewer where a step is long. Where rows are longer
    than two pages it is fewer steps, at most sixteen rows of all sequences together. Threads' shares (`rondo.split`)
    are those of the step's nests. The outermost loop has the attribute `rondo.sweep`, with the numbers of points. No
    bit of a result changes.

    ```mlir
    // rondo-opt -rondo-sweep="width=4 registers=16"
    func.func @f(%x: memref<20x4xf32>, %h: memref<4xf32>) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %end = arith.constant 20 : index
      scf.for %t = %zero to %end step %one {
        %now = memref.subview %x[%t, 0] [1, 4] [1, 1] : memref<20x4xf32> to memref<4xf32, strided<[1], offset: ?>>
        linalg.add ins(%h, %now : memref<4xf32>, memref<4xf32, strided<[1], offset: ?>>) outs(%h : memref<4xf32>)
      } {rondo.scan}
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<20x4xf32>, %h: memref<4xf32>) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      %end = arith.constant 20 : index
      %eight = arith.constant 8 : index
      scf.for %from = %zero to %end step %eight {
        %behind = arith.addi %from, %eight : index
        %to = arith.minui %behind, %end : index
        %first = vector.load %h[%zero] : memref<4xf32>, vector<4xf32>
        %last = scf.for %t = %from to %to step %one iter_args(%state = %first) -> (vector<4xf32>) {
          %now = memref.subview %x[%t, 0] [1, 4] [1, 1] : memref<20x4xf32> to memref<4xf32, strided<[1], offset: ?>>
          %a = vector.load %now[%zero] : memref<4xf32, strided<[1], offset: ?>>, vector<4xf32>
          %next = arith.addf %state, %a : vector<4xf32>
          scf.yield %next : vector<4xf32>
        }
        vector.store %last, %h[%zero] : memref<4xf32>, vector<4xf32>
      } {rondo.sweep = array<i64: 4>}
      return
    }
    ```
  }];
  let options = machineOptions;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::rondo::RondoDialect"];
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
    `rondo.loop_step` marks the one that is the step of a loop around the call, `rondo.length` the number of rows that a
    nest with `rondo.limit` needs, which may have other rows for each position in each call. A packing of several
    weights whose terms are contiguous is one of each. Copies and fills stay where they are, as does what is too little
    work for a call in a loop.

    ```mlir
    // rondo-opt -rondo-share-kernels=work=0
    func.func @f(%w: memref<2x16x3xf32>, %i: index, %p: memref<1x3x16xf32>, %q: memref<1x3x16xf32>) {
      %a = memref.subview %w[%i, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: ?>>
      %b = memref.subview %w[1, 0, 0] [1, 16, 3] [1, 1, 1]
          : memref<2x16x3xf32> to memref<16x3xf32, strided<[3, 1], offset: 48>>
      rondo.pack ins(%a : memref<16x3xf32, strided<[3, 1], offset: ?>>) outs(%p : memref<1x3x16xf32>)
          lanes 0 terms 1 width 16
      rondo.pack ins(%b : memref<16x3xf32, strided<[3, 1], offset: 48>>) outs(%q : memref<1x3x16xf32>)
          lanes 0 terms 1 width 16
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
      rondo.pack ins(%w : memref<16x3xf32, strided<[3, 1], offset: ?>>) outs(%p : memref<1x3x16xf32>)
          lanes 0 terms 1 width 16
      return
    }
    ```
  }];
  let options = [Option<"work", "work", "int64_t", "10000",
                        "scalar operations of a nest in a loop from which on it may be worth a call">];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def ShareLayers : Pass<"rondo-share-layers", "::mlir::ModuleOp"> {
  let summary = "makes what a function repeats on other buffers calls of one function";
  let description = [{
    Where a function does the same some 16 times one after the other on other buffers, as the layers of a deep stack
    and the parameters of an update do, it becomes calls of one private function: its code is compiled once, and the
    functions stay short. What is between the ops of a layer and has no effect, as views and bounds, is computed in the
    function, from one value that differs at most; buffers and numbers that differ otherwise are its arguments. A call
    takes less than half as many of these as there are ops and operands in the layer, else all stays as it is.

    ```mlir
    // rondo-opt -rondo-share-layers=alike=2
    func.func @f(%a: memref<4x8xf32>, %b: memref<4x8xf32>) {
      %c0 = arith.constant 0.0 : f32
      %c1 = arith.constant 1.0 : f32
      %a1 = memref.subview %a[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
      %b1 = memref.subview %b[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
      linalg.fill ins(%c0 : f32) outs(%a : memref<4x8xf32>)
      linalg.fill ins(%c1 : f32) outs(%a1 : memref<8xf32, strided<[1], offset: 8>>)
      linalg.fill ins(%c0 : f32) outs(%b : memref<4x8xf32>)
      linalg.fill ins(%c1 : f32) outs(%b1 : memref<8xf32, strided<[1], offset: 8>>)
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%a: memref<4x8xf32>, %b: memref<4x8xf32>) {
      call @layer(%a) : (memref<4x8xf32>) -> ()
      call @layer(%b) : (memref<4x8xf32>) -> ()
      return
    }
    func.func private @layer(%a: memref<4x8xf32>) {
      %c0 = arith.constant 0.0 : f32
      %c1 = arith.constant 1.0 : f32
      %a1 = memref.subview %a[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
      linalg.fill ins(%c0 : f32) outs(%a : memref<4x8xf32>)
      linalg.fill ins(%c1 : f32) outs(%a1 : memref<8xf32, strided<[1], offset: 8>>)
      return
    }
    ```
  }];
  let options = [Option<"alike", "alike", "int64_t", "16", "repetitions from which on they are calls">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def Vectorize : Pass<"rondo-vectorize", "::mlir::func::FuncOp"> {
  let summary = "turns phases and linalg on buffers into loops over vectors";
  let description = [{
    Every `rondo.phase`, `rondo.pack` and `linalg` op becomes an `scf` loop nest over `vector` values. The innermost
    dimension of the results is cut into vectors of the target's width, the rest of a row into one masked vector.
    A phase keeps a tile of several rows, sums and vectors in registers over its whole sum, each one chain of
    additions, and finishes it there. Only where it has many rows, long sums and no pointwise body are the sums cut
    into blocks, so that the weights of a block stay in the first-level cache for all rows. In a loop over steps weights
    for more than a quarter of `l2`, or eight times `l1`, are read in serpentine order: from the last tile of lanes to
    the first in every odd step.

    A `rondo.attend` is loops over blocks of queries and of 256 keys first, with the scores of a block on the stack.

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
  let options = machineOptions;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ApproximateMath : Pass<"rondo-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "replaces functions on vectors by arithmetic";
  let description = [{
    erf, exp, log, log1p and tanh of f32 and f64, and sin, cos and pow of f32, become the project's own arithmetic
    (`VectorMath.h`; most within 3 ulp, none beyond 5), powers of a small multiple of 1/2 products and a square root,
    other functions of f32 upstream's polynomials. What is left of f64 are calls of libm. Without `fma` multiplications
    and additions are separate: a fused one would be a call of libm for each lane.

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
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerToLLVM : Pass<"rondo-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "turns straight loops over vectors into the llvm dialect";
  let description = [{
    Makes blocks of the loops and branches of `scf`, then converts `vector`, `arith`, `math`, `memref`, `cf`
    and `func` at once. Functions take one bare pointer per buffer. Functions of `math` without an LLVM
    intrinsic become calls of libm, lane by lane. A function with `rondo.thread`, `rondo.threads` or
    `rondo.barrier`, or that calls such a one, takes its team and the first two (`i64`) as three more arguments,
    at the end; a barrier is a call of the runtime's `rondo_team_barrier` with them. Private functions become
    internal ones that are not inlined; they take the pointers at which their views begin, and no team where
    they wait for nobody.

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
    llvm.func @rondo_team_barrier(!llvm.ptr, i64, i64) attributes {sym_visibility = "private"}
    llvm.func @f(%x: !llvm.ptr, %y: !llvm.ptr, %team: !llvm.ptr, %thread: i64, %threads: i64) {
      %from = llvm.getelementptr %x[4] : (!llvm.ptr) -> !llvm.ptr, f32
      %v = llvm.load %from {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
      llvm.call @rondo_team_barrier(%team, %thread, %threads) : (!llvm.ptr, i64, i64) -> ()
      %to = llvm.getelementptr %y[4] : (!llvm.ptr) -> !llvm.ptr, f32
      llvm.store %v, %to {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // RONDO_PASSES_VECTOR_VECTORPASSES_TD
