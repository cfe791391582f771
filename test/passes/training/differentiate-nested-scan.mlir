// A scan within a scan emits its residuals through the outer one; its derivative is a scan in the reverse body.
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
// The outer scan emits what the inner one does: its states and its functions.
// CHECK: %[[OUTER:.*]]:3 = rondo.scan {{.*}} length 3 {
// CHECK-NEXT: %[[ONCE:.*]]:3 = rondo.scan {{.*}} length 4 {
// CHECK: rondo.yield (%[[ONCE]]#0 : tensor<2xf32>) emit (%[[ONCE]]#{{.}}, %[[ONCE]]#{{.}} :
// CHECK: rondo.scan {{.*}} length 3 backward {
// CHECK-NEXT: %[[INNER:.*]]:2 = rondo.scan {{.*}} length 4 backward {
// CHECK-NOT: math.tanh
// CHECK: } -> (tensor<2xf32>, tensor<2xf32>)
// CHECK-NEXT: %[[DW:.*]] = arith.addf %{{.*}}, %[[INNER]]#1
// CHECK-NEXT: rondo.yield (%[[INNER]]#0, %[[DW]] :

// One that is the same in all steps is computed once, in the reverse body too.
func.func @same(%w: tensor<2xf32> {rondo.parameter = "w"}, %xs: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %sT = rondo.scan (%s = %one : tensor<2xf32>) over (%x = %xs : tensor<3x2xf32>) length 3 {
    %r = rondo.scan (%q = %one : tensor<2xf32>) length 4 {
      %a = arith.mulf %q, %w : tensor<2xf32>
      %c = math.tanh %a : tensor<2xf32>
      rondo.yield (%c : tensor<2xf32>)
    } -> (tensor<2xf32>)
    %b = arith.mulf %s, %r : tensor<2xf32>
    %next = arith.addf %b, %x : tensor<2xf32>
    rondo.yield (%next : tensor<2xf32>)
  } -> (tensor<2xf32>)
  %l = rondo.reduce mean %sT dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// CHECK-LABEL: func.func @same_grad(
// CHECK: rondo.scan (%[[S:[^ ]*]] = {{.*}} length 3 {
// CHECK: emit (%[[S]] : tensor<2xf32>)
// CHECK: rondo.scan {{.*}} length 3 backward {
// CHECK: rondo.scan {{.*}} length 4 {
// CHECK: rondo.scan {{.*}} length 4 backward {
