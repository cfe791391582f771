// Loops over positions that look up rows or elements are dealt out where no two threads touch the same ones.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

// Rows that are looked up are dealt out by position; rows that are added to a table by feature, so that each element
// is added up in one order.
// CHECK-LABEL: @tokens
func.func @tokens(%table: memref<50x256xf32>, %tokens: memref<32xi32>, %rows: memref<32x256xf32>,
                  %sum: memref<50x256xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  // CHECK: %[[LAST:.*]] = arith.divui
  // CHECK: scf.for %{{.*}} = %[[LOWER:.*]] to %[[UPPER:.*]] step
  scf.for %i = %c0 to %c32 step %c1 {
    %token = memref.load %tokens[%i] : memref<32xi32>
    %k = arith.index_cast %token : i32 to index
    %from = memref.subview %table[%k, 0] [1, 256] [1, 1] : memref<50x256xf32> to memref<256xf32, strided<[1], offset: ?>>
    %to = memref.subview %rows[%i, 0] [1, 256] [1, 1] : memref<32x256xf32> to memref<256xf32, strided<[1], offset: ?>>
    // CHECK: linalg.generic
    // CHECK-NOT: rondo.split
    memref.copy %from, %to : memref<256xf32, strided<[1], offset: ?>> to memref<256xf32, strided<[1], offset: ?>>
  }
  // CHECK: rondo.barrier
  // CHECK-NEXT: scf.for %{{.*}} = %c0 to %c32
  scf.for %i = %c0 to %c32 step %c1 {
    %token = memref.load %tokens[%i] : memref<32xi32>
    %k = arith.index_cast %token : i32 to index
    %to = memref.subview %sum[%k, 0] [1, 256] [1, 1] : memref<50x256xf32> to memref<256xf32, strided<[1], offset: ?>>
    %from = memref.subview %rows[%i, 0] [1, 256] [1, 1] : memref<32x256xf32> to memref<256xf32, strided<[1], offset: ?>>
    // CHECK-NOT: rondo.barrier
    // CHECK: linalg.add {rondo.split = array<i64: 0, 64>}
    linalg.add ins(%to, %from : memref<256xf32, strided<[1], offset: ?>>, memref<256xf32, strided<[1], offset: ?>>)
        outs(%to : memref<256xf32, strided<[1], offset: ?>>)
  }
  return
}

// -----

// A loop over rows that reads and writes elements of its own rows only, at places that it looks up, is dealt out.
// CHECK-LABEL: @rows_with_tokens
func.func @rows_with_tokens(%tokens: memref<32xi32>, %arena: memref<12416xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c12288 = arith.constant 12288 : index
  %rows = memref.view %arena[%c0][] : memref<12416xi8> to memref<32x96xf32>
  %chosen = memref.view %arena[%c12288][] : memref<12416xi8> to memref<32xf32>
  // CHECK: arith.divui
  // CHECK-NOT: scf.if
  // CHECK: scf.for %{{.*}} = %[[LOWER:[0-9]+]] to %[[UPPER:[0-9]+]] step
  // CHECK-NOT: scf.if
  scf.for %i = %c0 to %c32 step %c1 {
    %token = memref.load %tokens[%i] : memref<32xi32>
    %k = arith.index_cast %token : i32 to index
    %row = memref.subview %rows[%i, 0] [1, 96] [1, 1] : memref<32x96xf32> to memref<96xf32, strided<[1], offset: ?>>
    linalg.exp ins(%row : memref<96xf32, strided<[1], offset: ?>>) outs(%row : memref<96xf32, strided<[1], offset: ?>>)
    %e = memref.load %row[%k] : memref<96xf32, strided<[1], offset: ?>>
    memref.store %e, %chosen[%i] : memref<32xf32>
    memref.store %e, %row[%k] : memref<96xf32, strided<[1], offset: ?>>
  }
  // CHECK: return
  return
}
