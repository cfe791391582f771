// A copy becomes a loop over vectors, also where nothing else in the module brings a dialect with it.
// RUN: rondo-opt %s --rondo-vectorize=width=4 -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @copy
// CHECK-SAME: %[[X:.*]]: memref<8xf32>, %[[Y:.*]]: memref<8xf32>
// CHECK-COUNT-2: vector.load %[[X]]
func.func @copy(%x: memref<8xf32>, %y: memref<8xf32>) {
  memref.copy %x, %y : memref<8xf32> to memref<8xf32>
  return
}
