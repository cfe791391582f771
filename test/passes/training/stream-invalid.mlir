// What cannot be carried from window to window.
// RUN: rondo-opt %s -rondo-stream -split-input-file -verify-diagnostics

// A scan that begins at the end of the window.
func.func @backward(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<3x2xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  // expected-error @+1 {{a backward scan looks ahead over the end of a window and cannot be streamed}}
  %y:2 = rondo.scan (%h = %zero : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 backward states ["h"] {
    %s = arith.addf %h, %v : tensor<2xf32>
    rondo.yield (%s : tensor<2xf32>) emit (%s : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<3x2xf32>)
  return %y#1 : tensor<3x2xf32>
}

// -----

// Two states of one name.
func.func @names(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<3x2xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  // expected-error @+2 {{a second carried state has the name "h"}}
  // expected-note @+1 {{the first is here}}
  %y:3 = rondo.scan (%h = %zero : tensor<2xf32>, %g = %zero : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 states ["h", "h"] {
    %s = arith.addf %h, %v : tensor<2xf32>
    rondo.yield (%s, %g : tensor<2xf32>, tensor<2xf32>) emit (%s : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<3x2xf32>)
  return %y#2 : tensor<3x2xf32>
}

// -----

// A scan within a scan.
func.func @nested(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<3xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %y = rondo.scan () over (%v = %x : tensor<3x2xf32>) length 3 {
    // expected-error @+1 {{a scan within a scan begins anew at each position, so its states cannot be carried}}
    %s = rondo.scan (%h = %zero : tensor<f32>) over (%e = %v : tensor<2xf32>) length 2 states ["h"] {
      %n = arith.addf %h, %e : tensor<f32>
      rondo.yield (%n : tensor<f32>)
    } -> (tensor<f32>)
    rondo.yield () emit (%s : tensor<f32>)
  } -> (tensor<3xf32>)
  return %y : tensor<3xf32>
}

// -----

// The end of the window is known at each of its positions: added to what a scan emits,
func.func @final(%x: tensor<3x2x4xf32> {rondo.input = "x"}) -> (tensor<3x2x4xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  // expected-error @+1 {{a scan whose final state is used over time looks ahead over the end of a window and cannot be streamed}}
  %y:2 = rondo.scan (%h = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["h"] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>) emit (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  %t = math.tanh %y#0 : tensor<2x4xf32>
  %everywhere = rondo.broadcast %t dims = [1, 2] : tensor<2x4xf32> -> tensor<3x2x4xf32>
  %sum = arith.addf %y#1, %everywhere : tensor<3x2x4xf32>
  return %sum : tensor<3x2x4xf32>
}

// -----

// multiplied with it,
func.func @product(%x: tensor<3x2x4xf32> {rondo.input = "x"}) -> (tensor<3x2xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  // expected-error @+1 {{a scan whose final state is used over time looks ahead over the end of a window and cannot be streamed}}
  %y:2 = rondo.scan (%h = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["h"] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>) emit (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  %dots = rondo.contract %y#0, %y#1 "bi,tbi->tb" : tensor<2x4xf32>, tensor<3x2x4xf32> -> tensor<3x2xf32>
  return %dots : tensor<3x2xf32>
}

// -----

// or where another scan begins.
func.func @next(%x: tensor<3x2x4xf32> {rondo.input = "x"}) -> (tensor<3x2x4xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  // expected-error @+1 {{a scan whose final state is used over time looks ahead over the end of a window and cannot be streamed}}
  %y = rondo.scan (%h = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["h"] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  %z:2 = rondo.scan (%h = %y : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["g"] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>) emit (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  return %z#1 : tensor<3x2x4xf32>
}

// -----

// Two states of one name.
func.func @histories(%x: tensor<4x3xf32> {rondo.input = "x"}) -> (tensor<5x3xf32> {rondo.output = "y"}, tensor<5x3xf32> {rondo.output = "z"}) {
  %zero = arith.constant dense<0.0> : tensor<1x3xf32>
  // expected-note @+1 {{the first is here}}
  %w = tensor.concat dim(0) %zero, %x {rondo.history = "a.past"} : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<5x3xf32>
  // expected-error @+1 {{a second carried state has the name "a.past"}}
  %v = tensor.concat dim(0) %zero, %x {rondo.history = "a.past"} : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<5x3xf32>
  return %w, %v : tensor<5x3xf32>, tensor<5x3xf32>
}

// -----

// A state that a scan would begin anew at each position.
func.func @within(%x: tensor<4x3xf32> {rondo.input = "x"}, %m: tensor<2x3xf32> {rondo.input = "m"}) -> (tensor<4x3xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<3xf32>
  %one = arith.constant dense<0.0> : tensor<1x3xf32>
  %y:2 = rondo.scan (%h = %zero : tensor<3xf32>) over (%v = %x : tensor<4x3xf32>) length 4 {
    // expected-error @+1 {{a history within a scan begins anew at each position, so its states cannot be carried}}
    %w = tensor.concat dim(0) %one, %m {rondo.history = "a.past"} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<3x3xf32>
    %s = rondo.reduce sum %w dims = [0] : tensor<3x3xf32> -> tensor<3xf32>
    %n = arith.addf %s, %v : tensor<3xf32>
    rondo.yield (%n : tensor<3xf32>) emit (%n : tensor<3xf32>)
  } -> (tensor<3xf32>, tensor<4x3xf32>)
  return %y#1 : tensor<4x3xf32>
}
