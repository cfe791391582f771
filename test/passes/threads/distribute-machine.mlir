// What a core's cache holds, and what a barrier costs, decide how the steps of a loop are dealt out.
// RUN: rondo-opt %s -rondo-distribute=work=0 | FileCheck %s --check-prefixes=CHECK,ROWS
// RUN: rondo-opt %s -rondo-distribute='work=0 l2=131072' | FileCheck %s --check-prefixes=CHECK,FEATURES
// RUN: rondo-opt %s -rondo-distribute='work=0 l2=131072 barrier=400000' | FileCheck %s --check-prefixes=CHECK,ALONE

// Each core reads 256 KB of weights in each step if rows are dealt out.
// CHECK-LABEL: @weights
func.func @weights(%h: memref<16x256xf32>, %w: memref<256x256xf32>, %g: memref<16x256xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // ALONE: scf.if
  // CHECK: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    // ROWS-NOT: rondo.barrier
    // ROWS: linalg.matmul {rondo.split = array<i64: 0, 8>}
    // FEATURES: rondo.barrier
    // FEATURES: linalg.matmul {rondo.split = array<i64: 1, 64>}
    // ALONE-NOT: rondo.split
    linalg.matmul ins(%h, %w : memref<16x256xf32>, memref<256x256xf32>) outs(%g : memref<16x256xf32>)
    linalg.tanh ins(%g : memref<16x256xf32>) outs(%h : memref<16x256xf32>)
  }
  // CHECK: return
  return
}

// For as many weights there would be two barriers in each step, which cost more than reading them.
// CHECK-LABEL: @twice
func.func @twice(%h: memref<16x256xf32>, %v: memref<256x128xf32>, %w: memref<128x256xf32>, %g: memref<16x128xf32>,
                 %f: memref<16x256xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  scf.for %t = %c0 to %c10 step %c1 {
    // ROWS: linalg.matmul {rondo.split = array<i64: 0, 8>}
    // FEATURES-NOT: rondo.barrier
    // FEATURES: linalg.matmul {rondo.split = array<i64: 0, 8>}
    // FEATURES-NOT: rondo.barrier
    // FEATURES: linalg.matmul {rondo.split = array<i64: 0, 8>}
    // FEATURES-NOT: rondo.barrier
    linalg.matmul ins(%h, %v : memref<16x256xf32>, memref<256x128xf32>) outs(%g : memref<16x128xf32>)
    linalg.matmul ins(%g, %w : memref<16x128xf32>, memref<128x256xf32>) outs(%f : memref<16x256xf32>)
    linalg.tanh ins(%f : memref<16x256xf32>) outs(%h : memref<16x256xf32>)
  }
  // CHECK: return
  return
}
