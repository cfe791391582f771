// Functions of what is the same in all steps leave a scan before it is differentiated, with what they are made of; what
// is cheap stays otherwise, and so do the steps' own.
// RUN: rondo-opt %s --rondo-differentiate -o %t.mlir
// RUN: FileCheck %s < %t.mlir

// CHECK-LABEL: func.func @f_grad
// CHECK:         %[[RATE:.*]] = math.exp %arg0
// CHECK:         %[[NEGATIVE:.*]] = arith.negf %[[RATE]]
// CHECK:         %[[DECAY:.*]] = math.exp %[[NEGATIVE]]
// CHECK:         rondo.scan
// CHECK-DAG:       rondo.broadcast %[[DECAY]]
// CHECK-DAG:       arith.addf %arg1, %arg1
// CHECK:           math.tanh
// CHECK:         rondo.scan {{.*}} backward
// CHECK-NOT:       math.exp
// CHECK:         }
// CHECK:         arith.mulf %{{.*}}, %[[DECAY]]
// CHECK:         arith.mulf %{{.*}}, %[[RATE]]
func.func @f(%w: tensor<4xf32> {rondo.parameter = "w"}, %b: tensor<4xf32> {rondo.parameter = "b"},
             %xs: tensor<5x4xf32>) -> (tensor<f32> {rondo.loss}) {
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  %last = rondo.scan (%h = %zero : tensor<1x4xf32>) over (%x = %xs : tensor<5x4xf32>) length 5 {
    %rate = math.exp %w : tensor<4xf32>
    %negative = arith.negf %rate : tensor<4xf32>
    %decay = math.exp %negative : tensor<4xf32>
    %twice = arith.addf %b, %b : tensor<4xf32>
    %decays = rondo.broadcast %decay dims = [1] : tensor<4xf32> -> tensor<1x4xf32>
    %biases = rondo.broadcast %twice dims = [1] : tensor<4xf32> -> tensor<1x4xf32>
    %inputs = rondo.broadcast %x dims = [1] : tensor<4xf32> -> tensor<1x4xf32>
    %kept = arith.mulf %decays, %h : tensor<1x4xf32>
    %sum = arith.addf %kept, %inputs : tensor<1x4xf32>
    %more = arith.addf %sum, %biases : tensor<1x4xf32>
    %next = math.tanh %more : tensor<1x4xf32>
    rondo.yield (%next : tensor<1x4xf32>)
  } -> (tensor<1x4xf32>)
  %l = rondo.reduce sum %last dims = [0, 1] : tensor<1x4xf32> -> tensor<f32>
  return %l : tensor<f32>
}
