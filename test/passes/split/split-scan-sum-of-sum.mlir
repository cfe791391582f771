// RUN: rondo-opt %s --rondo-split-scan | FileCheck %s

// A sum that is regrouped is itself a summand of another one that is: both are rewritten, whatever their order.

// CHECK-LABEL: func @sumOfSum
func.func @sumOfSum(%w: tensor<3x3xf32>, %v: tensor<3x3xf32>, %b: tensor<3xf32>, %h0: tensor<2x3xf32>, %xs: tensor<4x2x3xf32>)
    -> (tensor<2x3xf32>, tensor<4x2x3xf32>) {
  // CHECK: rondo.contract %{{.*}}, %{{.*}} "tbi,oi->tbo"
  // CHECK: rondo.scan
  %h, %ys = rondo.scan (%hp = %h0 : tensor<2x3xf32>) over (%x = %xs : tensor<4x2x3xf32>) length 4 {
    %bias = rondo.broadcast %b dims = [1] : tensor<3xf32> -> tensor<2x3xf32>
    %wx = rondo.contract %x, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32>
    %vx = rondo.contract %x, %v "bi,oi->bo" : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32>
    %a0 = arith.addf %wx, %hp : tensor<2x3xf32>
    %a = arith.addf %a0, %bias : tensor<2x3xf32>
    %c = math.tanh %a : tensor<2x3xf32>
    %d0 = arith.addf %vx, %a : tensor<2x3xf32>
    %d = arith.addf %d0, %bias : tensor<2x3xf32>
    %e = arith.mulf %c, %d : tensor<2x3xf32>
    rondo.yield (%e : tensor<2x3xf32>) emit (%d : tensor<2x3xf32>)
  } -> (tensor<2x3xf32>, tensor<4x2x3xf32>)
  return %h, %ys : tensor<2x3xf32>, tensor<4x2x3xf32>
}
