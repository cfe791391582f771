// What no next state needs comes after the loop if it is a product or depends on one.
// RUN: rondo-opt %s --rondo-split-scan | FileCheck %s

// Two layers in a row and the loss leave; the loop emits the state once, and not the sequence that they also read.
// CHECK-LABEL: func.func @layers
// CHECK: rondo.scan
// CHECK-NEXT: math.tanh
// CHECK-NEXT: rondo.yield {{.*}} emit (%{{[^,]*}} : tensor<2x4xf32>)
// CHECK-NEXT: } -> (tensor<2x4xf32>, tensor<6x2x4xf32>)
// CHECK: %[[P:.*]] = rondo.contract %{{.*}}, %{{.*}} "tbi,oi->tbo" : tensor<6x2x4xf32>, tensor<4x4xf32> -> tensor<6x2x4xf32>
// CHECK: %[[Q:.*]] = arith.addf %[[P]], %{{.*}} : tensor<6x2x4xf32>
// CHECK: %[[R:.*]] = rondo.contract %[[Q]], %{{.*}} "tbi,oi->tbo" : tensor<6x2x4xf32>, tensor<3x4xf32> -> tensor<6x2x3xf32>
// CHECK: rondo.cross_entropy %[[R]], %{{.*}} : tensor<6x2x3xf32>, tensor<6x2xi32> -> tensor<6x2xf32>
func.func @layers(%w: tensor<4x4xf32>, %v: tensor<3x4xf32>, %xs: tensor<6x2x4xf32>, %next: tensor<6x2xi32>,
                  %h0: tensor<2x4xf32>) -> tensor<6x2xf32> {
  %hT, %ls = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<6x2x4xf32>, %t = %next : tensor<6x2xi32>) length 6 {
    %n = math.tanh %h : tensor<2x4xf32>
    %p = rondo.contract %n, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %q = arith.addf %p, %x : tensor<2x4xf32>
    %r = rondo.contract %q, %v "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
    %l = rondo.cross_entropy %r, %t : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%l : tensor<2xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2xf32>)
  return %ls : tensor<6x2xf32>
}

// A product of the old state makes the loop emit that; pointwise work that leads to emitted values alone stays.
// CHECK-LABEL: func.func @old_state
// CHECK: %[[R:.*]]:3 = rondo.scan (%[[H:.*]] = %{{.*}} : tensor<2x4xf32>)
// CHECK-NEXT: %[[N:.*]] = math.tanh %[[H]]
// CHECK-NEXT: %[[E:.*]] = math.exp %[[N]]
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<2x4xf32>) emit (%[[H]], %[[E]] : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK: %[[P:.*]] = rondo.contract %[[R]]#1, %{{.*}} "tbi,oi->tbo"
// CHECK: return %[[P]], %[[R]]#2
func.func @old_state(%w: tensor<4x4xf32>, %h0: tensor<2x4xf32>) -> (tensor<6x2x4xf32>, tensor<6x2x4xf32>) {
  %hT, %ps, %es = rondo.scan (%h = %h0 : tensor<2x4xf32>) length 6 backward {
    %n = math.tanh %h : tensor<2x4xf32>
    %p = rondo.contract %h, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %e = math.exp %n : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%p, %e : tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2x4xf32>, tensor<6x2x4xf32>)
  return %ps, %es : tensor<6x2x4xf32>, tensor<6x2x4xf32>
}

// A product that the next state needs stays, and what is known outside is not emitted.
// CHECK-LABEL: func.func @core_stays
// CHECK-SAME: %[[XS:[^:]*]]: tensor<6x2x4xf32>
// CHECK: rondo.scan
// CHECK-NEXT: %[[P:.*]] = rondo.contract
// CHECK-NEXT: %[[N:.*]] = arith.addf
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<2x4xf32>) emit (%[[P]] : tensor<2x4xf32>)
// CHECK: return %{{.*}}, %[[XS]] :
func.func @core_stays(%w: tensor<4x4xf32>, %xs: tensor<6x2x4xf32>, %h0: tensor<2x4xf32>)
    -> (tensor<6x2x4xf32>, tensor<6x2x4xf32>) {
  %hT, %ps, %x1s = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<6x2x4xf32>) length 6 {
    %p = rondo.contract %h, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %n = arith.addf %p, %x : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%p, %x : tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2x4xf32>, tensor<6x2x4xf32>)
  return %ps, %x1s : tensor<6x2x4xf32>, tensor<6x2x4xf32>
}

// A product of matrices of which each has its own vector stays where the loop makes them: stored, they would be as many
// numbers as are read for it. Where they are a sequence it leaves.
// CHECK-LABEL: func.func @matrices_stay
// CHECK: rondo.scan
// CHECK-NEXT: %[[N:.*]] = arith.addf
// CHECK-NEXT: %[[Y:.*]] = rondo.contract %[[N]], %{{.*}} "bij,bj->bi"
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<2x3x4xf32>) emit (%[[Y]] : tensor<2x3xf32>)
// CHECK-NEXT: } -> (tensor<2x3x4xf32>, tensor<6x2x3xf32>)
// CHECK-LABEL: func.func @matrices_of_a_sequence_leave
// CHECK: rondo.contract {{.*}} "tbij,tbj->tbi"
// CHECK-NOT: rondo.contract
func.func @matrices_stay(%xs: tensor<6x2x3x4xf32>, %qs: tensor<6x2x4xf32>, %c0: tensor<2x3x4xf32>)
    -> tensor<6x2x3xf32> {
  %cT, %ys = rondo.scan (%c = %c0 : tensor<2x3x4xf32>) over (%x = %xs : tensor<6x2x3x4xf32>, %q = %qs : tensor<6x2x4xf32>) length 6 {
    %n = arith.addf %c, %x : tensor<2x3x4xf32>
    %y = rondo.contract %n, %q "bij,bj->bi" : tensor<2x3x4xf32>, tensor<2x4xf32> -> tensor<2x3xf32>
    rondo.yield (%n : tensor<2x3x4xf32>) emit (%y : tensor<2x3xf32>)
  } -> (tensor<2x3x4xf32>, tensor<6x2x3xf32>)
  return %ys : tensor<6x2x3xf32>
}
func.func @matrices_of_a_sequence_leave(%xs: tensor<6x2x3x4xf32>, %qs: tensor<6x2x4xf32>, %h0: tensor<2x3xf32>)
    -> tensor<6x2x3xf32> {
  %hT, %hs = rondo.scan (%h = %h0 : tensor<2x3xf32>) over (%x = %xs : tensor<6x2x3x4xf32>, %q = %qs : tensor<6x2x4xf32>) length 6 {
    %y = rondo.contract %x, %q "bij,bj->bi" : tensor<2x3x4xf32>, tensor<2x4xf32> -> tensor<2x3xf32>
    %n = arith.mulf %h, %y : tensor<2x3xf32>
    rondo.yield (%n : tensor<2x3xf32>) emit (%n : tensor<2x3xf32>)
  } -> (tensor<2x3xf32>, tensor<6x2x3xf32>)
  return %hs : tensor<6x2x3xf32>
}
