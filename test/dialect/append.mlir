// What is kept in slots prints as it is read, on tensors and on buffers.
// RUN: rondo-opt %s | FileCheck %s
// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s -mlir-print-op-generic | rondo-opt | FileCheck %s

// CHECK-LABEL: func.func @append(
func.func @append(%key: tensor<3x2x4xf32>, %slots: tensor<9x2x4xf32>, %first: tensor<2xi64>)
    -> (tensor<9x2x4xf32>, tensor<9x2x4xf32>) {
  // CHECK: rondo.append %{{.*}} to %{{.*}} at %{{.*}} dim 0 rows 1 : tensor<3x2x4xf32>, tensor<9x2x4xf32>, tensor<2xi64> -> tensor<9x2x4xf32>
  // CHECK: rondo.append %{{.*}} to %{{.*}} dim 0 rows 1 {rondo.history = "past"} : tensor<3x2x4xf32>, tensor<9x2x4xf32> -> tensor<9x2x4xf32>
    %k = rondo.append %key to %slots at %first dim 0 rows 1
        : tensor<3x2x4xf32>, tensor<9x2x4xf32>, tensor<2xi64> -> tensor<9x2x4xf32>
  %l = rondo.append %key to %slots dim 0 rows 1 {rondo.history = "past"}
      : tensor<3x2x4xf32>, tensor<9x2x4xf32> -> tensor<9x2x4xf32>
  return %k, %l : tensor<9x2x4xf32>, tensor<9x2x4xf32>
}

// CHECK-LABEL: func.func @on_buffers(
func.func @on_buffers(%key: memref<2x3x4xf64>, %slots: memref<2x9x4xf64>, %first: memref<2xi64>) {
  // CHECK: rondo.append %{{.*}} to %{{.*}} at %{{.*}} dim 1 rows 0 : memref<2x3x4xf64>, memref<2x9x4xf64>, memref<2xi64>
  rondo.append %key to %slots at %first dim 1 rows 0 : memref<2x3x4xf64>, memref<2x9x4xf64>, memref<2xi64>
  return
}
