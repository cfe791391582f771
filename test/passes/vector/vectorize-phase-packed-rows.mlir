// A tile of rows lies in one block of packed rows.
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=16' -canonicalize -cse -split-input-file | FileCheck %s

#y = affine_map<(i, j, k) -> (i, j)>
#w = affine_map<(i, j, k) -> (k, j)>

// Blocks of sixteen rows in tiles of at most six are a tile of six and two of five, in each block.
// CHECK-LABEL: func.func @blocks_of_sixteen(
// CHECK-SAME: %[[X:[^:]*]]: memref<3x4x16xf32>
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c48 step %c16 {
// CHECK-NEXT: %{{.*}}:12 = scf.for
// CHECK: %[[NUMBER:.*]] = arith.divui %[[BLOCK]], %c16
// CHECK-NEXT: %[[FIRST:.*]] = arith.remui %[[BLOCK]], %c16
// CHECK: %[[LAST:.*]] = arith.addi %[[FIRST]], %c5
// CHECK: memref.load %[[X]][%[[NUMBER]], %{{.*}}, %[[LAST]]]
// CHECK: scf.yield
// CHECK: scf.for %[[AT:.*]] = %c0 to %c10 step %c5 {
// CHECK: %[[ROW:.*]] = arith.addi %{{.*}}, %[[AT]]
// CHECK: %{{.*}}:10 = scf.for
// CHECK: %[[INSIDE:.*]] = arith.remui %[[ROW]], %c16
// CHECK: %[[LAST:.*]] = arith.addi %[[INSIDE]], %c4
// CHECK: memref.load %[[X]][%{{.*}}, %{{.*}}, %[[LAST]]]
// CHECK: return
func.func @blocks_of_sixteen(%x: memref<3x4x16xf32>, %w: memref<4x32xf32>, %y: memref<48x32xf32>) {
  rondo.phase bounds [48, 32, 4] parallel 2
      ins(%x, %w : memref<3x4x16xf32>, memref<4x32xf32>) outs(%y : memref<48x32xf32>)
      maps [affine_map<(i, j, k) -> (i floordiv 16, k, i mod 16)>, #w, #y]
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

// The last block of forty rows is not whole: tiles of four, which divide it and the others.
// CHECK-LABEL: func.func @rest(
// CHECK: scf.for %{{.*}} = %c0 to %c40 step %c4 {
// CHECK: %{{.*}}:8 = scf.for
// CHECK-NOT: :10 = scf.for
// CHECK: return
#y = affine_map<(i, j, k) -> (i, j)>
#w = affine_map<(i, j, k) -> (k, j)>
func.func @rest(%x: memref<3x4x16xf32>, %w: memref<4x32xf32>, %y: memref<40x32xf32>) {
  rondo.phase bounds [40, 32, 4] parallel 2
      ins(%x, %w : memref<3x4x16xf32>, memref<4x32xf32>) outs(%y : memref<40x32xf32>)
      maps [affine_map<(i, j, k) -> (i floordiv 16, k, i mod 16)>, #w, #y]
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

// A thread's unit is a number of whole blocks, also where the last one is shorter.
// CHECK-LABEL: func.func @shares(
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16 {
// CHECK: scf.for %{{.*}} step %c16 {
// CHECK-NEXT: %{{.*}}:12 = scf.for
// CHECK: %{{.*}}:10 = scf.for
// CHECK: return
#y = affine_map<(i, j, k) -> (i, j)>
#w = affine_map<(i, j, k) -> (k, j)>
func.func @shares(%x: memref<7x4x16xf32>, %w: memref<4x32xf32>, %y: memref<112x32xf32>) {
  rondo.phase bounds [112, 32, 4] parallel 2
      ins(%x, %w : memref<7x4x16xf32>, memref<4x32xf32>) outs(%y : memref<112x32xf32>)
      maps [affine_map<(i, j, k) -> (i floordiv 16, k, i mod 16)>, #w, #y] {rondo.split = array<i64: 0, 48>}
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
