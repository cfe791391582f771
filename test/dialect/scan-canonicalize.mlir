// Canonicalisation of the scan: what nobody reads is not computed, emitted or fed, and nothing is twice.
// RUN: rondo-opt %s -canonicalize | FileCheck %s

// An emitted value that nobody reads, and the sequence that only it needed, go.
// CHECK-LABEL: func.func @unused_emitted_and_sequence
func.func @unused_emitted_and_sequence(%h0: tensor<2xf32>, %xs: tensor<8x2xf32>, %ys: tensor<8x2xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: %[[R:.*]] = rondo.scan (%[[H:.*]] = %{{.*}} : tensor<2xf32>) over (%[[X:.*]] = %arg1 : tensor<8x2xf32>) length 8 {
  // CHECK-NEXT:   %[[N:.*]] = arith.addf %[[H]], %[[X]]
  // CHECK-NEXT:   rondo.yield (%[[N]] : tensor<2xf32>)
  // CHECK-NEXT: } -> (tensor<2xf32>)
  // CHECK-NEXT: return %[[R]]
  %hT, %zs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<8x2xf32>, %y = %ys : tensor<8x2xf32>) length 8 {
    %n = arith.addf %h, %x : tensor<2xf32>
    %z = math.tanh %y : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%z : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<8x2xf32>)
  return %hT : tensor<2xf32>
}

