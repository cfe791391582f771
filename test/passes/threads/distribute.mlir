// Each nest is cut for threads, and there are barriers where a thread needs what another one wrote, and only there.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

// Nests that cut the same rows of the same buffer follow each other without a barrier, through views of columns too.
// CHECK-LABEL: @same_rows
func.func @same_rows(%x: memref<32x64xf32>, %y: memref<32x128xf32>) {
  %left = memref.subview %y[0, 0] [32, 64] [1, 1] : memref<32x128xf32> to memref<32x64xf32, strided<[128, 1]>>
  %right = memref.subview %y[0, 64] [32, 64] [1, 1] : memref<32x128xf32> to memref<32x64xf32, strided<[128, 1], offset: 64>>
  // CHECK-NOT: rondo.barrier
  // CHECK: linalg.exp {rondo.split = array<i64: 0, 8>}
  linalg.exp ins(%x : memref<32x64xf32>) outs(%left : memref<32x64xf32, strided<[128, 1]>>)
  // CHECK: linalg.sqrt {rondo.split = array<i64: 0, 8>}
  linalg.sqrt ins(%x : memref<32x64xf32>) outs(%right : memref<32x64xf32, strided<[128, 1], offset: 64>>)
  // CHECK: linalg.tanh {rondo.split = array<i64: 0, 8>}
  linalg.tanh ins(%y : memref<32x128xf32>) outs(%y : memref<32x128xf32>)
  // CHECK: return
  return
}

// -----

// A nest that reads all rows waits for all threads; the next one that reads them does not wait again.
// CHECK-LABEL: @whole
func.func @whole(%x: memref<32x64xf32>, %y: memref<32x64xf32>, %z: memref<64x32xf32>, %u: memref<64x32xf32>) {
  // CHECK: linalg.exp
  linalg.exp ins(%x : memref<32x64xf32>) outs(%y : memref<32x64xf32>)
  // CHECK-NEXT: rondo.barrier
  // CHECK-NEXT: linalg.transpose
  linalg.transpose ins(%y : memref<32x64xf32>) outs(%z : memref<64x32xf32>) permutation = [1, 0]
  // CHECK-NEXT: linalg.transpose
  linalg.transpose ins(%y : memref<32x64xf32>) outs(%u : memref<64x32xf32>) permutation = [1, 0]
  // Only now: what it overwrites was read by others.
  // CHECK-NEXT: rondo.barrier
  // CHECK-NEXT: linalg.sqrt
  linalg.sqrt ins(%x : memref<32x64xf32>) outs(%y : memref<32x64xf32>)
  return
}

// -----

// Buffers that share memory in the arena conflict, those beside each other do not.
// CHECK-LABEL: @arena
func.func @arena(%x: memref<32x64xf32>, %arena: memref<20480xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c4096 = arith.constant 4096 : index
  %c8192 = arith.constant 8192 : index
  %first = memref.view %arena[%c0][] : memref<20480xi8> to memref<32x64xf32>
  %beside = memref.view %arena[%c8192][] : memref<20480xi8> to memref<32x64xf32>
  %across = memref.view %arena[%c4096][] : memref<20480xi8> to memref<32x64xf32>
  // CHECK: linalg.exp
  linalg.exp ins(%x : memref<32x64xf32>) outs(%first : memref<32x64xf32>)
  // CHECK-NEXT: linalg.sqrt
  linalg.sqrt ins(%x : memref<32x64xf32>) outs(%beside : memref<32x64xf32>)
  // CHECK-NEXT: rondo.barrier
  // CHECK-NEXT: linalg.tanh
  linalg.tanh ins(%x : memref<32x64xf32>) outs(%across : memref<32x64xf32>)
  return
}

// -----

// What the pass does not know is left to one thread, and so is what is not worth several.
// CHECK-LABEL: @unknown
func.func private @other(memref<32x64xf32>)
func.func @unknown(%x: memref<32x64xf32>) {
  // CHECK-NOT: rondo.
  linalg.exp ins(%x : memref<32x64xf32>) outs(%x : memref<32x64xf32>)
  func.call @other(%x) : (memref<32x64xf32>) -> ()
  // CHECK: return
  return
}

// -----

// Columns that become rows are shared by rows, as the product that reads them is: no barrier between both.
// CHECK-LABEL: @packed_rows
// CHECK: rondo.pack {{.*}} lanes 0 terms 1 width 80 {rondo.split = array<i64: 1, 40>}
// CHECK-NEXT: rondo.phase {{.*}} {rondo.split = array<i64: 0, 40>}
func.func @packed_rows(%g: memref<64x520xf32>, %x: memref<1x64x16xf32>, %w: memref<520x16xf32>,
                       %p: memref<1x520x80xf32>) {
  rondo.pack ins(%g : memref<64x520xf32>) outs(%p : memref<1x520x80xf32>) lanes 0 terms 1 width 80
  rondo.phase bounds [520, 16, 64] parallel 2 ins(%p, %x : memref<1x520x80xf32>, memref<1x64x16xf32>)
      outs(%w : memref<520x16xf32>)
      maps [affine_map<(i, j, k) -> (0, i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>,
            affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %m = arith.mulf %a, %b : f32
        rondo.phase_yield %m : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      }
  return
}
