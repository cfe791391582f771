// What may end early is one function for all numbers of rows that there are for each position, and the gates of a
// packing are calls of one.
// RUN: rondo-opt -split-input-file -rondo-share-kernels=work=0 %s | FileCheck %s

// CHECK-LABEL: func.func @one(
// CHECK-SAME: %[[N:[a-z0-9]+]]: memref<i64>
// CHECK: %[[LENGTH:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: call @exp_8x4(%{{.*}}, %[[LENGTH]])
// CHECK-LABEL: func.func @four(
// CHECK: %[[LENGTH:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: %[[ROWS:.*]] = arith.muli %[[LENGTH]], %c4
// CHECK: call @exp_8x4(%{{.*}}, %[[ROWS]])
// CHECK-LABEL: func.func @whole(
// CHECK: linalg.exp ins
// CHECK-LABEL: func.func private @exp_8x4(
// CHECK-SAME: index {rondo.length})
// CHECK: linalg.exp {rondo.limit = array<i64: 0, 1>}
func.func @one(%x: memref<8x4xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<8x4xf32>) outs(%x : memref<8x4xf32>)
  return
}
func.func @four(%x: memref<8x4xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 4>} ins(%x : memref<8x4xf32>) outs(%x : memref<8x4xf32>)
  return
}
func.func @whole(%x: memref<8x4xf32>) {
  linalg.exp ins(%x : memref<8x4xf32>) outs(%x : memref<8x4xf32>)
  return
}

// -----

// CHECK-LABEL: func.func @pack(
// CHECK: memref.subview %{{.*}}[0, 0, 0] [1, 3, 16] [1, 1, 1]
// CHECK: call @pack_16x3(
// CHECK: memref.subview %{{.*}}[0, 0, 16] [1, 3, 16] [1, 1, 1]
// CHECK: call @pack_16x3(
// CHECK-NOT: rondo.pack
// CHECK-LABEL: func.func @apart(
// CHECK: memref.subview %{{.*}}[0, 1, 0, 0] [1, 1, 3, 16] [1, 1, 1, 1]
// CHECK-LABEL: func.func @rows(
// CHECK: rondo.pack ins(%{{.*}}, %{{.*}} :
// CHECK-LABEL: func.func private @pack_16x3(
func.func @pack(%a: memref<16x3xf32>, %b: memref<16x3xf32>, %p: memref<1x3x32xf32>) {
  rondo.pack ins(%a, %b : memref<16x3xf32>, memref<16x3xf32>) outs(%p : memref<1x3x32xf32>) lanes 0 terms 1 width 16
  return
}
func.func @apart(%a: memref<16x3xf32>, %b: memref<16x3xf32>, %p: memref<1x2x3x16xf32>) {
  rondo.pack ins(%a, %b : memref<16x3xf32>, memref<16x3xf32>) outs(%p : memref<1x2x3x16xf32>)
      lanes 0 terms 1 width 16 apart
  return
}
func.func @rows(%a: memref<3x16xf32>, %b: memref<3x16xf32>, %p: memref<1x3x32xf32>) {
  rondo.pack ins(%a, %b : memref<3x16xf32>, memref<3x16xf32>) outs(%p : memref<1x3x32xf32>) lanes 1 terms 0 width 16
  return
}
