// Groups that the segments do not fill.
// RUN: not rondo-opt %s -rondo-checkpoint="group=2" 2>&1 | FileCheck %s
// RUN: not rondo-opt %s -rondo-checkpoint="group=-1" 2>&1 | FileCheck %s --check-prefix=BELOW
// CHECK: error: 'func.func' op expected a number of segments in a group that divides 3, found 2
// BELOW: error: 'func.func' op expected a number of segments in a group that divides 3, found -1
func.func @f(%x: tensor<6x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %y = math.tanh %x : tensor<6x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<6x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
func.func @f_segment(%x: tensor<2x2xf32> {rondo.input = "x"}) -> (tensor<f32> {rondo.loss})
    attributes {rondo.segments = "T"} {
  %y = math.tanh %x : tensor<2x2xf32>
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l : tensor<f32>
}
