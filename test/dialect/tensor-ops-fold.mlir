// Folds of the tensor ops.
// RUN: rondo-opt %s -canonicalize | FileCheck %s

// To the same shape: nothing.
// CHECK-LABEL: func.func @broadcast_to_itself
func.func @broadcast_to_itself(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK-NEXT: return %arg0
  %r = rondo.broadcast %x dims = [0, 1] : tensor<2x4xf32> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// Unless its dimensions change places: a transposition back to the order of before is nothing.
// CHECK-LABEL: func.func @transposed
func.func @transposed(%x: tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<3x3xf32>) {
  // CHECK-NEXT: %[[T:.*]] = rondo.broadcast %arg0 dims = [1, 0] : tensor<3x3xf32> -> tensor<3x3xf32>
  // CHECK-NEXT: return %[[T]], %arg0
  %t = rondo.broadcast %x dims = [1, 0] : tensor<3x3xf32> -> tensor<3x3xf32>
  %r = rondo.broadcast %t dims = [1, 0] : tensor<3x3xf32> -> tensor<3x3xf32>
  return %t, %r : tensor<3x3xf32>, tensor<3x3xf32>
}

// A splat is the same value in every shape.
// CHECK-LABEL: func.func @broadcast_of_splat
func.func @broadcast_of_splat() -> tensor<2x4xf32> {
  // CHECK-NEXT: %[[C:.*]] = arith.constant dense<1.500000e+00> : tensor<2x4xf32>
  // CHECK-NEXT: return %[[C]]
  %c = arith.constant dense<1.5> : tensor<4xf32>
  %r = rondo.broadcast %c dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// A broadcast of a broadcast is one, with the dimensions composed.
// CHECK-LABEL: func.func @broadcast_of_broadcast
func.func @broadcast_of_broadcast(%x: tensor<4xf32>) -> tensor<8x3x2x4xf32> {
  // CHECK-NEXT: %[[R:.*]] = rondo.broadcast %arg0 dims = [3] : tensor<4xf32> -> tensor<8x3x2x4xf32>
  // CHECK-NEXT: return %[[R]]
  %a = rondo.broadcast %x dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %b = rondo.broadcast %a dims = [2, 3] : tensor<2x4xf32> -> tensor<8x3x2x4xf32>
  return %b : tensor<8x3x2x4xf32>
}

// A constant that is no splat stays as it is.
// CHECK-LABEL: func.func @broadcast_of_values
func.func @broadcast_of_values() -> tensor<2x2xf32> {
  // CHECK: rondo.broadcast
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %r = rondo.broadcast %c dims = [1] : tensor<2xf32> -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// The ops are pure: what is not read goes.
// CHECK-LABEL: func.func @pure
func.func @pure(%seed: tensor<i64>) {
  // CHECK-NEXT: return
  %r = rondo.random %seed stream = 1 : tensor<i64> -> tensor<4xf32>
  %s = rondo.sigmoid %r : tensor<4xf32>
  return
}
