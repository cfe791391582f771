// What cannot be truncated to k1 = 2, k2 = 3.
// RUN: rondo-opt %s -rondo-truncate-bptt="k1=2 k2=3" -split-input-file -verify-diagnostics
// RUN: not rondo-opt %s -rondo-truncate-bptt="k1=4 k2=3" 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not rondo-opt %s -rondo-truncate-bptt="k1=0 k2=3" 2>&1 | FileCheck %s --check-prefix=NONE
// ORDER: error: expected 1 <= k1 <= k2, found k1 = 4 and k2 = 3
// NONE: error: expected 1 <= k1 <= k2, found k1 = 0 and k2 = 3

// A window of another length.
func.func @length(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  // expected-error @+1 {{expected a window of k2 = 3 steps, found 4}}
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// A loss without a time axis.
func.func @loss(%x: tensor<2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  // expected-error @+1 {{expected a loss that is the mean over time and batch of a loss per position}}
  %l = rondo.reduce mean %x dims = [0] : tensor<2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// States that are not carried yet.
func.func @named(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  // expected-error @+1 {{expected states that are arguments and results of the function: they have to be carried before the truncation}}
  %sT, %y = rondo.scan (%s = %zero : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 states ["s"] {
    %n = arith.addf %s, %v : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<3x2xf32>)
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}

// -----

// A carried state that is no state of its scan.
func.func @state(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}, tensor<3x2xf32> {rondo.state = "s"}) {
  // expected-error @+1 {{expected the final state of a scan as the carried state "s"}}
  %y = rondo.scan () over (%v = %x : tensor<3x2xf32>) length 3 {
    rondo.yield () emit (%v : tensor<2xf32>)
  } -> (tensor<3x2xf32>)
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  return %l, %y : tensor<f32>, tensor<3x2xf32>
}

// -----

// A carried state of a scan over something else than the window.
func.func @scan(%x: tensor<3x2xf32> {rondo.input = "x"}, %s0: tensor<2xf32> {rondo.state = "s"}) -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
  // expected-error @+1 {{expected a forward scan of k2 = 3 steps}}
  %sT = rondo.scan (%s = %s0 : tensor<2xf32>) length 5 {
    %n = arith.addf %s, %s : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>)
  } -> (tensor<2xf32>)
  %l = rondo.reduce mean %x dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  return %l, %sT : tensor<f32>, tensor<2xf32>
}
