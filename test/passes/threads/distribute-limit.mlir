// Threads deal out a call's positions: the shares of nests that end early agree with one another where they have as many
// rows for each position, and with no others.
// RUN: rondo-opt %s --rondo-distribute='work=0' | FileCheck %s

// CHECK-LABEL: func.func @both(
// CHECK: linalg.exp {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, [[UNIT:[0-9]+]]>}
// CHECK-NOT: rondo.barrier
// CHECK: linalg.log {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, [[UNIT]]>}
func.func @both(%x: memref<640x160xf32>, %y: memref<640x160xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<640x160xf32>) outs(%x : memref<640x160xf32>)
  linalg.log {rondo.limit = array<i64: 0, 1>} ins(%x : memref<640x160xf32>) outs(%y : memref<640x160xf32>)
  return
}

// The second is not dealt out as the first one where that would be other rows.
// CHECK-LABEL: func.func @whole(
// CHECK: linalg.exp {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, [[UNIT]]>}
// CHECK: rondo.barrier
// CHECK: linalg.log
func.func @whole(%x: memref<640x160xf32>, %y: memref<640x160xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<640x160xf32>) outs(%x : memref<640x160xf32>)
  linalg.log ins(%x : memref<640x160xf32>) outs(%y : memref<640x160xf32>)
  return
}

// CHECK-LABEL: func.func @other_rows(
// CHECK: linalg.exp {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, [[UNIT]]>}
// CHECK: rondo.barrier
// CHECK: linalg.log
func.func @other_rows(%x: memref<640x160xf32>, %y: memref<640x160xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 1>} ins(%x : memref<640x160xf32>) outs(%x : memref<640x160xf32>)
  linalg.log {rondo.limit = array<i64: 0, 2>} ins(%x : memref<640x160xf32>) outs(%y : memref<640x160xf32>)
  return
}
