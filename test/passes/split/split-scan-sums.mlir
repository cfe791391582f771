// A state that is only added to is a sum over time. Each case has the recurrence d' = tanh(d), which stays.
// RUN: rondo-opt %s --rondo-split-scan | FileCheck %s

// A weight's gradient is one product; the sum starts from nothing, so it is that product.
// CHECK-LABEL: func.func @contraction
// CHECK-SAME: %[[XS:[^:]*]]: tensor<6x2x3xf32>
// CHECK: %[[R:.*]]:2 = rondo.scan
// CHECK-NEXT: %[[D:.*]] = math.tanh
// CHECK-NEXT: rondo.yield (%[[D]] : tensor<2x4xf32>) emit (%[[D]] : tensor<2x4xf32>)
// CHECK: %[[G:.*]] = rondo.contract %[[R]]#1, %[[XS]] "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT: return %[[G]]
func.func @contraction(%xs: tensor<6x2x3xf32>, %d0: tensor<2x4xf32>) -> tensor<4x3xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x3xf32>
  %dT, %gT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<4x3xf32>)
      over (%x = %xs : tensor<6x2x3xf32>) length 6 backward {
    %n = math.tanh %d : tensor<2x4xf32>
    %c = rondo.contract %n, %x "bo,bi->oi" : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
    %gn = arith.addf %c, %g : tensor<4x3xf32>
    rondo.yield (%n, %gn : tensor<2x4xf32>, tensor<4x3xf32>)
  } -> (tensor<2x4xf32>, tensor<4x3xf32>)
  return %gT : tensor<4x3xf32>
}

