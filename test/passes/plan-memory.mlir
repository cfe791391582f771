// Every buffer gets its place in one arena, at a multiple of 64 bytes.
// RUN: rondo-opt %s --rondo-plan-memory --split-input-file | FileCheck %s

// Two buffers that do not live together share their place; a third lives with both.
// CHECK-LABEL: func.func @one_after_the_other(
// CHECK-SAME: %[[ARENA:[^:]*]]: memref<192xi8> {rondo.access = "inout", rondo.arena})
// CHECK: memref.view %[[ARENA]][%c128][] : memref<192xi8> to memref<3xf64>
// CHECK: memref.view %[[ARENA]][%c0][] : memref<192xi8> to memref<20xf32>
// CHECK: memref.view %[[ARENA]][%c0{{[_0-9]*}}][] : memref<192xi8> to memref<20xf32>
// CHECK-NOT: memref.alloc
func.func @one_after_the_other(%x: memref<20xf32>, %y: memref<20xf32>, %z: memref<3xf64>) {
  %c = memref.alloc() : memref<3xf64>
  %a = memref.alloc() : memref<20xf32>
  memref.copy %z, %c : memref<3xf64> to memref<3xf64>
  memref.copy %x, %a : memref<20xf32> to memref<20xf32>
  memref.copy %a, %y : memref<20xf32> to memref<20xf32>
  %b = memref.alloc() : memref<20xf32>
  memref.copy %x, %b : memref<20xf32> to memref<20xf32>
  memref.copy %b, %y : memref<20xf32> to memref<20xf32>
  memref.copy %c, %z : memref<3xf64> to memref<3xf64>
  return
}

// -----

// In a loop, what comes later in the text is needed again in the next iteration: nothing is shared.
// CHECK-LABEL: func.func @in_a_loop(
// CHECK-SAME: memref<256xi8> {rondo.access = "inout", rondo.arena})
// CHECK-DAG: arith.constant 0 : index
// CHECK-DAG: arith.constant 128 : index
// CHECK: scf.for
func.func @in_a_loop(%x: memref<20xf32>, %y: memref<20xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %i = %c0 to %c5 step %c1 {
    %a = memref.alloc() : memref<20xf32>
    memref.copy %x, %a : memref<20xf32> to memref<20xf32>
    memref.copy %a, %y : memref<20xf32> to memref<20xf32>
    %b = memref.alloc() : memref<20xf32>
    memref.copy %x, %b : memref<20xf32> to memref<20xf32>
    memref.copy %b, %y : memref<20xf32> to memref<20xf32>
  }
  return
}

// -----

// A buffer lives as long as a view of it does.
// CHECK-LABEL: func.func @views(
// CHECK-SAME: memref<256xi8> {rondo.access = "inout", rondo.arena})
func.func @views(%x: memref<20xf32>, %y: memref<4xf32>) {
  %a = memref.alloc() : memref<20xf32>
  %v = memref.subview %a[0] [4] [1] : memref<20xf32> to memref<4xf32, strided<[1]>>
  %b = memref.alloc() : memref<20xf32>
  memref.copy %x, %b : memref<20xf32> to memref<20xf32>
  memref.copy %v, %y : memref<4xf32, strided<[1]>> to memref<4xf32>
  return
}

// -----

// Without buffers there is an arena of nothing.
// CHECK-LABEL: func.func @none(
// CHECK-SAME: memref<0xi8> {rondo.access = "inout", rondo.arena})
func.func @none(%x: memref<20xf32>) {
  return
}
