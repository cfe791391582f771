// Each constraint of the scan, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// scan_c1: `length` is positive.
func.func @scan_c1_length(%h0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op attribute 'length' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 0 {
    rondo.yield (%h : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c1: every sequence's leading dimension is `length`.
func.func @scan_c1_sequence(%h0: tensor<2xf32>, %xs: tensor<8x2xf32>, %ys: tensor<7x2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected a leading dimension of 8 in sequence 1, found 'tensor<7x2xf32>'}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<8x2xf32>, %y = %ys : tensor<7x2xf32>) length 8 {
    rondo.yield (%x : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c1: a scalar has no leading dimension.
func.func @scan_c1_scalar(%h0: tensor<2xf32>, %xs: tensor<f32>) -> tensor<2xf32> {
  // expected-error @+1 {{expected a tensor with a leading dimension, found 'tensor<f32>'}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<f32>) length 8 {
    rondo.yield (%h : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c2: the region's arguments are the states and one position of each sequence.
func.func @scan_c2(%h0: tensor<2xf32>, %xs: tensor<8x3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected region arguments of types 'tensor<2xf32>', 'tensor<3xf32>', found 'tensor<2xf32>', 'tensor<8x3xf32>'}}
  %hT = "rondo.scan"(%h0, %xs) <{length = 8 : i64, operandSegmentSizes = array<i32: 1, 1, 0>}> ({
  ^body(%h: tensor<2xf32>, %x: tensor<8x3xf32>):
    rondo.yield (%h : tensor<2xf32>)
  }) : (tensor<2xf32>, tensor<8x3xf32>) -> tensor<2xf32>
  return %hT : tensor<2xf32>
}

// -----

// scan_c3: the next states have the types of the inits.
func.func @scan_c3(%h0: tensor<2xf32>, %xs: tensor<8x3xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected next states of types 'tensor<2xf32>', found 'tensor<3xf32>'}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<8x3xf32>) length 8 {
    // expected-note @+1 {{yielded here}}
    rondo.yield (%x : tensor<3xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c3: and as many of them.
func.func @scan_c3_count(%h0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected next states of types 'tensor<2xf32>', found 'tensor<2xf32>', 'tensor<2xf32>'}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 8 {
    // expected-note @+1 {{yielded here}}
    rondo.yield (%h, %h : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c4: an emitted value's result has the length in front.
func.func @scan_c4(%h0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{'rondo.scan' op inferred type(s) 'tensor<2xf32>', 'tensor<8x2xf32>' are incompatible with return type(s) of operation 'tensor<2xf32>', 'tensor<7x2xf32>'}}
  // expected-error @+1 {{'rondo.scan' op failed to infer returned types}}
  %hT:2 = rondo.scan (%h = %h0 : tensor<2xf32>) length 8 {
    rondo.yield (%h : tensor<2xf32>) emit (%h : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<7x2xf32>)
  return %hT#0 : tensor<2xf32>
}

// -----

// scan_c5: `states` names every state.
func.func @scan_c5(%h0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op expected 1 names in 'states', found 2}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 8 states ["h", "c"] {
    rondo.yield (%h : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// scan_c6: a limit is one integer of 64 bits.
func.func @scan_c6_type(%h0: tensor<2xf32>, %n: tensor<2xi64>) -> tensor<2xf32> {
  // expected-error @+1 {{'rondo.scan' op operand #1 must be 0D tensor of 64-bit signless integer values, but got 'tensor<2xi64>'}}
  %hT = "rondo.scan"(%h0, %n) <{length = 8 : i64, operandSegmentSizes = array<i32: 1, 0, 1>}> ({
  ^body(%h: tensor<2xf32>):
    rondo.yield (%h : tensor<2xf32>)
  }) : (tensor<2xf32>, tensor<2xi64>) -> tensor<2xf32>
  return %hT : tensor<2xf32>
}

// -----

// A body ends with rondo.yield.
func.func @no_yield(%h0: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{'rondo.scan' op failed to infer returned types}}
  // expected-error @+1 {{expected a body that ends with rondo.yield}}
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 8 {
    ub.unreachable
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}

// -----

// rondo.yield stands in a scan only.
func.func @yield_alone(%h: tensor<2xf32>) {
  // expected-error @+1 {{'rondo.yield' op expects parent op 'rondo.scan'}}
  rondo.yield (%h : tensor<2xf32>)
}
