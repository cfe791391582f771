// What the derivative of a loop over segments adds up goes on from segment to segment, sum by sum, and what is made of the
// sums is made once, behind the loop.
// RUN: rondo-opt %s --rondo-split-scan -canonicalize | FileCheck %s

// A product over positions becomes a state, and is scaled behind the loop; a reduction of more numbers than single precision
// adds well goes on in double.
// CHECK-LABEL: func.func @products(
// CHECK: %[[S:.*]]:2 = rondo.scan (%[[A:.*]] = %{{.*}} : tensor<4x3xf32>, %[[B:.*]] = %{{.*}} : tensor<3xf64>) over
// CHECK: %[[P:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbo,tbi->oi"
// CHECK: %[[C:.*]] = arith.addf %[[A]], %[[P]] {rondo.chain}
// CHECK: %[[R:.*]] = rondo.reduce sum %{{.*}} dims = [0, 1]
// CHECK: %[[E:.*]] = arith.extf %[[R]]
// CHECK: %[[D:.*]] = arith.addf %[[B]], %[[E]] {rondo.chain}
// CHECK-NOT: arith.mulf
// CHECK: rondo.yield (%[[C]], %[[D]] :
// CHECK-DAG: %[[W:.*]] = arith.mulf %[[S]]#0, %{{.*}} : tensor<4x3xf32>
// CHECK-DAG: %[[N:.*]] = arith.truncf %[[S]]#1
// CHECK: return %[[W]], %[[N]]
func.func @products(%x: tensor<5x100x9x3xf32>, %y: tensor<5x100x9x4xf32>, %k: tensor<4x3xf32>)
    -> (tensor<4x3xf32>, tensor<3xf32>) {
  %z = arith.constant dense<0.0> : tensor<4x3xf32>
  %o = arith.constant dense<0.0> : tensor<3xf32>
  %w, %b = rondo.scan (%a = %z : tensor<4x3xf32>, %c = %o : tensor<3xf32>)
      over (%xs = %x : tensor<5x100x9x3xf32>, %ys = %y : tensor<5x100x9x4xf32>) length 5 backward
      attributes {rondo.segments = "store"} {
    %p = rondo.contract %ys, %xs "tbo,tbi->oi" : tensor<100x9x4xf32>, tensor<100x9x3xf32> -> tensor<4x3xf32>
    %q = arith.mulf %p, %k : tensor<4x3xf32>
    %an = arith.addf %a, %q : tensor<4x3xf32>
    %r = rondo.reduce sum %xs dims = [0, 1] : tensor<100x9x3xf32> -> tensor<3xf32>
    %cn = arith.addf %c, %r : tensor<3xf32>
    rondo.yield (%an, %cn : tensor<4x3xf32>, tensor<3xf32>)
  } -> (tensor<4x3xf32>, tensor<3xf32>)
  return %w, %b : tensor<4x3xf32>, tensor<3xf32>
}

// What the positions before the first whole segment add goes on from there, summand by summand.
// CHECK-LABEL: func.func @rest(
// CHECK: %[[S:.*]]:2 = rondo.scan
// CHECK-DAG: %[[P:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbo,tbi->oi" : tensor<2x9x4xf32>
// CHECK-DAG: %[[A:.*]] = arith.addf %[[S]]#0, %[[P]] {rondo.chain}
// CHECK-DAG: %[[Q:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbi,tbo->oi" : tensor<2x9x3xf32>
// CHECK-DAG: %[[B:.*]] = arith.addf %[[S]]#1, %[[Q]] {rondo.chain}
// CHECK: %[[W:.*]] = arith.addf %[[A]], %[[B]] : tensor<4x3xf32>
// CHECK: return %[[W]]
func.func @rest(%x: tensor<5x7x9x3xf32>, %y: tensor<5x7x9x4xf32>, %x0: tensor<2x9x3xf32>, %y0: tensor<2x9x4xf32>)
    -> tensor<4x3xf32> {
  %z = arith.constant dense<0.0> : tensor<4x3xf32>
  %w = rondo.scan (%a = %z : tensor<4x3xf32>) over (%xs = %x : tensor<5x7x9x3xf32>, %ys = %y : tensor<5x7x9x4xf32>)
      length 5 backward attributes {rondo.segments = "store"} {
    %p = rondo.contract %ys, %xs "tbo,tbi->oi" : tensor<7x9x4xf32>, tensor<7x9x3xf32> -> tensor<4x3xf32>
    %q = rondo.contract %xs, %ys "tbi,tbo->oi" : tensor<7x9x3xf32>, tensor<7x9x4xf32> -> tensor<4x3xf32>
    %s = arith.addf %p, %q : tensor<4x3xf32>
    %an = arith.addf %a, %s : tensor<4x3xf32>
    rondo.yield (%an : tensor<4x3xf32>)
  } -> (tensor<4x3xf32>)
  %p0 = rondo.contract %y0, %x0 "tbo,tbi->oi" : tensor<2x9x4xf32>, tensor<2x9x3xf32> -> tensor<4x3xf32>
  %w0 = arith.addf %w, %p0 : tensor<4x3xf32>
  %q0 = rondo.contract %x0, %y0 "tbi,tbo->oi" : tensor<2x9x3xf32>, tensor<2x9x4xf32> -> tensor<4x3xf32>
  %w1 = arith.addf %w0, %q0 : tensor<4x3xf32>
  return %w1 : tensor<4x3xf32>
}

// A maximum of what all positions add is none of a sum: it is added segment by segment, as before.
// CHECK-LABEL: func.func @none(
// CHECK: %[[M:.*]] = arith.maximumf
// CHECK: arith.addf %{{.*}}, %[[M]] : tensor<3xf32>
// CHECK-NOT: rondo.chain
func.func @none(%x: tensor<5x7x9x3xf32>, %k: tensor<3xf32>) -> tensor<3xf32> {
  %o = arith.constant dense<0.0> : tensor<3xf32>
  %b = rondo.scan (%c = %o : tensor<3xf32>) over (%xs = %x : tensor<5x7x9x3xf32>) length 5 backward
      attributes {rondo.segments = "store"} {
    %r = rondo.reduce sum %xs dims = [0, 1] : tensor<7x9x3xf32> -> tensor<3xf32>
    %m = arith.maximumf %r, %k : tensor<3xf32>
    %cn = arith.addf %c, %m : tensor<3xf32>
    rondo.yield (%cn : tensor<3xf32>)
  } -> (tensor<3xf32>)
  return %b : tensor<3xf32>
}
