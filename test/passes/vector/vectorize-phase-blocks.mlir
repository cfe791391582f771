// Long sums of a phase go in blocks of their terms, so that the weights of a block stay near for all rows.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=16384 l2=131072' -canonicalize -cse -split-input-file | FileCheck %s

// A long sum over many rows goes in blocks of 256 terms: from the second block on, what is in memory is added to. The
// outermost loop is that of the blocks, so that the weights of a block stay in the cache for all rows.
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME: %[[X:[^:]*]]: memref<24x700xf32>, %[[W:[^:]*]]: memref<700x8xf32>, %[[Y:[^:]*]]: memref<24x8xf32>)
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<4xf32>
// CHECK: scf.for %[[BEGIN:.*]] = %c0 to %c700 step %c256 {
// CHECK: %[[NEXT:.*]] = arith.addi %[[BEGIN]], %c256
// CHECK: %[[END:.*]] = arith.minui %[[NEXT]], %c700
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[BEGIN]], %c0
// CHECK: scf.for %[[I:.*]] = %c0 to %c24 step %c6 {
// CHECK: %[[BEFORE:.*]] = vector.load %[[Y]][%[[I]], %c0]
// CHECK: %[[START:.*]] = arith.select %[[FIRST]], %[[ZERO]], %[[BEFORE]]
// CHECK: %[[SUM:.*]]:12 = scf.for %{{.*}} = %[[BEGIN]] to %[[END]] step %c2 iter_args(%{{[^ ]*}} = %[[START]],
// CHECK: vector.store %[[SUM]]#0, %[[Y]][%[[I]], %c0]
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @blocks(%x: memref<24x700xf32>, %w: memref<700x8xf32>, %y: memref<24x8xf32>) {
  rondo.phase bounds [24, 8, 700] parallel 2
      ins(%x, %w : memref<24x700xf32>, memref<700x8xf32>) outs(%y : memref<24x8xf32>) maps [#x, #w, #y]
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

// Not where a pointwise body has to see the whole sum.
// CHECK-LABEL: func.func @no_blocks(
// CHECK-NOT: arith.minui
// CHECK: scf.for %{{.*}} = %c0 to %c700 step %c2 iter_args
// CHECK-NOT: arith.select
// CHECK: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @no_blocks(%x: memref<24x700xf32>, %w: memref<700x8xf32>, %y: memref<24x8xf32>) {
  rondo.phase bounds [24, 8, 700] parallel 2
      ins(%x, %w : memref<24x700xf32>, memref<700x8xf32>) outs(%y : memref<24x8xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        %t = arith.negf %s : f32
        rondo.phase_yield %t : f32
      }
  return
}
