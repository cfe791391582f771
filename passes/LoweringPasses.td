// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The passes from the rondo dialect down to LLVM, in the order in which they run.

#ifndef RONDO_LOWERING_PASSES_TD
#define RONDO_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"
def LowerToLinalg : Pass<"rondo-lower-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "turns scans, products and tensor ops into linalg, scf and tensor";
  let description = [{
    A scan becomes an `scf.for` over its states and emitted sequences; a contraction a `linalg.generic` whose
    lanes are contiguous in memory, the operand transposed outside of the loops where they are not; gates
    fused by `rondo-fuse-gates` one contraction with their weights side by side. Pointwise ops stay as they
    are for `rondo-fuse-pointwise`.

    ```mlir
    %y = rondo.contract %x, %w "bi,io->bo" : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
    ```
    becomes
    ```mlir
    %0 = tensor.empty() : tensor<2x4xf32>
    %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<2x4xf32>) -> tensor<2x4xf32>
    %y = linalg.generic {.. iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w ..) outs(%1 ..)
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def FusePointwise : Pass<"rondo-fuse-pointwise", "::mlir::func::FuncOp"> {
  let summary = "makes one loop nest of the pointwise ops between two products";
  let description = [{
    All pointwise ops of one shape with no other op on a path between them become one `linalg.generic` with
    one result for each value that is read outside of it. So the pointwise part of a cell, with any number of
    gates and states, is one pass over its data.

    ```mlir
    %0 = arith.mulf %a, %b : tensor<4xf32>
    %1 = math.tanh %0 : tensor<4xf32>
    ```
    becomes
    ```mlir
    %1 = linalg.generic {.. iterator_types = ["parallel"]} ins(%a, %b ..) outs(%empty ..) {
      ^bb0(%x: f32, %y: f32, %out: f32):
        %2 = arith.mulf %x, %y : f32
        %3 = math.tanh %2 : f32
        linalg.yield %3 : f32
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FillConstants : Pass<"rondo-fill-constants", "::mlir::func::FuncOp"> {
  let summary = "fills buffers where a constant tensor is read";
  let description = [{
    Runs after `rondo-fuse-pointwise`, which makes scalars of the constants of pointwise ops. Each remaining use
    of a constant of equal elements becomes a `linalg.fill`, so that the binary holds no such tensor.

    ```mlir
    %0 = arith.constant dense<0.0> : tensor<32x256xf32>
    %1 = scf.for .. iter_args(%h = %0)
    ```
    becomes
    ```mlir
    %0 = tensor.empty() : tensor<32x256xf32>
    %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<32x256xf32>) -> tensor<32x256xf32>
    %2 = scf.for .. iter_args(%h = %1)
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
  }];
  let options = [Option<"factor", "factor", "int64_t", "4", "steps in one iteration, at least 1">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def Bufferize : Pass<"rondo-bufferize", "::mlir::ModuleOp"> {
  let summary = "gives every tensor a buffer";
  let description = [{
    A function's tensors become buffer arguments: a result with the name of an argument (`rondo.state`,
    `rondo.parameter`, ...) is written in place, every other result becomes an argument at the end.
    `rondo.access` says of each argument whether it is `in`, `out` or `inout`. Bodies are bufferised by
    upstream's one-shot analysis.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def PlanMemory : Pass<"rondo-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "gives every buffer of a function its place in one arena";
  let description = [{
    All allocations become views of one last argument, `rondo.arena`, of a fixed number of bytes. Buffers whose
    uses do not overlap in time share their place. Offsets are multiples of 64 bytes.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def Vectorize : Pass<"rondo-vectorize", "::mlir::func::FuncOp"> {
  let summary = "turns linalg on buffers into loops over vectors";
  let description = [{
    Every `linalg` op becomes an `scf` loop nest over `vector` values. The innermost dimension of the results is
    cut into vectors of the target's width, the rest of a row into one masked vector. A product keeps a tile
    of several rows and vectors in registers over its whole sum, so each output is one chain of additions.
  }];
  let options = [Option<"width", "width", "int64_t", "16", "floats of 32 bits in a vector register">,
                 Option<"registers", "registers", "int64_t", "32", "vector registers of the target">,
                 Option<"fma", "fma", "bool", "true", "the target has fused multiply-add">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ApproximateMath : Pass<"rondo-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "replaces float functions on vectors by polynomials";
  let description = [{
    f32 values take upstream's polynomial approximations (tanh 5 ulp, exp 1 ulp). f64 is left to libm: double
    precision is for proof. Without `fma` multiplications and additions are separate: a fused one would be a
    call of libm for each lane.
  }];
  let options = [Option<"fma", "fma", "bool", "true", "the target has fused multiply-add">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

def LowerToLLVM : Pass<"rondo-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "turns straight loops over vectors into the llvm dialect";
  let description = [{
    Converts `vector`, `arith`, `math`, `memref`, `cf` and `func` at once. Functions take one bare pointer per
    buffer. Functions of `math` without an LLVM intrinsic become calls of libm, lane by lane.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // RONDO_LOWERING_PASSES_TD
