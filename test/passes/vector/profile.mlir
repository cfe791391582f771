// rondo-profile: a mark before each nest with its own number, in the loop over time too; what lies after that loop is
// not counted as its last nest's.
// RUN: rondo-opt %s --rondo-profile | FileCheck %s

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
