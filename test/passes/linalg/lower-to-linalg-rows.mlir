// Reductions, softmax and cross entropy.
// RUN: rondo-opt %s --rondo-lower-to-linalg -mlir-print-local-scope | FileCheck %s

// A mean is a sum from zero, divided by the number of its elements.
// CHECK-LABEL: func.func @mean(
// CHECK: linalg.fill ins(%cst : f32)
// CHECK: %[[SUM:.*]] = linalg.generic
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1)>
// CHECK-SAME: iterator_types = ["reduction", "parallel", "reduction"]
// CHECK: arith.addf
// CHECK: %[[SIX:.*]] = arith.constant dense<6.000000e+00> : tensor<5xf32>
// CHECK: arith.divf %[[SUM]], %[[SIX]]
func.func @mean(%x: tensor<2x5x3xf32>) -> tensor<5xf32> {
  %0 = rondo.reduce mean %x dims = [0, 2] : tensor<2x5x3xf32> -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// The sum of everything, and one of more than 4096 numbers, is one of f64 and rounded once; a maximum needs none.
// CHECK-LABEL: func.func @loss(
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : tensor<f64>)
// CHECK: linalg.generic
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : f32 to f64
// CHECK-NEXT: arith.addf %{{.*}}, %[[WIDE]] : f64
// CHECK: %[[MEAN:.*]] = arith.divf %{{.*}} : tensor<f64>
// CHECK: arith.truncf %[[MEAN]] : tensor<f64> to tensor<f32>
func.func @loss(%x: tensor<2x3xf32>) -> tensor<f32> {
  %0 = rondo.reduce mean %x dims = [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @long(
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<3xf64>)
// CHECK: arith.truncf %{{.*}} : tensor<3xf64> to tensor<3xf32>
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<4097xf32>)
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<f32>)
// CHECK: arith.maximumf
func.func @long(%x: tensor<4097x3xf32>) -> (tensor<3xf32>, tensor<4097xf32>, tensor<f32>) {
  %0 = rondo.reduce sum %x dims = [0] : tensor<4097x3xf32> -> tensor<3xf32>
  %1 = rondo.reduce sum %x dims = [1] : tensor<4097x3xf32> -> tensor<4097xf32>
  %2 = rondo.reduce max %x dims = [0, 1] : tensor<4097x3xf32> -> tensor<f32>
  return %0, %1, %2 : tensor<3xf32>, tensor<4097xf32>, tensor<f32>
}

