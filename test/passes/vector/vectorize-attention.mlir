// Attention in blocks of 256 keys and of queries, the scores of a block on the stack.
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32' -canonicalize -cse -split-input-file | FileCheck %s

// Blocks of five queries; of keys up to the last that one of them sees: all whole blocks there are, then 44 that are
// left, if they see any. Scores above the diagonal are hidden where a block has them.
// CHECK-LABEL: func.func @blocks(
// CHECK: arith.constant dense<-3.40282347E+38> : vector<16xf32>
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<5440xi8>
// CHECK: scf.for %[[T:.*]] = %c0 to %c40 step %c5 {
// CHECK: %[[SEEN:.*]] = arith.addi %[[T]], %c7 : index
// CHECK: %[[END:.*]] = arith.minsi %[[SEEN]], %c256 : index
// CHECK: scf.for %[[S:.*]] = %c0 to %[[END]] step %c256 {
// CHECK: %[[BLOCK:.*]] = arith.divui %[[S]], %c16 : index
// CHECK: memref.subview %{{.*}}[%[[BLOCK]], 0, 0] [16, 4, 16] [1, 1, 1]
// CHECK: %[[LAST:.*]] = arith.addi %[[T]], %c2 : index
// CHECK: %[[FURTHER:.*]] = arith.subi %[[LAST]], %[[S]] : index
// CHECK: %[[CUT:.*]] = arith.cmpi slt, %[[FURTHER]], %c255 : index
// CHECK: scf.if %[[CUT]] {
// CHECK: arith.cmpi sle
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: vector.reduction <maximumf>
// CHECK: math.exp
// CHECK: vector.reduction <add>
// CHECK: %[[MORE:.*]] = arith.cmpi sgt, %[[SEEN]], %c256 : index
// CHECK: scf.if %[[MORE]] {
// CHECK: memref.subview %{{.*}}[16, 0, 0] [3, 4, 16] [1, 1, 1]
func.func @blocks(%q: memref<40x4xf32>, %k: memref<19x4x16xf32>, %v: memref<1x300x16xf32>, %y: memref<40x3xf32>) {
  rondo.attend ins(%q, %k, %v : memref<40x4xf32>, memref<19x4x16xf32>, memref<1x300x16xf32>)
      outs(%y : memref<40x3xf32>) "td,sd,se->te" scale 0.5 causal 2
  return
}

// -----

// Keys of one block: nothing is scaled, and the sums of values leave the registers once, for the output. A scale of one
// is no multiplication.
// CHECK-LABEL: func.func @one_block(
// CHECK-COUNT-3: memref.alloca
// CHECK-NOT: memref.alloca
// CHECK-NOT: arith.mulf
// CHECK: vector.reduction <maximumf>
// CHECK: math.exp
// CHECK: vector.reduction <add>
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: vector.maskedstore %{{.*}}[%{{.*}}, %c0]
func.func @one_block(%q: memref<7x4xf32>, %k: memref<2x4x16xf32>, %v: memref<1x19x16xf32>, %y: memref<7x3xf32>) {
  rondo.attend ins(%q, %k, %v : memref<7x4xf32>, memref<2x4x16xf32>, memref<1x19x16xf32>) outs(%y : memref<7x3xf32>)
      "td,sd,se->te" scale 1.0
  return
}

// -----

// Threads share causal queries by pairs of blocks, an early one and a late one.
// CHECK-LABEL: func.func @scattered(
// CHECK: scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step %c16 {
// CHECK: %[[NUMBER:.*]] = arith.divui %[[T]], %c16 : index
// CHECK: %[[HALF:.*]] = arith.divui %[[NUMBER]], %c2 : index
// CHECK: %[[ODD:.*]] = arith.cmpi ne
// CHECK: %[[LATE:.*]] = arith.subi %c3, %[[HALF]] : index
// CHECK: arith.select %[[ODD]], %[[LATE]], %[[HALF]] : index
func.func @scattered(%q: memref<64x4xf32>, %k: memref<2x4x16xf32>, %v: memref<1x19x16xf32>, %y: memref<64x3xf32>) {
  rondo.attend ins(%q, %k, %v : memref<64x4xf32>, memref<2x4x16xf32>, memref<1x19x16xf32>) outs(%y : memref<64x3xf32>)
      "td,sd,se->te" scale 1.0 causal 0 {rondo.split = array<i64: 0, 16>}
  return
}

// -----

// Of no features there is nothing to write.
// CHECK-LABEL: func.func @empty(
// CHECK-NEXT: return
func.func @empty(%q: memref<7x4xf32>, %k: memref<2x4x16xf32>, %v: memref<0x19x16xf32>, %y: memref<7x0xf32>) {
  rondo.attend ins(%q, %k, %v : memref<7x4xf32>, memref<2x4x16xf32>, memref<0x19x16xf32>) outs(%y : memref<7x0xf32>)
      "td,sd,se->te" scale 1.0
  return
}

// -----

