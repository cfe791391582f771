// The derivative of attention prints as it is read, on tensors and on buffers.
// RUN: rondo-opt %s | FileCheck %s
// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s -mlir-print-op-generic | rondo-opt | FileCheck %s

// CHECK-LABEL: func.func @attention_grad(
func.func @attention_grad(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %y: tensor<7x2x3xf32>,
                          %g: tensor<7x2x3xf32>) -> (tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>) {
  // CHECK: rondo.attention_grad %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
    %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g "tbd,sbd,sbe->tbe" scale 0.5 causal 0
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
  return %dq, %dk, %dv : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>
}

// CHECK-LABEL: func.func @lengths(
func.func @lengths(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>, %y: tensor<7x2x3xf32>,
                   %g: tensor<7x2x3xf32>, %n: tensor<2xi32>) -> tensor<7x2x4xf32> {
  // CHECK: rondo.attention_grad {{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 lengths(%{{.*}} : tensor<2xi32>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g "tbd,sbd,sbe->tbe" scale 0.5 causal 0
      lengths(%n : tensor<2xi32>) rows "b" : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>, tensor<7x2x3xf32>
  return %dq : tensor<7x2x4xf32>
}

// CHECK-LABEL: func.func @lengths_of_packed(
func.func @lengths_of_packed(%q: memref<7x2x4xf32>, %k: memref<2x1x4x16xf32>, %v: memref<2x1x3x16xf32>,
                             %kd: memref<2x1x5x16xf32>, %y: memref<7x2x3xf32>, %g: memref<7x2x3xf32>,
                             %a: memref<7x2x4xf32>, %b: memref<5x2x4xf32>, %c: memref<5x2x3xf32>, %n: memref<2xi64>) {
  // CHECK: rondo.attend_grad ins({{.*}}) lengths(%{{.*}} : memref<2xi64>) outs({{.*}}) "tbd,sbd,sbe->tbe" scale 5.000000e-01 rows "b"
  rondo.attend_grad
      ins(%q, %k, %v, %kd, %y, %g : memref<7x2x4xf32>, memref<2x1x4x16xf32>, memref<2x1x3x16xf32>,
          memref<2x1x5x16xf32>, memref<7x2x3xf32>, memref<7x2x3xf32>) lengths(%n : memref<2xi64>)
      outs(%a, %b, %c : memref<7x2x4xf32>, memref<5x2x4xf32>, memref<5x2x3xf32>) "tbd,sbd,sbe->tbe" scale 0.5 rows "b"
  return
}

// CHECK-LABEL: func.func @attend_grad(
func.func @attend_grad(%q: tensor<7x2x4xf32>, %k: tensor<2x1x4x16xf32>, %v: tensor<2x1x3x16xf32>,
                       %kd: tensor<2x1x5x16xf32>, %y: tensor<7x2x3xf32>, %g: tensor<7x2x3xf32>, %a: tensor<7x2x4xf32>,
                       %b: tensor<5x2x4xf32>, %c: tensor<5x2x3xf32>)
    -> (tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>) {
  // CHECK: rondo.attend_grad ins({{.*}}) outs({{.*}}) "tbd,sbd,sbe->tbe" scale 5.000000e-01 -> tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>
    %dq, %dk, %dv = rondo.attend_grad
        ins(%q, %k, %v, %kd, %y, %g : tensor<7x2x4xf32>, tensor<2x1x4x16xf32>, tensor<2x1x3x16xf32>,
            tensor<2x1x5x16xf32>, tensor<7x2x3xf32>, tensor<7x2x3xf32>)
        outs(%a, %b, %c : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>)
        "tbd,sbd,sbe->tbe" scale 0.5 -> tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>
  return %dq, %dk, %dv : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32>
}

// Heads and rows that share keys, whose gradients are in parts of three queries.
// CHECK-LABEL: func.func @shared(
func.func @shared(%q: tensor<7x2x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %y: tensor<7x2x3xf32>)
    -> (tensor<7x2x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) {
  // CHECK: rondo.attention_grad {{.*}} "tgd,sd,se->tge" scale 1.000000e+00 :
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %y "tgd,sd,se->tge" scale 1.0
      : tensor<7x2x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>, tensor<7x2x3xf32>
  return %dq, %dk, %dv : tensor<7x2x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>
}

// CHECK-LABEL: func.func @parts(
func.func @parts(%q: memref<7x2x4xf32>, %k: memref<1x4x16xf32>, %v: memref<1x3x16xf32>, %kd: memref<1x5x16xf32>,
                 %y: memref<7x2x3xf32>, %a: memref<7x2x4xf32>, %b: memref<3x5x4xf32>, %c: memref<3x5x3xf32>) {
  // CHECK: rondo.attend_grad {{.*}} "tgd,sd,se->tge" scale 1.000000e+00 causal 2 part 3
  rondo.attend_grad ins(%q, %k, %v, %kd, %y, %y : memref<7x2x4xf32>, memref<1x4x16xf32>, memref<1x3x16xf32>,
      memref<1x5x16xf32>, memref<7x2x3xf32>, memref<7x2x3xf32>) outs(%a, %b, %c : memref<7x2x4xf32>,
      memref<3x5x4xf32>, memref<3x5x3xf32>) "tgd,sd,se->tge" scale 1.0 causal 2 part 3
  return
}

// CHECK-LABEL: func.func @on_buffers(
func.func @on_buffers(%q: memref<7x4xf32>, %k: memref<1x4x16xf32>, %v: memref<1x3x16xf32>, %kd: memref<1x5x16xf32>,
                      %y: memref<7x3xf32>, %a: memref<7x4xf32>, %b: memref<5x4xf32>, %c: memref<5x3xf32>) {
  // CHECK: rondo.attend_grad ins({{.*}}) outs({{.*}} : memref<7x4xf32>, memref<5x4xf32>, memref<5x3xf32>) "td,sd,se->te" scale 1.000000e+00 causal 2
  rondo.attend_grad ins(%q, %k, %v, %kd, %y, %y : memref<7x4xf32>, memref<1x4x16xf32>, memref<1x3x16xf32>,
      memref<1x5x16xf32>, memref<7x3xf32>, memref<7x3xf32>) outs(%a, %b, %c : memref<7x4xf32>, memref<5x4xf32>,
      memref<5x3xf32>) "td,sd,se->te" scale 1.0 causal 2
  return
}