// A bias's gradient is a sum over time and batch of what is stored in any case. A peephole's is one of a product that
// nothing else reads: the loop adds that up, row by row, and the rows' sum is made at its end. Two uses of one parameter
// are two sums.
// CHECK-LABEL: func.func @reductions
// CHECK-SAME: %[[B0:[^:]*]]: tensor<4xf32>, %[[XS:[^:]*]]: tensor<6x2x4xf32>
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
// CHECK: %[[R:.*]]:3 = rondo.scan (%{{.*}} = %{{.*}}, %[[A:.*]] = %[[ZERO]] : tensor<2x4xf32>) over (%[[X:.*]] = %[[XS]] :
// CHECK-NEXT: %[[D:.*]] = math.tanh
// CHECK-NEXT: %[[M:.*]] = arith.mulf %[[D]], %[[X]]
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[A]], %[[M]]
// CHECK-NEXT: rondo.yield (%[[D]], %[[N]] : tensor<2x4xf32>, tensor<2x4xf32>) emit (%[[D]] : tensor<2x4xf32>)
// CHECK: %[[B:.*]] = rondo.reduce sum %[[R]]#2 dims = [0, 1] : tensor<6x2x4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[B0]], %[[B]]
// CHECK-NEXT: %[[P:.*]] = rondo.reduce sum %[[R]]#1 dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[T:.*]] = arith.addf %[[S]], %[[P]]
// CHECK-NEXT: return %[[T]], %[[R]]#2
func.func @reductions(%b0: tensor<4xf32>, %xs: tensor<6x2x4xf32>, %d0: tensor<2x4xf32>)
    -> (tensor<4xf32>, tensor<6x2x4xf32>) {
  %dT, %bT, %ds = rondo.scan (%d = %d0 : tensor<2x4xf32>, %b = %b0 : tensor<4xf32>)
      over (%x = %xs : tensor<6x2x4xf32>) length 6 backward {
    %n = math.tanh %d : tensor<2x4xf32>
    %r = rondo.reduce sum %n dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
    %m = arith.mulf %n, %x : tensor<2x4xf32>
    %p = rondo.reduce sum %m dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
    %b1 = arith.addf %b, %r : tensor<4xf32>
    %b2 = arith.addf %b1, %p : tensor<4xf32>
    rondo.yield (%n, %b2 : tensor<2x4xf32>, tensor<4xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<4xf32>, tensor<6x2x4xf32>)
  return %bT, %ds : tensor<4xf32>, tensor<6x2x4xf32>
}

// What only moves elements of a stored value is no reason to add anything up.
// CHECK-LABEL: func.func @part_of_stored
// CHECK: %[[R:.*]]:2 = rondo.scan
// CHECK-NEXT: %[[D:.*]] = math.tanh
// CHECK-NEXT: rondo.yield (%[[D]] : tensor<2x4xf32>) emit (%[[D]] : tensor<2x4xf32>)
// CHECK: %[[E:.*]] = tensor.extract_slice %[[R]]#1[0, 0, 1] [6, 2, 2] [1, 1, 1]
// CHECK-NEXT: rondo.reduce sum %[[E]] dims = [0, 1] : tensor<6x2x2xf32> -> tensor<2xf32>
func.func @part_of_stored(%d0: tensor<2x4xf32>) -> (tensor<2xf32>, tensor<6x2x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %dT, %bT, %ds = rondo.scan (%d = %d0 : tensor<2x4xf32>, %b = %zero : tensor<2xf32>) length 6 {
    %n = math.tanh %d : tensor<2x4xf32>
    %e = tensor.extract_slice %n[0, 1] [2, 2] [1, 1] : tensor<2x4xf32> to tensor<2x2xf32>
    %r = rondo.reduce sum %e dims = [0] : tensor<2x2xf32> -> tensor<2xf32>
    %b1 = arith.addf %b, %r : tensor<2xf32>
    rondo.yield (%n, %b1 : tensor<2x4xf32>, tensor<2xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2xf32>, tensor<6x2x4xf32>)
  return %bT, %ds : tensor<2xf32>, tensor<6x2x4xf32>
}

// Two parameters with one gradient, as two biases of one sum have, are one sum.
// CHECK-LABEL: func.func @twice
// CHECK: %[[R:.*]]:2 = rondo.scan (%{{.*}} = %{{.*}}, %[[A:.*]] = %{{.*}} : tensor<2x4xf32>) length 6
// CHECK-NEXT: %[[D:.*]] = math.tanh
// CHECK-NEXT: %[[E:.*]] = math.exp
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[A]], %[[E]]
// CHECK-NEXT: rondo.yield (%[[D]], %[[N]] : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK: %[[S:.*]] = rondo.reduce sum %[[R]]#1 dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
// CHECK-NEXT: return %[[S]], %[[S]]
func.func @twice(%d0: tensor<2x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %dT, %aT, %bT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %a = %zero : tensor<4xf32>, %b = %zero : tensor<4xf32>) length 6 {
    %n = math.tanh %d : tensor<2x4xf32>
    %e = math.exp %n : tensor<2x4xf32>
    %r = rondo.reduce sum %e dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
    %a1 = arith.addf %a, %r : tensor<4xf32>
    %b1 = arith.addf %b, %r : tensor<4xf32>
    rondo.yield (%n, %a1, %b1 : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>)
  } -> (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>)
  return %aT, %bT : tensor<4xf32>, tensor<4xf32>
}

// Where no recurrence is left nothing is added up in a loop: all of it is computed for the whole sequence.
// CHECK-LABEL: func.func @no_recurrence
// CHECK-NOT: rondo.scan
// CHECK: %[[E:.*]] = math.exp %{{.*}} : tensor<6x2x4xf32>
// CHECK-NEXT: rondo.reduce sum %[[E]] dims = [0, 1] : tensor<6x2x4xf32> -> tensor<4xf32>
func.func @no_recurrence(%xs: tensor<6x2x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %aT = rondo.scan (%a = %zero : tensor<4xf32>) over (%x = %xs : tensor<6x2x4xf32>) length 6 {
    %e = math.exp %x : tensor<2x4xf32>
    %r = rondo.reduce sum %e dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
    %a1 = arith.addf %a, %r : tensor<4xf32>
    rondo.yield (%a1 : tensor<4xf32>)
  } -> (tensor<4xf32>)
  return %aT : tensor<4xf32>
}

