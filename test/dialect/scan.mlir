// The scan's textual form: every optional part, present and absent, survives printing and parsing.
// RUN: rondo-opt %s | rondo-opt | FileCheck %s

// The example of the op's description.
// CHECK-LABEL: func.func @example(
// CHECK-SAME: %[[H0:.*]]: tensor<2x4xf32>, %[[XS:.*]]: tensor<8x2x4xf32>)
func.func @example(%h0: tensor<2x4xf32>, %xs: tensor<8x2x4xf32>) -> (tensor<2x4xf32>, tensor<8x2x4xf32>) {
  // CHECK-NEXT: %[[R:.*]]:2 = rondo.scan (%[[H:.*]] = %[[H0]] : tensor<2x4xf32>) over (%[[X:.*]] = %[[XS]] : tensor<8x2x4xf32>) length 8 {
  // CHECK-NEXT:   %[[S:.*]] = arith.addf %[[H]], %[[X]] : tensor<2x4xf32>
  // CHECK-NEXT:   %[[N:.*]] = math.tanh %[[S]] : tensor<2x4xf32>
  // CHECK-NEXT:   rondo.yield (%[[N]] : tensor<2x4xf32>) emit (%[[N]] : tensor<2x4xf32>)
  // CHECK-NEXT: } -> (tensor<2x4xf32>, tensor<8x2x4xf32>)
  // CHECK-NEXT: return %[[R]]#0, %[[R]]#1
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<8x2x4xf32>) length 8 {
    %s = arith.addf %h, %x : tensor<2x4xf32>
    %n = math.tanh %s : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<8x2x4xf32>)
  return %hT, %hs : tensor<2x4xf32>, tensor<8x2x4xf32>
}

// CHECK-LABEL: func.func @names_direction_and_attributes
func.func @names_direction_and_attributes(%h0: tensor<2x4xf64>, %m0: tensor<2x4xi1>, %xs: tensor<3x2x4xf64>)
    -> (tensor<2x4xf64>, tensor<2x4xi1>) {
  // CHECK: rondo.scan ({{.*}} : tensor<2x4xf64>, {{.*}} : tensor<2x4xi1>) over ({{.*}} : tensor<3x2x4xf64>) length 3 backward states ["a.h", ""] attributes {note = 1 : i64} {
  // CHECK: rondo.yield ({{.*}} : tensor<2x4xf64>, tensor<2x4xi1>)
  // CHECK-NEXT: } -> (tensor<2x4xf64>, tensor<2x4xi1>)
  %hT:2 = rondo.scan (%h = %h0 : tensor<2x4xf64>, %m = %m0 : tensor<2x4xi1>) over (%x = %xs : tensor<3x2x4xf64>)
      length 3 backward states ["a.h", ""] attributes {note = 1 : i64} {
    %s = arith.select %m, %h, %x : tensor<2x4xi1>, tensor<2x4xf64>
    rondo.yield (%s, %m : tensor<2x4xf64>, tensor<2x4xi1>)
  } -> (tensor<2x4xf64>, tensor<2x4xi1>)
  return %hT#0, %hT#1 : tensor<2x4xf64>, tensor<2x4xi1>
}

// CHECK-LABEL: func.func @with_limit(
// CHECK-SAME: %{{[a-z0-9]+}}: tensor<2xf32>, %[[N:[a-z0-9]+]]: tensor<i64>)
func.func @with_limit(%h0: tensor<2xf32>, %n: tensor<i64>) -> tensor<2xf32> {
  // CHECK: rondo.scan ({{.*}} : tensor<2xf32>) length 3 limit %[[N]] states ["h"] {
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 3 limit %n states ["h"] {
    rondo.yield (%h : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// CHECK-LABEL: func.func @with_limit_backward(
// CHECK-SAME: %{{[a-z0-9]+}}: tensor<2xf32>, %[[N:[a-z0-9]+]]: tensor<i64>)
func.func @with_limit_backward(%h0: tensor<2xf32>, %n: tensor<i64>) -> tensor<2xf32> {
  // CHECK: rondo.scan ({{.*}} : tensor<2xf32>) length 3 limit %[[N]] backward {
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 3 limit %n backward {
    rondo.yield (%h : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// A body that only counts: no sequence, nothing emitted.
// CHECK-LABEL: func.func @no_sequence
func.func @no_sequence(%h0: tensor<f32>) -> tensor<f32> {
  // CHECK: rondo.scan ({{.*}} : tensor<f32>) length 5 {
  %hT = rondo.scan (%h = %h0 : tensor<f32>) length 5 {
    %n = arith.addf %h, %h : tensor<f32>
    rondo.yield (%n : tensor<f32>)
  } -> (tensor<f32>)
  return %hT : tensor<f32>
}

// A map over the positions: no state.
// CHECK-LABEL: func.func @no_state
func.func @no_state(%xs: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: rondo.scan () over ({{.*}} : tensor<3x2xf32>) length 3 {
  // CHECK: rondo.yield () emit ({{.*}} : tensor<2xf32>)
  %ys = rondo.scan () over (%x = %xs : tensor<3x2xf32>) length 3 {
    %n = arith.negf %x : tensor<2xf32>
    rondo.yield () emit (%n : tensor<2xf32>)
  } -> (tensor<3x2xf32>)
  return %ys : tensor<3x2xf32>
}

// Scans nest, and a body reads values from outside.
// CHECK-LABEL: func.func @nested
func.func @nested(%h0: tensor<2xf32>, %w: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: rondo.scan
  // CHECK-NEXT: rondo.scan
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 2 {
    %gT = rondo.scan (%g = %h : tensor<2xf32>) length 3 {
      %n = arith.mulf %g, %w : tensor<2xf32>
      rondo.yield (%n : tensor<2xf32>)
    } -> (tensor<2xf32>)
    rondo.yield (%gT : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}
