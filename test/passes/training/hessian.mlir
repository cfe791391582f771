// Of the function with the slope the products of second derivatives, here p * (v - sum(p * v)) of each row: what a
// derivative alone has, as a one-hot, has derivatives itself.
// RUN: rondo-opt %s -rondo-tangent -rondo-differentiate -canonicalize -cse | FileCheck %s

// CHECK-LABEL: func.func @f_hessian(
// CHECK-SAME: %[[W:.*]]: tensor<3x4xf32> {rondo.parameter = "w"}, %[[T:.*]]: tensor<3xi32> {rondo.target = "t"},
// CHECK-SAME: %[[V:.*]]: tensor<3x4xf32> {rondo.direction = "w"})
// CHECK-SAME: -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.slope}, tensor<3x4xf32> {rondo.product = "w"})
// CHECK: %[[P:.*]] = rondo.softmax %[[W]]
// CHECK: %[[ASKED:.*]] = arith.select %{{.*}}, %{{.*}}, %[[V]]
// CHECK: %[[PV:.*]] = arith.mulf %[[ASKED]], %[[P]]
// CHECK: %[[SUM:.*]] = rondo.reduce sum %[[PV]] dims = [1]
// CHECK: %[[SUMS:.*]] = rondo.broadcast %[[SUM]]
// CHECK: %[[D:.*]] = arith.subf %[[ASKED]], %[[SUMS]]
// CHECK: %[[RESULT:.*]] = arith.mulf %[[P]], %[[D]]
// CHECK: return %{{.*}}, %{{.*}}, %[[RESULT]]
func.func @f(%w: tensor<3x4xf32> {rondo.parameter = "w"}, %t: tensor<3xi32> {rondo.target = "t"})
    -> (tensor<f32> {rondo.loss}) {
  %c = rondo.cross_entropy %w, %t : tensor<3x4xf32>, tensor<3xi32> -> tensor<3xf32>
  %l = rondo.reduce sum %c dims = [0] : tensor<3xf32> -> tensor<f32>
  return %l : tensor<f32>
}
