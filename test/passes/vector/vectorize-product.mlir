// A product that is no phase keeps vectors in registers over its whole sum.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 fma=0' -canonicalize -cse | FileCheck %s --check-prefix=SEPARATE

// 20 outputs are five vectors. An input is loaded once for all of them, and the weights of all rows one after the other.
// CHECK-LABEL: func.func @product(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x5xf32>, %[[W:[^:]*]]: memref<5x20xf32>, %[[Y:[^:]*]]: memref<6x20xf32>)
// CHECK: scf.for %[[B:.*]] = %c0 to %c6 step %c1 {
// CHECK-COUNT-5: vector.load %[[Y]][%[[B]]
// CHECK: %[[SUM:.*]]:5 = scf.for %[[I:.*]] = %c0 to %c5 step %c1 iter_args
// CHECK: %[[XI:.*]] = memref.load %[[X]][%[[B]], %[[I]]]
// CHECK: %[[XV:.*]] = vector.broadcast %[[XI]] : f32 to vector<4xf32>
// CHECK: %[[W0:.*]] = vector.load %[[W]][%[[I]], %c0]
// CHECK: math.fma %[[XV]], %[[W0]]
// CHECK: %[[W1:.*]] = vector.load %[[W]][%[[I]], %c4]
// CHECK: math.fma %[[XV]], %[[W1]]
// CHECK-NOT: memref.load
// CHECK-COUNT-3: math.fma
// CHECK: scf.yield
// CHECK-COUNT-5: vector.store %[[SUM]]#

// SEPARATE-NOT: math.fma
// SEPARATE: arith.mulf {{.*}} : vector<4xf32>
// SEPARATE: arith.addf {{.*}} : vector<4xf32>
// SEPARATE-NOT: math.fma
func.func @product(%x: memref<6x5xf32>, %w: memref<5x20xf32>, %y: memref<6x20xf32>) {
  linalg.generic {indexing_maps = [affine_map<(b, o, i) -> (b, i)>, affine_map<(b, o, i) -> (i, o)>, affine_map<(b, o, i) -> (b, o)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<6x5xf32>, memref<5x20xf32>) outs(%y : memref<6x20xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  }
  return
}
