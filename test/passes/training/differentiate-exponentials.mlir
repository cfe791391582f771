// Of exponentials less their maximum one is 1 before they are differentiated, also where a sum that they share is
// written twice: the scan stores one exponential and which one it is.
// RUN: rondo-opt %s --rondo-differentiate | FileCheck %s

// CHECK-LABEL: func.func @mean_grad
// CHECK:         rondo.scan (%[[P:.*]] = {{.*}}) over (%[[K:.*]] = {{.*}})
// CHECK:           %[[U:.*]] = arith.addf
// CHECK:           %[[MOST:.*]] = arith.maximumf %[[P]], %[[U]]
// CHECK:           %[[FIRST:.*]] = arith.cmpf oge, %[[P]], %[[U]]
// CHECK:           %[[E:.*]] = math.exp
// CHECK-NOT:       math.exp
// CHECK:           arith.extui %[[FIRST]]
// CHECK:           rondo.yield (%[[MOST]] : tensor<4xf32>) emit (%{{[^,]*}}, %{{[^,]*}}, %[[E]],
// CHECK:         rondo.scan
// CHECK-NOT:       math.exp
// CHECK-NOT:       arith.maximumf
// CHECK:         return
func.func @mean(%u: tensor<4xf32> {rondo.parameter = "u"}, %k: tensor<5x4xf32> {rondo.input = "k"})
    -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %last, %means = rondo.scan (%p = %zero : tensor<4xf32>) over (%kt = %k : tensor<5x4xf32>) length 5 {
    %0 = arith.addf %u, %kt : tensor<4xf32>
    %most = arith.maximumf %p, %0 : tensor<4xf32>
    %1 = arith.subf %p, %most : tensor<4xf32>
    %old = math.exp %1 : tensor<4xf32>
    %2 = arith.addf %u, %kt : tensor<4xf32>
    %3 = arith.subf %2, %most : tensor<4xf32>
    %new = math.exp %3 : tensor<4xf32>
    %4 = arith.mulf %new, %kt : tensor<4xf32>
    %5 = arith.addf %old, %4 : tensor<4xf32>
    rondo.yield (%most : tensor<4xf32>) emit (%5 : tensor<4xf32>)
  } -> (tensor<4xf32>, tensor<5x4xf32>)
  %l = rondo.reduce sum %means dims = [0, 1] : tensor<5x4xf32> -> tensor<f32>
  return %l : tensor<f32>
}
