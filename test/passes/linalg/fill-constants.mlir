// A constant tensor of equal elements is filled where it is read, each time anew; the binary does not hold it.
// RUN: rondo-opt %s --rondo-fill-constants | FileCheck %s

// CHECK-LABEL: func.func @two_uses(
// CHECK-NOT: arith.constant dense
// CHECK-DAG: %[[A:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<32x256xf32>)
// CHECK-DAG: %[[B:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<32x256xf32>)
// CHECK: return %[[B]], %[[A]]
func.func @two_uses() -> (tensor<32x256xf32>, tensor<32x256xf32>) {
  %0 = arith.constant dense<2.0> : tensor<32x256xf32>
  return %0, %0 : tensor<32x256xf32>, tensor<32x256xf32>
}

// Others stay, as do scalars.
// CHECK-LABEL: func.func @others(
// CHECK-DAG: arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: arith.constant 1.000000e+00 : f32
// CHECK-NOT: linalg.fill
func.func @others() -> (tensor<2xf32>, f32) {
  %0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = arith.constant 1.0 : f32
  return %0, %1 : tensor<2xf32>, f32
}
