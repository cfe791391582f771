// A scan becomes a loop over its states and the sequences that it emits, marked for rondo-unroll.
// RUN: rondo-opt %s --rondo-lower-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>, %[[XS:.*]]: tensor<5x2xf32>)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<5x2xf32>
// CHECK: %[[LOOP:.*]]:2 = scf.for %[[T:.*]] = %c0 to %c5 step %c1 iter_args(%[[H:.*]] = %[[H0]], %[[YS:.*]] = %[[EMPTY]])
// CHECK-NEXT: %[[X:.*]] = tensor.extract_slice %[[XS]][%[[T]], 0] [1, 2] [1, 1] : tensor<5x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[H]], %[[X]]
// CHECK-NEXT: %[[Y:.*]] = tensor.insert_slice %[[N]] into %[[YS]][%[[T]], 0] [1, 2] [1, 1]
// CHECK-NEXT: scf.yield %[[N]], %[[Y]]
// CHECK-NEXT: } {rondo.scan}
// CHECK-NEXT: return %[[LOOP]]#0, %[[LOOP]]#1
func.func @forward(%h0: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<5x2xf32>) length 5 {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}

// From the last position to the first, reading and writing at the same one.
// CHECK-LABEL: func.func @backward(
// CHECK: scf.for %[[I:.*]] = %c0 to %c5 step %c1
// CHECK: %[[T:.*]] = arith.subi %c4, %[[I]]
// CHECK: tensor.extract_slice %{{.*}}[%[[T]], 0] [1, 2] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[%[[T]], 0] [1, 2] [1, 1]
func.func @backward(%h0: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<5x2xf32>) length 5 backward {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}
