// A decision is made once, by the forward loop, and the backward loop reads it: what the backward loop computes again need
// not have the same bits (Rationale.md, "Decisions").
// RUN: rondo-opt %s -split-input-file -rondo-differentiate -canonicalize -cse | FileCheck %s

// The program's own comparison, and the rule of the maximum over a row, which asks which element it was.
// CHECK-LABEL: func.func @choice_grad(
// CHECK: rondo.scan
// CHECK: %[[A:.*]] = arith.addf
// CHECK: %[[M:.*]] = rondo.reduce max %[[A]]
// CHECK: %[[MS:.*]] = rondo.broadcast %[[M]]
// CHECK: %[[ABOVE:.*]] = arith.cmpf ogt, %[[A]],
// CHECK: %[[LARGEST:.*]] = arith.cmpf oeq, %[[A]], %[[MS]]
// CHECK: rondo.yield {{.*}} emit ({{.*}} : {{.*}}tensor<2x4xi8>, tensor<2x4xi8>)
// CHECK: rondo.scan {{.*}} backward {
// CHECK-NOT: arith.cmpf
// CHECK: rondo.yield
func.func @choice(%w: tensor<4xf32> {rondo.parameter = "w"}, %xs: tensor<5x2x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %ws = rondo.broadcast %w dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %last = rondo.scan (%s = %zero : tensor<2x4xf32>) over (%x = %xs : tensor<5x2x4xf32>) length 5 {
    %ws_s = arith.mulf %ws, %s : tensor<2x4xf32>
    %a = arith.addf %ws_s, %x : tensor<2x4xf32>
    %max = rondo.reduce max %a dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
    %maxs = rondo.broadcast %max dims = [0] : tensor<2xf32> -> tensor<2x4xf32>
    %less = arith.subf %a, %maxs : tensor<2x4xf32>
    %above = arith.cmpf ogt, %a, %x : tensor<2x4xf32>
    %next = arith.select %above, %less, %a : tensor<2x4xi1>, tensor<2x4xf32>
    rondo.yield (%next : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  %l = rondo.reduce mean %last dims = [0, 1] : tensor<2x4xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// Of what is read from memory in both loops, a comparison gives the same twice: nothing is kept for it.
// CHECK-LABEL: func.func @sequence_grad(
// CHECK: rondo.scan
// CHECK: rondo.yield
// CHECK-NOT: xi8>
// CHECK: backward {
// CHECK: arith.cmpf ogt
func.func @sequence(%w: tensor<4xf32> {rondo.parameter = "w"}, %xs: tensor<5x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %last = rondo.scan (%s = %zero : tensor<4xf32>) over (%x = %xs : tensor<5x4xf32>) length 5 {
    %above = arith.cmpf ogt, %x, %zero : tensor<4xf32>
    %ws = arith.mulf %w, %s : tensor<4xf32>
    %chosen = arith.select %above, %ws, %x : tensor<4xi1>, tensor<4xf32>
    %next = math.tanh %chosen : tensor<4xf32>
    rondo.yield (%next : tensor<4xf32>)
  } -> (tensor<4xf32>)
  %l = rondo.reduce mean %last dims = [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// A scan within the scan that decides is not run again: the forward loop's own keeps its decisions through the outer one.
// CHECK-LABEL: func.func @nested_grad(
// CHECK: rondo.scan {{.*}} length 3 {
// CHECK: %[[INNER:.*]]:{{[0-9]+}} = rondo.scan {{.*}} length 4 {
// CHECK: arith.cmpf
// CHECK: emit ({{.*}}xi8>)
// CHECK: emit ({{.*}}tensor<4x2xi8>
// CHECK: length 3 backward {
// CHECK-NOT: arith.cmpf
// CHECK: return
func.func @nested(%w: tensor<2xf32> {rondo.parameter = "w"}, %xs: tensor<3x4x2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}) {
  %one = arith.constant dense<1.0> : tensor<2xf32>
  %sT = rondo.scan (%s = %one : tensor<2xf32>) over (%x = %xs : tensor<3x4x2xf32>) length 3 {
    %r = rondo.scan (%q = %s : tensor<2xf32>) over (%y = %x : tensor<4x2xf32>) length 4 {
      %a = arith.mulf %q, %w : tensor<2xf32>
      %b = arith.addf %a, %y : tensor<2xf32>
      %above = arith.cmpf ogt, %b, %y : tensor<2xf32>
      %c = arith.select %above, %b, %q : tensor<2xi1>, tensor<2xf32>
      rondo.yield (%c : tensor<2xf32>)
    } -> (tensor<2xf32>)
    rondo.yield (%r : tensor<2xf32>)
  } -> (tensor<2xf32>)
  %l = rondo.reduce mean %sT dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
