// A copy of a buffer is left out where the buffer itself is the same until the last read.
// RUN: rondo-opt %s --rondo-elide-copies -split-input-file | FileCheck %s

// A scan reads slot t of a state's sequence and writes slot t + 1.
// CHECK-LABEL: func.func @next_slot(
// CHECK-SAME: %[[HS:.*]]: memref<5x4xf32>)
// CHECK: scf.for %[[T:.*]] =
// CHECK-NOT: {{memref.alloc|memref.copy|memref.dealloc}}
// CHECK: %[[H:.*]] = memref.subview %[[HS]][%[[T]], 0]
// CHECK: %[[N:.*]] = memref.subview %[[HS]][%{{.*}}, 0]
// CHECK-NOT: {{memref.alloc|memref.copy|memref.dealloc}}
// CHECK: linalg.exp ins(%[[H]] : {{.*}}) outs(%[[N]] :
// CHECK-NOT: {{memref.alloc|memref.copy|memref.dealloc}}
// CHECK: return
func.func @next_slot(%hs: memref<5x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %t = %c0 to %c4 step %c1 {
    %h = memref.subview %hs[%t, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %copy = memref.alloc() : memref<4xf32>
    memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
    %t1 = arith.addi %t, %c1 : index
    %n = memref.subview %hs[%t1, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    linalg.exp ins(%copy : memref<4xf32>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
    memref.dealloc %copy : memref<4xf32>
  }
  return
}

// -----

// A backward scan reads slot 4 - t and writes slot 3 - t.
// CHECK-LABEL: func.func @slot_before(
// CHECK-NOT: {{memref.alloc|memref.copy}}
// CHECK: return
func.func @slot_before(%hs: memref<5x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  scf.for %t = %c0 to %c4 step %c1 {
    %at = arith.subi %c4, %t : index
    %h = memref.subview %hs[%at, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %copy = memref.alloc() : memref<4xf32>
    memref.copy %h, %copy : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32>
    %before = arith.subi %c3, %t : index
    %n = memref.subview %hs[%before, 0] [1, 4] [1, 1] : memref<5x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    linalg.exp ins(%copy : memref<4xf32>) outs(%n : memref<4xf32, strided<[1], offset: ?>>)
  }
  return
}

// -----

// Another argument is another buffer, and so is an allocation.
// CHECK-LABEL: func.func @other_buffer(
// CHECK-SAME: %[[X:[^:]*]]: memref<4xf32>, %[[Y:[^:]*]]: memref<4xf32>)
// CHECK-NOT: memref.copy
// CHECK: linalg.exp ins(%[[X]] : memref<4xf32>) outs(%[[Y]] : memref<4xf32>)
// CHECK: linalg.exp ins(%[[X]] : memref<4xf32>) outs(%{{.*}} : memref<4xf32>)
func.func @other_buffer(%x: memref<4xf32>, %y: memref<4xf32>) {
  %z = memref.alloc() : memref<4xf32>
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  linalg.exp ins(%copy : memref<4xf32>) outs(%z : memref<4xf32>)
  return
}

// -----

// What comes after the last read does not matter.
// CHECK-LABEL: func.func @written_after_the_last_read(
// CHECK-NOT: memref.copy
// CHECK: linalg.fill
func.func @written_after_the_last_read(%x: memref<4xf32>, %y: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %copy = memref.alloc() : memref<4xf32>
  memref.copy %x, %copy : memref<4xf32> to memref<4xf32>
  linalg.exp ins(%copy : memref<4xf32>) outs(%y : memref<4xf32>)
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}
