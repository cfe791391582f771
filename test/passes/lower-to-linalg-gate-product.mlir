// Gates that share their input are one contraction with their weights side by side, packed before the time loop.
// RUN: rondo-opt %s --rondo-lower-to-linalg -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @packed_before_the_loop(
// CHECK-SAME: %[[H0:[^:]*]]: tensor<2x4xf32>, %[[WI:[^:]*]]: tensor<4x4xf32>, %[[WF:[^:]*]]: tensor<4x4xf32>)
// CHECK: %[[NONE:.*]] = tensor.empty() : tensor<4x8xf32>
// CHECK: linalg.generic {{.*}}affine_map<(d0, d1) -> (d1, d0)>, {{.*}} ins(%[[WI]] :
// CHECK: %[[ONE:.*]] = tensor.insert_slice %{{.*}} into %[[NONE]][0, 0] [4, 4] [1, 1]
// CHECK: linalg.generic {{.*}}affine_map<(d0, d1) -> (d1, d0)>, {{.*}} ins(%[[WF]] :
// CHECK: %[[BOTH:.*]] = tensor.insert_slice %{{.*}} into %[[ONE]][0, 4] [4, 4] [1, 1]

// CHECK: scf.for {{.*}} iter_args(%[[H:.*]] = %[[H0]])
// CHECK: %[[P:.*]] = linalg.generic {{.*}} ins(%[[H]], %[[BOTH]] : tensor<2x4xf32>, tensor<4x8xf32>) outs(%{{.*}} : tensor<2x8xf32>)
// CHECK-NOT: linalg.generic
// CHECK-DAG: tensor.extract_slice %[[P]][0, 0] [2, 4] [1, 1]
// CHECK-DAG: tensor.extract_slice %[[P]][0, 4] [2, 4] [1, 1]
// CHECK: scf.yield
func.func @packed_before_the_loop(%h0: tensor<2x4xf32>, %wi: tensor<4x4xf32>, %wf: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2x4xf32>) length 5 {
    %i, %f = rondo.gate_product %h, (%wi, %wf) "bi,oi->bo"
        : tensor<2x4xf32>, (tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
    %n = arith.mulf %i, %f : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  return %hT : tensor<2x4xf32>
}

// Weight gradients run along the shared operand, which is contiguous as it is: nothing is packed.
// CHECK-LABEL: func.func @weight_gradients(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[A:[^:]*]]: tensor<2x3xf32>, %[[B:[^:]*]]: tensor<2x3xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[A]] : tensor<2x4xf32>, tensor<2x3xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[B]] : tensor<2x4xf32>, tensor<2x3xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK-NOT: tensor.insert_slice
// CHECK: return
func.func @weight_gradients(%x: tensor<2x4xf32>, %a: tensor<2x3xf32>, %b: tensor<2x3xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %i, %f = rondo.gate_product %x, (%a, %b) "bi,bo->oi"
      : tensor<2x4xf32>, (tensor<2x3xf32>, tensor<2x3xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
  return %i, %f : tensor<3x4xf32>, tensor<3x4xf32>
}
