// A quotient is computed again where both its operands are read in any case, else it is stored.
// RUN: rondo-opt %s -rondo-differentiate -canonicalize -cse | FileCheck %s

!v = tensor<2x4xf32>

// c / (1 + |c|): the derivative of |c| reads c, so c is stored alone.
// CHECK-LABEL: func.func @again_grad(
// CHECK: rondo.scan (%[[S:[^ ]*]] = {{.*}} length 5 {
// CHECK: %[[C:.*]] = rondo.contract
// CHECK: %[[Q:.*]] = arith.divf
// CHECK: rondo.yield (%[[Q]] : tensor<2x4xf32>) emit (%[[S]], %[[C]] :
// CHECK: rondo.scan {{.*}} length 5 backward {
// CHECK: %[[A:.*]] = math.absf %[[CR:.*]] :
// CHECK: %[[D:.*]] = arith.addf %[[A]],
// CHECK: arith.divf %[[CR]], %[[D]] :
func.func @again(%w: tensor<4x4xf32> {rondo.parameter = "w"}, %s0: !v {rondo.input = "s"}) -> (tensor<f32> {rondo.loss}) {
  %one = arith.constant dense<1.0> : !v
  %sT = rondo.scan (%s = %s0 : !v) length 5 {
    %c = rondo.contract %s, %w "bi,ji->bj" : !v, tensor<4x4xf32> -> !v
    %a = math.absf %c : !v
    %d = arith.addf %a, %one : !v
    %q = arith.divf %c, %d : !v
    rondo.yield (%q : !v)
  } -> (!v)
  %l = rondo.reduce mean %sT dims = [0, 1] : !v -> tensor<f32>
  return %l : tensor<f32>
}

// An operand from outside of the scan is there in any case.
// CHECK-LABEL: func.func @outside_grad(
// CHECK-SAME: %[[W:[^:]*]]: tensor<4xf32>
// CHECK: rondo.scan (%[[S:[^ ]*]] = {{.*}} length 5 {
// CHECK: rondo.yield ({{.*}} : tensor<4xf32>) emit (%[[S]] : tensor<4xf32>)
// CHECK: rondo.scan {{.*}} length 5 backward {
// CHECK: arith.divf %[[W]], %
func.func @outside(%w: tensor<4xf32> {rondo.parameter = "w"}, %h0: tensor<4xf32>) -> (tensor<f32> {rondo.loss}) {
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %hT = rondo.scan (%h = %h0 : tensor<4xf32>) length 5 {
    %p = arith.mulf %h, %h : tensor<4xf32>
    %a = arith.addf %p, %two : tensor<4xf32>
    %q = arith.divf %w, %a : tensor<4xf32>
    %n = arith.mulf %q, %q : tensor<4xf32>
    rondo.yield (%n : tensor<4xf32>)
  } -> (tensor<4xf32>)
  %l = rondo.reduce mean %hT dims = [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// c / exp(s): nothing else reads c, so the quotient is stored in its place.
// CHECK-LABEL: func.func @stored_grad(
// CHECK: rondo.scan (%[[S:[^ ]*]] = {{.*}} length 5 {
// CHECK: %[[C:.*]] = rondo.contract
// CHECK: %[[E:.*]] = math.exp
// CHECK: %[[Q:.*]] = arith.divf
// CHECK: rondo.yield (%[[Q]] : tensor<2x4xf32>) emit (%[[S]], %[[E]], %[[Q]] :
func.func @stored(%w: tensor<4x4xf32> {rondo.parameter = "w"}, %s0: !v {rondo.input = "s"}) -> (tensor<f32> {rondo.loss}) {
  %sT = rondo.scan (%s = %s0 : !v) length 5 {
    %c = rondo.contract %s, %w "bi,ji->bj" : !v, tensor<4x4xf32> -> !v
    %e = math.exp %s : !v
    %q = arith.divf %c, %e : !v
    rondo.yield (%q : !v)
  } -> (!v)
  %l = rondo.reduce mean %sT dims = [0, 1] : !v -> tensor<f32>
  return %l : tensor<f32>
}