// The gradient of a part of a parameter: the product is summed, then put in its place.
// CHECK-LABEL: func.func @part
// CHECK: %[[C:.*]] = rondo.contract {{.*}} "tbo,tbi->oi"
// CHECK: tensor.insert_slice %[[C]] into %{{.*}}[0, 3] [4, 3] [1, 1] : tensor<4x3xf32> into tensor<4x6xf32>
func.func @part(%xs: tensor<6x2x3xf32>, %d0: tensor<2x4xf32>) -> tensor<4x6xf32> {
  %zero = arith.constant dense<0.0> : tensor<4x6xf32>
  %dT, %gT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<4x6xf32>)
      over (%x = %xs : tensor<6x2x3xf32>) length 6 backward {
    %n = math.tanh %d : tensor<2x4xf32>
    %c = rondo.contract %n, %x "bo,bi->oi" : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
    %i = tensor.insert_slice %c into %zero[0, 3] [4, 3] [1, 1] : tensor<4x3xf32> into tensor<4x6xf32>
    %gn = arith.addf %g, %i : tensor<4x6xf32>
    rondo.yield (%n, %gn : tensor<2x4xf32>, tensor<4x6xf32>)
  } -> (tensor<2x4xf32>, tensor<4x6xf32>)
  return %gT : tensor<4x6xf32>
}

// With an operand that is the same at all positions the other one is summed first, in the loop if nothing stores it.
// CHECK-LABEL: func.func @outside_operand
// CHECK: %[[R:.*]]:2 = rondo.scan (%{{.*}} = %{{.*}}, %[[A:.*]] = %{{.*}} : tensor<2x4xf32>)
// CHECK-NEXT: %[[N:.*]] = math.tanh
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[N]]
// CHECK-NEXT: rondo.yield (%[[N]], %[[S]] : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK: rondo.contract %[[R]]#1, %{{.*}} "bo,oi->bi"
func.func @outside_operand(%w: tensor<4x3xf32>, %d0: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  %dT, %gT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<2x3xf32>) length 6 {
    %n = math.tanh %d : tensor<2x4xf32>
    %c = rondo.contract %n, %w "bo,oi->bi" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
    %gn = arith.addf %g, %c : tensor<2x3xf32>
    rondo.yield (%n, %gn : tensor<2x4xf32>, tensor<2x3xf32>)
  } -> (tensor<2x4xf32>, tensor<2x3xf32>)
  return %gT : tensor<2x3xf32>
}

// A value that nothing else stores is added up in the loop, without the product beside it. A named state is left alone; it
// is the sum that the product asks for.
// CHECK-LABEL: func.func @stays
// CHECK: %[[R:.*]]:3 = rondo.scan {{.*}} states ["", "", "kept"] {
// CHECK-NEXT: %[[N:.*]] = math.tanh
// CHECK-NEXT: %[[E:.*]] = math.exp
// CHECK-NEXT: %[[K:.*]] = arith.addf %{{.*}}, %[[N]]
// CHECK-NEXT: %[[G:.*]] = arith.addf %{{.*}}, %[[E]]
// CHECK-NEXT: rondo.yield (%[[N]], %[[G]], %[[K]] : {{.*}})
// CHECK: %[[C:.*]] = rondo.contract %[[R]]#2, %{{.*}} "bo,oi->bi"
// CHECK: %[[T:.*]] = arith.addf %[[R]]#1, %[[C]]
// CHECK: return %[[T]], %[[R]]#2
func.func @stays(%w: tensor<4x4xf32>, %d0: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %dT, %gT, %kT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<2x4xf32>, %k = %zero : tensor<2x4xf32>)
      length 6 states ["", "", "kept"] {
    %n = math.tanh %d : tensor<2x4xf32>
    %e = math.exp %n : tensor<2x4xf32>
    %c = rondo.contract %n, %w "bo,oi->bi" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %g1 = arith.addf %g, %c : tensor<2x4xf32>
    %gn = arith.addf %g1, %e : tensor<2x4xf32>
    %kn = arith.addf %k, %n {rondo.rounded} : tensor<2x4xf32>
    rondo.yield (%n, %gn, %kn : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  return %gT, %kT : tensor<2x4xf32>, tensor<2x4xf32>
}

// The product's other operand is the same in all steps, as a memory that each step reads: the loop adds up the gradient,
// and its bias's gradient is a sum of that sum. Nothing of all steps is stored.
// CHECK-LABEL: func.func @same_operand
// CHECK-SAME: %{{.*}}: tensor<6x2x4xf32>, %[[M:[^:]*]]: tensor<2x3xf32>
// CHECK: %[[R:.*]]:2 = rondo.scan (%{{.*}} = %{{.*}}, %[[A:.*]] = %{{.*}} : tensor<2x4xf32>) over (%[[X:.*]] =
// CHECK-NEXT: %[[D:.*]] = math.tanh
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[D]], %[[X]]
// CHECK-NEXT: %[[N:.*]] = arith.addf %[[A]], %[[P]]
// CHECK-NEXT: rondo.yield (%[[D]], %[[N]] : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK: %[[G:.*]] = rondo.contract %[[R]]#1, %[[M]] "bo,bi->oi" : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK: %[[B:.*]] = rondo.reduce sum %[[R]]#1 dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
// CHECK: return %[[G]], %[[B]]
func.func @same_operand(%xs: tensor<6x2x4xf32>, %m: tensor<2x3xf32>, %d0: tensor<2x4xf32>)
    -> (tensor<4x3xf32>, tensor<4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4x3xf32>
  %none = arith.constant dense<0.0> : tensor<4xf32>
  %dT, %gT, %bT = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<4x3xf32>, %b = %none : tensor<4xf32>)
      over (%x = %xs : tensor<6x2x4xf32>) length 6 backward {
    %n = math.tanh %d : tensor<2x4xf32>
    %p = arith.mulf %n, %x : tensor<2x4xf32>
    %c = rondo.contract %p, %m "bo,bi->oi" : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
    %gn = arith.addf %g, %c : tensor<4x3xf32>
    %r = rondo.reduce sum %p dims = [0] : tensor<2x4xf32> -> tensor<4xf32>
    %bn = arith.addf %b, %r : tensor<4xf32>
    rondo.yield (%n, %gn, %bn : tensor<2x4xf32>, tensor<4x3xf32>, tensor<4xf32>)
  } -> (tensor<2x4xf32>, tensor<4x3xf32>, tensor<4xf32>)
  return %gT, %bT : tensor<4x3xf32>, tensor<4xf32>
}

