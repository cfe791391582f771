// A function is run by several threads from 200000 scalar operations on: a step of an LSTM with H = 32 is not, one with
// H = 128 is.
// RUN: rondo-opt -rondo-distribute %s | FileCheck %s

// CHECK-LABEL: @small
func.func @small(%h: memref<1x32xf32>, %w: memref<32x128xf32>, %g: memref<1x128xf32>) {
  // CHECK-NOT: rondo.
  linalg.matmul ins(%h, %w : memref<1x32xf32>, memref<32x128xf32>) outs(%g : memref<1x128xf32>)
  // CHECK: return
  return
}

// CHECK-LABEL: @large
func.func @large(%h: memref<1x128xf32>, %w: memref<128x1024xf32>, %g: memref<1x1024xf32>) {
  // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>}
  linalg.matmul ins(%h, %w : memref<1x128xf32>, memref<128x1024xf32>) outs(%g : memref<1x1024xf32>)
  // CHECK: return
  return
}

// More operations than 64 bits count are many, not few.
// CHECK-LABEL: @enormous
func.func @enormous(%x: memref<4294967296x4294967296xf32>, %y: memref<4294967296x4294967296xf32>) {
  // CHECK: linalg.exp {rondo.split = array<i64: 0, {{[0-9]+}}>}
  linalg.exp ins(%x : memref<4294967296x4294967296xf32>) outs(%y : memref<4294967296x4294967296xf32>)
  return
}

// Places in a buffer that 64 bits do not count may be any: a barrier lies between what touches it.
// CHECK-LABEL: @enormous_parts
func.func @enormous_parts(%x: memref<4294967296x4294967296xf32>, %i: index) {
  %zero = arith.constant 0.0 : f32
  %part = memref.subview %x[%i, 0] [1, 4294967296] [1, 1]
      : memref<4294967296x4294967296xf32> to memref<4294967296xf32, strided<[1], offset: ?>>
  // CHECK: linalg.fill
  // CHECK-NEXT: rondo.barrier
  // CHECK-NEXT: linalg.fill
  linalg.fill ins(%zero : f32) outs(%x : memref<4294967296x4294967296xf32>)
  linalg.fill ins(%zero : f32) outs(%part : memref<4294967296xf32, strided<[1], offset: ?>>)
  return
}
