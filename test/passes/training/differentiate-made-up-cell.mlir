// A cell that no library has, forward and backward. Pointwise arithmetic is computed again from what is stored, the
// sequence is fed again, and neither the state that leads nowhere nor the one that depends on no parameter has a
// cotangent.
// RUN: rondo-opt %s -rondo-differentiate -canonicalize -cse | FileCheck %s

!v = tensor<2x4xf32>
!s = tensor<5x2x4xf32>

func.func @f(%w: tensor<4x4xf32> {rondo.parameter = "w"}, %a: !v {rondo.parameter = "a"}, %unused: !v {rondo.parameter = "unused"},
             %xs: !s {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}, !v {rondo.state = "count"}) {
  %zero = arith.constant dense<0.0> : !v
  %one = arith.constant dense<1.0> : !v
  // m' = relu(a * m + W m x), n' = n + 1, k' = k + m': only m matters.
  %mT, %nT, %kT, %ys = rondo.scan (%m = %one : !v, %n = %zero : !v, %k = %zero : !v) over (%x = %xs : !s) length 5 backward {
    %am = arith.mulf %a, %m : !v
    %wm = rondo.contract %m, %w "bi,ji->bj" : !v, tensor<4x4xf32> -> !v
    %wmx = arith.mulf %wm, %x : !v
    %sum = arith.addf %am, %wmx : !v
    %next = arith.maximumf %sum, %zero : !v
    %n1 = arith.addf %n, %one : !v
    %k1 = arith.addf %k, %next : !v
    rondo.yield (%next, %n1, %k1 : !v, !v, !v) emit (%next : !v)
  } -> (!v, !v, !v, !s)
  %l = rondo.reduce mean %ys dims = [0, 1, 2] : !s -> tensor<f32>
  return %l, %nT : tensor<f32>, !v
}

// CHECK-LABEL: func.func @f_grad(
// CHECK-SAME: %[[W:[^:]*]]: tensor<4x4xf32> {rondo.parameter = "w"}, %[[A:[^:]*]]: tensor<2x4xf32> {rondo.parameter = "a"}
// CHECK-SAME: %[[XS:[^:]*]]: tensor<5x2x4xf32> {rondo.input = "x"})
// CHECK-SAME: -> (tensor<f32> {rondo.loss}, tensor<2x4xf32> {rondo.state = "count"}, tensor<4x4xf32> {rondo.gradient = "w"}, tensor<2x4xf32> {rondo.gradient = "a"}, tensor<2x4xf32> {rondo.gradient = "unused"})
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
// CHECK: %[[FWD:.*]]:6 = rondo.scan (%[[M:[^ ]*]] = {{.*}} length 5 backward {
// CHECK: %[[WM:.*]] = rondo.contract
// CHECK: %[[NEXT:.*]] = arith.maximumf %[[SUM:.*]], %[[ZERO]]
// Which operand was the larger one is kept, not found out again.
// CHECK: %[[LARGER:.*]] = arith.cmpf ogt, %[[SUM]], %[[ZERO]] :
// CHECK: %[[BYTE:.*]] = arith.extui %[[LARGER]] :
// CHECK: emit (%[[NEXT]], %[[M]], %[[BYTE]] :
// CHECK: %[[REV:.*]]:3 = rondo.scan (%[[DM:[^ ]*]] = %[[ZERO]] : tensor<2x4xf32>, %[[DA:[^ ]*]] = %[[ZERO]] : tensor<2x4xf32>, %[[DW:[^ ]*]] = %{{[^ ]*}} : tensor<4x4xf32>)
// The cotangent of the emitted sequence is one number here: it is no sequence.
// CHECK-SAME: over (%[[XR:[^ ]*]] = %[[XS]] : tensor<5x2x4xf32>, %[[MR:[^ ]*]] = %[[FWD]]#4 : tensor<5x2x4xf32>, %[[TAKEN:[^ ]*]] = %[[FWD]]#5 : tensor<5x2x4xi8>) length 5 {
// CHECK: %[[KEPT:.*]] = arith.cmpi ne, %[[TAKEN]],
// CHECK: arith.select %[[KEPT]],
// CHECK: return %{{.*}}, %[[FWD]]#1, %[[REV]]#2, %[[REV]]#1, %[[ZERO]] :
