// Rows that tokens choose, and parts put together, are slices of one tensor.
// RUN: rondo-opt %s --rondo-lower-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @gather(
// CHECK-SAME: %[[TABLE:.*]]: tensor<5x3xf32>, %[[TOKENS:.*]]: tensor<4x2xi32>)
// CHECK: scf.for %[[T:.*]] = %c0 to %c4
// CHECK: scf.for %[[B:.*]] = %c0 to %c2 step %c1 iter_args(%[[ROWS:.*]] = %{{.*}})
// CHECK: %[[TOKEN:.*]] = tensor.extract %[[TOKENS]][%[[T]], %[[B]]]
// CHECK: %[[I:.*]] = arith.index_cast %[[TOKEN]]
// CHECK: %[[ROW:.*]] = tensor.extract_slice %[[TABLE]][%[[I]], 0] [1, 3] [1, 1]
// CHECK: tensor.insert_slice %[[ROW]] into %[[ROWS]][%[[T]], %[[B]], 0] [1, 1, 3] [1, 1, 1]
func.func @gather(%x: tensor<5x3xf32>, %t: tensor<4x2xi32>) -> tensor<4x2x3xf32> {
  %0 = rondo.gather %x, %t : tensor<5x3xf32>, tensor<4x2xi32> -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// A token may come twice: each row is added to what is there, from the last one to the first.
// CHECK-LABEL: func.func @scatter_add(
// CHECK: %[[ZERO:.*]] = linalg.fill
// CHECK: scf.for %[[N:.*]] = %c0 to %c2 step %c1 iter_args(%[[TABLE:.*]] = %[[ZERO]])
// CHECK: %[[B:.*]] = arith.subi %c1{{.*}}, %[[N]]
// CHECK: %[[ROW:.*]] = tensor.extract_slice %[[TABLE]][%[[I:.*]], 0] [1, 3] [1, 1]
// CHECK: %[[UPDATE:.*]] = tensor.extract_slice %{{.*}}[%[[B]], 0] [1, 3] [1, 1]
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[UPDATE]] : tensor<3xf32>) outs(%[[ROW]] : tensor<3xf32>)
// CHECK: arith.addf
// CHECK: tensor.insert_slice %[[SUM]] into %[[TABLE]][%[[I]], 0]
func.func @scatter_add(%x: tensor<2x3xf32>, %t: tensor<2xi32>) -> tensor<5x3xf32> {
  %0 = rondo.scatter_add %t, %x : tensor<2xi32>, tensor<2x3xf32> -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @concat(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[Y:.*]]: tensor<2x1xf32>)
// CHECK: %[[ONE:.*]] = tensor.insert_slice %[[X]] into %{{.*}}[0, 0] [2, 3] [1, 1]
// CHECK: tensor.insert_slice %[[Y]] into %[[ONE]][0, 3] [2, 1] [1, 1]
func.func @concat(%x: tensor<2x3xf32>, %y: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %0 = tensor.concat dim(1) %x, %y : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
