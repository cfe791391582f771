// Attention packs keys and values once for all queries: keys along the positions, values along their features.
// RUN: rondo-opt %s --rondo-lower-to-linalg='width=16 registers=32' | FileCheck %s

// CHECK-LABEL: func.func @packs(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<100x2x4xf32>, %[[K:[^:]*]]: tensor<70x2x4xf32>, %[[V:[^:]*]]: tensor<70x2x3xf32>)
// CHECK: %[[E:.*]] = tensor.empty() : tensor<100x2x3xf32>
// CHECK: %[[KEYS:.*]] = rondo.pack ins(%[[K]] : tensor<70x2x4xf32>) outs(%{{.*}} : tensor<2x3x4x32xf32>) lanes 0 terms 2 width 32
// CHECK: %[[VALUES:.*]] = rondo.pack ins(%[[V]] : tensor<70x2x3xf32>) outs(%{{.*}} : tensor<2x1x70x16xf32>) lanes 2 terms 0 width 16
// CHECK: %[[Y:.*]] = rondo.attend ins(%[[Q]], %[[KEYS]], %[[VALUES]] : tensor<100x2x4xf32>, tensor<2x3x4x32xf32>, tensor<2x1x70x16xf32>) outs(%[[E]] : tensor<100x2x3xf32>) "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 -> tensor<100x2x3xf32>
// CHECK: return %[[Y]]
func.func @packs(%q: tensor<100x2x4xf32>, %k: tensor<70x2x4xf32>, %v: tensor<70x2x3xf32>) -> tensor<100x2x3xf32> {
  %y = rondo.attention %q, %k, %v "tbd,sbd,sbe->tbe" scale 0.5 causal 0
      : tensor<100x2x4xf32>, tensor<70x2x4xf32>, tensor<70x2x3xf32> -> tensor<100x2x3xf32>
  return %y : tensor<100x2x3xf32>
}

// Of nothing there is nothing to compute.
// CHECK-LABEL: func.func @empty(
// CHECK-NOT: rondo.
// CHECK: %[[E:.*]] = tensor.empty() : tensor<0x3xf32>
// CHECK-NEXT: return %[[E]]
func.func @empty(%q: tensor<0x4xf32>, %k: tensor<70x4xf32>, %v: tensor<70x3xf32>) -> tensor<0x3xf32> {
  %y = rondo.attention %q, %k, %v "td,sd,se->te" scale 0.5
      : tensor<0x4xf32>, tensor<70x4xf32>, tensor<70x3xf32> -> tensor<0x3xf32>
  return %y : tensor<0x3xf32>
}
