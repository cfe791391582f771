// What cannot be cut into segments: errors where the functions are not what they have to be.
// RUN: rondo-opt %s -rondo-checkpoint -split-input-file -verify-diagnostics

// A segment's function that does not say what it is.
func.func @f(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
// expected-error @+1 {{expected 'rondo.segments', the name of the axis that is cut}}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// Other arguments.
func.func @f(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
// expected-error @+1 {{expected @f and @f_segment to be one function for two lengths}}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "y"}) -> (tensor<f32> {rondo.loss})
    attributes {rondo.segments = "T"} {
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// Another op.
func.func @f(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %y = math.tanh %x : tensor<4x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss})
    attributes {rondo.segments = "T"} {
  // expected-error @+1 {{expected @f and @f_segment to be one function for two lengths}}
  %y = math.exp %x : tensor<2x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// Segments that do not fill the window.
// expected-error @+1 {{'func.func' op expected a window of segments of 2 positions behind 0, found one of 5}}
func.func @f(%x: tensor<5x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %y = math.tanh %x : tensor<5x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<5x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss})
    attributes {rondo.segments = "T"} {
  %y = math.tanh %x : tensor<2x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
