// RUN: rondo-opt %s -split-input-file -verify-diagnostics -rondo-tangent="function=f"

// expected-error@+1 {{'func.func' op expected a result with the attribute 'rondo.loss', found none}}
func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.output = "y"}) {
  return %w : tensor<f32>
}

// -----

// expected-error@+1 {{'func.func' op expected a loss that is a floating-point tensor of rank 0, found 'tensor<2xf32>'}}
func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}) -> (tensor<2xf32> {rondo.loss}) {
  return %w : tensor<2xf32>
}

// -----

// expected-error@+1 {{'func.func' op expected floating-point parameters, found 'tensor<i32>'}}
func.func @f(%w: tensor<f32> {rondo.parameter = "w"}, %n: tensor<i32> {rondo.parameter = "n"})
    -> (tensor<f32> {rondo.loss}) {
  return %w : tensor<f32>
}

// -----

// expected-error@+1 {{'func.func' op cannot be differentiated into @f_tangent, which exists}}
func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  return %w : tensor<f32>
}
func.func @f_tangent() {
  return
}

// -----

func.func @f(%w: tensor<f32> {rondo.parameter = "w"}) -> (tensor<f32> {rondo.loss}) {
  // expected-error@+1 {{'math.tan' op has no derivative rule}}
  %y = math.tan %w : tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @f(%w: tensor<f32> {rondo.parameter = "w"}, %n: tensor<i64> {rondo.length}) -> (tensor<f32> {rondo.loss}) {
  // expected-error@+1 {{'rondo.scan' op has a limit, and so no derivative}}
  %y = rondo.scan (%s = %w : tensor<f32>) length 3 limit %n {
    %t = arith.addf %s, %w : tensor<f32>
    rondo.yield (%t : tensor<f32>)
  } -> (tensor<f32>)
  return %y : tensor<f32>
}
