// A scan becomes a loop over its states and the sequences that it emits, marked for rondo-unroll.
// RUN: rondo-opt %s --rondo-lower-to-linalg | FileCheck %s

// A state that is emitted lives in one sequence of length + 1: each step reads one slot and writes the next.
// CHECK-LABEL: func.func @forward(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>, %[[XS:.*]]: tensor<5x2xf32>)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<6x2xf32>
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[H0]] into %[[EMPTY]][%c0{{.*}}, 0] [1, 2] [1, 1]
// CHECK: %[[HS:.*]] = scf.for %[[T:.*]] = %c0 to %c5 step %c1 iter_args(%[[SEQ:.*]] = %[[FIRST]]) -> (tensor<6x2xf32>)
// CHECK-NEXT: %[[H:.*]] = tensor.extract_slice %[[SEQ]][%[[T]], 0] [1, 2] [1, 1] : tensor<6x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[X:.*]] = tensor.extract_slice %[[XS]][%[[T]], 0] [1, 2] [1, 1] : tensor<5x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[H]], %[[X]]
// CHECK: %[[NEXT:.*]] = arith.addi %[[T]], %c1
// CHECK-NEXT: %[[Y:.*]] = tensor.insert_slice %[[N]] into %[[SEQ]][%[[NEXT]], 0] [1, 2] [1, 1]
// CHECK-NEXT: scf.yield %[[Y]]
// CHECK-NEXT: } {rondo.scan}
// CHECK: %[[FINAL:.*]] = tensor.extract_slice %[[HS]][%c5{{.*}}, 0] [1, 2] [1, 1] : tensor<6x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[EMITTED:.*]] = tensor.extract_slice %[[HS]][1, 0] [5, 2] [1, 1] : tensor<6x2xf32> to tensor<5x2xf32>
// CHECK-NEXT: return %[[FINAL]], %[[EMITTED]]
func.func @forward(%h0: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<5x2xf32>) length 5 {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}

// From the last position to the first: the state begins in the last slot, and each step writes the slot before.
// CHECK-LABEL: func.func @backward(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>, %[[XS:.*]]: tensor<5x2xf32>)
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[H0]] into %{{.*}}[%c5{{.*}}, 0] [1, 2] [1, 1]
// CHECK: %[[HS:.*]] = scf.for %[[I:.*]] = %c0 to %c5 step %c1 iter_args(%[[SEQ:.*]] = %[[FIRST]])
// CHECK: %[[T:.*]] = arith.subi %c4, %[[I]]
// CHECK: %[[BEFORE:.*]] = arith.addi %[[T]], %c1
// CHECK: tensor.extract_slice %[[SEQ]][%[[BEFORE]], 0] [1, 2] [1, 1]
// CHECK: tensor.extract_slice %[[XS]][%[[T]], 0] [1, 2] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %[[SEQ]][%[[T]], 0] [1, 2] [1, 1]
// CHECK: } {rondo.scan}
// CHECK: tensor.extract_slice %[[HS]][%c0{{.*}}, 0] [1, 2] [1, 1]
// CHECK: tensor.extract_slice %[[HS]][0, 0] [5, 2] [1, 1]
func.func @backward(%h0: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<5x2xf32>) length 5 backward {
    %n = arith.addf %h, %x : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}

// What is emitted before a step is the same sequence, from one slot earlier on.
// CHECK-LABEL: func.func @before_and_after(
// CHECK: %[[HS:.*]] = scf.for {{.*}} -> (tensor<6x2xf32>)
// CHECK: %[[AFTER:.*]] = tensor.extract_slice %[[HS]][1, 0] [5, 2] [1, 1]
// CHECK: %[[BEFORE:.*]] = tensor.extract_slice %[[HS]][0, 0] [5, 2] [1, 1]
// CHECK: return %[[AFTER]], %[[BEFORE]]
func.func @before_and_after(%h0: tensor<2xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %hT, %hs, %ps = rondo.scan (%h = %h0 : tensor<2xf32>) length 5 {
    %n = math.tanh %h : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n, %h : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>, tensor<5x2xf32>)
  return %hs, %ps : tensor<5x2xf32>, tensor<5x2xf32>
}

