// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=16' --split-input-file -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=32' --split-input-file -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=MANY

// Where registers are few, eight rows are two tiles of four, whose third vector is a part of the next block: 24 lanes,
// three times in 72. What lies behind a tile of 24 begins in the middle of a block.

// CHECK-LABEL: func.func @third_vector(
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c72 step %c24 {
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c8 step %c4 {
// CHECK: scf.for {{.*}} = %c0 to %c64 step %c2 iter_args
// CHECK-DAG: %[[FIRST:.*]] = arith.divui %[[LANE]], %c16 : index
// CHECK-DAG: %[[BEGIN:.*]] = arith.remui %[[LANE]], %c16 : index
// CHECK-DAG: vector.load %{{.*}}[%[[FIRST]], %{{.*}}, %[[BEGIN]]]
// CHECK-DAG: %[[NEXT:.*]] = arith.addi %[[LANE]], %c8 : index
// CHECK-DAG: %[[BLOCK:.*]] = arith.divui %[[NEXT]], %c16 : index
// CHECK-DAG: %[[PLACE:.*]] = arith.remui %[[NEXT]], %c16 : index
// CHECK-DAG: vector.load %{{.*}}[%[[BLOCK]], %{{.*}}, %[[PLACE]]]
// Many registers have eight rows in one tile.
// MANY-LABEL: func.func @third_vector(
// MANY: scf.for %{{.*}} = %c0 to %c64 step %c16 {
// MANY-NOT: step %c4 {
// MANY: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @third_vector(%x: memref<8x64xf32>, %w: memref<5x64x16xf32>, %y: memref<8x72xf32>) {
  rondo.phase bounds [8, 72, 64] parallel 2 ins(%x, %w : memref<8x64xf32>, memref<5x64x16xf32>)
      outs(%y : memref<8x72xf32>) maps [#x, #w, #y]
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

// Features that threads share in units of blocks stay in tiles of whole blocks.

// CHECK-LABEL: func.func @shared_features(
// CHECK-NOT: %c24
// CHECK: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @shared_features(%x: memref<8x64xf32>, %w: memref<6x64x16xf32>, %y: memref<8x96xf32>) {
  rondo.phase bounds [8, 96, 64] parallel 2 ins(%x, %w : memref<8x64xf32>, memref<6x64x16xf32>)
      outs(%y : memref<8x96xf32>) maps [#x, #w, #y] {rondo.split = array<i64: 1, 32>}
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
