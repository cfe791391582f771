// What cannot be differentiated.
// RUN: rondo-opt %s -rondo-differentiate -split-input-file -verify-diagnostics

// An op without a rule, in a scan, between a parameter and the loss.
func.func @rule(%w: tensor<2xf32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  %sT = rondo.scan (%s = %w : tensor<2xf32>) length 3 {
    // expected-error @+1 {{'math.tan' op has no derivative rule}}
    %t = math.tan %s : tensor<2xf32>
    rondo.yield (%t : tensor<2xf32>)
  } -> (tensor<2xf32>)
  %l = rondo.reduce mean %sT dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// The same op is no error where no parameter leads to it, or where it does not lead to the loss.
func.func @inactive(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.output = "y"}) {
  %tx = math.tan %x : tensor<2xf32>
  %tw = math.tan %w : tensor<2xf32>
  %p = arith.mulf %w, %tx : tensor<2xf32>
  %l = rondo.reduce mean %p dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l, %tw : tensor<f32>, tensor<2xf32>
}

// -----

// A fused product comes after differentiation.
func.func @fused(%w: tensor<3x2xf32> {rondo.parameter = "w"}, %x: tensor<1x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  // expected-error @+1 {{'rondo.gate_product' op has no derivative rule}}
  %a, %b = rondo.gate_product %x, (%w, %w) "bi,ji->bj" : tensor<1x2xf32>, (tensor<3x2xf32>, tensor<3x2xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>)
  %l = rondo.reduce mean %a dims = [0, 1] : tensor<1x3xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// The loss is a scalar.
// expected-error @+1 {{expected a loss that is a floating-point tensor of rank 0, found 'tensor<2xf32>'}}
func.func @loss(%w: tensor<2xf32> {rondo.parameter = "w"}) -> (tensor<2xf32> {rondo.loss}) {
  return %w : tensor<2xf32>
}

// -----

// There is one loss.
// expected-error @+1 {{expected one result with the attribute 'rondo.loss', found 2}}
func.func @losses(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.loss}) {
  return %w, %w : tensor<f32>, tensor<f32>
}

// -----

// The name of the result is taken.
// expected-error @+1 {{cannot be differentiated into @taken_grad, which exists}}
func.func @taken(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  return %w : tensor<f32>
}
func.func @taken_grad() {
  return
}
