// A window in segments: what is read of each position is emitted, the rest of the window comes first, and the derivative
// of segments that are computed again stores the states at their beginnings alone.
// RUN: rondo-opt %s -rondo-checkpoint | FileCheck %s
// RUN: rondo-opt %s -rondo-checkpoint="group=2" | FileCheck %s --check-prefix=TWO
// RUN: rondo-opt %s -rondo-checkpoint="group=0" | FileCheck %s --check-prefix=STORE
// RUN: rondo-opt %s -rondo-checkpoint -rondo-differentiate="replace" -canonicalize | FileCheck %s --check-prefix=GRAD
// RUN: rondo-opt %s -rondo-checkpoint="group=2" -rondo-differentiate="replace" -canonicalize | FileCheck %s --check-prefix=CHAIN

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[W:.*]]: tensor<2xf32> {rondo.parameter = "w"}, %[[S:.*]]: tensor<2xf32> {rondo.state = "s"}, %[[X:.*]]: tensor<9x2xf32>
// CHECK: %[[X0:.*]] = tensor.extract_slice %[[X]][0, 0] [1, 2] [1, 1]
// CHECK: %[[REST:.*]]:2 = rondo.scan ({{.*}} = %[[S]] : tensor<2xf32>) over ({{.*}} = %[[X0]] : tensor<1x2xf32>) length 1
// CHECK: %[[X1:.*]] = tensor.extract_slice %[[X]][1, 0] [8, 2] [1, 1]
// CHECK: %[[XS:.*]] = tensor.expand_shape %[[X1]] {{\[}}[0, 1], [2]] output_shape [4, 2, 2]
// CHECK: %[[ALL:.*]]:2 = rondo.scan (%[[A:.*]] = %[[REST]]#0 : tensor<2xf32>) over (%[[V:.*]] = %[[XS]] : tensor<4x2x2xf32>) length 4 attributes {rondo.segments = "recompute"}
// CHECK: %[[ONE:.*]]:2 = rondo.scan ({{.*}} = %[[A]] : tensor<2xf32>) over ({{.*}} = %[[V]] : tensor<2x2xf32>) length 2
// CHECK: rondo.yield (%[[ONE]]#0 : tensor<2xf32>) emit (%[[ONE]]#1 : tensor<2x2xf32>)
// CHECK: %[[Z:.*]] = tensor.collapse_shape %[[ALL]]#1 {{\[}}[0, 1], [2]]
// CHECK: %[[Y:.*]] = tensor.concat dim(0) %[[REST]]#1, %[[Z]]
// CHECK: %[[L:.*]] = rondo.reduce mean %[[Y]] dims = [0, 1]
// CHECK: return %[[L]], %[[ALL]]#0
// CHECK-NOT: func.func

// TWO: rondo.scan {{.*}} over ({{.*}} : tensor<2x2x2x2xf32>) length 2 attributes {rondo.segments = "recompute"}
// TWO: rondo.scan {{.*}} over ({{.*}} : tensor<2x2x2xf32>) length 2 attributes {rondo.segments = "store"}
// TWO: rondo.scan {{.*}} over ({{.*}} : tensor<2x2xf32>) length 2 {
// TWO: tensor.collapse_shape {{.*}} {{\[}}[0, 1, 2], [3]] : tensor<2x2x2x2xf32> into tensor<8x2xf32>

// STORE: rondo.scan {{.*}} length 4 attributes {rondo.segments = "store"}

// The segments' forward scan emits its states alone; the other one begins with the segment, and carries the sum.
// GRAD-LABEL: func.func @f_grad(
// GRAD: %[[FORWARD:.*]]:3 = rondo.scan (%[[S:.*]] = {{.*}} : tensor<2xf32>) over ({{.*}} : tensor<4x2x2xf32>) length 4 attributes {rondo.segments = "recompute"}
// GRAD: emit (%{{.*}}, %[[S]] : tensor<2x2xf32>, tensor<2xf32>)
// GRAD: rondo.scan ({{.*}}) over ({{.*}} : tensor<4x2x2xf32>, {{.*}} = %[[FORWARD]]#2 : tensor<4x2xf32>) length 4 backward attributes {rondo.segments = "recompute"}
// GRAD: rondo.scan {{.*}} length 2 {
// GRAD: rondo.scan {{.*}} length 2 backward {

// Groups of segments hand on one sum.
// CHAIN-LABEL: func.func @f_grad(
// CHAIN: rondo.scan ({{.*}}, %[[SUM:.*]] = %{{.*}} : tensor<2xf32>) over {{.*}} length 2 backward attributes {rondo.segments = "recompute"}
// CHAIN: rondo.scan ({{.*}}, %{{.*}} = %[[SUM]] : tensor<2xf32>) over {{.*}} length 2 backward attributes {rondo.segments = "store"}
func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %s0: tensor<2xf32> {rondo.state = "s"},
             %x: tensor<9x2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
  %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<9x2xf32>) length 9 {
    %a = arith.mulf %s, %w : tensor<2xf32>
    %b = arith.addf %a, %v : tensor<2xf32>
    %n = math.tanh %b : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<9x2xf32>)
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<9x2xf32> -> tensor<f32>
  return %l, %sT : tensor<f32>, tensor<2xf32>
}
func.func @f_segment(%w: tensor<2xf32> {rondo.parameter = "w"}, %s0: tensor<2xf32> {rondo.state = "s"},
                     %x: tensor<2x2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) attributes {rondo.segments = "T"} {
  %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<2x2xf32>) length 2 {
    %a = arith.mulf %s, %w : tensor<2xf32>
    %b = arith.addf %a, %v : tensor<2xf32>
    %n = math.tanh %b : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2x2xf32>)
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
  return %l, %sT : tensor<f32>, tensor<2xf32>
}
func.func @f_rest(%w: tensor<2xf32> {rondo.parameter = "w"}, %s0: tensor<2xf32> {rondo.state = "s"},
                  %x: tensor<1x2xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) attributes {rondo.segments = "T"} {
  %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<1x2xf32>) length 1 {
    %a = arith.mulf %s, %w : tensor<2xf32>
    %b = arith.addf %a, %v : tensor<2xf32>
    %n = math.tanh %b : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<1x2xf32>)
  %l = rondo.reduce mean %y dims = [0, 1] : tensor<1x2xf32> -> tensor<f32>
  return %l, %sT : tensor<f32>, tensor<2xf32>
}
