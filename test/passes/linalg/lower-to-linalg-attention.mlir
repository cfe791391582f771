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

// Of slots those are packed that queries see: up to each row's own number, and the 7 queries and 1.
// CHECK-LABEL: func.func @slots(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<7x2x4xf32>, %[[K:[^:]*]]: tensor<70x2x4xf32>, %[[V:[^:]*]]: tensor<2x70x3xf32>, %[[P:[^:]*]]: tensor<2xi64>)
// CHECK: %[[KEYS:.*]] = rondo.pack ins(%[[K]] : tensor<70x2x4xf32>) ends(%[[P]] : tensor<2xi64>) along 0 rows 1 plus 8 outs(%{{.*}} : tensor<2x3x4x32xf32>) lanes 0 terms 2 width 32
// CHECK: %[[VALUES:.*]] = rondo.pack ins(%[[V]] : tensor<2x70x3xf32>) ends(%[[P]] : tensor<2xi64>) along 1 rows 0 plus 8 outs(%{{.*}} : tensor<2x1x70x16xf32>) lanes 2 terms 1 width 16
// CHECK: rondo.attend ins(%[[Q]], %[[KEYS]], %[[VALUES]] : tensor<7x2x4xf32>, tensor<2x3x4x32xf32>, tensor<2x1x70x16xf32>) first(%[[P]] : tensor<2xi64>) outs(%{{.*}} : tensor<7x2x3xf32>) "tbd,sbd,bse->tbe" scale 5.000000e-01 causal 1 rows "b" -> tensor<7x2x3xf32>
func.func @slots(%q: tensor<7x2x4xf32>, %k: tensor<70x2x4xf32>, %v: tensor<2x70x3xf32>, %p: tensor<2xi64>)
    -> tensor<7x2x3xf32> {
  %y = rondo.attention %q, %k, %v "tbd,sbd,bse->tbe" scale 0.5 causal 1 first(%p : tensor<2xi64>) rows "b"
      : tensor<7x2x4xf32>, tensor<70x2x4xf32>, tensor<2x70x3xf32> -> tensor<7x2x3xf32>
  return %y : tensor<7x2x3xf32>
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

// The derivative has keys packed along their terms too.
// CHECK-LABEL: func.func @derivative(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<100x2x4xf32>, %[[K:[^:]*]]: tensor<70x2x4xf32>, %[[V:[^:]*]]: tensor<70x2x3xf32>, %[[Y:[^:]*]]: tensor<100x2x3xf32>, %[[G:[^:]*]]: tensor<100x2x3xf32>)
// CHECK: %[[KEYS:.*]] = rondo.pack ins(%[[K]] : {{.*}}) outs(%{{.*}} : tensor<2x3x4x32xf32>) lanes 0 terms 2 width 32
// CHECK: %[[VALUES:.*]] = rondo.pack ins(%[[V]] : {{.*}}) outs(%{{.*}} : tensor<2x3x3x32xf32>) lanes 0 terms 2 width 32
// CHECK: %[[TERMS:.*]] = rondo.pack ins(%[[K]] : {{.*}}) outs(%{{.*}} : tensor<2x1x70x16xf32>) lanes 2 terms 0 width 16
// CHECK: rondo.attend_grad ins(%[[Q]], %[[KEYS]], %[[VALUES]], %[[TERMS]], %[[Y]], %[[G]] : {{.*}}) outs({{.*}}) "tbd,sbd,sbe->tbe" scale 5.000000e-01 causal 0 -> tensor<100x2x4xf32>, tensor<70x2x4xf32>, tensor<70x2x3xf32>
func.func @derivative(%q: tensor<100x2x4xf32>, %k: tensor<70x2x4xf32>, %v: tensor<70x2x3xf32>, %y: tensor<100x2x3xf32>,
                      %g: tensor<100x2x3xf32>) -> (tensor<100x2x4xf32>, tensor<70x2x4xf32>, tensor<70x2x3xf32>) {
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %g "tbd,sbd,sbe->tbe" scale 0.5 causal 0
      : tensor<100x2x4xf32>, tensor<70x2x4xf32>, tensor<70x2x3xf32>, tensor<100x2x3xf32>
  return %dq, %dk, %dv : tensor<100x2x4xf32>, tensor<70x2x4xf32>, tensor<70x2x3xf32>
}

// With one matrix of keys its gradients are sums of parts of the queries, two of 24 here.
// CHECK-LABEL: func.func @parts(
// CHECK: %[[D:.*]]:3 = rondo.attend_grad ins({{.*}}) outs({{.*}}) "tbd,sd,se->tbe" scale 5.000000e-01 part 24 -> tensor<40x2x4xf32>, tensor<2x70x4xf32>, tensor<2x70x3xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel"]} ins(%[[D]]#1 : tensor<2x70x4xf32>) outs({{.*}} : tensor<70x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[D]]#2 : tensor<2x70x3xf32>) outs({{.*}} : tensor<70x3xf32>)
func.func @parts(%q: tensor<40x2x4xf32>, %k: tensor<70x4xf32>, %v: tensor<70x3xf32>, %y: tensor<40x2x3xf32>)
    -> (tensor<40x2x4xf32>, tensor<70x4xf32>, tensor<70x3xf32>) {
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %y "tbd,sd,se->tbe" scale 0.5
      : tensor<40x2x4xf32>, tensor<70x4xf32>, tensor<70x3xf32>, tensor<40x2x3xf32>
  return %dq, %dk, %dv : tensor<40x2x4xf32>, tensor<70x4xf32>, tensor<70x3xf32>
}

// Of no queries keys have no gradient.
// CHECK-LABEL: func.func @no_queries(
// CHECK-NOT: rondo.
// CHECK: %[[DK:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<70x4xf32>)
// CHECK: return %[[DK]]
func.func @no_queries(%q: tensor<0x4xf32>, %k: tensor<70x4xf32>, %v: tensor<70x3xf32>, %y: tensor<0x3xf32>)
    -> tensor<70x4xf32> {
  %dq, %dk, %dv = rondo.attention_grad %q, %k, %v, %y, %y "td,sd,se->te" scale 0.5
      : tensor<0x4xf32>, tensor<70x4xf32>, tensor<70x3xf32>, tensor<0x3xf32>
  return %dk : tensor<70x4xf32>
}
