// Named states become arguments and results in the order of scans, then of states; a state without a name stays.
// RUN: rondo-opt %s -rondo-stream -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @two_scans(
// CHECK-SAME: %[[W:[^:]*]]: tensor<4xf32> {rondo.parameter = "w"},
// CHECK-SAME: %[[H:[^:]*]]: tensor<2x4xf32> {rondo.state = "a.h"}, %[[C:[^:]*]]: tensor<2x4xf32> {rondo.state = "b.c"},
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x2x4xf32> {rondo.input = "x"})
// CHECK-SAME: -> (tensor<f32> {rondo.loss}, tensor<3x2x4xf32> {rondo.output = "y"}, tensor<2x4xf32> {rondo.state = "a.h"}, tensor<2x4xf32> {rondo.state = "b.c"})
func.func @two_scans(%w: tensor<4xf32> {rondo.parameter = "w"}, %x: tensor<3x2x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<3x2x4xf32> {rondo.output = "y"}) {
  // CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  // The second state has no name: it begins anew in each window.
  // CHECK: %[[A:.*]]:3 = rondo.scan (%{{.*}} = %[[H]] : tensor<2x4xf32>, %{{.*}} = %[[ZERO]] : tensor<2x4xf32>) over (%{{.*}} = %[[X]] : tensor<3x2x4xf32>) length 3 {
  %a:3 = rondo.scan (%h = %zero : tensor<2x4xf32>, %k = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["a.h", ""] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    %m = arith.mulf %s, %k : tensor<2x4xf32>
    rondo.yield (%s, %m : tensor<2x4xf32>, tensor<2x4xf32>) emit (%m : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<3x2x4xf32>)
  // CHECK: %[[B:.*]]:2 = rondo.scan (%{{.*}} = %[[C]] : tensor<2x4xf32>) over (%{{.*}} = %[[A]]#2 :
  %b:2 = rondo.scan (%c = %zero : tensor<2x4xf32>) over (%v = %a#2 : tensor<3x2x4xf32>) length 3 states ["b.c"] {
    %s = arith.addf %c, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>) emit (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  %l = rondo.reduce mean %b#1 dims = [0, 1, 2] : tensor<3x2x4xf32> -> tensor<f32>
  // CHECK: return %{{.*}}, %[[B]]#1, %[[A]]#0, %[[B]]#0 :
  return %l, %b#1 : tensor<f32>, tensor<3x2x4xf32>
}

// A start that is not zero is used in a sequence's first window, the carried state in the others.
// CHECK-LABEL: func.func @start(
// CHECK-SAME: %[[W:[^:]*]]: tensor<2x4xf32> {rondo.parameter = "h0"}, %[[H:[^:]*]]: tensor<2x4xf32> {rondo.state = "h"},
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x2x4xf32> {rondo.input = "x"}, %[[START:[^:]*]]: tensor<i1> {rondo.start})
func.func @start(%w: tensor<2x4xf32> {rondo.parameter = "h0"}, %x: tensor<3x2x4xf32> {rondo.input = "x"})
    -> (tensor<3x2x4xf32> {rondo.output = "y"}) {
  // CHECK: %[[IS:.*]] = rondo.broadcast %[[START]] dims = [] : tensor<i1> -> tensor<2x4xi1>
  // CHECK: %[[INIT:.*]] = arith.select %[[IS]], %[[W]], %[[H]] : tensor<2x4xi1>, tensor<2x4xf32>
  // CHECK: rondo.scan (%{{.*}} = %[[INIT]] :
  %y:2 = rondo.scan (%h = %w : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["h"] {
    %s = arith.addf %h, %v : tensor<2x4xf32>
    rondo.yield (%s : tensor<2x4xf32>) emit (%s : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  return %y#1 : tensor<3x2x4xf32>
}

// A backward scan whose states have no names looks ahead, but nothing here is to be carried.
// CHECK-LABEL: func.func @nothing_to_carry(
// CHECK-SAME: %{{[^:]*}}: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<3x2xf32> {rondo.output = "y"})
func.func @nothing_to_carry(%x: tensor<3x2xf32> {rondo.input = "x"}) -> (tensor<3x2xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %y:2 = rondo.scan (%h = %zero : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 backward {
    %s = arith.addf %h, %v : tensor<2xf32>
    rondo.yield (%s : tensor<2xf32>) emit (%s : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<3x2xf32>)
  return %y#1 : tensor<3x2xf32>
}

// A scan without names runs over another axis: it begins anew in each window, in any direction.
// CHECK-LABEL: func.func @beside(
// CHECK: rondo.scan (%{{.*}} = %arg0 : tensor<2xf32>)
// CHECK: rondo.scan (%{{.*}} = %{{cst.*}} : tensor<2xf32>) over (%{{.*}} = %{{.*}} : tensor<4x2xf32>) length 4 backward {
func.func @beside(%x: tensor<3x2xf32> {rondo.input = "x"}, %w: tensor<4x2xf32> {rondo.input = "w"})
    -> (tensor<3x2xf32> {rondo.output = "y"}, tensor<2xf32> {rondo.output = "z"}) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %y:2 = rondo.scan (%h = %zero : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 states ["h"] {
    %s = arith.addf %h, %v : tensor<2xf32>
    rondo.yield (%s : tensor<2xf32>) emit (%s : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<3x2xf32>)
  %z:2 = rondo.scan (%h = %zero : tensor<2xf32>) over (%v = %w : tensor<4x2xf32>) length 4 backward {
    %s = arith.addf %h, %v : tensor<2xf32>
    rondo.yield (%s : tensor<2xf32>) emit (%s : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<4x2xf32>)
  return %y#1, %z#0 : tensor<3x2xf32>, tensor<2xf32>
}

// Random numbers along time know where the window begins, in each row or in the batch, and so do those of no row, which
// are drawn anew in each window; those of rows alone do not. The positions are one argument for each type of seed.
// CHECK-LABEL: func.func @positions(
// CHECK-SAME: %[[SEEDS:[^:]*]]: tensor<2xi64> {rondo.seed}, %[[SEED:[^:]*]]: tensor<i64> {rondo.seed},
// CHECK-SAME: %[[FIRST:[^:]*]]: tensor<2xi64> {rondo.position}, %[[BEGIN:[^:]*]]: tensor<i64> {rondo.position})
// CHECK: rondo.random %[[SEEDS]], %[[FIRST]] rows = 1 time = 0 stream = 0
// CHECK: rondo.random %[[SEEDS]] rows = 0 stream = 1
// CHECK: rondo.random %[[SEED]], %[[BEGIN]] time = 0 stream = 2
// CHECK: rondo.random %[[SEED]], %[[BEGIN]] stream = 3
// CHECK: rondo.random %[[SEEDS]], %[[FIRST]] rows = 1 time = 0 stream = 4
// CHECK: rondo.random %[[SEEDS]], %[[FIRST]] rows = 0 stream = 5 : tensor<2xi64> -> tensor<2xf32>
func.func @positions(%seeds: tensor<2xi64> {rondo.seed}, %seed: tensor<i64> {rondo.seed})
    -> (tensor<3x2x4xf32> {rondo.output = "a"}, tensor<2xf32> {rondo.output = "b"}, tensor<3xf32> {rondo.output = "c"},
        tensor<4xf32> {rondo.output = "d"}, tensor<3x2xf32> {rondo.output = "e"}, tensor<2xf32> {rondo.output = "f"}) {
  %a = rondo.random %seeds rows = 1 time = 0 stream = 0 : tensor<2xi64> -> tensor<3x2x4xf32>
  %b = rondo.random %seeds rows = 0 stream = 1 : tensor<2xi64> -> tensor<2xf32>
  %c = rondo.random %seed time = 0 stream = 2 : tensor<i64> -> tensor<3xf32>
  %d = rondo.random %seed stream = 3 : tensor<i64> -> tensor<4xf32>
  %e = rondo.random %seeds rows = 1 time = 0 stream = 4 : tensor<2xi64> -> tensor<3x2xf32>
  %f = rondo.random %seeds rows = 0 stream = 5 {rondo.position} : tensor<2xi64> -> tensor<2xf32>
  return %a, %b, %c, %d, %e, %f : tensor<3x2x4xf32>, tensor<2xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3x2xf32>, tensor<2xf32>
}

// What lies before a window is a state; the next window has the last positions before it, as many.
// CHECK-LABEL: func.func @history(
// CHECK-SAME: %[[P:[^:]*]]: tensor<2x3xf32> {rondo.state = "a.past"}, %[[X:[^:]*]]: tensor<4x3xf32> {rondo.input = "x"})
// CHECK-SAME: -> (tensor<4x3xf32> {rondo.output = "y"}, tensor<2x3xf32> {rondo.state = "a.past"})
func.func @history(%x: tensor<4x3xf32> {rondo.input = "x"}) -> (tensor<4x3xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  // CHECK: %[[W:.*]] = tensor.concat dim(0) %[[P]], %[[X]] : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  %w = tensor.concat dim(0) %zero, %x {rondo.history = "a.past"}
      : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  // CHECK: %[[LAST:.*]] = tensor.extract_slice %[[W]][4, 0] [2, 3] [1, 1]
  %y = tensor.extract_slice %w[0, 0] [4, 3] [1, 1] : tensor<6x3xf32> to tensor<4x3xf32>
  // CHECK: return %{{.*}}, %[[LAST]] :
  return %y : tensor<4x3xf32>
}

// Along another dimension, more positions than the window has, with a first value that is not zero.
// CHECK-LABEL: func.func @long_history(
// CHECK-SAME: %[[P:[^:]*]]: tensor<2x3xf32> {rondo.state = "a.past"}, %[[X:[^:]*]]: tensor<2x1xf32> {rondo.input = "x"}
// CHECK-SAME: %[[START:[^:]*]]: tensor<i1> {rondo.start})
func.func @long_history(%x: tensor<2x1xf32> {rondo.input = "x"}) -> (tensor<2x1xf32> {rondo.output = "y"}) {
  %first = arith.constant dense<0.5> : tensor<2x3xf32>
  // CHECK: %[[BEFORE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[P]] :
  // CHECK: %[[W:.*]] = tensor.concat dim(1) %[[BEFORE]], %[[X]] :
  // CHECK: tensor.extract_slice %[[W]][0, 1] [2, 3] [1, 1]
  %w = tensor.concat dim(1) %first, %x {rondo.history = "a.past"}
      : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %y = tensor.extract_slice %w[0, 0] [2, 1] [1, 1] : tensor<2x4xf32> to tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// What counts positions goes on from where the window begins in each sequence.
// CHECK-LABEL: func.func @count(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x2xf32> {rondo.input = "x"}, %[[P:[^:]*]]: tensor<2xi64> {rondo.position})
func.func @count(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<4x2xf32> {rondo.output = "y"}) {
  // CHECK: %[[I:.*]] = rondo.iota dim = 0 : tensor<4x2xi32>
  // CHECK: %[[N:.*]] = arith.trunci %[[P]] : tensor<2xi64> to tensor<2xi32>
  // CHECK: %[[F:.*]] = rondo.broadcast %[[N]] dims = [1] : tensor<2xi32> -> tensor<4x2xi32>
  // CHECK: %[[S:.*]] = arith.addi %[[I]], %[[F]]
  // CHECK: arith.sitofp %[[S]]
  %i = rondo.iota dim = 0 {rondo.position} : tensor<4x2xi32>
  %f = arith.sitofp %i : tensor<4x2xi32> to tensor<4x2xf32>
  %y = arith.addf %x, %f : tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// What is kept of all positions is a state, into which each window goes where it begins.
// CHECK-LABEL: func.func @slots(
// CHECK-SAME: %[[S:[^:]*]]: tensor<9x2xf32> {rondo.state = "a.past"}, %[[X:[^:]*]]: tensor<4x2xf32> {rondo.input = "x"},
// CHECK-SAME: %[[P:[^:]*]]: tensor<2xi64> {rondo.position})
// CHECK-SAME: -> (tensor<2xf32> {rondo.output = "y"}, tensor<9x2xf32> {rondo.state = "a.past"})
func.func @slots(%x: tensor<4x2xf32> {rondo.input = "x"}) -> (tensor<2xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<9x2xf32>
  // CHECK: %[[ALL:.*]] = rondo.append %[[X]] to %[[S]] at %[[P]] dim 0 rows 1 : tensor<4x2xf32>, tensor<9x2xf32>, tensor<2xi64> -> tensor<9x2xf32>
  %all = rondo.append %x to %zero dim 0 rows 1 {rondo.history = "a.past", rondo.position}
      : tensor<4x2xf32>, tensor<9x2xf32> -> tensor<9x2xf32>
  %y = rondo.reduce sum %all dims = [0] : tensor<9x2xf32> -> tensor<2xf32>
  // CHECK: return %{{.*}}, %[[ALL]] :
  return %y : tensor<2xf32>
}
