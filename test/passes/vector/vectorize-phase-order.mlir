// Sums from the last term to the first, that begin with what is in the outputs: also in blocks.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=16384 l2=131072' -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @backward(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x30xf32>, %[[W:[^:]*]]: memref<30x8xf32>, %[[Y:[^:]*]]: memref<6x8xf32>)
// CHECK: %[[BEFORE:.*]] = vector.load %[[Y]][%c0, %c0]
// CHECK: %[[SUM:.*]]:12 = scf.for %[[K:.*]] = %c0 to %c30 step %c2 iter_args(%{{[^ ]*}} = %[[BEFORE]],
// CHECK: %[[AT:.*]] = arith.subi %c29, %[[K]]
// CHECK: vector.load %[[W]][%[[AT]], %c0]
// CHECK: vector.store %[[SUM]]#0, %[[Y]][%c0, %c0]
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @backward(%x: memref<6x30xf32>, %w: memref<30x8xf32>, %y: memref<6x8xf32>) {
  rondo.phase bounds [6, 8, 30] parallel 2
      ins(%x, %w : memref<6x30xf32>, memref<30x8xf32>) outs(%y : memref<6x8xf32>) maps [#x, #w, #y]
      {accumulate, descending} sums {
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

// CHECK-LABEL: func.func @blocks(
// CHECK-SAME: %[[X:[^:]*]]: memref<24x700xf32>, %[[W:[^:]*]]: memref<700x8xf32>, %[[Y:[^:]*]]: memref<24x8xf32>)
// CHECK: scf.for %[[BEGIN:.*]] = %c0 to %c700 step %c256 {
// CHECK: %[[BEFORE:.*]] = vector.load %[[Y]][%[[I:.*]], %c0]
// CHECK-NOT: arith.select
// CHECK: scf.for %[[K:.*]] = %[[BEGIN]] to %{{.*}} step %c2 iter_args(%{{[^ ]*}} = %[[BEFORE]],
// CHECK: %[[AT:.*]] = arith.subi %c699, %[[K]]
// CHECK: vector.load %[[W]][%[[AT]], %c0]
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @blocks(%x: memref<24x700xf32>, %w: memref<700x8xf32>, %y: memref<24x8xf32>) {
  rondo.phase bounds [24, 8, 700] parallel 2
      ins(%x, %w : memref<24x700xf32>, memref<700x8xf32>) outs(%y : memref<24x8xf32>) maps [#x, #w, #y]
      {accumulate, descending} sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
