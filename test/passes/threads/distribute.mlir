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

// Sixteen rows and weights that each core caches: a thread runs all steps of its rows, without a barrier.
// CHECK-LABEL: @by_rows
func.func @by_rows(%x: memref<10x16x256xf32>, %h: memref<16x256xf32>, %w: memref<256x256xf32>,
                   %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %g = memref.view %arena[%c0][] : memref<16384xi8> to memref<16x256xf32>
  // CHECK: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    // CHECK-NOT: rondo.barrier
    // CHECK: linalg.generic
    // CHECK-SAME: rondo.split = array<i64: 0, 8>
    %xt = memref.subview %x[%t, 0, 0] [1, 16, 256] [1, 1, 1]
        : memref<10x16x256xf32> to memref<16x256xf32, strided<[256, 1], offset: ?>>
    memref.copy %xt, %g : memref<16x256xf32, strided<[256, 1], offset: ?>> to memref<16x256xf32>
    // CHECK: linalg.matmul {rondo.split = array<i64: 0, 8>}
    linalg.matmul ins(%h, %w : memref<16x256xf32>, memref<256x256xf32>) outs(%g : memref<16x256xf32>)
    // CHECK: linalg.tanh {rondo.split = array<i64: 0, 8>}
    linalg.tanh ins(%g : memref<16x256xf32>) outs(%h : memref<16x256xf32>)
  }
  // CHECK: return
  return
}

// -----

// A number for each row is cut as the rows are, not as features.
// CHECK-LABEL: @numbers_of_rows
func.func @numbers_of_rows(%x: memref<32x256xf32>, %mean: memref<32xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.for %t = %c0 to %n step %c1 {
    // CHECK-NOT: rondo.barrier
    // CHECK: linalg.fill {rondo.split = array<i64: 0, 8>}
    linalg.fill ins(%zero : f32) outs(%mean : memref<32xf32>)
    // CHECK: linalg.reduce
    // CHECK: rondo.split = array<i64: 0, 8>
    linalg.reduce {arith.addf} ins(%x : memref<32x256xf32>) outs(%mean : memref<32xf32>) dimensions = [1]
    // CHECK: linalg.broadcast
    // CHECK-SAME: rondo.split = array<i64: 0, 8>
    linalg.broadcast ins(%mean : memref<32xf32>) outs(%x : memref<32x256xf32>) dimensions = [1]
  }
  // CHECK: return
  return
}

// -----

// One row: features are cut. The product waits for all of the state and the state for all products that read it, but
// nothing else waits; the packing before the loop is waited for inside of it too.
// CHECK-LABEL: @by_features
func.func @by_features(%x: memref<10x1x256xf32>, %h: memref<1x256xf32>, %u: memref<256x256xf32>,
                       %arena: memref<263168xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %c1024 = arith.constant 1024 : index
  %g = memref.view %arena[%c0][] : memref<263168xi8> to memref<1x256xf32>
  %w = memref.view %arena[%c1024][] : memref<263168xi8> to memref<256x256xf32>
  // CHECK: linalg.transpose
  // CHECK-SAME: rondo.split = array<i64: 0, 32>
  linalg.transpose ins(%u : memref<256x256xf32>) outs(%w : memref<256x256xf32>) permutation = [1, 0]
  // CHECK-NEXT: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    // CHECK: linalg.generic
    // CHECK-SAME: rondo.split = array<i64: 1, 64>
    // CHECK: rondo.barrier
    // CHECK-NEXT: linalg.matmul {rondo.split = array<i64: 1, 64>}
    // CHECK-NEXT: rondo.barrier
    // CHECK-NEXT: linalg.tanh {rondo.split = array<i64: 1, 64>}
    // CHECK-NEXT: {{^ *}$}}
    %xt = memref.subview %x[%t, 0, 0] [1, 1, 256] [1, 1, 1]
        : memref<10x1x256xf32> to memref<1x256xf32, strided<[256, 1], offset: ?>>
    memref.copy %xt, %g : memref<1x256xf32, strided<[256, 1], offset: ?>> to memref<1x256xf32>
    linalg.matmul ins(%h, %w : memref<1x256xf32>, memref<256x256xf32>) outs(%g : memref<1x256xf32>)
    linalg.tanh ins(%g : memref<1x256xf32>) outs(%h : memref<1x256xf32>)
  }
  return
}

// -----

