// What needs no state comes before the loop if it is a product, or goes with one without widening what the loop reads.
// RUN: rondo-opt %s --rondo-split-scan | FileCheck %s

// The input's product takes its input's scaling along, and the bias, though the state's product was added first.
// CHECK-LABEL: func.func @product
// CHECK-SAME: %[[W:[^:]*]]: tensor<4x3xf32>, %[[U:[^:]*]]: tensor<4x4xf32>, %[[B:[^:]*]]: tensor<4xf32>, %[[X:[^:]*]]: tensor<6x2x3xf32>
// CHECK-DAG: %[[XX:.*]] = arith.mulf %[[X]], %[[X]] : tensor<6x2x3xf32>
// CHECK-DAG: %[[P:.*]] = rondo.contract %[[XX]], %[[W]] "tbi,oi->tbo"
// CHECK-DAG: %[[BB:.*]] = rondo.broadcast %[[B]] dims = [2] : tensor<4xf32> -> tensor<6x2x4xf32>
// CHECK-DAG: %[[A:.*]] = arith.addf %[[P]], %[[BB]]
// CHECK: rondo.scan (%[[H:.*]] = {{.*}}) over (%[[AT:.*]] = %[[A]] : tensor<6x2x4xf32>) length 6 {
// CHECK-NEXT: %[[Q:.*]] = rondo.contract %[[H]], %[[U]] "bi,oi->bo"
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[AT]], %[[Q]]
// CHECK-NEXT: %[[N:.*]] = math.tanh %[[S]]
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<2x4xf32>)
func.func @product(%w: tensor<4x3xf32>, %u: tensor<4x4xf32>, %b: tensor<4xf32>, %xs: tensor<6x2x3xf32>,
                   %h0: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<6x2x3xf32>) length 6 {
    %q = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %xx = arith.mulf %x, %x : tensor<2x3xf32>
    %p = rondo.contract %xx, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %pq = arith.addf %q, %p : tensor<2x4xf32>
    %bb = rondo.broadcast %b dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
    %s = arith.addf %pq, %bb : tensor<2x4xf32>
    %n = math.tanh %s : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  return %hT : tensor<2x4xf32>
}

// Pointwise work on sequences alone stays: storing it would cost more than it takes. What is the same at all positions
// does not stay.
// CHECK-LABEL: func.func @pointwise_stays
// CHECK: %[[E:.*]] = math.exp %{{.*}} : tensor<4xf32>
// CHECK: rondo.broadcast %[[E]]
// CHECK: rondo.scan
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.subf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: rondo.yield
func.func @pointwise_stays(%d: tensor<4xf32>, %xs: tensor<6x2x4xf32>, %h0: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<6x2x4xf32>) length 6 {
    %one = arith.constant dense<1.0> : tensor<2x4xf32>
    %xx = arith.mulf %x, %x : tensor<2x4xf32>
    %slope = arith.subf %one, %xx : tensor<2x4xf32>
    %n = arith.mulf %h, %slope : tensor<2x4xf32>
    %e = math.exp %d : tensor<4xf32>
    %ee = rondo.broadcast %e dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
    %nn = arith.mulf %n, %ee : tensor<2x4xf32>
    rondo.yield (%nn : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  return %hT : tensor<2x4xf32>
}

// A product that is emitted is kept in any case, so what arithmetic makes of it is no second sequence; what else needs
// that arithmetic, here a sum over each row, comes before the loop with it.
// CHECK-LABEL: func.func @kept
// CHECK: %[[P:.*]] = rondo.contract {{.*}} "tbi,oi->tbo"
// CHECK: %[[PP:.*]] = arith.mulf %[[P]], %[[P]] : tensor<6x2x4xf32>
// CHECK: %[[S:.*]] = rondo.reduce mean %[[PP]] dims = [2]
// CHECK: rondo.scan (%[[H:.*]] = {{.*}}) over (%[[PT:.*]] = %[[P]] : tensor<6x2x4xf32>, %[[ST:.*]] = %[[S]] : tensor<6x2xf32>) length 6 {
// CHECK-NEXT: %[[PPT:.*]] = arith.mulf %[[PT]], %[[PT]]
// CHECK-NEXT: %[[B:.*]] = rondo.broadcast %[[ST]]
// CHECK-NEXT: %[[Q:.*]] = arith.divf %[[PPT]], %[[B]]
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[H]], %[[Q]]
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<2x4xf32>)
// CHECK: return %{{.*}}, %[[P]], %[[S]]
func.func @kept(%w: tensor<4x3xf32>, %xs: tensor<6x2x3xf32>, %h0: tensor<2x4xf32>)
    -> (tensor<2x4xf32>, tensor<6x2x4xf32>, tensor<6x2xf32>) {
  %hT, %ps, %ss = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<6x2x3xf32>) length 6 {
    %p = rondo.contract %x, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %pp = arith.mulf %p, %p : tensor<2x4xf32>
    %s = rondo.reduce mean %pp dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
    %b = rondo.broadcast %s dims = [0] : tensor<2xf32> -> tensor<2x4xf32>
    %q = arith.divf %pp, %b : tensor<2x4xf32>
    %n = arith.addf %h, %q : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%p, %s : tensor<2x4xf32>, tensor<2xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2x4xf32>, tensor<6x2xf32>)
  return %hT, %ps, %ss : tensor<2x4xf32>, tensor<6x2x4xf32>, tensor<6x2xf32>
}

