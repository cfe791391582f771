// Shapes are static in every op of the dialect.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// rondo_c1, on tensors.
func.func @contract(%x: tensor<?x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{'rondo.contract' op operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<?x3xf32>'}}
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<?x3xf32>, tensor<4x3xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<4xf32>) {
  // expected-error @+1 {{'rondo.broadcast' op result #0 must be statically shaped tensor of any type values, but got 'tensor<?x4xf32>'}}
  %y = rondo.broadcast %x dims = [1] : tensor<4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @reduce(%x: tensor<?xf32>) {
  // expected-error @+1 {{'rondo.reduce' op operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<?xf32>'}}
  %y = rondo.reduce mean %x dims = [0] : tensor<?xf32> -> tensor<f32>
  return
}

// -----

func.func @gather(%table: tensor<5x4xf32>, %tokens: tensor<?xi32>) {
  // expected-error @+1 {{'rondo.gather' op operand #1 must be statically shaped tensor of 32-bit signless integer values, but got 'tensor<?xi32>'}}
  %y = rondo.gather %table, %tokens : tensor<5x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
  return
}

// -----

func.func @scan(%h0: tensor<?xf32>) {
  // expected-error @+1 {{'rondo.scan' op operand #0 must be variadic of statically shaped tensor of any type values, but got 'tensor<?xf32>'}}
  %hT = rondo.scan (%h = %h0 : tensor<?xf32>) length 2 {
    rondo.yield (%h : tensor<?xf32>)
  } -> (tensor<?xf32>)
  return
}

// -----

// rondo_c1, on buffers.
func.func @pack(%w: memref<?x3xf32>, %p: memref<1x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op operand #0 must be variadic of statically shaped tensor of 32-bit float or 64-bit float values or statically shaped memref of 32-bit float or 64-bit float values, but got 'memref<?x3xf32>'}}
  rondo.pack ins(%w : memref<?x3xf32>) outs(%p : memref<1x3x16xf32>) lanes 0 terms 1 width 16
  return
}
