// Losses that stay whole although a panel is given.
// RUN: rondo-opt %s --rondo-block-loss=panel=4 | FileCheck %s
// RUN: rondo-opt %s --rondo-block-loss=panel=4 | FileCheck %s --check-prefix=NONE

// NONE-NOT: scf.for

// Somebody else reads the logits.
// CHECK-LABEL: func.func @logits_are_read(
// CHECK: rondo.softmax
func.func @logits_are_read(%x: tensor<4x3xf32>, %w: tensor<8x3xf32>, %t: tensor<4xi32>)
    -> (tensor<4xf32>, tensor<8x3xf32>, tensor<4x8xf32>) {
  %c = arith.constant dense<0.25> : tensor<4x8xf32>
  %z = rondo.contract %x, %w "bi,oi->bo" : tensor<4x3xf32>, tensor<8x3xf32> -> tensor<4x8xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = rondo.softmax %z dim = 1 : tensor<4x8xf32>
  %o = rondo.one_hot %t : tensor<4xi32> -> tensor<4x8xf32>
  %m = arith.subf %s, %o : tensor<4x8xf32>
  %d = arith.mulf %m, %c : tensor<4x8xf32>
  %dw = rondo.contract %d, %x "bo,bi->oi" : tensor<4x8xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
  return %l, %dw, %z : tensor<4xf32>, tensor<8x3xf32>, tensor<4x8xf32>
}

// Somebody else reads the derivative: here as a result, there in another product.
// CHECK-LABEL: func.func @derivative_is_read(
// CHECK: rondo.softmax
func.func @derivative_is_read(%x: tensor<4x3xf32>, %w: tensor<8x3xf32>, %v: tensor<8x3xf32>, %t: tensor<4xi32>)
    -> (tensor<4xf32>, tensor<8x3xf32>, tensor<4x3xf32>) {
  %c = arith.constant dense<0.25> : tensor<4x8xf32>
  %z = rondo.contract %x, %w "bi,oi->bo" : tensor<4x3xf32>, tensor<8x3xf32> -> tensor<4x8xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = rondo.softmax %z dim = 1 : tensor<4x8xf32>
  %o = rondo.one_hot %t : tensor<4xi32> -> tensor<4x8xf32>
  %m = arith.subf %s, %o : tensor<4x8xf32>
  %d = arith.mulf %m, %c : tensor<4x8xf32>
  %dw = rondo.contract %d, %x "bo,bi->oi" : tensor<4x8xf32>, tensor<4x3xf32> -> tensor<8x3xf32>
  %dx = rondo.contract %d, %v "bo,oi->bi" : tensor<4x8xf32>, tensor<8x3xf32> -> tensor<4x3xf32>
  return %l, %dw, %dx : tensor<4xf32>, tensor<8x3xf32>, tensor<4x3xf32>
}

// A row has weights of its own, and a loss has no derivative.
// CHECK-LABEL: func.func @weights_of_each_row(
// CHECK: rondo.softmax
func.func @weights_of_each_row(%x: tensor<4x3xf32>, %w: tensor<4x8x3xf32>, %t: tensor<4xi32>)
    -> (tensor<4xf32>, tensor<4x8x3xf32>) {
  %c = arith.constant dense<0.25> : tensor<4x8xf32>
  %z = rondo.contract %x, %w "bi,boi->bo" : tensor<4x3xf32>, tensor<4x8x3xf32> -> tensor<4x8xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = rondo.softmax %z dim = 1 : tensor<4x8xf32>
  %o = rondo.one_hot %t : tensor<4xi32> -> tensor<4x8xf32>
  %m = arith.subf %s, %o : tensor<4x8xf32>
  %d = arith.mulf %m, %c : tensor<4x8xf32>
  %dw = rondo.contract %d, %x "bo,bi->boi" : tensor<4x8xf32>, tensor<4x3xf32> -> tensor<4x8x3xf32>
  return %l, %dw : tensor<4xf32>, tensor<4x8x3xf32>
}

// CHECK-LABEL: func.func @loss_alone(
// CHECK: rondo.cross_entropy
func.func @loss_alone(%x: tensor<4x3xf32>, %w: tensor<8x3xf32>, %t: tensor<4xi32>) -> tensor<4xf32> {
  %z = rondo.contract %x, %w "bi,oi->bo" : tensor<4x3xf32>, tensor<8x3xf32> -> tensor<4x8xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x8xf32>, tensor<4xi32> -> tensor<4xf32>
  return %l : tensor<4xf32>
}
