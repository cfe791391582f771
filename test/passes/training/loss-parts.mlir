// Parts of a loss stay beside it: streamed, truncated and differentiated, which follows the loss alone.
// RUN: rondo-opt %s -rondo-stream | FileCheck %s --check-prefix=STREAM
// RUN: rondo-opt %s -rondo-stream -rondo-truncate-bptt="k1=1 k2=3" | FileCheck %s --check-prefix=TRUNCATE
// RUN: rondo-opt %s -rondo-stream -rondo-differentiate | FileCheck %s --check-prefix=GRAD

// STREAM: -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.loss_part = "a"}, tensor<f32> {rondo.loss_part = "w"}, tensor<3x2x4xf32> {rondo.output = "y"}, tensor<2x4xf32> {rondo.state = "h"})

// The last position counts, of the loss and of the part that varies over time.
// TRUNCATE: %[[END:.*]] = tensor.extract_slice %{{.*}}[2, 0] [1, 2] [1, 1]
// TRUNCATE: %[[LOSS:.*]] = rondo.reduce mean %[[END]] dims = [0, 1]
// TRUNCATE: %[[ENDA:.*]] = tensor.extract_slice %{{.*}}[2, 0] [1, 2] [1, 1]
// TRUNCATE: %[[A:.*]] = rondo.reduce mean %[[ENDA]] dims = [0, 1]
// TRUNCATE: %[[W:.*]] = rondo.reduce mean %{{.*}} dims = [0] : tensor<2xf32>
// TRUNCATE: return %[[LOSS]], %[[A]], %[[W]]

// GRAD: func.func @f_grad(
// GRAD-SAME: -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.loss_part = "a"}, tensor<f32> {rondo.loss_part = "w"}, tensor<2x4xf32> {rondo.state = "h"}, tensor<4xf32> {rondo.gradient = "w"})
func.func @f(%w: tensor<4xf32> {rondo.parameter = "w"}, %x: tensor<3x2x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.loss_part = "a"}, tensor<f32> {rondo.loss_part = "w"},
        tensor<3x2x4xf32> {rondo.output = "y"}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %h, %y = rondo.scan (%s = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["h"] {
    %n = arith.addf %s, %v : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  %ws = rondo.broadcast %w dims = [2] : tensor<4xf32> -> tensor<3x2x4xf32>
  %p = arith.mulf %y, %ws : tensor<3x2x4xf32>
  %a = rondo.reduce sum %p dims = [2] : tensor<3x2x4xf32> -> tensor<3x2xf32>
  %b = rondo.reduce sum %w dims = [0] : tensor<4xf32> -> tensor<f32>
  %over = rondo.broadcast %b dims = [] : tensor<f32> -> tensor<3x2xf32>
  %sum = arith.addf %a, %over : tensor<3x2xf32>
  %loss = rondo.reduce mean %sum dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  %amean = rondo.reduce mean %a dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  %rows = rondo.broadcast %b dims = [] : tensor<f32> -> tensor<2xf32>
  %bmean = rondo.reduce mean %rows dims = [0] : tensor<2xf32> -> tensor<f32>
  return %loss, %amean, %bmean, %y : tensor<f32>, tensor<f32>, tensor<f32>, tensor<3x2x4xf32>
}
