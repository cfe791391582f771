// Products of many matrices have the matrices' dimensions last; transpositions move down to what reads any order.
// RUN: rondo-opt %s --rondo-order-dimensions -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: rondo-interpret %s --function attention --compare %t.mlir
// RUN: rondo-interpret %s --function mixture --compare %t.mlir
// RUN: rondo-interpret %s --function back_and_forth --compare %t.mlir
// RUN: rondo-interpret %s --function stays --compare %t.mlir
// RUN: rondo-interpret %s --function sums --compare %t.mlir
// RUN: rondo-interpret %s --function shared --compare %t.mlir
// RUN: rondo-opt %s --rondo-differentiate=function=attention -o %t.grad.mlir
// RUN: rondo-opt %t.grad.mlir --rondo-order-dimensions -canonicalize -cse -o %t.ordered.mlir
// RUN: FileCheck %s --check-prefix=GRAD < %t.ordered.mlir
// RUN: rondo-interpret %t.grad.mlir --function attention_grad --compare %t.ordered.mlir

// With a scale, a causal mask and a bias for each key and head; the heads are last among the features.
// CHECK-LABEL: func.func @attention(
// CHECK: %[[S:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbnd,sbnd->bnts"
// CHECK: %[[B:.*]] = rondo.broadcast %arg3 dims = [3, 1] : tensor<7x3xf64> -> tensor<2x3x7x7xf64>
// CHECK: arith.addf %{{.*}}, %[[B]] : tensor<2x3x7x7xf64>
// CHECK-DAG: rondo.iota dim = 3 : tensor<2x3x7x7xi32>
// CHECK-DAG: rondo.iota dim = 2 : tensor<2x3x7x7xi32>
// CHECK: %[[P:.*]] = rondo.softmax %{{.*}} dim = 3 : tensor<2x3x7x7xf64>
// CHECK: rondo.contract %[[P]], %{{.*}} "bnts,sbnd->tbnd"
// CHECK: return
// The derivative likewise: no transposition is left.
// GRAD-LABEL: func.func @attention_grad(
// GRAD-NOT: tensor<7x7x2x3xf64>
// GRAD: return
func.func @attention(%q: tensor<7x2x3x4xf64> {rondo.parameter = "q"}, %k: tensor<7x2x3x4xf64> {rondo.parameter = "k"},
                     %v: tensor<7x2x3x4xf64> {rondo.parameter = "v"}, %b: tensor<7x3xf64> {rondo.parameter = "b"})
    -> (tensor<f64> {rondo.loss}) {
  %0 = rondo.contract %q, %k "tbnd,sbnd->tsbn" : tensor<7x2x3x4xf64>, tensor<7x2x3x4xf64> -> tensor<7x7x2x3xf64>
  %c = arith.constant dense<0.5> : tensor<7x7x2x3xf64>
  %1 = arith.mulf %0, %c : tensor<7x7x2x3xf64>
  %bs = rondo.broadcast %b dims = [1, 3] : tensor<7x3xf64> -> tensor<7x7x2x3xf64>
  %2 = arith.addf %1, %bs : tensor<7x7x2x3xf64>
  %t = rondo.iota dim = 0 : tensor<7x7x2x3xi32>
  %s = rondo.iota dim = 1 : tensor<7x7x2x3xi32>
  %seen = arith.cmpi sle, %s, %t : tensor<7x7x2x3xi32>
  %none = arith.constant dense<-1.0e9> : tensor<7x7x2x3xf64>
  %3 = arith.select %seen, %2, %none : tensor<7x7x2x3xi1>, tensor<7x7x2x3xf64>
  %p = rondo.softmax %3 dim = 1 : tensor<7x7x2x3xf64>
  %y = rondo.contract %p, %v "tsbn,sbnd->tbnd" : tensor<7x7x2x3xf64>, tensor<7x2x3x4xf64> -> tensor<7x2x3x4xf64>
  %z = arith.mulf %y, %y : tensor<7x2x3x4xf64>
  %l = rondo.reduce mean %z dims = [0, 1, 2, 3] : tensor<7x2x3x4xf64> -> tensor<f64>
  return %l : tensor<f64>
}

