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

// A maximum starts from minus infinity, and a NaN stays one.
// CHECK-LABEL: func.func @max(
// CHECK: %[[LEAST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: linalg.fill ins(%[[LEAST]] : f32)
// CHECK: arith.maximumf
func.func @max(%x: tensor<2x3xf32>) -> tensor<3xf32> {
  %0 = rondo.reduce max %x dims = [0] : tensor<2x3xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// The row's maximum is taken off before the exponential, so that it cannot overflow.
// CHECK-LABEL: func.func @softmax(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>)
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK: arith.maximumf
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[MAX]] :
// CHECK: arith.subf
// CHECK-NEXT: math.exp
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[EXP]] :
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}} ins(%[[EXP]], %[[SUM]] :
// CHECK: arith.divf
func.func @softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.softmax %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// The chosen logit is read from the logits themselves: no one-hot vector, and no probability that rounds to zero.
// CHECK-LABEL: func.func @cross_entropy(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[TOKENS:.*]]: tensor<2xi32>)
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%{{[0-9]+}} :
// CHECK: %[[CHOSEN:.*]] = scf.for %[[B:.*]] = %c0 to %c2
// CHECK-NEXT: %[[TOKEN:.*]] = tensor.extract %[[TOKENS]][%[[B]]]
// CHECK-NEXT: %[[I:.*]] = arith.index_cast %[[TOKEN]]
// CHECK-NEXT: tensor.extract %[[X]][%[[B]], %[[I]]]
// CHECK: linalg.generic {{.*}} ins(%[[MAX]], %[[SUM]], %[[CHOSEN]] :
// CHECK: math.log
func.func @cross_entropy(%x: tensor<2x3xf32>, %t: tensor<2xi32>) -> tensor<2xf32> {
  %0 = rondo.cross_entropy %x, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
