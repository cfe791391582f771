// What a function does again and again on other buffers becomes calls of one function.
// RUN: rondo-opt -split-input-file -rondo-share-layers=alike=3 %s | FileCheck %s
// RUN: rondo-opt -split-input-file -rondo-share-layers %s | FileCheck --check-prefix=FEW %s

// Fewer repetitions than 16 stay.
// FEW-NOT: call @layer

// A buffer, the number of a thread and a loop are the layer's own: the views are computed in it, from the buffer, and
// so is what all threads compute. A layer may begin anywhere, as here with a barrier; what goes behind the last one
// stays.
// CHECK-LABEL: func.func @stack(
// CHECK-SAME: %[[A:.*]]: memref<4x8xf32>, %[[B:.*]]: memref<4x8xf32>, %[[C:.*]]: memref<4x8xf32>, %[[D:.*]]: memref<4x8xf32>
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[FIVE:.*]] = arith.constant 5 : index
// CHECK-NEXT: %[[SIX:.*]] = arith.constant 6 : index
// CHECK-NEXT: call @layer(%[[B]], %[[A]], %[[ZERO]]) : (memref<4x8xf32>, memref<4x8xf32>, index) -> ()
// CHECK-NEXT: call @layer(%[[C]], %[[B]], %[[FIVE]])
// CHECK-NEXT: call @layer(%[[D]], %[[C]], %[[SIX]])
// CHECK-NEXT: rondo.barrier
// CHECK-NEXT: return
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %[[TO:.*]]: memref<4x8xf32>, %[[FROM:.*]]: memref<4x8xf32>, %[[OWNER:.*]]: index)
// CHECK-DAG: %[[ROW:.*]] = memref.subview %[[TO]][1, 0] [1, 8] [1, 1]
// CHECK-DAG: %[[THREAD:.*]] = rondo.thread
// CHECK-DAG: %[[MINE:.*]] = arith.cmpi eq, %[[THREAD]], %[[OWNER]]
// CHECK: rondo.barrier
// CHECK-NEXT: linalg.fill {{.*}} outs(%[[ROW]] :
// CHECK-NEXT: scf.for
// CHECK: memref.load %[[FROM]]
// CHECK: scf.if %[[MINE]]
// CHECK-NEXT: memref.store
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @stack(%a: memref<4x8xf32>, %b: memref<4x8xf32>, %c: memref<4x8xf32>, %d: memref<4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %c6 = arith.constant 6 : index
  rondo.barrier
  %t0 = rondo.thread
  %m0 = arith.cmpi eq, %t0, %c0 : index
  %v0 = memref.subview %b[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
  linalg.fill ins(%zero : f32) outs(%v0 : memref<8xf32, strided<[1], offset: 8>>)
  scf.for %i = %c0 to %c4 step %c1 {
    %x = memref.load %a[%i, %c0] : memref<4x8xf32>
    memref.store %x, %b[%i, %c1] : memref<4x8xf32>
  }
  scf.if %m0 {
    memref.store %zero, %b[%c0, %c0] : memref<4x8xf32>
  }
  rondo.barrier
  %t1 = rondo.thread
  %m1 = arith.cmpi eq, %t1, %c5 : index
  %v1 = memref.subview %c[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
  linalg.fill ins(%zero : f32) outs(%v1 : memref<8xf32, strided<[1], offset: 8>>)
  scf.for %i = %c0 to %c4 step %c1 {
    %x = memref.load %b[%i, %c0] : memref<4x8xf32>
    memref.store %x, %c[%i, %c1] : memref<4x8xf32>
  }
  scf.if %m1 {
    memref.store %zero, %c[%c0, %c0] : memref<4x8xf32>
  }
  rondo.barrier
  %t2 = rondo.thread
  %m2 = arith.cmpi eq, %t2, %c6 : index
  %v2 = memref.subview %d[1, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: 8>>
  linalg.fill ins(%zero : f32) outs(%v2 : memref<8xf32, strided<[1], offset: 8>>)
  scf.for %i = %c0 to %c4 step %c1 {
    %x = memref.load %c[%i, %c0] : memref<4x8xf32>
    memref.store %x, %d[%i, %c1] : memref<4x8xf32>
  }
  scf.if %m2 {
    memref.store %zero, %d[%c0, %c0] : memref<4x8xf32>
  }
  rondo.barrier
  return
}

// -----

// One value in one layer, another one in the next: a layer that reads its own buffer is like one that reads another's,
// as long as each is passed by its place.
// CHECK-LABEL: func.func @mixed(
// CHECK-SAME: %[[A:.*]]: memref<8xf32>, %[[B:.*]]: memref<8xf32>)
// CHECK: call @layer(%[[A]], %[[A]], %[[B]])
// CHECK-NEXT: call @layer(%[[A]], %[[B]], %[[B]])
// CHECK-NEXT: call @layer(%[[B]], %[[A]], %[[A]])
func.func @mixed(%a: memref<8xf32>, %b: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  linalg.exp ins(%a : memref<8xf32>) outs(%b : memref<8xf32>)
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  linalg.exp ins(%b : memref<8xf32>) outs(%b : memref<8xf32>)
  linalg.fill ins(%zero : f32) outs(%b : memref<8xf32>)
  linalg.exp ins(%a : memref<8xf32>) outs(%a : memref<8xf32>)
  return
}

// -----

// No function: a view that begins elsewhere by its type and by itself is another view; a layer whose ops take other
// constants is no repetition; what has a result is used elsewhere; and calls of few arguments are no more than calls.
// CHECK-LABEL: func.func @different(
// CHECK-NOT: call @layer
// CHECK-LABEL: func.func @loaded(
// CHECK-NOT: call @layer
// CHECK-LABEL: func.func @calls(
// CHECK-NOT: call @layer
func.func @different(%a: memref<8x8xf32>, %i: index) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  %v = memref.subview %a[%i, 0] [1, 8] [1, 1] : memref<8x8xf32> to memref<8xf32, strided<[1], offset: ?>>
  linalg.fill ins(%zero : f32) outs(%a : memref<8x8xf32>)
  linalg.fill ins(%one : f32) outs(%v : memref<8xf32, strided<[1], offset: ?>>)
  linalg.fill ins(%zero : f32) outs(%v : memref<8xf32, strided<[1], offset: ?>>)
  linalg.fill ins(%one : f32) outs(%a : memref<8x8xf32>)
  return
}
func.func @loaded(%a: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %x = memref.load %a[%c0] : memref<8xf32>
  %y = memref.load %a[%c0] : memref<8xf32>
  %z = memref.load %a[%c0] : memref<8xf32>
  memref.store %x, %a[%c0] : memref<8xf32>
  memref.store %y, %a[%c0] : memref<8xf32>
  memref.store %z, %a[%c0] : memref<8xf32>
  return
}
func.func @calls(%a: memref<8xf32>, %b: memref<8xf32>, %c: memref<8xf32>) {
  call @kernel(%a) : (memref<8xf32>) -> ()
  call @kernel(%b) : (memref<8xf32>) -> ()
  call @kernel(%c) : (memref<8xf32>) -> ()
  return
}
func.func private @kernel(%a: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  return
}