// An outer product of two stored vectors, and what follows it, is made step by step: it is larger than they are.
// CHECK-LABEL: func.func @outer_product_stays
// CHECK-COUNT-2: rondo.contract {{.*}} "tbi,oi->tbo"
// CHECK-NOT: tensor<6x2x4x4xf32>
// CHECK: rondo.scan
// CHECK-NEXT: rondo.contract {{.*}} "bj,bk->bjk"
// CHECK-NEXT: math.exp
// CHECK-NEXT: arith.addf
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: rondo.yield
func.func @outer_product_stays(%w: tensor<4x3xf32>, %v: tensor<4x3xf32>, %xs: tensor<6x2x3xf32>,
                               %m0: tensor<2x4x4xf32>) -> tensor<2x4x4xf32> {
  %mT = rondo.scan (%m = %m0 : tensor<2x4x4xf32>) over (%x = %xs : tensor<6x2x3xf32>) length 6 {
    %a = rondo.contract %x, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %b = rondo.contract %x, %v "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
    %ab = rondo.contract %a, %b "bj,bk->bjk" : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4x4xf32>
    %e = math.exp %ab : tensor<2x4x4xf32>
    %s = arith.addf %m, %e : tensor<2x4x4xf32>
    %n = arith.mulf %s, %m : tensor<2x4x4xf32>
    rondo.yield (%n : tensor<2x4x4xf32>)
  } -> (tensor<2x4x4xf32>)
  return %mT : tensor<2x4x4xf32>
}

// A token's row is looked up for all positions at once; a loop without states disappears.
// CHECK-LABEL: func.func @no_state
// CHECK: %[[E:.*]] = rondo.gather %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<6x2xi32> -> tensor<6x2x4xf32>
// CHECK: %[[T:.*]] = math.tanh %[[E]] : tensor<6x2x4xf32>
// CHECK-NOT: rondo.scan
// CHECK: return %[[T]]
func.func @no_state(%table: tensor<3x4xf32>, %text: tensor<6x2xi32>) -> tensor<6x2x4xf32> {
  %ys = rondo.scan () over (%t = %text : tensor<6x2xi32>) length 6 backward {
    %e = rondo.gather %table, %t : tensor<3x4xf32>, tensor<2xi32> -> tensor<2x4xf32>
    %y = math.tanh %e : tensor<2x4xf32>
    rondo.yield () emit (%y : tensor<2x4xf32>)
  } -> (tensor<6x2x4xf32>)
  return %ys : tensor<6x2x4xf32>
}