// A state that is kept for all steps: a step reads the one before it whole and writes its own, one barrier each.
// CHECK-LABEL: @one_barrier_a_step
func.func @one_barrier_a_step(%w: memref<256x256xf32>, %hs: memref<11x1x256xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // CHECK-NOT: rondo.barrier
  // CHECK: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    %next = arith.addi %t, %c1 : index
    %h = memref.subview %hs[%t, 0, 0] [1, 1, 256] [1, 1, 1]
        : memref<11x1x256xf32> to memref<1x256xf32, strided<[256, 1], offset: ?>>
    %g = memref.subview %hs[%next, 0, 0] [1, 1, 256] [1, 1, 1]
        : memref<11x1x256xf32> to memref<1x256xf32, strided<[256, 1], offset: ?>>
    // CHECK: rondo.barrier
    // CHECK-NEXT: linalg.matmul
    // CHECK-NEXT: linalg.tanh
    // CHECK-NEXT: {{^ *}$}}
    linalg.matmul ins(%h, %w : memref<1x256xf32, strided<[256, 1], offset: ?>>, memref<256x256xf32>)
        outs(%g : memref<1x256xf32, strided<[256, 1], offset: ?>>)
    linalg.tanh ins(%g : memref<1x256xf32, strided<[256, 1], offset: ?>>)
        outs(%g : memref<1x256xf32, strided<[256, 1], offset: ?>>)
  }
  return
}

// -----

// Steps too short for barriers are one thread's.
// CHECK-LABEL: @short_steps
func.func @short_steps(%h: memref<1x32xf32>, %w: memref<32x32xf32>, %g: memref<1x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  // CHECK: %[[THREAD:.*]] = rondo.thread
  // CHECK: %[[MINE:.*]] = arith.cmpi eq, %[[THREAD]]
  // CHECK-NEXT: scf.if %[[MINE]] {
  // CHECK-NEXT: scf.for
  // CHECK-NOT: rondo.
  scf.for %t = %c0 to %c10 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x32xf32>, memref<32x32xf32>) outs(%g : memref<1x32xf32>)
    linalg.tanh ins(%g : memref<1x32xf32>) outs(%h : memref<1x32xf32>)
  }
  // CHECK: return
  return
}

// -----

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

// -----

// Sums to one number are never cut: each is one thread's, and a number that is read waits for it.
// CHECK-LABEL: @sums
func.func @sums(%x: memref<256x256xf32>, %y: memref<256x256xf32>, %a: memref<f32>, %b: memref<f32>, %n: memref<f32>) {
  // CHECK: %[[T:.*]] = rondo.thread
  // CHECK: scf.if
  // CHECK-NEXT: linalg.generic
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                  iterator_types = ["reduction", "reduction"]} ins(%x : memref<256x256xf32>) outs(%a : memref<f32>) {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %s, %e : f32
    linalg.yield %r : f32
  }
  // CHECK: %[[N:.*]] = rondo.threads
  // CHECK: arith.remui %{{.*}}, %[[N]]
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                  iterator_types = ["reduction", "reduction"]} ins(%y : memref<256x256xf32>) outs(%b : memref<f32>) {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %s, %e : f32
    linalg.yield %r : f32
  }
  // CHECK: rondo.barrier
  // CHECK: memref.load
  // CHECK: memref.load
  // CHECK-NOT: rondo.barrier
  // CHECK: scf.if
  // CHECK-NEXT: memref.store
  %first = memref.load %a[] : memref<f32>
  %second = memref.load %b[] : memref<f32>
  %both = arith.addf %first, %second : f32
  memref.store %both, %n[] : memref<f32>
  return
}

// -----

// One row that is normalised: the thread that sums it up also computes the few differences that it sums next, for which
// the others would have to wait twice. What follows is shared again.
// CHECK-LABEL: @normalised_row
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @normalised_row(%w: memref<1024x1024xf32>, %h: memref<1x1024xf32>, %p: memref<1x1024xf32>, %s: memref<1xf32>,
                          %d: memref<1x1024xf32>, %q: memref<1x1024xf32>, %v: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  // CHECK: scf.for
  scf.for %t = %c0 to %c9 step %c1 {
    // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>}
    linalg.matmul ins(%h, %w : memref<1x1024xf32>, memref<1024x1024xf32>) outs(%p : memref<1x1024xf32>)
    // CHECK: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg3 :
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<1x1024xf32>) outs(%s : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    // CHECK-NOT: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg4, %arg5 :
    linalg.generic {indexing_maps = [#row, #number, #row, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%d, %q : memref<1x1024xf32>, memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o1: f32, %o2: f32):
      %0 = arith.subf %e, %m : f32
      %1 = arith.mulf %0, %0 : f32
      linalg.yield %0, %1 : f32, f32
    }
    // CHECK-NOT: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg6 :
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%q : memref<1x1024xf32>) outs(%v : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    // CHECK: rondo.barrier
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg1 : {{.*}} {rondo.split = array<i64: 1, 64>}
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%d, %v : memref<1x1024xf32>, memref<1xf32>) outs(%h : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.divf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
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
