// Attention prints as it is read, on tensors and on buffers.
// RUN: rondo-opt %s | FileCheck %s
// RUN: rondo-opt %s | rondo-opt | FileCheck %s
// RUN: rondo-opt %s -mlir-print-op-generic | rondo-opt | FileCheck %s

// CHECK-LABEL: func.func @attention(
func.func @attention(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x3xf32>)
    -> (tensor<7x2x3xf32>, tensor<7x2x3xf32>) {
  // CHECK: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  // CHECK: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
    %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
    %z = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0
        : tensor<7x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x3xf32> -> tensor<7x2x3xf32>
  return %y, %z : tensor<7x2x3xf32>, tensor<7x2x3xf32>
}

// CHECK-LABEL: func.func @attend(
func.func @attend(%q: tensor<7x2x4xf32>, %k: tensor<2x1x4x16xf32>, %v: tensor<2x1x5x16xf32>, %e: tensor<7x2x3xf32>)
    -> tensor<7x2x3xf32> {
  // CHECK: rondo.attend ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<7x2x4xf32>, tensor<2x1x4x16xf32>, tensor<2x1x5x16xf32>) outs(%{{.*}} : tensor<7x2x3xf32>) "tbd,sbd,sbe->tbe" scale 5.000000e-01 -> tensor<7x2x3xf32>
    %y = rondo.attend ins(%q, %k, %v : tensor<7x2x4xf32>, tensor<2x1x4x16xf32>, tensor<2x1x5x16xf32>)
        outs(%e : tensor<7x2x3xf32>) "tbd,sbd,sbe->tbe" scale 0.5 -> tensor<7x2x3xf32>
  return %y : tensor<7x2x3xf32>
}

// CHECK-LABEL: func.func @on_buffers(
func.func @on_buffers(%q: memref<7x4xf32>, %k: memref<1x4x16xf32>, %v: memref<1x5x16xf32>, %y: memref<7x3xf32>) {
  // CHECK: rondo.attend ins(%{{.*}}, %{{.*}}, %{{.*}} : memref<7x4xf32>, memref<1x4x16xf32>, memref<1x5x16xf32>) outs(%{{.*}} : memref<7x3xf32>) "td,sd,se->te" scale 1.000000e+00 causal 2
  rondo.attend ins(%q, %k, %v : memref<7x4xf32>, memref<1x4x16xf32>, memref<1x5x16xf32>) outs(%y : memref<7x3xf32>)
      "td,sd,se->te" scale 1.0 causal 2
  return
}

// CHECK-LABEL: func.func @bounds(
func.func @bounds(%q: tensor<7x2x4xf32>, %k: tensor<9x2x4xf32>, %v: tensor<9x2x3xf32>, %p: tensor<2xi64>,
                  %n: tensor<i32>, %l: tensor<2xi32>) -> (tensor<7x2x3xf32>, tensor<7x2x3xf32>) {
  // CHECK: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 first(%{{.*}} : tensor<2xi64>) lengths(%{{.*}} : tensor<i32>) rows "b" : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0 first(%p : tensor<2xi64>)
      lengths(%n : tensor<i32>) rows "b" : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
  // CHECK: rondo.attention {{.*}} causal 0 first(%{{.*}} : tensor<2xi64>) rows "b" :
    %s = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0 first(%p : tensor<2xi64>) rows "b"
        : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
  // CHECK: rondo.attention {{.*}} scale 5.000000e-01 lengths(%{{.*}} : tensor<i32>) :
    %u = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 lengths(%n : tensor<i32>)
        : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
  // CHECK: rondo.attention %{{.*}}, %{{.*}}, %{{.*}} "tbd,sbd,sbe->tbe" scale 5.000000e-01 lengths(%{{.*}} : tensor<2xi32>) rows "b" :
  %z = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 lengths(%l : tensor<2xi32>) rows "b"
      : tensor<7x2x4xf32>, tensor<9x2x4xf32>, tensor<9x2x3xf32> -> tensor<7x2x3xf32>
  return %y, %z : tensor<7x2x3xf32>, tensor<7x2x3xf32>
}

// CHECK-LABEL: func.func @bounds_on_buffers(
func.func @bounds_on_buffers(%q: memref<7x4xf32>, %k: memref<1x4x16xf32>, %v: memref<1x5x16xf32>, %y: memref<7x3xf32>,
                             %p: memref<i64>, %l: memref<i32>) {
  // CHECK: rondo.attend ins(%{{.*}}, %{{.*}}, %{{.*}} : memref<7x4xf32>, memref<1x4x16xf32>, memref<1x5x16xf32>) first(%{{.*}} : memref<i64>) lengths(%{{.*}} : memref<i32>) outs(%{{.*}} : memref<7x3xf32>) "td,sd,se->te" scale 1.000000e+00 causal 2
  rondo.attend ins(%q, %k, %v : memref<7x4xf32>, memref<1x4x16xf32>, memref<1x5x16xf32>) first(%p : memref<i64>)
      lengths(%l : memref<i32>) outs(%y : memref<7x3xf32>) "td,sd,se->te" scale 1.0 causal 2
  return
}
