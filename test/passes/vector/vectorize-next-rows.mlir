// Rows that come from beyond a core's own cache are asked for a tile ahead, evenly over the terms.
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32 l1=4096 l2=8192' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=16 l1=4096 l2=8192' -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=TERMS
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32 l1=4096 l2=49152' -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=KEPT

// 48 KB of rows, panel after panel, in tiles of twelve rows: 3072 numbers of the next tile over 256 terms.
// CHECK-LABEL: func.func @product(
// CHECK-SAME: %[[X:[^:]*]]: memref<48x256xf32>
// CHECK: scf.for %[[LANES:.*]] = %c0 to %c128 step %c32 {
// CHECK: scf.for %[[TILE:.*]] = %c0 to %c48 step %c12 {
// CHECK: %[[STRIDE:.*]] = arith.select %{{.*}}, %c-12, %c12
// CHECK: %[[AFTER:.*]] = arith.addi %[[ROW:.*]], %[[STRIDE]]
// CHECK: %[[LEAST:.*]] = arith.maxsi %[[AFTER]], %c0
// CHECK: %[[NEXT:.*]] = arith.minsi %[[LEAST]], %c36
// CHECK: scf.for %[[K:.*]] = %c0 to %c256 step %c1
// CHECK: %[[PLACE:.*]] = arith.muli %[[K]], %c12
// CHECK: memref.prefetch %[[X]][%[[NEXT]], %[[PLACE]]], read, locality<2>
// CHECK: memref.load %[[X]][%[[ROW]], %[[K]]]

// Six rows, two terms at a time: one question for both.
// TERMS-LABEL: func.func @product(
// TERMS-SAME: %[[X:[^:]*]]: memref<48x256xf32>
// TERMS: scf.for %[[K:.*]] = %c0 to %c256 step %c2
// TERMS: %[[PLACE:.*]] = arith.muli %[[K]], %c6
// TERMS-COUNT-1: memref.prefetch %[[X]][%{{.*}}, %[[PLACE]]], read, locality<2>
// TERMS-NOT: memref.prefetch %[[X]]

// A cache of 48 KB keeps them.
// KEPT-LABEL: func.func @product(
// KEPT-SAME: %[[X:[^:]*]]: memref<48x256xf32>
// KEPT-NOT: memref.prefetch %[[X]]
// KEPT: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @product(%x: memref<48x256xf32>, %w: memref<256x128xf32>, %y: memref<48x128xf32>) {
  rondo.phase bounds [48, 128, 256] parallel 2
      ins(%x, %w : memref<48x256xf32>, memref<256x128xf32>) outs(%y : memref<48x128xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        %d = arith.addf %s, %s : f32
        rondo.phase_yield %d : f32
      }
  return
}
