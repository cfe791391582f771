// Each constraint of what is kept in slots, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// append_c1: two dimensions of the window.
func.func @append_c1_dim(%w: tensor<3x2xf32>, %s: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.append' op expected two dimensions of 'tensor<3x2xf32>', found dim 2 and rows 1}}
  %r = rondo.append %w to %s dim 2 rows 1 : tensor<3x2xf32>, tensor<9x2xf32> -> tensor<9x2xf32>
  return
}

// -----

// append_c1: two different ones.
func.func @append_c1_rows(%w: tensor<3x2xf32>, %s: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.append' op expected two dimensions of 'tensor<3x2xf32>', found dim 0 and rows 0}}
  %r = rondo.append %w to %s dim 0 rows 0 : tensor<3x2xf32>, tensor<9x2xf32> -> tensor<9x2xf32>
  return
}

// -----

// append_c1: the other sizes are the same.
func.func @append_c1_sizes(%w: tensor<3x2xf32>, %s: tensor<9x4xf32>) {
  // expected-error @+1 {{'rondo.append' op expected slots of the window's type 'tensor<3x2xf32>' but for the size of dimension 0, found 'tensor<9x4xf32>'}}
  %r = rondo.append %w to %s dim 0 rows 1 : tensor<3x2xf32>, tensor<9x4xf32> -> tensor<9x4xf32>
  return
}

// -----

// append_c1: and the rank.
func.func @append_c1_rank(%w: tensor<3x2xf32>, %s: tensor<9x2x1xf32>) {
  // expected-error @+1 {{'rondo.append' op expected slots of the window's type 'tensor<3x2xf32>' but for the size of dimension 0, found 'tensor<9x2x1xf32>'}}
  %r = rondo.append %w to %s dim 0 rows 1 : tensor<3x2xf32>, tensor<9x2x1xf32> -> tensor<9x2x1xf32>
  return
}

// -----

// append_c1: and the element type.
func.func @append_c1_element(%w: tensor<3x2xf32>, %s: tensor<9x2xf64>) {
  // expected-error @+1 {{'rondo.append' op expected slots of the window's type 'tensor<3x2xf32>' but for the size of dimension 0, found 'tensor<9x2xf64>'}}
  %r = rondo.append %w to %s dim 0 rows 1 : tensor<3x2xf32>, tensor<9x2xf64> -> tensor<9x2xf64>
  return
}

// -----

// append_c2: a position for each row.
func.func @append_c2(%w: tensor<3x2xf32>, %s: tensor<9x2xf32>, %f: tensor<3xi64>) {
  // expected-error @+1 {{'rondo.append' op expected one first position for each of 2 rows, found 'tensor<3xi64>'}}
  %r = rondo.append %w to %s at %f dim 0 rows 1 : tensor<3x2xf32>, tensor<9x2xf32>, tensor<3xi64> -> tensor<9x2xf32>
  return
}

// -----

// append_c3: tensors only.
func.func @append_c3_mixed(%w: memref<3x2xf32>, %s: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.append' op expected tensors only or buffers only, found 'memref<3x2xf32>', 'tensor<9x2xf32>'}}
  %r = rondo.append %w to %s dim 0 rows 1 : memref<3x2xf32>, tensor<9x2xf32> -> tensor<9x2xf32>
  return
}

// -----

// append_c3: a result of tensors.
func.func @append_c3_result(%w: tensor<3x2xf32>, %s: tensor<9x2xf32>) {
  // expected-error @+1 {{'rondo.append' op expected one result for each output that is a tensor, of its type ('tensor<9x2xf32>'), found ()}}
  rondo.append %w to %s dim 0 rows 1 : tensor<3x2xf32>, tensor<9x2xf32>
  return
}