// Attentions one after the other use the same memory, which has room for the largest: scores of 32 queries in single
// precision, or of 16 in double, and the sums of values. What has more features than fit makes these in the output.
// CHECK-LABEL: func.func @stack(
// CHECK-DAG: memref.alloca() {{.*}} : memref<34816xi8>
// CHECK-DAG: memref.alloca() {{.*}} : memref<12288xi8>
// CHECK-DAG: memref.alloca() {{.*}} : memref<128xi8>
// CHECK-DAG: memref.alloca() {{.*}} : memref<128xi8>
// CHECK-DAG: memref.alloca() {{.*}} : memref<128xi8>
// CHECK-NOT: memref.alloca
// CHECK: return
func.func @stack(%q: memref<64x4xf32>, %k: memref<19x4x16xf32>, %v: memref<1x300x16xf32>, %y: memref<64x3xf32>,
                 %q2: memref<64x4xf64>, %k2: memref<38x4x8xf64>, %v2: memref<12x300x8xf64>, %y2: memref<64x96xf64>,
                 %v3: memref<9x300x16xf32>, %y3: memref<64x144xf32>) {
  rondo.attend ins(%q, %k, %v : memref<64x4xf32>, memref<19x4x16xf32>, memref<1x300x16xf32>)
      outs(%y : memref<64x3xf32>) "td,sd,se->te" scale 1.0
  rondo.attend ins(%q2, %k2, %v2 : memref<64x4xf64>, memref<38x4x8xf64>, memref<12x300x8xf64>)
      outs(%y2 : memref<64x96xf64>) "td,sd,se->te" scale 1.0
  rondo.attend ins(%q, %k, %v3 : memref<64x4xf32>, memref<19x4x16xf32>, memref<9x300x16xf32>)
      outs(%y3 : memref<64x144xf32>) "td,sd,se->te" scale 1.0
  return
}

// -----

// Of the derivative gradients of keys and values begin with zero. The scores of a block of queries are there for all
// keys at one time: first their maximum, then exponentials and sum, then what they add to each gradient.
// CHECK-LABEL: func.func @derivative(
// CHECK-COUNT-7: memref.alloca
// CHECK-NOT: memref.alloca
// CHECK: scf.for %[[T:.*]] = %c0 to %c64 step %c32 {
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c128 {
// CHECK-NOT: math.exp
// CHECK: vector.reduction <maximumf>
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c128 {
// CHECK-NOT: vector.reduction <maximumf>
// CHECK: math.exp
// CHECK: vector.reduction <add>
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c128 {
// CHECK-NOT: math.exp
// CHECK-NOT: vector.reduction
// CHECK: return
func.func @derivative(%q: memref<64x4xf32>, %k: memref<19x4x16xf32>, %v: memref<19x3x16xf32>, %kd: memref<1x300x16xf32>,
                      %y: memref<64x3xf32>, %g: memref<64x3xf32>, %dq: memref<64x4xf32>, %dk: memref<300x4xf32>,
                      %dv: memref<300x3xf32>) {
  rondo.attend_grad ins(%q, %k, %v, %kd, %y, %g : memref<64x4xf32>, memref<19x4x16xf32>, memref<19x3x16xf32>,
      memref<1x300x16xf32>, memref<64x3xf32>, memref<64x3xf32>) outs(%dq, %dk, %dv : memref<64x4xf32>,
      memref<300x4xf32>, memref<300x3xf32>) "td,sd,se->te" scale 0.5 causal 2
  return
}

// -----

// Of more keys the maximum and the sum come first, then the weights once more.
// CHECK-LABEL: func.func @derivative_of_many_keys(
// CHECK-COUNT-8: memref.alloca
// CHECK-NOT: memref.alloca
// CHECK: scf.for %[[T:.*]] = %c0 to %c64 step %c32 {
// CHECK: scf.for %[[S:.*]] = %c0 to %{{.*}} step %c128 {
// CHECK: vector.reduction <maximumf>
// CHECK: math.exp
// CHECK: vector.reduction <add>
// CHECK: scf.for %[[AGAIN:.*]] = %c0 to %{{.*}} step %c128 {
// CHECK-NOT: vector.reduction
// CHECK: math.exp
// CHECK-NOT: vector.reduction
// CHECK: return
func.func @derivative_of_many_keys(%q: memref<64x4xf32>, %k: memref<50x4x16xf32>, %v: memref<50x3x16xf32>,
                                   %kd: memref<1x800x16xf32>, %y: memref<64x3xf32>, %dq: memref<64x4xf32>,
                                   %dk: memref<800x4xf32>, %dv: memref<800x3xf32>) {
  rondo.attend_grad ins(%q, %k, %v, %kd, %y, %y : memref<64x4xf32>, memref<50x4x16xf32>, memref<50x3x16xf32>,
      memref<1x800x16xf32>, memref<64x3xf32>, memref<64x3xf32>) outs(%dq, %dk, %dv : memref<64x4xf32>,
      memref<800x4xf32>, memref<800x3xf32>) "td,sd,se->te" scale 0.5 causal 2
  return
}