// A maximum starts from minus infinity, and a NaN stays one.
// CHECK-LABEL: func.func @max(
// CHECK: %[[LEAST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: linalg.fill ins(%[[LEAST]] : f32)
// CHECK: arith.maximumf
func.func @max(%x: tensor<2x3xf32>) -> tensor<3xf32> {
  %0 = rondo.reduce max %x dims = [0] : tensor<2x3xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// The row's maximum is taken off before the exponential, so that it cannot overflow. What is pointwise stays.
// CHECK-LABEL: func.func @softmax(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>)
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK: arith.maxnumf
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[MAX]] :
// CHECK: arith.subf
// CHECK-NEXT: math.exp
// CHECK-NEXT: arith.addf
// CHECK: arith.divf %{{.*}}, %[[SUM]]
// CHECK: rondo.broadcast %[[MAX]]
// CHECK: math.exp
// CHECK: arith.mulf
func.func @softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.softmax %x dim = 1 : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// One row after the other. The chosen logit is read from the logits themselves: no one-hot vector, and no probability
// that rounds to zero. The logarithms are taken of all rows together.
// CHECK-LABEL: func.func @cross_entropy(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[TOKENS:.*]]: tensor<2xi32>)
// CHECK: %[[ROWS:.*]]:2 = scf.for %[[B:.*]] = %c0 to %c2
// CHECK-NEXT: %[[TOKEN:.*]] = tensor.extract %[[TOKENS]][%[[B]]]
// CHECK-NEXT: %[[I:.*]] = arith.index_cast %[[TOKEN]]
// CHECK: %[[ROW:.*]] = tensor.extract_slice %[[X]][%[[B]], 0]
// CHECK-NEXT: tensor.extract %[[ROW]][%[[I]]]
// CHECK: linalg.generic {{.*}} ins(%[[ROW]] : tensor<3xf32>)
// CHECK: arith.maxnumf
// CHECK: linalg.generic {{.*}} ins(%[[ROW]] : tensor<3xf32>)
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: scf.yield
// CHECK: %[[LOG:.*]] = math.log %[[ROWS]]#0
// CHECK: arith.addf %[[LOG]], %[[ROWS]]#1
func.func @cross_entropy(%x: tensor<2x3xf32>, %t: tensor<2xi32>) -> tensor<2xf32> {
  %0 = rondo.cross_entropy %x, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// The derivative is computed beside, by one exponential for each logit, where the logits were.
// CHECK-LABEL: func.func @with_derivative(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[TOKENS:.*]]: tensor<2xi32>, %[[H:.*]]: tensor<2xf32>)
// CHECK: %[[G:.*]] = arith.negf %[[H]]
// CHECK: %[[ROWS:.*]]:3 = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %[[LOGITS:.*]] = %[[X]])
// CHECK: %[[ROW:.*]] = tensor.extract_slice %[[LOGITS]]
// CHECK: math.exp
// CHECK-NOT: math.exp
// CHECK: tensor.extract %[[G]]
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: scf.yield
// CHECK-NOT: softmax
// CHECK-NOT: one_hot
// CHECK: return %{{.*}}, %[[ROWS]]#2
func.func @with_derivative(%x: tensor<2x3xf32>, %t: tensor<2xi32>, %h: tensor<2xf32>) -> (tensor<2xf32>, tensor<2x3xf32>) {
  %0 = rondo.cross_entropy %x, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
  %g = arith.negf %h : tensor<2xf32>
  %gs = rondo.broadcast %g dims = [0] : tensor<2xf32> -> tensor<2x3xf32>
  %1 = rondo.softmax %x dim = 1 : tensor<2x3xf32>
  %2 = rondo.one_hot %t : tensor<2xi32> -> tensor<2x3xf32>
  %3 = arith.subf %1, %2 : tensor<2x3xf32>
  %4 = arith.mulf %3, %gs : tensor<2x3xf32>
  return %0, %4 : tensor<2xf32>, tensor<2x3xf32>
}

// A derivative that depends on the loss itself is computed after it, in a loop like that of a loss: it has the same bits.
// CHECK-LABEL: func.func @after_the_loss(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[TOKENS:.*]]: tensor<2xi32>)
// CHECK: %[[LOSS:.*]]:2 = scf.for
// CHECK: %[[LOG:.*]] = math.log %[[LOSS]]#0
// CHECK: %[[G:.*]] = arith.addf %[[LOG]], %[[LOSS]]#1
// CHECK: %[[ROWS:.*]]:3 = scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %[[LOGITS:.*]] = %[[X]])
// CHECK: math.exp
// CHECK-NOT: math.exp
// CHECK: tensor.extract %[[G]]
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: scf.yield
// CHECK-NOT: softmax
// CHECK-NOT: one_hot
// CHECK: return %[[ROWS]]#2
func.func @after_the_loss(%x: tensor<2x3xf32>, %t: tensor<2xi32>) -> tensor<2x3xf32> {
  %g = rondo.cross_entropy %x, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
  %gs = rondo.broadcast %g dims = [0] : tensor<2xf32> -> tensor<2x3xf32>
  %1 = rondo.softmax %x dim = 1 : tensor<2x3xf32>
  %2 = rondo.one_hot %t : tensor<2xi32> -> tensor<2x3xf32>
  %3 = arith.subf %1, %2 : tensor<2x3xf32>
  %4 = arith.mulf %3, %gs : tensor<2x3xf32>
  return %4 : tensor<2x3xf32>
}
