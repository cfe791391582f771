// RUN: rondo-opt %s -split-input-file -verify-diagnostics -rondo-vjp="function=f"

// expected-error@+1 {{'func.func' op expected a result with the attribute 'rondo.output', found none}}
func.func @f(%x: tensor<2xf32> {rondo.input = "x"}) -> (tensor<2xf32> {rondo.gradient = "x"}) {
  return %x : tensor<2xf32>
}

// -----

// expected-error@+1 {{'func.func' op expected floating-point outputs and states, found 'tensor<2xi32>'}}
func.func @f(%x: tensor<2xi32> {rondo.input = "x"}) -> (tensor<2xi32> {rondo.output = "y"}) {
  return %x : tensor<2xi32>
}

// -----

// expected-error@+1 {{expected a function @f, found none}}
module {
}

// -----

func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.output = "y"}) {
  // expected-error@+1 {{'math.tan' op has no derivative rule}}
  %y = math.tan %w : tensor<f32>
  return %y : tensor<f32>
}
