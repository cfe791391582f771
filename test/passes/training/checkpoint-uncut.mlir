// A mean over the window that each position reads is another one in each segment: the window stays as it is, which is
// said.
// RUN: rondo-opt %s -rondo-checkpoint | FileCheck %s
// CHECK-LABEL: func.func @f(
// CHECK-SAME: attributes {rondo.uncut = "what follows from all positions is read at each of them"}
// CHECK-NOT: rondo.segments
// CHECK-NOT: func.func
func.func @f(%x: tensor<6x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %m = rondo.reduce mean %x dims = [0] : tensor<6x2xf32> -> tensor<2xf32>
  %n = rondo.broadcast %m dims = [1] : tensor<2xf32> -> tensor<6x2xf32>
  %y = arith.mulf %x, %n : tensor<6x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<6x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss})
    attributes {rondo.segments = "T"} {
  %m = rondo.reduce mean %x dims = [0] : tensor<2x2xf32> -> tensor<2xf32>
  %n = rondo.broadcast %m dims = [1] : tensor<2xf32> -> tensor<2x2xf32>
  %y = arith.mulf %x, %n : tensor<2x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
