// What is kept in slots is copied row by row, at the positions that have slots.
// RUN: rondo-opt %s --rondo-vectorize=width=4 -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @append(
// CHECK-SAME: %[[X:.*]]: memref<3x2x8xf32>, %[[S:.*]]: memref<9x2x8xf32>, %[[P:.*]]: memref<2xi64>
// CHECK: scf.for %[[R:.*]] =
// CHECK: %[[LOADED:.*]] = memref.load %[[P]][%[[R]]]
// CHECK: %[[FIRST:.*]] = arith.index_cast %[[LOADED]]
// CHECK: %[[ROOM:.*]] = arith.subi %c9, %[[FIRST]]
// CHECK: %[[END:.*]] = arith.minsi %[[ROOM]], %c3
// CHECK: scf.for %[[T:.*]] = %c0 to %[[END]]
// CHECK: %[[SLOT:.*]] = arith.addi %[[FIRST]], %[[T]]
// CHECK: memref.subview %[[X]][%[[T]], %[[R]], 0] [1, 1, 8]
// CHECK: memref.subview %[[S]][%[[SLOT]], %[[R]], 0] [1, 1, 8]
// CHECK-COUNT-2: vector.store
func.func @append(%x: memref<3x2x8xf32>, %slots: memref<9x2x8xf32>, %first: memref<2xi64>) {
  rondo.append %x to %slots at %first dim 0 rows 1 : memref<3x2x8xf32>, memref<9x2x8xf32>, memref<2xi64>
  return
}

// From the first slot on where nothing says from which.
// CHECK-LABEL: func.func @whole(
// CHECK-NOT: memref.load
// CHECK: return
func.func @whole(%x: memref<3x2xf32>, %slots: memref<9x2xf32>) {
  rondo.append %x to %slots dim 0 rows 1 : memref<3x2xf32>, memref<9x2xf32>
  return
}
