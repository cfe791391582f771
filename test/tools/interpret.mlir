// rondo-interpret prints results, and tells whether two files' functions agree.
// RUN: rondo-interpret %s --function running_sum --argument 'dense<[1.0, 2.0, 3.5]> : tensor<3xf32>' | FileCheck %s
// RUN: rondo-interpret %s --function double --compare %s --with sum_with_itself
// RUN: not rondo-interpret %s --function double --compare %s --with triple 2>&1 | FileCheck %s --check-prefix=DIFFER
// RUN: not rondo-interpret %s --function tokens --argument 'dense<[0, 5]> : tensor<2xi32>' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TOKENS
// RUN: not rondo-interpret %s --function double --argument 'dense<1.0> : tensor<2xf64>' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TYPE
// RUN: not rondo-interpret %s --function unknown 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not rondo-interpret %s --function log --check-finite --argument 'dense<[1.0, 0.0, 2.0]> : tensor<3xf32>' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FINITE

// CHECK: 6.5 : f32
// CHECK-NEXT: [1, 3, 6.5] : tensor<3xf32>
func.func @running_sum(%xs: tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %total, %sums = rondo.scan (%s = %zero : tensor<f32>) over (%x = %xs : tensor<3xf32>) length 3 {
    %n = arith.addf %s, %x : tensor<f32>
    rondo.yield (%n : tensor<f32>) emit (%n : tensor<f32>)
  } -> (tensor<f32>, tensor<3xf32>)
  return %total, %sums : tensor<f32>, tensor<3xf32>
}

func.func @double(%x: tensor<2xf32>) -> tensor<2xf32> {
  %two = arith.constant dense<2.0> : tensor<2xf32>
  %r = arith.mulf %x, %two : tensor<2xf32>
  return %r : tensor<2xf32>
}
func.func @sum_with_itself(%x: tensor<2xf32>) -> tensor<2xf32> {
  %r = arith.addf %x, %x : tensor<2xf32>
  return %r : tensor<2xf32>
}

// DIFFER: 'double' with seed 1: result 0: {{.*}} became {{.*}} at [{{[01]}}], {{.*}} of the largest magnitude {{.*}}, allowed
func.func @triple(%x: tensor<2xf32>) -> tensor<2xf32> {
  %three = arith.constant dense<3.0> : tensor<2xf32>
  %r = arith.mulf %x, %three : tensor<2xf32>
  return %r : tensor<2xf32>
}

// TYPE: interpret.mlir:[[@LINE-17]]:1: error: expected argument 0 of type 'tensor<2xf32>', found tensor<2xf64>

func.func @tokens(%t: tensor<2xi32>) -> tensor<2x4xf32> {
  // TOKENS: interpret.mlir:[[@LINE+1]]:8: error: 'rondo.one_hot' op expected tokens in 0 .. 3, found 5
  %r = rondo.one_hot %t : tensor<2xi32> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

func.func @unknown(%x: vector<2xf32>) -> vector<2xf32> {
  // UNKNOWN: error: cannot make a random argument of type 'vector<2xf32>'
  return %x : vector<2xf32>
}

func.func @log(%x: tensor<3xf32>) -> tensor<3xf32> {
  %d = arith.addf %x, %x : tensor<3xf32>
  // FINITE: interpret.mlir:[[@LINE+1]]:8: error: 'math.log' op makes an infinity at [1]
  %l = math.log %d : tensor<3xf32>
  %r = arith.subf %l, %l : tensor<3xf32>
  return %r : tensor<3xf32>
}
