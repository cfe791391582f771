// States of which others need a product have a scan of their own; the product is one of all positions.
// RUN: rondo-opt %s --rondo-split-scan --rondo-split-components | FileCheck %s

// What is read of the state before a step is handed on as that; names, direction and limit are kept. A sum is regrouped
// so that its products that need no state behind them are summed in front of the loop.
// CHECK-LABEL: func.func @context
// CHECK: %[[X:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbi,oi->tbo"
// CHECK: %[[A:.*]]:2 = rondo.scan (%[[S:.*]] = %{{.*}} : tensor<2x3xf32>) over (%{{.*}} : tensor<6x2x3xf32>) length 6 limit %[[N:.*]] backward states ["c.s"] {
// CHECK: rondo.yield (%{{.*}} : tensor<2x3xf32>) emit (%[[S]] : tensor<2x3xf32>)
// CHECK: %[[P:.*]] = rondo.contract %[[A]]#1, %{{.*}} "tbi,oi->tbo"
// CHECK: %[[Q:.*]] = arith.addf %[[P]], %[[X]] : tensor<6x2x4xf32>
// CHECK: %[[B:.*]]:2 = rondo.scan (%[[H:.*]] = %{{.*}} : tensor<2x4xf32>) over (%[[QT:.*]] = %[[Q]] : tensor<6x2x4xf32>) length 6 limit %[[N]] backward states ["c.h"] {
// CHECK-NEXT: %[[U:.*]] = rondo.contract %[[H]], %{{.*}} "bi,oi->bo"
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[QT]], %[[U]]
// CHECK-NEXT: math.tanh %[[SUM]]
// CHECK: return %[[A]]#0, %[[B]]#0, %[[B]]#1
func.func @context(%p: tensor<4x3xf32>, %u: tensor<4x4xf32>, %w: tensor<4x3xf32>, %x: tensor<6x2x3xf32>,
                   %s0: tensor<2x3xf32>, %h0: tensor<2x4xf32>, %n: tensor<i64>)
    -> (tensor<2x3xf32>, tensor<2x4xf32>, tensor<6x2x4xf32>) {
  %sT, %hT, %hs = rondo.scan (%s = %s0 : tensor<2x3xf32>, %h = %h0 : tensor<2x4xf32>)
      over (%xt = %x : tensor<6x2x3xf32>) length 6 limit %n backward states ["c.s", "c.h"] {
    %m = arith.addf %s, %xt : tensor<2x3xf32>
    %b = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %a = rondo.contract %s, %p "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %c = rondo.contract %xt, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %d = arith.addf %b, %a : tensor<2x4xf32>
    %e = arith.addf %d, %c : tensor<2x4xf32>
    %t = math.tanh %e : tensor<2x4xf32>
    rondo.yield (%m, %t : tensor<2x3xf32>, tensor<2x4xf32>) emit (%t : tensor<2x4xf32>)
  } -> (tensor<2x3xf32>, tensor<2x4xf32>, tensor<6x2x4xf32>)
  return %sT, %hT, %hs : tensor<2x3xf32>, tensor<2x4xf32>, tensor<6x2x4xf32>
}

