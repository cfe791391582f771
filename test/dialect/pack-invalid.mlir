// Each constraint of pack, broken, and a give that ends no body.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// pack_c1: at least one weight.
func.func @pack_c1_none(%e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected at least one weight}}
  %p = "rondo.pack"(%e) <{lanes = 0 : i64, operandSegmentSizes = array<i32: 0, 0, 1>, terms = 1 : i64, width = 16 : i64}>
      : (tensor<2x3x16xf32>) -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c1: of one type.
func.func @pack_c1_types(%w0: tensor<20x3xf32>, %w1: tensor<20x4xf32>, %e: tensor<2x3x32xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected weights of one type, found 'tensor<20x3xf32>', 'tensor<20x4xf32>'}}
  %p = rondo.pack ins(%w0, %w1 : tensor<20x3xf32>, tensor<20x4xf32>) outs(%e : tensor<2x3x32xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x32xf32>
  return
}

// -----

// pack_c1: of static shape.
func.func @pack_c1_dynamic(%w0: tensor<?x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op operand #0 must be variadic of statically shaped tensor of 32-bit float or 64-bit float values or statically shaped memref of 32-bit float or 64-bit float values, but got 'tensor<?x3xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<?x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: lanes along a dimension.
func.func @pack_c2_lanes(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes and terms along two dimensions of 'tensor<20x3xf32>' and a width of at least 1, found lanes 2, terms 1 and width 16}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 2 terms 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: and terms, which a vector has not.
func.func @pack_c2_terms(%w0: tensor<20xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes and terms along two dimensions of 'tensor<20xf32>' and a width of at least 1, found lanes 0, terms 1 and width 16}}
  %p = rondo.pack ins(%w0 : tensor<20xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: not both along one.
func.func @pack_c2_one(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes and terms along two dimensions of 'tensor<20x3xf32>' and a width of at least 1, found lanes 1, terms 1 and width 16}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 1 terms 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: a width.
func.func @pack_c2_width(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes and terms along two dimensions of 'tensor<20x3xf32>' and a width of at least 1, found lanes 0, terms 1 and width 0}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 0 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c3: the output's shape.
func.func @pack_c3_shape(%w0: tensor<20x3xf32>, %e: tensor<2x3x32xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [2, 3, 16], found 'tensor<2x3x32xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x32xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x32xf32>
  return
}

// -----

// pack_c3: with the lanes along the other dimension.
func.func @pack_c3_lanes(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [1, 20, 16], found 'tensor<2x3x16xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 1 terms 0 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c3: and element type.
func.func @pack_c3_element(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf64>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [2, 3, 16], found 'tensor<2x3x16xf64>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf64>) lanes 0 terms 1 width 16 -> tensor<2x3x16xf64>
  return
}

// -----

// pack_c3: weights apart have another shape.
func.func @pack_c3_apart(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [2, 1, 3, 16], found 'tensor<2x3x16xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16 apart -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c4: a result for an output that is a tensor.
func.func @pack_c4_none(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one result for each output that is a tensor, of its type ('tensor<2x3x16xf32>'), found ()}}
  rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16
  return
}

// -----

// pack_c4: tensors or buffers.
func.func @pack_c4_mixed(%w0: memref<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected tensors only or buffers only, found 'memref<20x3xf32>', 'tensor<2x3x16xf32>'}}
  %p = rondo.pack ins(%w0 : memref<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// give stands in a phase.
func.func @give_elsewhere(%x: f32) {
  // expected-error @+1 {{'rondo.phase_yield' op expects parent op 'rondo.phase'}}
  rondo.phase_yield %x : f32
}

// -----

// pack_c5: ends are along lanes or terms.
func.func @pack_c5_along(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>, %n: tensor<5xi64>, %m: tensor<4xi64>) {
  // expected-error @+1 {{'rondo.pack' op expected ends along lanes or terms, plus a number}}
  %p = rondo.pack ins(%k : tensor<20x5x3xf32>) ends(%n : tensor<5xi64>) along 1 rows 1 plus 0 outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return
}

// -----

// pack_c5: rows are another dimension.
func.func @pack_c5_rows(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>, %n: tensor<5xi64>, %m: tensor<4xi64>) {
  // expected-error @+1 {{'rondo.pack' op expected rows along another dimension of 'tensor<20x5x3xf32>', found 2}}
  %p = rondo.pack ins(%k : tensor<20x5x3xf32>) ends(%n : tensor<5xi64>) along 0 rows 2 plus 0 outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return
}

// -----

// pack_c5: rows are a dimension.
func.func @pack_c5_outside(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>, %n: tensor<5xi64>, %m: tensor<4xi64>) {
  // expected-error @+1 {{'rondo.pack' op expected rows along another dimension of 'tensor<20x5x3xf32>', found 3}}
  %p = rondo.pack ins(%k : tensor<20x5x3xf32>) ends(%n : tensor<5xi64>) along 0 rows 3 plus 0 outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return
}

// -----

// pack_c5: one end for each row.
func.func @pack_c5_size(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>, %n: tensor<5xi64>, %m: tensor<4xi64>) {
  // expected-error @+1 {{'rondo.pack' op expected one end for each row, found 'tensor<4xi64>'}}
  %p = rondo.pack ins(%k : tensor<20x5x3xf32>) ends(%m : tensor<4xi64>) along 0 rows 1 plus 0 outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return
}

// -----

// pack_c5: one end without rows.
func.func @pack_c5_one(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>, %n: tensor<5xi64>, %m: tensor<4xi64>) {
  // expected-error @+1 {{'rondo.pack' op expected one end, found 'tensor<4xi64>'}}
  %p = rondo.pack ins(%k : tensor<20x5x3xf32>) ends(%m : tensor<4xi64>) along 0 plus 0 outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return
}

// -----

// pack_c5: nothing is said of ends that are not there.
func.func @pack_c5_none(%k: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected 'along', 'rows' and 'plus' beside 'ends' only}}
  %p = "rondo.pack"(%k, %d) <{along = 0 : i64, lanes = 0 : i64, terms = 2 : i64, width = 16 : i64, operandSegmentSizes = array<i32: 1, 0, 1>}> : (tensor<20x5x3xf32>, tensor<5x2x3x16xf32>) -> tensor<5x2x3x16xf32>
  return
}
