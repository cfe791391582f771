// Steps of few rows go by rows, by features or on one thread: what is cheapest with the barriers that it takes.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s --check-prefixes=CHECK,MANY
// RUN: rondo-opt -split-input-file -rondo-distribute='work=0 width=8 registers=16' %s | FileCheck %s --check-prefix=FEW

// Five rows and little work between the barriers that features would take: three rows and two.
// CHECK-LABEL: @by_rows
func.func @by_rows(%h: memref<5x64xf32>, %w: memref<64x64xf32>, %g: memref<5x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // CHECK-NOT: rondo.barrier
  // CHECK: linalg.matmul {rondo.split = array<i64: 0, 3>}
  // CHECK: linalg.matmul {rondo.split = array<i64: 0, 3>}
  // CHECK: linalg.matmul {rondo.split = array<i64: 0, 3>}
  scf.for %t = %c0 to %c10 step %c1 {
    linalg.matmul ins(%h, %w : memref<5x64xf32>, memref<64x64xf32>) outs(%g : memref<5x64xf32>)
    linalg.matmul ins(%g, %w : memref<5x64xf32>, memref<64x64xf32>) outs(%h : memref<5x64xf32>)
    linalg.matmul ins(%h, %w : memref<5x64xf32>, memref<64x64xf32>) outs(%g : memref<5x64xf32>)
  }
  // CHECK: return
  return
}

// -----

// With larger weights half of the features save more than the barriers cost.
// CHECK-LABEL: @by_features
func.func @by_features(%h: memref<5x512xf32>, %w: memref<512x512xf32>, %g: memref<5x512xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>}
  // CHECK: rondo.barrier
  // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>}
  scf.for %t = %c0 to %c10 step %c1 {
    linalg.matmul ins(%h, %w : memref<5x512xf32>, memref<512x512xf32>) outs(%g : memref<5x512xf32>)
    linalg.matmul ins(%g, %w : memref<5x512xf32>, memref<512x512xf32>) outs(%h : memref<5x512xf32>)
  }
  return
}

// -----

// Eight rows are one tile of many registers, of which four would be half; of 16 registers four are a tile.
// CHECK-LABEL: @eight
// FEW-LABEL: @eight
func.func @eight(%h: memref<8x512xf32>, %w: memref<512x512xf32>, %g: memref<8x512xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // MANY: linalg.matmul {rondo.split = array<i64: 1, 64>}
  // MANY: rondo.barrier
  // MANY: linalg.matmul {rondo.split = array<i64: 1, 64>}
  // FEW: linalg.matmul {rondo.split = array<i64: 0, 4>}
  // FEW: linalg.matmul {rondo.split = array<i64: 0, 4>}
  scf.for %t = %c0 to %c10 step %c1 {
    linalg.matmul ins(%h, %w : memref<8x512xf32>, memref<512x512xf32>) outs(%g : memref<8x512xf32>)
    linalg.matmul ins(%g, %w : memref<8x512xf32>, memref<512x512xf32>) outs(%h : memref<8x512xf32>)
  }
  return
}

// -----

// One small row: one thread runs all steps. It is more than a barrier is worth, but less than two.
// CHECK-LABEL: @alone
func.func @alone(%h: memref<1x128xf32>, %w: memref<128x128xf32>, %g: memref<1x128xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // CHECK: scf.if
  // CHECK-NEXT: scf.for
  // CHECK-NOT: rondo.
  // CHECK: return
  scf.for %t = %c0 to %c10 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x128xf32>, memref<128x128xf32>) outs(%g : memref<1x128xf32>)
    linalg.matmul ins(%g, %w : memref<1x128xf32>, memref<128x128xf32>) outs(%h : memref<1x128xf32>)
  }
  return
}

// -----

// No rows have no cost that could be compared; what there is beside them is dealt out as ever.
// CHECK-LABEL: @no_rows
func.func @no_rows(%a: memref<0x512xf32>, %w: memref<512x512xf32>, %o: memref<0x512xf32>, %h: memref<1x512xf32>,
                   %g: memref<1x512xf32>) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0 : i32
  // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>} ins(%arg3
  %r = scf.for %t = %c0 to %c9 step %c1 iter_args(%x = %zero) -> i32 {
    linalg.matmul ins(%a, %w : memref<0x512xf32>, memref<512x512xf32>) outs(%o : memref<0x512xf32>)
    linalg.matmul ins(%h, %w : memref<1x512xf32>, memref<512x512xf32>) outs(%g : memref<1x512xf32>)
    scf.yield %x : i32
  }
  return %r : i32
}

// -----

// Nor has a buffer whose size is not known.
// CHECK-LABEL: @unknown_size
func.func @unknown_size(%a: memref<8x64xf32>, %c: memref<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  // CHECK: linalg.exp
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.exp ins(%a : memref<8x64xf32>) outs(%c : memref<?x64xf32>)
  }
  return
}
