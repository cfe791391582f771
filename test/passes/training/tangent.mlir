// A scan carries the derivatives of its states beside them and emits those of what it emits; what no parameter moves and
// what does not lead to the loss has none. By a frozen parameter there is no direction.
// RUN: rondo-opt %s -rondo-tangent -canonicalize -cse | FileCheck %s

// CHECK-LABEL: func.func @f_tangent(
// CHECK-SAME: %[[W:.*]]: tensor<2xf32> {rondo.parameter = "w"},
// CHECK-SAME: %[[U:.*]]: tensor<2xf32> {rondo.frozen, rondo.parameter = "u"},
// CHECK-SAME: %[[X:.*]]: tensor<3x2xf32> {rondo.input = "x"}, %[[V:.*]]: tensor<2xf32> {rondo.direction = "w"})
// CHECK-SAME: -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.slope})
// CHECK: %[[SCAN:.*]]:5 = rondo.scan (%[[S:.*]] = %{{.*}}, %[[K:.*]] = %[[U]] : {{.*}}, %[[DS:.*]] = %{{.*}}) over
// CHECK: %[[DP:.*]] = arith.mulf %[[DS]], %[[K]]
// CHECK: %[[DN:.*]] = arith.addf %[[DP]], %[[V]]
// CHECK-NOT: math.exp
// CHECK: rondo.yield (%[[N:.*]], %{{.*}}, %[[DN]] : {{.*}}) emit (%[[N]], %[[DN]] :
// CHECK: %[[L:.*]] = rondo.reduce sum %[[SCAN]]#3
// CHECK: %[[DL:.*]] = rondo.reduce sum %[[SCAN]]#4
// CHECK: return %[[L]], %[[DL]]
func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %u: tensor<2xf32> {rondo.frozen, rondo.parameter = "u"},
             %x: tensor<3x2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<3x2xf32> {rondo.output = "z"}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %ws = rondo.broadcast %w dims = [1] : tensor<2xf32> -> tensor<3x2xf32>
  %s, %k, %y, %z = rondo.scan (%s = %zero : tensor<2xf32>, %k = %u : tensor<2xf32>)
      over (%a = %ws : tensor<3x2xf32>, %b = %x : tensor<3x2xf32>) length 3 {
    %p = arith.mulf %s, %k : tensor<2xf32>
    %n = arith.addf %p, %a : tensor<2xf32>
    %m = arith.mulf %k, %b : tensor<2xf32>
    %e = math.exp %n : tensor<2xf32>
    rondo.yield (%n, %m : tensor<2xf32>, tensor<2xf32>) emit (%n, %e : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<3x2xf32>, tensor<3x2xf32>)
  %l = rondo.reduce sum %y dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  return %l, %z : tensor<f32>, tensor<3x2xf32>
}

// Of three sequences that move each has its derivatives.
// CHECK-LABEL: func.func @sequences_tangent(
// CHECK: rondo.scan (%[[S:.*]] = %{{.*}}, %[[DS:.*]] = %{{.*}}) over (%[[A:[^ ]*]] = {{.*}}, %[[B:[^ ]*]] = {{.*}}, %[[C:[^ ]*]] = {{.*}}, %[[DA:[^ ]*]] = {{.*}}, %[[DB:[^ ]*]] = {{.*}}, %[[DC:[^ ]*]] = {{.*}}) length 3
// CHECK-DAG: arith.mulf %[[DA]],
// CHECK-DAG: arith.mulf %[[DB]],
// CHECK-DAG: arith.mulf %[[DC]],
// CHECK: rondo.yield
func.func @sequences(%w: tensor<3xf32> {rondo.parameter = "w"}, %u: tensor<3xf32> {rondo.parameter = "u"},
                     %v: tensor<3xf32> {rondo.parameter = "v"}) -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %s = rondo.scan (%s = %zero : tensor<f32>)
      over (%a = %w : tensor<3xf32>, %b = %u : tensor<3xf32>, %c = %v : tensor<3xf32>) length 3 {
    %p = arith.mulf %a, %s : tensor<f32>
    %q = arith.mulf %b, %p : tensor<f32>
    %r = arith.mulf %c, %q : tensor<f32>
    %n = arith.addf %r, %a : tensor<f32>
    rondo.yield (%n : tensor<f32>)
  } -> (tensor<f32>)
  return %s : tensor<f32>
}
