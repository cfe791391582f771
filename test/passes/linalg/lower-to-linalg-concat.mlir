// Many parts are joined in groups, as the analysis of buffers takes the third power of a chain's length.
// RUN: rondo-opt %s --rondo-lower-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @many
// CHECK: tensor.empty() : tensor<9xf32>
// CHECK-COUNT-9: tensor.insert_slice {{.*}} : tensor<1xf32> into tensor<9xf32>
// CHECK: tensor.empty() : tensor<8xf32>
// CHECK-COUNT-8: tensor.insert_slice {{.*}} : tensor<1xf32> into tensor<8xf32>
// CHECK: tensor.empty() : tensor<17xf32>
// CHECK: tensor.insert_slice {{.*}}[0] [9] [1] : tensor<9xf32> into tensor<17xf32>
// CHECK: tensor.insert_slice {{.*}}[9] [8] [1] : tensor<8xf32> into tensor<17xf32>
// CHECK-NEXT: return
func.func @many(%a0: tensor<1xf32>, %a1: tensor<1xf32>, %a2: tensor<1xf32>, %a3: tensor<1xf32>, %a4: tensor<1xf32>, %a5: tensor<1xf32>, %a6: tensor<1xf32>, %a7: tensor<1xf32>, %a8: tensor<1xf32>, %a9: tensor<1xf32>, %a10: tensor<1xf32>, %a11: tensor<1xf32>, %a12: tensor<1xf32>, %a13: tensor<1xf32>, %a14: tensor<1xf32>, %a15: tensor<1xf32>, %a16: tensor<1xf32>) -> tensor<17xf32> {
  %0 = tensor.concat dim(0) %a0, %a1, %a2, %a3, %a4, %a5, %a6, %a7, %a8, %a9, %a10, %a11, %a12, %a13, %a14, %a15, %a16 : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<17xf32>
  return %0 : tensor<17xf32>
}
