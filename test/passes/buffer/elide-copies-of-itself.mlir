// A buffer that is copied to itself stays itself.
// RUN: rondo-opt %s --rondo-elide-copies | FileCheck %s

// CHECK-LABEL: func.func @itself
// CHECK: %[[A:.*]] = memref.alloc()
// CHECK: linalg.exp ins(%[[A]]
func.func @itself(%y: memref<4xf32>) {
  %a = memref.alloc() : memref<4xf32>
  memref.copy %a, %a : memref<4xf32> to memref<4xf32>
  linalg.exp ins(%a : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}
