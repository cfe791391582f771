// A state that goes in and out, a token, and an output that no gradient flows to. Where the program computes what a
// state begins with, no gradient reaches the one that came in.
// RUN: rondo-opt %s -rondo-vjp -canonicalize -cse | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[W:.*]]: tensor<4x2xf32> {rondo.parameter = "w"}, %[[S:.*]]: tensor<3x2xf32> {rondo.state = "s"},
// CHECK-SAME: %[[X:.*]]: tensor<3xi32> {rondo.input = "x"}, %[[START:.*]]: tensor<i1> {rondo.start},
// CHECK-SAME: %[[DY:.*]]: tensor<3x2xf32> {rondo.cotangent = "y"},
// CHECK-SAME: %[[DZ:.*]]: tensor<2xf32> {rondo.cotangent = "z"},
// CHECK-SAME: %[[DT:.*]]: tensor<3x2xf32> {rondo.state_cotangent = "s"})
// CHECK-SAME: -> (tensor<4x2xf32> {rondo.gradient = "w"}, tensor<3x2xf32> {rondo.state_gradient = "s"})
// CHECK-DAG: %[[D:.*]] = arith.addf %[[DY]], %[[DT]]
// CHECK-DAG: %[[FIRST:.*]] = rondo.broadcast %[[START]]
// CHECK-DAG: %[[DS:.*]] = arith.select %[[FIRST]], %{{.*}}, %[[D]]
// CHECK-NOT: %[[DZ]]
// CHECK: return %{{.*}}, %[[DS]]
func.func @f(%w: tensor<4x2xf32> {rondo.parameter = "w"}, %s: tensor<3x2xf32> {rondo.state = "s"},
             %x: tensor<3xi32> {rondo.input = "x"}, %start: tensor<i1> {rondo.start})
    -> (tensor<3x2xf32> {rondo.output = "y"}, tensor<2xf32> {rondo.output = "z"}, tensor<3x2xf32> {rondo.state = "s"}) {
  %one = arith.constant dense<1.0> : tensor<3x2xf32>
  %z = arith.constant dense<1.0> : tensor<2xf32>
  %first = rondo.broadcast %start dims = [] : tensor<i1> -> tensor<3x2xi1>
  %before = arith.select %first, %one, %s : tensor<3x2xi1>, tensor<3x2xf32>
  %e = rondo.gather %w, %x : tensor<4x2xf32>, tensor<3xi32> -> tensor<3x2xf32>
  %y = arith.addf %before, %e : tensor<3x2xf32>
  return %y, %z, %y : tensor<3x2xf32>, tensor<2xf32>, tensor<3x2xf32>
}
