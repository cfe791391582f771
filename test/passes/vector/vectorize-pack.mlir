// How weights get into the layout that phases read.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=16384 l2=131072' -canonicalize -cse -split-input-file | FileCheck %s

// Weights are packed in whole vectors. Rows of a matrix whose lanes are contiguous are copied, the end of a row by a mask;
// others are transposed in registers, four by four, the last square ending with the last term and the last lane repeated.
// CHECK-LABEL: func.func @pack(
// CHECK-SAME: %[[A:[^:]*]]: memref<6x10xf32>, %[[B:[^:]*]]: memref<10x6xf32>, %[[P:[^:]*]]: memref<2x6x8xf32>, %[[Q:[^:]*]]: memref<2x6x8xf32>)
// CHECK: scf.for %[[K:.*]] = %c0 to %c6 step %c1 {
// CHECK: %[[ROW:.*]] = vector.load %[[A]][%[[K]], %c0]
// CHECK: vector.store %[[ROW]], %[[P]][%c0, %[[K]], %c0]
// CHECK: %[[ROW:.*]] = vector.load %[[A]][%[[K]], %c4]
// CHECK: vector.store %[[ROW]], %[[P]][%c0, %[[K]], %c4]
// CHECK: scf.for %[[K:.*]] = %c0 to %c6 step %c1 {
// CHECK: %[[ROW:.*]] = vector.maskedload %[[A]][%[[K]], %c8], %{{.*}}
// CHECK: vector.store %[[ROW]], %[[P]][%c1, %[[K]], %c0]
// CHECK: scf.for %[[N:.*]] = %c0 to %c12 step %c4 {
// CHECK: scf.for %[[K:.*]] = %c0 to %c8 step %c4 {
// CHECK: %[[TERM:.*]] = arith.minui %[[K]], %c2
// CHECK-COUNT-4: vector.load %[[B]][%{{.*}}, %[[TERM]]]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 2, 6]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [1, 5, 3, 7]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 1, 4, 5]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [2, 3, 6, 7]
// CHECK: vector.store %{{.*}}, %[[Q]][%{{.*}}, %[[TERM]], %{{.*}}]
// CHECK-COUNT-3: vector.store %{{.*}}, %[[Q]]
// CHECK-NOT: vector.store
// CHECK: return
func.func @pack(%a: memref<6x10xf32>, %b: memref<10x6xf32>, %p: memref<2x6x8xf32>, %q: memref<2x6x8xf32>) {
  rondo.pack ins(%a : memref<6x10xf32>) outs(%p : memref<2x6x8xf32>) lanes 1 terms 0 width 8
  rondo.pack ins(%b : memref<10x6xf32>) outs(%q : memref<2x6x8xf32>) lanes 0 terms 1 width 8
  return
}

// -----

// Of many terms whose lanes are one block each is a row of the result: squares of 256 terms, a run that the processor
// sees, go through all lanes before the next ones, so that the lines that they write are full while they are near. The
// last squares of a thread's share end with it.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[A:[^:]*]]: memref<10x260xf32>, %[[P:[^:]*]]: memref<1x260x16xf32>)
// CHECK: %[[UPPER:.*]] = arith.minui %{{.*}}, %c260
// CHECK: %[[LAST:.*]] = arith.subi %[[UPPER]], %c4
// CHECK: scf.for %[[GROUP:.*]] = %{{.*}} to %[[UPPER]] step %c256 {
// CHECK: %[[NEXT:.*]] = arith.addi %[[GROUP]], %c256
// CHECK: %[[END:.*]] = arith.minui %[[UPPER]], %[[NEXT]]
// CHECK: scf.for %[[N:.*]] = %c0 to %c12 step %c4 {
// CHECK: scf.for %[[K:.*]] = %[[GROUP]] to %[[END]] step %c4 {
// CHECK: %[[TERM:.*]] = arith.minui %[[K]], %[[LAST]]
// CHECK-COUNT-4: vector.load %[[A]][%{{.*}}, %[[TERM]]]
// CHECK: vector.store %{{.*}}, %[[P]][%c0, %[[TERM]], %[[N]]]
// CHECK-COUNT-3: vector.store %{{.*}}, %[[P]][%c0, %{{.*}}, %[[N]]]
// CHECK-NOT: vector.store
// CHECK: return
func.func @rows(%a: memref<10x260xf32>, %p: memref<1x260x16xf32>) {
  rondo.pack ins(%a : memref<10x260xf32>) outs(%p : memref<1x260x16xf32>) lanes 0 terms 1 width 16
      {rondo.split = array<i64: 1, 32>}
  return
}