// A state that is not emitted is carried alone; what is emitted and is no state has a sequence of its own.
// CHECK-LABEL: func.func @apart(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<5x2xf32>
// CHECK: %[[R:.*]]:2 = scf.for %[[T:.*]] = %c0 to %c5 step %c1 iter_args(%[[H:.*]] = %[[H0]], %[[YS:.*]] = %[[EMPTY]])
// CHECK: %[[N:.*]] = math.tanh %[[H]]
// CHECK: %[[E:.*]] = math.exp %[[N]]
// CHECK: %[[Y:.*]] = tensor.insert_slice %[[E]] into %[[YS]][%[[T]], 0]
// CHECK: scf.yield %[[N]], %[[Y]]
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @apart(%h0: tensor<2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %ys = rondo.scan (%h = %h0 : tensor<2xf32>) length 5 {
    %n = math.tanh %h : tensor<2xf32>
    %e = math.exp %n : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%e : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %ys : tensor<2xf32>, tensor<5x2xf32>
}

// A limit ends the loop, and the state behind it is in the slot there.
// CHECK-LABEL: func.func @limit(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>, %[[N:.*]]: tensor<i64>)
// CHECK: %[[LIMIT:.*]] = tensor.extract %[[N]][] : tensor<i64>
// CHECK: %[[POSITIONS:.*]] = arith.index_cast %[[LIMIT]] : i64 to index
// CHECK: %[[END:.*]] = arith.minui %[[POSITIONS]], %c5
// CHECK: %[[HS:.*]] = scf.for %{{.*}} = %c0 to %[[END]] step %c1
// CHECK: tensor.extract_slice %[[HS]][%[[END]], 0] [1, 2] [1, 1]
func.func @limit(%h0: tensor<2xf32>, %n: tensor<i64>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) length 5 limit %n {
    %t = math.tanh %h : tensor<2xf32>
    rondo.yield (%t : tensor<2xf32>) emit (%t : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}

// Backward the steps that do not run are the first ones, and the initial state is in the slot behind the others.
// CHECK-LABEL: func.func @limit_backward(
// CHECK-SAME: %[[H0:.*]]: tensor<2xf32>, %[[N:.*]]: tensor<i64>)
// CHECK: %[[END:.*]] = arith.minui %{{.*}}, %c5
// CHECK: tensor.insert_slice %[[H0]] into %{{.*}}[%[[END]], 0] [1, 2] [1, 1]
// CHECK: %[[FIRST:.*]] = arith.subi %c5{{.*}}, %[[END]] : index
// CHECK: %[[HS:.*]] = scf.for %[[I:.*]] = %[[FIRST]] to %c5{{.*}} step %c1
// CHECK: arith.subi %c4{{.*}}, %[[I]] : index
// CHECK: tensor.extract_slice %[[HS]][%c0{{.*}}, 0] [1, 2] [1, 1]
func.func @limit_backward(%h0: tensor<2xf32>, %n: tensor<i64>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2xf32>) length 5 limit %n backward {
    %t = math.tanh %h : tensor<2xf32>
    rondo.yield (%t : tensor<2xf32>) emit (%t : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<5x2xf32>)
  return %hT, %hs : tensor<2xf32>, tensor<5x2xf32>
}

// A single step reads the initial value where it is; the sequence holds what is emitted of it only if that is the value
// before the step.
// CHECK-LABEL: func.func @single(
// CHECK-SAME: %[[H0:[^:]*]]: tensor<2xf32>, %[[G0:[^:]*]]: tensor<2xf32>)
// CHECK-NOT: tensor.insert_slice %[[H0]]
// CHECK: tensor.insert_slice %[[G0]] into %{{.*}}[%c0{{.*}}, 0] [1, 2] [1, 1]
// CHECK-NOT: tensor.insert_slice %[[H0]]
// CHECK: scf.for
// CHECK: math.tanh %[[H0]]
func.func @single(%h0: tensor<2xf32>, %g0: tensor<2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %hT, %gT, %hs, %gs = rondo.scan (%h = %h0 : tensor<2xf32>, %g = %g0 : tensor<2xf32>) length 1 {
    %n = math.tanh %h : tensor<2xf32>
    %m = math.exp %g : tensor<2xf32>
    rondo.yield (%n, %m : tensor<2xf32>, tensor<2xf32>) emit (%n, %g : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<1x2xf32>, tensor<1x2xf32>)
  return %hs, %gs : tensor<1x2xf32>, tensor<1x2xf32>
}
