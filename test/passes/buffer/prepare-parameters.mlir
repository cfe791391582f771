// What depends on parameters and constants alone leaves the entries.
// RUN: rondo-opt %s -rondo-prepare-parameters -split-input-file -mlir-print-local-scope | FileCheck %s

// One packed value for both entries, and one function for the two that read the same.
// CHECK-LABEL: func.func @score(
// CHECK-SAME: %[[P:.*]]: tensor<3x4xf32> {rondo.packed = "0"}, %[[X:.*]]: tensor<3x4xf32> {rondo.input = "x"})
// CHECK-SAME: attributes {rondo.packed_by = "score_pack"}
// CHECK-NOT: linalg.transpose
// CHECK: linalg.add ins(%[[P]], %[[X]]
// CHECK-LABEL: func.func @score_pack(
// CHECK-SAME: %[[W:.*]]: tensor<4x3xf32> {rondo.parameter = "w"}) -> (tensor<3x4xf32> {rondo.packed = "0"})
// CHECK: linalg.transpose ins(%[[W]]
// CHECK-LABEL: func.func @step(
// CHECK-SAME: tensor<3x4xf32> {rondo.packed = "0"}, %{{.*}}: tensor<3x4xf32> {rondo.input = "x"})
// CHECK-SAME: attributes {rondo.packed_by = "score_pack"}
// CHECK-NOT: @step_pack
// CHECK-LABEL: func.func @train(
// CHECK-SAME: tensor<3x4xf32> {rondo.packed = "0"}, %{{.*}}: tensor<4x3xf32> {rondo.packed = "1"}, %{{.*}}: tensor<3x4xf32> {rondo.input = "x"})
// CHECK-SAME: attributes {rondo.packed_by = "train_pack"}
// CHECK-LABEL: func.func @train_pack(
// CHECK-SAME: -> (tensor<3x4xf32> {rondo.packed = "0"}, tensor<4x3xf32> {rondo.packed = "1"})
func.func @score(%w: tensor<4x3xf32> {rondo.parameter = "w"}, %x: tensor<3x4xf32> {rondo.input = "x"}) -> tensor<3x4xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %t = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%e : tensor<3x4xf32>) permutation = [1, 0]
  %y = linalg.add ins(%t, %x : tensor<3x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
func.func @step(%w: tensor<4x3xf32> {rondo.parameter = "w"}, %x: tensor<3x4xf32> {rondo.input = "x"}) -> tensor<3x4xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %e2 = tensor.empty() : tensor<3x4xf32>
  %t = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%e2 : tensor<3x4xf32>) permutation = [1, 0]
  %y = linalg.mul ins(%t, %x : tensor<3x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
func.func @train(%v: tensor<4x3xf32> {rondo.parameter = "v"}, %w: tensor<4x3xf32> {rondo.parameter = "w"},
                 %x: tensor<3x4xf32> {rondo.input = "x"}) -> (tensor<3x4xf32>, tensor<4x3xf32>) {
  %e = tensor.empty() : tensor<3x4xf32>
  %t = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%e : tensor<3x4xf32>) permutation = [1, 0]
  %y = linalg.add ins(%t, %x : tensor<3x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4xf32>) -> tensor<3x4xf32>
  %e2 = tensor.empty() : tensor<4x3xf32>
  %s = linalg.add ins(%v, %w : tensor<4x3xf32>, tensor<4x3xf32>) outs(%e2 : tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y, %s : tensor<3x4xf32>, tensor<4x3xf32>
}

// -----

// Parts and repetitions of parameters are as well made where they are read; what they are made of is prepared.
// CHECK-LABEL: func.func @stay(
// CHECK-SAME: %[[W:.*]]: tensor<4x3xf32> {rondo.parameter = "w"}, %[[S:.*]]: tensor<4xf32> {rondo.packed = "0"}, %[[X:.*]]: tensor<2x4xf32>
// CHECK-DAG: tensor.extract_slice %[[W]]
// CHECK-DAG: linalg.broadcast ins(%[[S]]
// CHECK-LABEL: func.func @stay_pack(
// CHECK-SAME: %[[B:.*]]: tensor<4xf32> {rondo.parameter = "b"}) -> (tensor<4xf32> {rondo.packed = "0"})
// CHECK-NEXT: tensor.empty
// CHECK-NEXT: linalg.exp ins(%[[B]]
// CHECK-NEXT: return
func.func @stay(%w: tensor<4x3xf32> {rondo.parameter = "w"}, %b: tensor<4xf32> {rondo.parameter = "b"},
                %x: tensor<2x4xf32> {rondo.input = "x"}) -> (tensor<2x4xf32>, tensor<2x3xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %s = linalg.exp ins(%b : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<2x4xf32>
  %r = linalg.broadcast ins(%s : tensor<4xf32>) outs(%e2 : tensor<2x4xf32>) dimensions = [0]
  %y = linalg.add ins(%x, %r : tensor<2x4xf32>, tensor<2x4xf32>) outs(%r : tensor<2x4xf32>) -> tensor<2x4xf32>
  %p = tensor.extract_slice %w[2, 0] [2, 3] [1, 1] : tensor<4x3xf32> to tensor<2x3xf32>
  return %y, %p : tensor<2x4xf32>, tensor<2x3xf32>
}

// -----

// A loop that reads parameters only is prepared as a whole; one that reads data stays.
// CHECK-LABEL: func.func @loops(
// CHECK-SAME: %[[P:.*]]: tensor<4xf32> {rondo.packed = "0"}, %[[X:.*]]: tensor<4xf32>
// CHECK: scf.for
// CHECK: linalg.add ins(%{{.*}}, %[[X]]
// CHECK-LABEL: func.func @loops_pack(
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK: return
func.func @loops(%b: tensor<4xf32> {rondo.parameter = "b"}, %x: tensor<4xf32> {rondo.input = "x"}) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %powers = scf.for %i = %c0 to %c5 step %c1 iter_args(%s = %b) -> (tensor<4xf32>) {
    %n = linalg.mul ins(%s, %b : tensor<4xf32>, tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  %y = scf.for %i = %c0 to %c5 step %c1 iter_args(%s = %powers) -> (tensor<4xf32>) {
    %n = linalg.add ins(%s, %x : tensor<4xf32>, tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %n : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

// A function that changes parameters, and one where nothing is worth it, stay as they are.
// CHECK-LABEL: func.func @update(
// CHECK-NOT: rondo.packed
// CHECK-LABEL: func.func @nothing(
// CHECK-NOT: rondo.packed
// CHECK: return
func.func @update(%w: tensor<4xf32> {rondo.parameter = "w"}) -> (tensor<4xf32> {rondo.parameter = "w"}) {
  %e = tensor.empty() : tensor<4xf32>
  %s = linalg.exp ins(%w : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}
func.func @nothing(%w: tensor<4xf32> {rondo.parameter = "w"}, %x: tensor<4xf32> {rondo.input = "x"}) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %s = linalg.add ins(%w, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// A copy in the same order stays; what runs after the pass already is left alone.
// CHECK-LABEL: func.func @copies(
// CHECK-SAME: %[[B:.*]]: tensor<4xf32> {rondo.parameter = "b"}, %[[P:.*]]: tensor<4x1x1xf32> {rondo.packed = "0"})
// CHECK-NEXT: tensor.empty
// CHECK-NEXT: linalg.broadcast ins(%[[B]]
// CHECK-LABEL: func.func @made(
// CHECK-NOT: rondo.packed = "1"
// CHECK: return
func.func @copies(%b: tensor<4xf32> {rondo.parameter = "b"}, %w: tensor<1x4x1xf32> {rondo.parameter = "w"}) -> (tensor<1x4xf32>, tensor<4x1x1xf32>) {
  %e = tensor.empty() : tensor<1x4xf32>
  %r = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<1x4xf32>) dimensions = [0]
  %e2 = tensor.empty() : tensor<4x1x1xf32>
  %t = linalg.transpose ins(%w : tensor<1x4x1xf32>) outs(%e2 : tensor<4x1x1xf32>) permutation = [1, 0, 2]
  %s = linalg.exp ins(%t : tensor<4x1x1xf32>) outs(%e2 : tensor<4x1x1xf32>) -> tensor<4x1x1xf32>
  return %r, %s : tensor<1x4xf32>, tensor<4x1x1xf32>
}
func.func @made(%b: tensor<4xf32> {rondo.parameter = "b"}) -> (tensor<4xf32> {rondo.packed = "0"}) {
  %e = tensor.empty() : tensor<4xf32>
  %s = linalg.exp ins(%b : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}