// The weights of positions times their values, summed over the positions, is a product; so are its derivatives. Not what
// one operand has whole, nor a mean.
// CHECK-LABEL: func.func @mixture(
// CHECK: %[[Y:.*]] = rondo.contract %arg0, %arg1 "{{.*}}" : tensor<7x5x2xf64>, tensor<5x2x4xf64> -> tensor<7x2x4xf64>
// CHECK-NOT: rondo.contract
// CHECK: arith.mulf %arg2, %{{.*}} : tensor<7x5x2x4xf64>
// CHECK: rondo.reduce sum
// CHECK: rondo.reduce mean
// CHECK: return %[[Y]]
func.func @mixture(%p: tensor<7x5x2xf64>, %v: tensor<5x2x4xf64>, %m: tensor<7x5x2x4xf64>)
    -> (tensor<7x2x4xf64>, tensor<7x2x4xf64>, tensor<7x2x4xf64>) {
  %ps = rondo.broadcast %p dims = [0, 1, 2] : tensor<7x5x2xf64> -> tensor<7x5x2x4xf64>
  %vs = rondo.broadcast %v dims = [1, 2, 3] : tensor<5x2x4xf64> -> tensor<7x5x2x4xf64>
  %0 = arith.mulf %ps, %vs : tensor<7x5x2x4xf64>
  %y = rondo.reduce sum %0 dims = [1] : tensor<7x5x2x4xf64> -> tensor<7x2x4xf64>
  %1 = arith.mulf %m, %vs : tensor<7x5x2x4xf64>
  %z = rondo.reduce sum %1 dims = [1] : tensor<7x5x2x4xf64> -> tensor<7x2x4xf64>
  %2 = arith.mulf %vs, %ps : tensor<7x5x2x4xf64>
  %u = rondo.reduce mean %2 dims = [1] : tensor<7x5x2x4xf64> -> tensor<7x2x4xf64>
  return %y, %z, %u : tensor<7x2x4xf64>, tensor<7x2x4xf64>, tensor<7x2x4xf64>
}

// One that is given out, or meets a value that has its order, is transposed before. A product of numbers for each
// position has no matrices.
// CHECK-LABEL: func.func @stays(
// CHECK: %[[S:.*]] = rondo.contract %arg0, %arg1 "tbd,sbd->bts"
// CHECK: %[[T:.*]] = rondo.broadcast %[[S]] dims = [2, 0, 1] : tensor<2x5x3xf64> -> tensor<5x3x2xf64>
// CHECK: %[[U:.*]] = arith.addf %[[T]], %arg2 : tensor<5x3x2xf64>
// CHECK: %[[D:.*]] = rondo.contract %arg2, %arg2 "tsb,tsb->b"
// CHECK: return %[[T]], %[[U]], %[[D]]
func.func @stays(%q: tensor<5x2x4xf64>, %k: tensor<3x2x4xf64>, %m: tensor<5x3x2xf64>)
    -> (tensor<5x3x2xf64>, tensor<5x3x2xf64>, tensor<2xf64>) {
  %0 = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<5x2x4xf64>, tensor<3x2x4xf64> -> tensor<5x3x2xf64>
  %1 = arith.addf %0, %m : tensor<5x3x2xf64>
  %2 = rondo.contract %m, %m "tsb,tsb->b" : tensor<5x3x2xf64>, tensor<5x3x2xf64> -> tensor<2xf64>
  return %0, %1, %2 : tensor<5x3x2xf64>, tensor<5x3x2xf64>, tensor<2xf64>
}

