// A constant tensor of equal elements is filled where it is read, each time anew, but once for what a loop only
// reads; the binary does not hold it.
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

// What the loop reads is filled once, before the outermost loop; what it writes is filled in each step.
// CHECK-LABEL: func.func @in_loops(
// CHECK: %[[READ:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<8x4xf32>)
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NEXT: tensor.extract_slice %[[READ]]
// CHECK-NEXT: tensor.extract_slice %[[READ]]
// CHECK: %[[WRITTEN:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<8x4xf32>)
// CHECK-NEXT: tensor.insert_slice %{{.*}} into %[[WRITTEN]]
func.func @in_loops(%init: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %0 = arith.constant dense<2.0> : tensor<8x4xf32>
  %r = scf.for %s = %c0 to %c8 step %c1 iter_args(%a = %init) -> (tensor<8x4xf32>) {
    %q = scf.for %t = %c0 to %c8 step %c1 iter_args(%b = %a) -> (tensor<8x4xf32>) {
      %row = tensor.extract_slice %0[%t, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<4xf32>
      %other = tensor.extract_slice %0[%s, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<4xf32>
      %sum = linalg.add ins(%row, %other : tensor<4xf32>, tensor<4xf32>) outs(%row : tensor<4xf32>) -> tensor<4xf32>
      %next = tensor.insert_slice %sum into %0[%t, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<8x4xf32>
      scf.yield %next : tensor<8x4xf32>
    }
    scf.yield %q : tensor<8x4xf32>
  }
  return %r : tensor<8x4xf32>
}
