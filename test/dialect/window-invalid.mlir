// Each constraint of window and overlap_add, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// window_c1: a dimension of the operand.
func.func @window_c1(%x: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.window' op expected a dimension of 'tensor<9x2xf32>', found 2}}
  %w = "rondo.window"(%x) <{dim = 2 : i64, size = 3 : i64, stride = 1 : i64, dilation = 1 : i64}> : (tensor<9x2xf32>) -> tensor<9x2x3xf32>
  return
}

// -----

// window_c1: at least one of each.
func.func @window_c1_stride(%x: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.window' op expected size, stride and dilation of at least 1, found 3, 0 and 1}}
  %w = rondo.window %x dim = 0 size = 3 stride = 0 dilation = 1 : tensor<9x2xf32> -> tensor<7x3x2xf32>
  return
}

// -----

// window_c2: it fits.
func.func @window_c2(%x: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.window' op expected a window of 4 positions, 3 apart, within 9}}
  %w = rondo.window %x dim = 0 size = 4 stride = 1 dilation = 3 : tensor<9x2xf32> -> tensor<1x4x2xf32>
  return
}

// -----

// window_c2: also where its extent is no number of 64 bits.
func.func @window_c2_enormous(%x: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.window' op expected a window of 4 positions, 9223372036854775807 apart, within 9}}
  %w = rondo.window %x dim = 0 size = 4 stride = 1 dilation = 9223372036854775807 : tensor<9x2xf32> -> tensor<1x4x2xf32>
  return
}

// -----

// window_c3: the result's shape.
func.func @window_c3(%x: tensor<9x2xf32>) {
  // expected-error @+2 {{'rondo.window' op inferred type(s) 'tensor<4x3x2xf32>' are incompatible with return type(s) of operation 'tensor<5x3x2xf32>'}}
  // expected-error @+1 {{'rondo.window' op failed to infer returned types}}
  %w = rondo.window %x dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2xf32> -> tensor<5x3x2xf32>
  return
}

// -----

// overlap_add_c1: a dimension of the result.
func.func @overlap_add_c1(%w: tensor<4x3x2xf32>) {
  // expected-error @+1 {{'rondo.overlap_add' op expected a dimension of 'tensor<9x2xf32>', found -1}}
  %x = rondo.overlap_add %w dim = -1 stride = 2 dilation = 1 : tensor<4x3x2xf32> -> tensor<9x2xf32>
  return
}

// -----

// overlap_add_c2: the windows of the result.
func.func @overlap_add_c2(%w: tensor<4x3x2xf32>) {
  // expected-error @+1 {{'rondo.overlap_add' op expected windows of type 'tensor<3x3x2xf32>', found 'tensor<4x3x2xf32>'}}
  %x = rondo.overlap_add %w dim = 0 stride = 2 dilation = 1 : tensor<4x3x2xf32> -> tensor<8x2xf32>
  return
}
