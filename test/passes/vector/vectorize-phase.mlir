// A phase keeps a tile of rows x sums x vectors in registers over its whole sum, and finishes it there.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=16384 l2=131072' -canonicalize -cse -split-input-file | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 fma=0 l1=16384 l2=131072' -canonicalize -cse -split-input-file | FileCheck %s --check-prefix=SEPARATE

#x = affine_map<(i, j, k) -> (i, k)>
#b = affine_map<(i, j, k) -> (j)>
#y = affine_map<(i, j, k) -> (i, j)>

// Four lanes: two vectors of a block of eight and six rows start from zero in twelve of sixteen registers. A weight is
// loaded once for all rows, an input once for both vectors, a bias once for all rows behind the sum. Of the five terms the
// loop adds two in each iteration; without fused multiply-adds one. 13 features are a block, a vector, and one masked
// vector of the next block: weights are padded, and read whole.
// CHECK-LABEL: func.func @odd_features(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x5xf32>, %[[W:[^:]*]]: memref<2x5x8xf32>, %[[B:[^:]*]]: memref<13xf32>, %[[Y:[^:]*]]: memref<6x13xf32>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<[true, false, false, false]> : vector<4xi1>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<4xf32>
// CHECK: %[[FOUR:.*]]:12 = scf.for %[[K:.*]] = %c0 to %c4 step %c2 iter_args(%{{[^ ]*}} = %[[ZERO]], %{{[^ ]*}} = %[[ZERO]],
// CHECK: %[[XK:.*]] = memref.load %[[X]][%c0, %[[K]]]
// CHECK: %[[XV:.*]] = vector.broadcast %[[XK]] : f32 to vector<4xf32>
// CHECK: %[[W0:.*]] = vector.load %[[W]][%c0, %[[K]], %c0]
// CHECK: math.fma %[[XV]], %[[W0]]
// CHECK: %[[W1:.*]] = vector.load %[[W]][%c0, %[[K]], %c4]
// CHECK: math.fma %[[XV]], %[[W1]]
// CHECK-NOT: vector.load
// CHECK-COUNT-10: math.fma
// CHECK: %[[NEXT:.*]] = arith.addi %[[K]], %c1
// CHECK: memref.load %[[X]][%c0, %[[NEXT]]]
// CHECK-COUNT-12: math.fma
// CHECK: scf.yield
// CHECK: memref.load %[[X]][%c0, %c4]
// CHECK: %[[SUM:.*]] = math.fma %{{.*}}, %{{.*}}, %[[FOUR]]#0
// CHECK: %[[B0:.*]] = vector.load %[[B]][%c0]
// CHECK: %[[R0:.*]] = arith.addf %[[SUM]], %[[B0]]
// CHECK: vector.store %[[R0]], %[[Y]][%c0, %c0]
// CHECK: %[[B1:.*]] = vector.load %[[B]][%c4]
// CHECK: vector.store %{{.*}}, %[[Y]][%c0, %c4]
// CHECK-NOT: vector.load %[[B]]
// CHECK-COUNT-10: vector.store
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: vector.maskedload %[[W]]
// CHECK: vector.load %[[W]][%c1, %{{.*}}, %c0]
// CHECK: vector.load %[[W]][%c1, %{{.*}}, %c4]
// CHECK: scf.yield
// CHECK: vector.maskedload %[[B]][%c12], %[[ONE]], %[[ZERO]]
// CHECK: vector.maskedstore %[[Y]][%c0, %c12], %[[ONE]]
// CHECK: return

// SEPARATE-LABEL: func.func @odd_features(
// SEPARATE: scf.for %{{.*}} = %c0 to %c5 step %c1 iter_args
// SEPARATE-NOT: math.fma
// SEPARATE: arith.mulf {{.*}} : vector<4xf32>
// SEPARATE-NEXT: arith.addf {{.*}} : vector<4xf32>
// SEPARATE-NOT: math.fma
// SEPARATE: return
func.func @odd_features(%x: memref<6x5xf32>, %w: memref<2x5x8xf32>, %b: memref<13xf32>, %y: memref<6x13xf32>) {
  rondo.phase bounds [6, 13, 5] parallel 2
      ins(%x, %w, %b : memref<6x5xf32>, memref<2x5x8xf32>, memref<13xf32>) outs(%y : memref<6x13xf32>)
      maps [#x, affine_map<(i, j, k) -> (j floordiv 8, k, j mod 8)>, #b, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32, %bj: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %bj: f32):
        %a = arith.addf %s, %bj : f32
        rondo.phase_yield %a : f32
      }
  return
}

// -----

// What is no neighbour in memory along the lanes is read lane by lane, and a mask of bytes too.
// CHECK-LABEL: func.func @lane_by_lane(
// CHECK-SAME: %[[X:[^:]*]]: memref<3xf32>, %[[W:[^:]*]]: memref<2x3xf32>, %[[M:[^:]*]]: memref<2xi1>, %[[Y:[^:]*]]: memref<2xf32, strided<[5]>>)
// CHECK: scf.for %[[K:.*]] = %c0 to %c3
// CHECK: %[[W0:.*]] = memref.load %[[W]][%c0, %[[K]]]
// CHECK: %[[V0:.*]] = vector.insert %[[W0]], %{{.*}} [0]
// CHECK: %[[W1:.*]] = memref.load %[[W]][%c1, %[[K]]]
// CHECK: %[[V1:.*]] = vector.insert %[[W1]], %[[V0]] [1]
// CHECK: math.fma %{{.*}}, %[[V1]]
// CHECK: memref.load %[[M]][%c0]
// CHECK: memref.load %[[M]][%c1]
// CHECK-NOT: {{vector.load|vector.maskedload|memref.load}}
// CHECK: %[[R0:.*]] = vector.extract %[[R:.*]][0]
// CHECK: memref.store %[[R0]], %[[Y]][%c0]
// CHECK: %[[R1:.*]] = vector.extract %[[R]][1]
// CHECK: memref.store %[[R1]], %[[Y]][%c1]
// CHECK-NEXT: return
#x = affine_map<(j, k) -> (k)>
#w = affine_map<(j, k) -> (j, k)>
#y = affine_map<(j, k) -> (j)>
func.func @lane_by_lane(%x: memref<3xf32>, %w: memref<2x3xf32>, %m: memref<2xi1>, %y: memref<2xf32, strided<[5]>>) {
  rondo.phase bounds [2, 3] parallel 1
      ins(%x, %w, %m : memref<3xf32>, memref<2x3xf32>, memref<2xi1>) outs(%y : memref<2xf32, strided<[5]>>)
      maps [#x, #w, #y, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32, %mj: i1):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %mj: i1):
        %n = arith.negf %s : f32
        %t = arith.select %mj, %s, %n : f32
        rondo.phase_yield %t : f32
      }
  return
}

// -----

// Without points there is nothing to do.
// CHECK-LABEL: func.func @no_points(
// CHECK-NOT: {{scf.for|vector\.|memref\.}}
// CHECK: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @no_points(%x: memref<0x3xf32>, %w: memref<3x8xf32>, %y: memref<0x8xf32>) {
  rondo.phase bounds [0, 8, 3] parallel 2
      ins(%x, %w : memref<0x3xf32>, memref<3x8xf32>) outs(%y : memref<0x8xf32>) maps [#x, #w, #y]
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
