// rondo-profile: a mark before each nest with its own number, in the loop over time too; what lies after that loop is
// not counted as its last nest's.
// RUN: rondo-opt %s --rondo-profile -split-input-file | FileCheck %s

// CHECK: rondo.profile = ["between nests", "f: linalg.fill 8  profile.mlir:[[#]]", "f: memref.copy  profile.mlir:[[#]]"]
// CHECK: func.func private @rondo_profile(i64)
// CHECK-LABEL: func.func @f
func.func @f(%a: memref<8xf32>, %b: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 0 : index
  %one = arith.constant 1 : index
  %last = arith.constant 5 : index
  // CHECK: %[[FILL:.*]] = arith.constant 1 : i64
  // CHECK-NEXT: call @rondo_profile(%[[FILL]])
  // CHECK-NEXT: linalg.fill
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  // CHECK: scf.for
  // CHECK-NEXT: %[[COPY:.*]] = arith.constant 2 : i64
  // CHECK-NEXT: call @rondo_profile(%[[COPY]])
  // CHECK-NEXT: memref.copy
  // CHECK-NEXT: }
  scf.for %t = %first to %last step %one {
    memref.copy %a, %b : memref<8xf32> to memref<8xf32>
  }
  // CHECK-NEXT: %[[BETWEEN:.*]] = arith.constant 0 : i64
  // CHECK-NEXT: call @rondo_profile(%[[BETWEEN]])
  return
}

// -----

// Products whose operations no integer holds.
// CHECK: rondo.profile_flops = array<f64: 0.000000e+00, 1.4757395258967641E+20>
func.func @enormous(%x: memref<4x4294967296xf32>, %w: memref<4294967296x4294967296xf32>, %y: memref<4x4294967296xf32>) {
  rondo.phase bounds [4, 4294967296, 4294967296] parallel 2
      ins(%x, %w : memref<4x4294967296xf32>, memref<4294967296x4294967296xf32>) outs(%y : memref<4x4294967296xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
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

// A loop over time that runs point by point is one nest.
// CHECK: rondo.profile = ["between nests", "points: scf.for point by point 2x8  profile.mlir:[[#]]{{.*}}"]
// CHECK-LABEL: func.func @points
// CHECK:         call @rondo_profile
// CHECK-NEXT:    scf.for
// CHECK-NOT:     call @rondo_profile
// CHECK:         {rondo.sweep
func.func @points(%a: memref<8xf32>) {
  %first = arith.constant 0 : index
  %one = arith.constant 1 : index
  %last = arith.constant 5 : index
  scf.for %t = %first to %last step %one {
    %x = vector.load %a[%first] : memref<8xf32>, vector<8xf32>
    vector.store %x, %a[%first] : memref<8xf32>, vector<8xf32>
  } {rondo.sweep = array<i64: 2, 8>}
  return
}
