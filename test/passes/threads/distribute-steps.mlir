// The steps of a loop over time are cut by rows or by features, with as few barriers as what they hand on needs.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

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
func.func @by_features(%x: memref<10x1x512xf32>, %h: memref<1x512xf32>, %u: memref<512x512xf32>,
                       %arena: memref<1050624xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %c2048 = arith.constant 2048 : index
  %g = memref.view %arena[%c0][] : memref<1050624xi8> to memref<1x512xf32>
  %w = memref.view %arena[%c2048][] : memref<1050624xi8> to memref<512x512xf32>
  // CHECK: linalg.transpose
  // CHECK-SAME: rondo.split = array<i64: 0, 64>
  linalg.transpose ins(%u : memref<512x512xf32>) outs(%w : memref<512x512xf32>) permutation = [1, 0]
  // CHECK-NEXT: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    // CHECK: linalg.generic
    // CHECK-SAME: rondo.split = array<i64: 1, 64>
    // CHECK: rondo.barrier
    // CHECK-NEXT: linalg.matmul {rondo.split = array<i64: 1, 64>}
    // CHECK-NEXT: rondo.barrier
    // CHECK-NEXT: linalg.tanh {rondo.split = array<i64: 1, 64>}
    // CHECK-NEXT: {{^ *}$}}
    %xt = memref.subview %x[%t, 0, 0] [1, 1, 512] [1, 1, 1]
        : memref<10x1x512xf32> to memref<1x512xf32, strided<[512, 1], offset: ?>>
    memref.copy %xt, %g : memref<1x512xf32, strided<[512, 1], offset: ?>> to memref<1x512xf32>
    linalg.matmul ins(%h, %w : memref<1x512xf32>, memref<512x512xf32>) outs(%g : memref<1x512xf32>)
    linalg.tanh ins(%g : memref<1x512xf32>) outs(%h : memref<1x512xf32>)
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

// One row of eight matrices that are read and changed in place: each thread has its matrices, of what is made of their
// features as well, 64 for each, so that nothing waits within the loop. Rows of matrices and lanes would not agree.
// CHECK-LABEL: @matrices_of_one_row
#features = affine_map<(b, f) -> (b, f)>
#matrix = affine_map<(b, h, i, j) -> (b, h, i, j)>
#row = affine_map<(b, h, i, j) -> (b, h, i)>
#column = affine_map<(b, h, i, j) -> (b, h, j)>
func.func @matrices_of_one_row(%x: memref<10x1x512xf32>, %c: memref<1x8x64x64xf32>, %told: memref<1x8x64xf32>,
                               %k: memref<1x512xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %keys = memref.expand_shape %k [[0], [1, 2]] output_shape [1, 8, 64] : memref<1x512xf32> into memref<1x8x64xf32>
  // CHECK: scf.for
  scf.for %t = %c0 to %c10 step %c1 {
    // CHECK-NOT: rondo.barrier
    %xt = memref.subview %x[%t, 0, 0] [1, 1, 512] [1, 1, 1]
        : memref<10x1x512xf32> to memref<1x512xf32, strided<[512, 1], offset: ?>>
    // CHECK: iterator_types = ["parallel", "parallel"]
    // CHECK-SAME: rondo.split = array<i64: 1, 256>
    linalg.generic {indexing_maps = [#features, #features], iterator_types = ["parallel", "parallel"]}
        ins(%xt : memref<1x512xf32, strided<[512, 1], offset: ?>>) outs(%k : memref<1x512xf32>) {
      ^bb0(%in: f32, %out: f32):
        %e = math.exp %in : f32
        linalg.yield %e : f32
    }
    // CHECK: iterator_types = ["parallel", "parallel", "parallel", "reduction"]
    // CHECK-SAME: rondo.split = array<i64: 1, 4>
    linalg.generic {indexing_maps = [#matrix, #column, #row],
                    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
        ins(%c, %keys : memref<1x8x64x64xf32>, memref<1x8x64xf32>) outs(%told : memref<1x8x64xf32>) {
      ^bb0(%cij: f32, %kj: f32, %sum: f32):
        %p = arith.mulf %cij, %kj : f32
        %s = arith.addf %sum, %p : f32
        linalg.yield %s : f32
    }
    // CHECK: iterator_types = ["parallel", "parallel", "parallel", "parallel"]
    // CHECK-SAME: rondo.split = array<i64: 1, 4>
    linalg.generic {indexing_maps = [#matrix, #row, #column, #matrix],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%c, %told, %keys : memref<1x8x64x64xf32>, memref<1x8x64xf32>, memref<1x8x64xf32>)
        outs(%c : memref<1x8x64x64xf32>) {
      ^bb0(%cij: f32, %ti: f32, %kj: f32, %out: f32):
        %p = arith.mulf %ti, %kj : f32
        %n = arith.subf %cij, %p : f32
        linalg.yield %n : f32
    }
  }
  // CHECK: return
  return
}
