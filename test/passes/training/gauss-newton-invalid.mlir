// RUN: rondo-opt %s -split-input-file -verify-diagnostics -rondo-gauss-newton="function=f"

// expected-error@+1 {{'func.func' op expected a result with the attribute 'rondo.loss', found none}}
func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.output = "y"}) {
  return %w : tensor<f32>
}

// -----

// expected-error@+1 {{'func.func' op cannot be differentiated into @f_gauss_newton, which exists}}
func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  return %w : tensor<f32>
}
func.func @f_gauss_newton() {
  return
}

// -----

func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  // expected-error@+1 {{this scan leads to the loss neither through an output nor through the logits of a cross_entropy, so that there is no Gauss-Newton product}}
  %y = rondo.scan (%s = %w : tensor<f32>) length 3 {
    %t = arith.mulf %s, %w : tensor<f32>
    rondo.yield (%t : tensor<f32>)
  } -> (tensor<f32>)
  return %y : tensor<f32>
}
