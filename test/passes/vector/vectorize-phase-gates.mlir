// The gates of one phase share its tile, and a block of their packed weights.
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32' -canonicalize -cse | FileCheck %s

// Sixteen lanes: of two gates each has two vectors, for five rows: twenty of 32 registers. The gates' weights lie beside
// each other in a row of a block. 100 features are three blocks of 32 and four lanes more, of one vector.
// CHECK-LABEL: func.func @gates(
// CHECK-SAME: %[[X:[^:]*]]: memref<5x3xf32>, %[[W:[^:]*]]: memref<4x3x64xf32>, %[[Y:[^:]*]]: memref<5x100xf32>)
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<[true, true, true, true, false, {{(false(, )?)+}}]> : vector<16xi1>
// CHECK: scf.for %[[J:.*]] = %c0 to %c96 step %c32 {
// CHECK: %{{.*}}:20 = scf.for %[[K:.*]] = %c0 to %c3
// CHECK: %[[BLOCK:.*]] = arith.divui %[[J]], %c32
// CHECK: vector.load %[[W]][%[[BLOCK]], %[[K]], %c0] : memref<4x3x64xf32>, vector<16xf32>
// CHECK: vector.load %[[W]][%{{.*}}, %[[K]], %c32]
// CHECK: vector.load %[[W]][%{{.*}}, %[[K]], %c16]
// CHECK: vector.load %[[W]][%{{.*}}, %[[K]], %c48]
// CHECK: scf.yield
// They wait in memory for one pointwise body in loops over rows and vectors.
// CHECK-COUNT-20: memref.store %{{.*}}#{{[0-9]+}}, %[[ASIDE:.*]][
// CHECK: scf.for %{{.*}} = %c0 to %c5 step %c1 {
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK: math.tanh %{{.*}} : vector<16xf32>
// CHECK-NOT: math.tanh
// CHECK: %{{.*}}:10 = scf.for
// CHECK: vector.load %[[W]][%c3, %{{.*}}, %c0]
// CHECK: vector.load %[[W]][%c3, %{{.*}}, %c32]
// CHECK: scf.yield
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c5 step %c1 {
// CHECK: vector.maskedstore %[[Y]][%[[ROW]], %c96], %[[FOUR]]
// CHECK-NOT: vector.maskedstore
// CHECK: return
#x = affine_map<(i, j, k) -> (i, k)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @gates(%x: memref<5x3xf32>, %w: memref<4x3x64xf32>, %y: memref<5x100xf32>) {
  rondo.phase bounds [5, 100, 3] parallel 2
      ins(%x, %w, %w : memref<5x3xf32>, memref<4x3x64xf32>, memref<4x3x64xf32>) outs(%y : memref<5x100xf32>)
      maps [#x, affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32)>,
            affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32 + 32)>, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32, %vk: f32):
        %p = arith.mulf %xk, %wk : f32
        %q = arith.mulf %xk, %vk : f32
        rondo.phase_yield %p, %q : f32, f32
      } epilogue {
      ^bb0(%s: f32, %t: f32, %xk: f32, %wk: f32, %vk: f32):
        %a = math.tanh %s : f32
        %b = arith.mulf %a, %t : f32
        rondo.phase_yield %b : f32
      }
  return
}
