// A product without rows has no tile of rows to be cut into; nothing is computed.
// RUN: rondo-opt %s --rondo-vectorize | FileCheck %s

// CHECK-LABEL: func.func @no_rows
// CHECK-NOT: linalg
// CHECK: return
func.func @no_rows(%h: memref<0x16xf32>, %w: memref<16x64xf32>, %g: memref<0x64xf32>) {
  linalg.matmul ins(%h, %w : memref<0x16xf32>, memref<16x64xf32>) outs(%g : memref<0x64xf32>)
  return
}