// One back and forth, and one that changes nothing, end where they are undone.
// CHECK-LABEL: func.func @back_and_forth(
// CHECK: return
func.func @back_and_forth(%x: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %0 = rondo.broadcast %x dims = [0, 1] : tensor<3x3xf64> -> tensor<3x3xf64>
  %1 = rondo.broadcast %0 dims = [1, 0] : tensor<3x3xf64> -> tensor<3x3xf64>
  %2 = math.tanh %1 : tensor<3x3xf64>
  %3 = arith.addf %2, %1 : tensor<3x3xf64>
  %4 = rondo.softmax %3 dim = 1 : tensor<3x3xf64>
  return %4 : tensor<3x3xf64>
}

// What is left behind a sum is transposed only if it has more than one dimension, and a number for each sequence, as
// the largest score of each position, is repeated in the new order.
// CHECK-LABEL: func.func @sums(
// CHECK: %[[S:.*]] = rondo.contract %arg0, %arg1 "tbd,sbd->bts"
// CHECK: %[[M:.*]] = rondo.reduce max %[[S]] dims = [2] : tensor<2x5x3xf64> -> tensor<2x5xf64>
// CHECK: %[[R:.*]] = rondo.broadcast %[[M]] dims = [0, 1] : tensor<2x5xf64> -> tensor<2x5x3xf64>
// CHECK: %[[E:.*]] = arith.subf %[[S]], %[[R]] : tensor<2x5x3xf64>
// CHECK: %[[B:.*]] = rondo.reduce sum %[[E]] dims = [1, 2] : tensor<2x5x3xf64> -> tensor<2xf64>
// CHECK: %[[T:.*]] = rondo.reduce sum %[[E]] dims = [2] : tensor<2x5x3xf64> -> tensor<2x5xf64>
// CHECK: %[[TB:.*]] = rondo.broadcast %[[T]] dims = [1, 0] : tensor<2x5xf64> -> tensor<5x2xf64>
// CHECK: return %[[B]], %[[TB]]
func.func @sums(%q: tensor<5x2x4xf64>, %k: tensor<3x2x4xf64>) -> (tensor<2xf64>, tensor<5x2xf64>) {
  %0 = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<5x2x4xf64>, tensor<3x2x4xf64> -> tensor<5x3x2xf64>
  %m = rondo.reduce max %0 dims = [1] : tensor<5x3x2xf64> -> tensor<5x2xf64>
  %r = rondo.broadcast %m dims = [0, 2] : tensor<5x2xf64> -> tensor<5x3x2xf64>
  %e = arith.subf %0, %r : tensor<5x3x2xf64>
  %b = rondo.reduce sum %e dims = [0, 1] : tensor<5x3x2xf64> -> tensor<2xf64>
  %t = rondo.reduce sum %e dims = [1] : tensor<5x3x2xf64> -> tensor<5x2xf64>
  return %b, %t : tensor<2xf64>, tensor<5x2xf64>
}

// What several free values share is built once.
// CHECK-LABEL: func.func @shared(
// CHECK-COUNT-3: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: %[[SUM:.*]] = arith.addf %arg0, %{{.*}} : tensor<5x3xf64>
// CHECK: rondo.broadcast %[[SUM]] dims = [1, 0] : tensor<5x3xf64> -> tensor<3x5xf64>
func.func @shared(%x: tensor<5x3xf64>, %w: tensor<5xf64>) -> tensor<3x5xf64> {
  %t = rondo.broadcast %x dims = [1, 0] : tensor<5x3xf64> -> tensor<3x5xf64>
  %f = rondo.broadcast %w dims = [1] : tensor<5xf64> -> tensor<3x5xf64>
  %a = arith.mulf %f, %f : tensor<3x5xf64>
  %b = arith.mulf %a, %a : tensor<3x5xf64>
  %c = arith.mulf %b, %b : tensor<3x5xf64>
  %s = arith.addf %t, %c : tensor<3x5xf64>
  return %s : tensor<3x5xf64>
}
