// A scan within a scan is run again in the reverse body; its derivative is a scan there.
// RUN: rondo-opt %s -rondo-differentiate -canonicalize -cse | FileCheck %s

func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %xs: tensor<3x4x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %sT = rondo.scan (%s = %one : tensor<2xf32>) over (%x = %xs : tensor<3x4x2xf32>) length 3 {
    %r = rondo.scan (%q = %s : tensor<2xf32>) over (%y = %x : tensor<4x2xf32>) length 4 {
      %a = arith.mulf %q, %w : tensor<2xf32>
      %b = arith.addf %a, %y : tensor<2xf32>
      %c = math.tanh %b : tensor<2xf32>
      rondo.yield (%c : tensor<2xf32>)
    } -> (tensor<2xf32>)
    rondo.yield (%r : tensor<2xf32>)
  } -> (tensor<2xf32>)
  %l = rondo.reduce mean %sT dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// CHECK-LABEL: func.func @f_grad(
// CHECK-SAME: %[[W:[^:]*]]: tensor<2xf32>
// The outer scan stores its state.
// CHECK: rondo.scan (%[[S:[^ ]*]] = {{.*}} length 3 {
// CHECK: emit (%[[S]] :
// CHECK: length 3 backward {
// CHECK-NEXT: %[[AGAIN:.*]]:3 = rondo.scan {{.*}} length 4 {
// CHECK: %[[INNER:.*]]:2 = rondo.scan {{.*}} over ({{.*}} = %[[AGAIN]]#{{.}} : {{.*}}, {{.*}} = %[[AGAIN]]#{{.}} : {{.*}}) length 4 backward {
// CHECK: } -> (tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[DW:.*]] = arith.addf %{{.*}}, %[[INNER]]#1
// CHECK: rondo.yield (%[[INNER]]#0, %[[DW]] :