// A state that only keeps itself alive goes.
// CHECK-LABEL: func.func @unused_state
func.func @unused_state(%h0: tensor<2xf32>, %c0: tensor<3xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: rondo.scan (%{{.*}} = %arg0 : tensor<2xf32>) length 8 {
  // CHECK-NEXT:   math.tanh
  // CHECK-NEXT:   rondo.yield
  %hT:2 = rondo.scan (%h = %h0 : tensor<2xf32>, %c = %c0 : tensor<3xf32>) length 8 {
    %n = math.tanh %h : tensor<2xf32>
    rondo.yield (%n, %c : tensor<2xf32>, tensor<3xf32>)
  } -> (tensor<2xf32>, tensor<3xf32>)
  return %hT#0 : tensor<2xf32>
}

// A state that never changes is its initial value, inside and after the scan.
// CHECK-LABEL: func.func @constant_state
// CHECK-SAME: (%[[H0:.*]]: tensor<2xf32>, %[[C0:.*]]: tensor<2xf32>)
func.func @constant_state(%h0: tensor<2xf32>, %c0: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: %[[R:.*]] = rondo.scan (%[[H:.*]] = %[[H0]] : tensor<2xf32>) length 8 {
  // CHECK-NEXT:   arith.mulf %[[H]], %[[C0]]
  // CHECK: return %[[R]], %[[C0]]
  %hT:2 = rondo.scan (%h = %h0 : tensor<2xf32>, %c = %c0 : tensor<2xf32>) length 8 {
    %n = arith.mulf %h, %c : tensor<2xf32>
    rondo.yield (%n, %c : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>)
  return %hT#0, %hT#1 : tensor<2xf32>, tensor<2xf32>
}

// A named state is carried from window to window: it stays, and so does its name when an unnamed one goes.
// CHECK-LABEL: func.func @named_state_stays
func.func @named_state_stays(%h0: tensor<2xf32>, %c0: tensor<2xf32>, %d0: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: rondo.scan (%{{.*}} = %arg0 : tensor<2xf32>, %{{.*}} = %arg2 : tensor<2xf32>) length 8 states ["h", "d"] {
  %hT:3 = rondo.scan (%h = %h0 : tensor<2xf32>, %c = %c0 : tensor<2xf32>, %d = %d0 : tensor<2xf32>) length 8 states ["h", "", "d"] {
    %n = math.tanh %h : tensor<2xf32>
    rondo.yield (%n, %c, %d : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  return %hT#0 : tensor<2xf32>
}

// A state that starts as another one and goes on in the same way is that one; not so one that starts elsewhere, that goes
// on otherwise, or that has a name.
// CHECK-LABEL: func.func @equal_states
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[B0:.*]]: tensor<2xf32>, %[[XS:.*]]: tensor<8x2xf32>)
func.func @equal_states(%a0: tensor<2xf32>, %b0: tensor<2xf32>, %xs: tensor<8x2xf32>)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: %[[R:.*]]:4 = rondo.scan (%[[A:.*]] = %[[A0]] : tensor<2xf32>, %[[C:.*]] = %[[B0]] : tensor<2xf32>, %[[D:.*]] = %[[A0]] : tensor<2xf32>, %[[E:.*]] = %[[A0]] : tensor<2xf32>) over (%[[X:.*]] = %[[XS]] : tensor<8x2xf32>) length 8 states ["", "", "", "e"] {
  // CHECK-NEXT:   %[[A1:.*]] = arith.addf %[[A]], %[[X]]
  // CHECK-NEXT:   %[[C1:.*]] = arith.addf %[[C]], %[[X]]
  // CHECK-NEXT:   %[[D1:.*]] = arith.mulf %[[D]], %[[X]]
  // CHECK-NEXT:   %[[E1:.*]] = arith.addf %[[E]], %[[X]]
  // CHECK-NEXT:   rondo.yield (%[[A1]], %[[C1]], %[[D1]], %[[E1]] :
  // CHECK: return %[[R]]#0, %[[R]]#0, %[[R]]#1, %[[R]]#2, %[[R]]#3
  %r:5 = rondo.scan (%a = %a0 : tensor<2xf32>, %b = %a0 : tensor<2xf32>, %c = %b0 : tensor<2xf32>, %d = %a0 : tensor<2xf32>, %e = %a0 : tensor<2xf32>)
      over (%x = %xs : tensor<8x2xf32>) length 8 states ["", "", "", "", "e"] {
    %a1 = arith.addf %a, %x : tensor<2xf32>
    %b1 = arith.addf %b, %x : tensor<2xf32>
    %c1 = arith.addf %c, %x : tensor<2xf32>
    %d1 = arith.mulf %d, %x : tensor<2xf32>
    %e1 = arith.addf %e, %x : tensor<2xf32>
    rondo.yield (%a1, %b1, %c1, %d1, %e1 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// A state whose final value nobody reads stays while another state reads it.
// CHECK-LABEL: func.func @state_read_by_another
func.func @state_read_by_another(%h0: tensor<2xf32>, %c0: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: rondo.scan (%{{.*}} = %arg0 : tensor<2xf32>, %[[C:.*]] = %arg1 : tensor<2xf32>) length 8 {
  // CHECK: rondo.yield (%[[C]], %{{.*}} : tensor<2xf32>, tensor<2xf32>)
  %hT:2 = rondo.scan (%h = %h0 : tensor<2xf32>, %c = %c0 : tensor<2xf32>) length 8 {
    %n = math.tanh %c : tensor<2xf32>
    rondo.yield (%c, %n : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>)
  return %hT#0 : tensor<2xf32>
}

// A value emitted twice is emitted once, a sequence fed twice is fed once; the direction and the attributes stay.
// CHECK-LABEL: func.func @merged
func.func @merged(%h0: tensor<2xf32>, %xs: tensor<8x2xf32>) -> (tensor<8x2xf32>, tensor<8x2xf32>) {
  // CHECK-NEXT: %[[R:.*]]:2 = rondo.scan (%[[H:.*]] = %arg0 : tensor<2xf32>) over (%[[X:.*]] = %arg1 : tensor<8x2xf32>) length 8 backward attributes {note} {
  // CHECK-NEXT:   arith.addf %[[H]], %[[X]]
  // CHECK-NEXT:   arith.mulf %{{.*}}, %[[X]]
  // CHECK: return %[[R]]#1, %[[R]]#1
  %hT, %as, %bs = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %xs : tensor<8x2xf32>, %y = %xs : tensor<8x2xf32>)
      length 8 backward attributes {note} {
    %s = arith.addf %h, %x : tensor<2xf32>
    %n = arith.mulf %s, %y : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>) emit (%n, %n : tensor<2xf32>, tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<8x2xf32>, tensor<8x2xf32>)
  return %as, %bs : tensor<8x2xf32>, tensor<8x2xf32>
}

// A scan of which nothing is read goes altogether.
// CHECK-LABEL: func.func @dead
func.func @dead(%h0: tensor<2xf32>) {
  // CHECK-NEXT: return
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) length 8 {
    %n = math.tanh %h : tensor<2xf32>
    rondo.yield (%n : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return
}

// A constant state that is also emitted.
// CHECK-LABEL: func.func @constant_state_emitted
// CHECK-SAME: (%[[H0:.*]]: tensor<2xf32>, %[[C0:.*]]: tensor<2xf32>)
func.func @constant_state_emitted(%h0: tensor<2xf32>, %c0: tensor<2xf32>) -> (tensor<2xf32>, tensor<8x2xf32>) {
  // CHECK-NEXT: %[[R:.*]]:2 = rondo.scan (%[[H:.*]] = %[[H0]] : tensor<2xf32>) length 8 {
  // CHECK:   rondo.yield (%{{.*}} : tensor<2xf32>) emit (%[[C0]] : tensor<2xf32>)
  // CHECK: return %[[R]]#0, %[[R]]#1
  %hT:2, %cs = rondo.scan (%h = %h0 : tensor<2xf32>, %c = %c0 : tensor<2xf32>) length 8 {
    %n = arith.mulf %h, %c : tensor<2xf32>
    rondo.yield (%n, %c : tensor<2xf32>, tensor<2xf32>) emit (%c : tensor<2xf32>)
  } -> (tensor<2xf32>, tensor<2xf32>, tensor<8x2xf32>)
  return %hT#0, %cs : tensor<2xf32>, tensor<8x2xf32>
}

// A sequence that is the same at all positions is read from outside, a constant or what is repeated along time; not so
// one that is repeated along another dimension only.
// CHECK-LABEL: func.func @repeated_sequences
// CHECK-SAME: (%[[H0:.*]]: tensor<2xf32>, %[[A:.*]]: tensor<2xf32>, %[[S:.*]]: tensor<f32>, %[[T:.*]]: tensor<8xf32>)
func.func @repeated_sequences(%h0: tensor<2xf32>, %a: tensor<2xf32>, %s: tensor<f32>, %t: tensor<8xf32>) -> tensor<2xf32> {
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<2xf32>
  // CHECK-DAG: %[[BOTH:.*]] = rondo.broadcast %[[S]] dims = [] : tensor<f32> -> tensor<2xf32>
  // CHECK-DAG: %[[VARIES:.*]] = rondo.broadcast %[[T]] dims = [0] : tensor<8xf32> -> tensor<8x2xf32>
  // CHECK: rondo.scan (%[[H:.*]] = %[[H0]] : tensor<2xf32>) over (%[[W:.*]] = %[[VARIES]] : tensor<8x2xf32>) length 8 {
  // CHECK-NEXT:   %[[N1:.*]] = arith.mulf %[[H]], %[[HALF]]
  // CHECK-NEXT:   %[[N2:.*]] = arith.addf %[[N1]], %[[A]]
  // CHECK-NEXT:   %[[N3:.*]] = arith.mulf %[[N2]], %[[BOTH]]
  // CHECK-NEXT:   arith.addf %[[N3]], %[[W]]
  %half = arith.constant dense<0.5> : tensor<8x2xf32>
  %as = rondo.broadcast %a dims = [1] : tensor<2xf32> -> tensor<8x2xf32>
  %ss = rondo.broadcast %s dims = [] : tensor<f32> -> tensor<8x2xf32>
  %ts = rondo.broadcast %t dims = [0] : tensor<8xf32> -> tensor<8x2xf32>
  %hT = rondo.scan (%h = %h0 : tensor<2xf32>) over (%x = %half : tensor<8x2xf32>, %y = %as : tensor<8x2xf32>, %z = %ss : tensor<8x2xf32>, %w = %ts : tensor<8x2xf32>) length 8 {
    %n1 = arith.mulf %h, %x : tensor<2xf32>
    %n2 = arith.addf %n1, %y : tensor<2xf32>
    %n3 = arith.mulf %n2, %z : tensor<2xf32>
    %n4 = arith.addf %n3, %w : tensor<2xf32>
    rondo.yield (%n4 : tensor<2xf32>)
  } -> (tensor<2xf32>)
  return %hT : tensor<2xf32>
}
