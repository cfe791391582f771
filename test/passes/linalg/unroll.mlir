// Several steps of a scan's loop in one iteration, and a loop for the steps that are left.
// RUN: rondo-opt %s --pass-pipeline='builtin.module(func.func(rondo-lower-to-linalg,rondo-unroll{factor=4}))' | FileCheck %s
// RUN: rondo-opt %s --pass-pipeline='builtin.module(func.func(rondo-lower-to-linalg,rondo-unroll{factor=1}))' \
// RUN:   | FileCheck %s --check-prefix=ONE

// Eleven steps: twice four, then three.
// CHECK-LABEL: func.func @rest(
// CHECK: %[[FOUR:.*]] = scf.for %{{.*}} = %c0 to %c8{{.*}} step %c4{{[^ ]*}} iter_args
// CHECK-COUNT-4: arith.addf {{.*}} : tensor<2xf32>
// CHECK-NOT: arith.addf {{.*}} : tensor<2xf32>
// CHECK: scf.for %{{.*}} = %c8{{.*}} to %c11 step %c1 iter_args(%{{.*}} = %[[FOUR]])
// CHECK-COUNT-1: arith.addf {{.*}} : tensor<2xf32>
// CHECK-NOT: arith.addf {{.*}} : tensor<2xf32>
// CHECK: return

// One step in one iteration is the loop as it was.
// ONE-LABEL: func.func @rest(
// ONE: scf.for %{{.*}} = %c0 to %c11 step %c1
// ONE-COUNT-1: arith.addf
// ONE-NOT: arith.addf
// ONE: return
func.func @rest(%h0: tensor<2xf32>, %xs: tensor<11x2xf32>) -> (tensor<2xf32>, tensor<11x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<11x2xf32>) length 11 {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<11x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<11x2xf32>
}

// Nothing is left of eight.
// CHECK-LABEL: func.func @no_rest(
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c4
// CHECK-COUNT-4: arith.addf {{.*}} : tensor<2xf32>
// CHECK-NOT: scf.for
// CHECK: return
func.func @no_rest(%h0: tensor<2xf32>, %xs: tensor<8x2xf32>) -> tensor<2xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<8x2xf32>) length 8 {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// Fewer steps than that: only the loop for the rest.
// CHECK-LABEL: func.func @shorter(
// CHECK: scf.for
// CHECK-COUNT-1: arith.addf {{.*}} : tensor<2xf32>
// CHECK-NOT: {{scf.for|arith.addf.*tensor}}
// CHECK: return
func.func @shorter(%h0: tensor<2xf32>, %xs: tensor<3x2xf32>) -> tensor<2xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<3x2xf32>) length 3 {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// Only time loops are unrolled, not those over tokens.
// CHECK-LABEL: func.func @tokens(
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-COUNT-1: tensor.insert_slice
// CHECK-NOT: tensor.insert_slice
func.func @tokens(%x: tensor<5x3xf32>, %t: tensor<8xi32>) -> tensor<8x3xf32> {
  %0 = rondo.gather %x, %t : tensor<5x3xf32>, tensor<8xi32> -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
