// Copies of what is written, or may be, before the copy is read for the last time.
// RUN: rondo-opt %s --rondo-elide-copies -split-input-file | FileCheck %s

// The copy stays where the slot itself is written,
// CHECK-LABEL: func.func @same_slot(
// CHECK: memref.copy
func.func @same_slot(%hs: memref<5x4xf32>, %t: index, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
  linalg.fill ins(%zero : f32) outs(%h : memref<4xf32, strided<[1], offset: ?>>)
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// or a part of the sequence that reaches into it,
// CHECK-LABEL: func.func @overlapping_slots(
// CHECK: memref.copy
func.func @overlapping_slots(%hs: memref<5x4xf32>, %t: index, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %c1 = arith.constant 1 : index
  %t1 = arith.addi %t, %c1 : index
  %h = memref.subview %hs[%t1, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %two = memref.subview %hs[%t, 0] [2, 4] [1, 1] : memref<5x4xf32> to memref<2x4xf32, strided<[4, 1], offset: ?>>
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
  linalg.fill ins(%zero : f32) outs(%two : memref<2x4xf32, strided<[4, 1], offset: ?>>)
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// or a slot at an offset that is not known,
// CHECK-LABEL: func.func @unknown_offset(
// CHECK: memref.copy
func.func @unknown_offset(%hs: memref<5x4xf32>, %t: index, %u: index) {
  %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %n = memref.subview %hs[%u, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
  linalg.exp ins(%copy : memref<4xf32>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
  return
}

// -----

// or slots counted in opposite directions,
// CHECK-LABEL: func.func @opposite_directions(
// CHECK: memref.copy
func.func @opposite_directions(%hs: memref<5x4xf32>, %t: index) {
  %c3 = arith.constant 3 : index
  %u = arith.subi %c3, %t : index
  %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %n = memref.subview %hs[%u, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
  linalg.exp ins(%copy : memref<4xf32>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
  return
}

// -----

// or the whole of it, in a loop before the last read,
// CHECK-LABEL: func.func @written_in_a_loop(
// CHECK: memref.copy
func.func @written_in_a_loop(%x: memref<4xf32>, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    memref.store %zero, %x[%i] : memref<4xf32>
  }
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// or a buffer that a loop carries, which may be the same one,
// CHECK-LABEL: func.func @carried_buffer(
// CHECK: memref.copy
func.func @carried_buffer(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %0:2 = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %x, %b = %y) -> (memref<4xf32>, memref<4xf32>) {
    %copy = memref.alloc() : memref<4xf32>
    memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
    linalg.exp ins(%copy : memref<4xf32>) outs(%a : memref<4xf32>)
    linalg.exp ins(%copy : memref<4xf32>) outs(%b : memref<4xf32>)
    scf.yield %b, %a : memref<4xf32>, memref<4xf32>
  }
  return
}

// -----

// where something unknown runs in between,
// CHECK-LABEL: func.func @call(
// CHECK: memref.copy
func.func private @unknown(memref<4xf32>)
func.func @call(%x: memref<4xf32>, %y: memref<4xf32>) {
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  func.call @unknown(%x) : (memref<4xf32>) -> ()
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// where the copy is written, too,
// CHECK-LABEL: func.func @copy_is_written(
// CHECK: memref.copy
func.func @copy_is_written(%x: memref<4xf32>, %y: memref<4xf32>) {
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  linalg.exp ins(%copy : memref<4xf32>) outs(%copy : memref<4xf32>)
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

// where a view of it is taken,
// CHECK-LABEL: func.func @view_of_the_copy(
// CHECK: memref.copy
func.func @view_of_the_copy(%x: memref<4xf32>, %y: memref<2xf32>) {
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  %part = memref.subview %copy[0] [2] [1] : memref<4xf32> to memref<2xf32, strided<[1]>>
  linalg.exp ins(%part : memref<2xf32, strided<[1]>>) outs(%y : memref<2xf32>)
  return
}

// -----

// where it is handed on,
// CHECK-LABEL: func.func @handed_on(
// CHECK: memref.copy
func.func @handed_on(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %0 = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %y) -> (memref<4xf32>) {
    linalg.exp ins(%a : memref<4xf32>) outs(%x : memref<4xf32>)
    %copy = memref.alloc() : memref<4xf32>
    memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
    scf.yield %copy : memref<4xf32>
  }
  return
}

// -----

// and where it is read before it is written, in the loop's next iteration.
// CHECK-LABEL: func.func @read_before(
// CHECK: memref.copy
func.func @read_before(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %copy = memref.alloc() : memref<4xf32>
  scf.for %i = %c0 to %c4 step %c1 {
    linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
    linalg.exp ins(%y : memref<4xf32>) outs(%x : memref<4xf32>)
    memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  }
  return
}
