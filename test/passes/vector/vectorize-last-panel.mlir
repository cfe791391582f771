// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=16' --split-input-file -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=32' --split-input-file -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=MANY

// Where registers are few, forty rows are five tiles of six and two of five. The last panel has one vector, of which
// tiles of eight rows have as many sums as two operations in each cycle need; a term at a time.

// CHECK-LABEL: func.func @product(
// CHECK: scf.for %{{.*}} = %c0 to %c30 step %c6 {
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c2 iter_args
// CHECK: scf.for %{{.*}} = %c0 to %c10 step %c5 {
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c2 iter_args
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c40 step %c8 {
// CHECK: scf.for %[[TERM:.*]] = %c0 to %c64 step %c1 iter_args
// CHECK: memref.load %{{.*}}[%[[ROW]], %[[TERM]]]
// CHECK-NOT: scf.for
// CHECK: return
// Many registers have ten rows of all panels.
// MANY-LABEL: func.func @product(
// MANY: scf.for %{{.*}} = %c0 to %c40 step %c10 {
// MANY: scf.for %{{.*}} = %c0 to %c40 step %c10 {
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @product(%x: memref<40x64xf32>, %w: memref<2x64x16xf32>, %y: memref<40x24xf32>) {
  rondo.phase bounds [40, 24, 64] parallel 2 ins(%x, %w : memref<40x64xf32>, memref<2x64x16xf32>)
      outs(%y : memref<40x24xf32>) maps [#x, #w, #y]
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

// -----

// No tile of eight rows divides 22: the last panel has the heights of the others.

// CHECK-LABEL: func.func @rest(
// CHECK: scf.for %{{.*}} = %c0 to %c12 step %c6 {
// CHECK: scf.for %{{.*}} = %c0 to %c10 step %c5 {
// CHECK: scf.for %{{.*}} = %c0 to %c12 step %c6 {
// CHECK: scf.for %{{.*}} = %c0 to %c10 step %c5 {
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @rest(%x: memref<22x64xf32>, %w: memref<2x64x16xf32>, %y: memref<22x24xf32>) {
  rondo.phase bounds [22, 24, 64] parallel 2 ins(%x, %w : memref<22x64xf32>, memref<2x64x16xf32>)
      outs(%y : memref<22x24xf32>) maps [#x, #w, #y]
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