// The same as the left operand, of what the loop keeps in any case: its sum over time.
// CHECK-LABEL: func.func @same_left_operand
// CHECK: %[[R:.*]]:2 = rondo.scan
// CHECK: %[[S:.*]] = rondo.reduce sum %[[R]]#1 dims = [0] : tensor<6x2x4xf32> -> tensor<2x4xf32>
// CHECK: rondo.contract %arg0, %[[S]] "bi,bo->oi"
func.func @same_left_operand(%m: tensor<2x3xf32>, %d0: tensor<2x4xf32>) -> (tensor<4x3xf32>, tensor<6x2x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4x3xf32>
  %dT, %gT, %ds = rondo.scan (%d = %d0 : tensor<2x4xf32>, %g = %zero : tensor<4x3xf32>) length 6 {
    %n = math.tanh %d : tensor<2x4xf32>
    %c = rondo.contract %m, %n "bi,bo->oi" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<4x3xf32>
    %gn = arith.addf %g, %c : tensor<4x3xf32>
    rondo.yield (%n, %gn : tensor<2x4xf32>, tensor<4x3xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<4x3xf32>, tensor<6x2x4xf32>)
  return %gT, %ds : tensor<4x3xf32>, tensor<6x2x4xf32>
}

// Where a call has fewer positions, no more than these are summed.
// CHECK-LABEL: func.func @ends
// CHECK: rondo.scan (%{{.*}} : tensor<4xf32>) over (%[[X:.*]] = %{{.*}} : tensor<6x4xf32>) length 6 limit
// CHECK-NEXT: %[[N:.*]] = arith.addf %{{.*}}, %[[X]]
// CHECK-NEXT: rondo.yield (%[[N]] : tensor<4xf32>)
// CHECK-NOT: rondo.reduce
func.func @ends(%xs: tensor<6x4xf32>, %s0: tensor<4xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  %sT = rondo.scan (%s = %s0 : tensor<4xf32>) over (%x = %xs : tensor<6x4xf32>) length 6 limit %n {
    %next = arith.addf %s, %x : tensor<4xf32>
    rondo.yield (%next : tensor<4xf32>)
  } -> (tensor<4xf32>)
  return %sT : tensor<4xf32>
}