// Three layers of one cell are three scans; the second layer's own product stays, and what a later one needs again of
// the first is handed on once. A repeated value is repeated by who reads it.
// CHECK-LABEL: func.func @layers
// CHECK: rondo.scan (%{{[^,]*}}) over
// CHECK-NEXT: rondo.contract
// CHECK-NEXT: arith.addf
// CHECK-NEXT: math.tanh
// CHECK-NEXT: rondo.reduce
// CHECK-NEXT: rondo.yield (%{{.*}} : tensor<2x4xf32>) emit (%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2xf32>)
// CHECK: rondo.contract {{.*}} "tbi,oi->tbo"
// CHECK: rondo.scan
// CHECK-NEXT: rondo.contract
// CHECK-NEXT: arith.addf
// CHECK-NEXT: math.tanh
// CHECK-NEXT: rondo.yield
// CHECK: rondo.contract {{.*}} "tbi,oi->tbo"
// CHECK: rondo.scan (%[[C:[^ ]*]] = %{{[^,]*}}) over (%[[M:[^ ]*]] = %{{[^,]*}}, %[[Q:[^ ]*]] = %{{[^,]*}})
// CHECK-NEXT: %[[MR:.*]] = rondo.broadcast %[[M]]
// CHECK: rondo.yield
func.func @layers(%u: tensor<4x4xf32>, %v: tensor<4x4xf32>, %w: tensor<4x4xf32>, %x: tensor<6x2x4xf32>,
                  %z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %r:3 = rondo.scan (%a = %z : tensor<2x4xf32>, %b = %z : tensor<2x4xf32>, %c = %z : tensor<2x4xf32>)
      over (%xt = %x : tensor<6x2x4xf32>) length 6 {
    %ua = rondo.contract %a, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %a0 = arith.addf %ua, %xt : tensor<2x4xf32>
    %an = math.tanh %a0 : tensor<2x4xf32>
    %va = rondo.contract %an, %v "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %ub = rondo.contract %b, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %b0 = arith.addf %va, %ub : tensor<2x4xf32>
    %bn = math.tanh %b0 : tensor<2x4xf32>
    %wb = rondo.contract %bn, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %m = rondo.reduce mean %an dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
    %mr = rondo.broadcast %m dims = [0] : tensor<2xf32> -> tensor<2x4xf32>
    %c0 = arith.mulf %c, %mr : tensor<2x4xf32>
    %cn = arith.subf %c0, %wb : tensor<2x4xf32>
    rondo.yield (%an, %bn, %cn : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  return %r#2 : tensor<2x4xf32>
}

// Where no product gets out all stays in one scan: of states that need each other by another one, and of a pointwise
// state beside one with products.
// CHECK-LABEL: func.func @together
// CHECK-COUNT-1: rondo.scan
// CHECK-NOT: rondo.scan
func.func @together(%u: tensor<4x4xf32>, %z: tensor<2x4xf32>, %x: tensor<6x2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %r:4 = rondo.scan (%a = %z : tensor<2x4xf32>, %b = %z : tensor<2x4xf32>, %c = %z : tensor<2x4xf32>,
      %d = %z : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x4xf32>) length 6 {
    %ua = rondo.contract %a, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %bn = math.tanh %ua : tensor<2x4xf32>
    %ub = rondo.contract %b, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %cn = math.tanh %ub : tensor<2x4xf32>
    %an = arith.addf %c, %xt : tensor<2x4xf32>
    %dm = arith.mulf %d, %xt : tensor<2x4xf32>
    %dn = arith.addf %dm, %bn : tensor<2x4xf32>
    rondo.yield (%an, %bn, %cn, %dn : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  return %r#0, %r#3 : tensor<2x4xf32>, tensor<2x4xf32>
}

// A scan within a scan stays one.
// CHECK-LABEL: func.func @inner
// CHECK: rondo.scan
// CHECK: rondo.scan
// CHECK-NOT: rondo.scan
func.func @inner(%p: tensor<4x4xf32>, %z: tensor<2x4xf32>, %x: tensor<6x3x2x4xf32>) -> tensor<6x2x4xf32> {
  %hs = rondo.scan () over (%xt = %x : tensor<6x3x2x4xf32>) length 6 {
    %s, %h = rondo.scan (%s = %z : tensor<2x4xf32>, %h = %z : tensor<2x4xf32>) over (%xi = %xt : tensor<3x2x4xf32>) length 3 {
      %m = arith.addf %s, %xi : tensor<2x4xf32>
      %a = rondo.contract %m, %p "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
      %n = arith.mulf %h, %a : tensor<2x4xf32>
      rondo.yield (%m, %n : tensor<2x4xf32>, tensor<2x4xf32>)
    } -> (tensor<2x4xf32>, tensor<2x4xf32>)
    rondo.yield () emit (%h : tensor<2x4xf32>)
  } -> (tensor<6x2x4xf32>)
  return %hs : tensor<6x2x4xf32>
}

// A comparison is made once, by who decides first; the truth values are handed on.
// CHECK-LABEL: func.func @decision
// CHECK: rondo.scan
// CHECK: %[[CMP:.*]] = arith.cmpf
// CHECK: rondo.yield ({{.*}}) emit ({{.*}}%[[CMP]]{{.*}})
// CHECK: rondo.scan
// CHECK-NOT: arith.cmpf
func.func @decision(%p: tensor<4x4xf32>, %z: tensor<2x4xf32>, %x: tensor<6x2x4xf32>) -> tensor<2x4xf32> {
  %s, %h = rondo.scan (%s = %z : tensor<2x4xf32>, %h = %z : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x4xf32>) length 6 {
    %k = arith.cmpf ogt, %xt, %z : tensor<2x4xf32>
    %m = arith.select %k, %xt, %s : tensor<2x4xi1>, tensor<2x4xf32>
    %a = rondo.contract %m, %p "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %b = arith.mulf %h, %a : tensor<2x4xf32>
    %n = arith.select %k, %b, %h : tensor<2x4xi1>, tensor<2x4xf32>
    rondo.yield (%m, %n : tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2x4xf32>)
  return %h : tensor<2x4xf32>
}
