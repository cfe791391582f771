// Every buffer gets its place in one arena, at a multiple of 64 bytes.
// RUN: rondo-opt %s --rondo-plan-memory --split-input-file | FileCheck %s

// Two buffers that do not live together share their place; a third lives with both.
// CHECK-LABEL: func.func @one_after_the_other(
// CHECK-SAME: %[[ARENA:[^:]*]]: memref<192xi8> {rondo.access = "inout", rondo.arena})
// CHECK: memref.view %[[ARENA]][%c128][] : memref<192xi8> to memref<3xf64>
// CHECK: memref.view %[[ARENA]][%c0][] : memref<192xi8> to memref<20xf32>
// CHECK: memref.view %[[ARENA]][%c0{{[_0-9]*}}][] : memref<192xi8> to memref<20xf32>
// CHECK-NOT: memref.alloc
func.func @one_after_the_other(%x: memref<20xf32>, %y: memref<20xf32>, %z: memref<3xf64>) {
  %c = memref.alloc() : memref<3xf64>
  %a = memref.alloc() : memref<20xf32>
  memref.copy %z, %c : memref<3xf64> to memref<3xf64>
  memref.copy %x, %a : memref<20xf32> to memref<20xf32>
  memref.copy %a, %y : memref<20xf32> to memref<20xf32>
  %b = memref.alloc() : memref<20xf32>
  memref.copy %x, %b : memref<20xf32> to memref<20xf32>
  memref.copy %b, %y : memref<20xf32> to memref<20xf32>
  memref.copy %c, %z : memref<3xf64> to memref<3xf64>
  return
}

// -----

// In a loop, what comes later in the text is needed again in the next iteration: nothing is shared.
// CHECK-LABEL: func.func @in_a_loop(
// CHECK-SAME: memref<256xi8> {rondo.access = "inout", rondo.arena})
// CHECK-DAG: arith.constant 0 : index
// CHECK-DAG: arith.constant 128 : index
// CHECK: scf.for
func.func @in_a_loop(%x: memref<20xf32>, %y: memref<20xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %i = %c0 to %c5 step %c1 {
    %a = memref.alloc() : memref<20xf32>
    memref.copy %x, %a : memref<20xf32> to memref<20xf32>
    memref.copy %a, %y : memref<20xf32> to memref<20xf32>
    %b = memref.alloc() : memref<20xf32>
    memref.copy %x, %b : memref<20xf32> to memref<20xf32>
    memref.copy %b, %y : memref<20xf32> to memref<20xf32>
  }
  return
}

// -----

// A buffer lives as long as a view of it does.
// CHECK-LABEL: func.func @views(
// CHECK-SAME: memref<256xi8> {rondo.access = "inout", rondo.arena})
func.func @views(%x: memref<20xf32>, %y: memref<4xf32>) {
  %a = memref.alloc() : memref<20xf32>
  memref.copy %x, %a : memref<20xf32> to memref<20xf32>
  %v = memref.subview %a[0] [4] [1] : memref<20xf32> to memref<4xf32, strided<[1]>>
  %b = memref.alloc() : memref<20xf32>
  memref.copy %x, %b : memref<20xf32> to memref<20xf32>
  memref.copy %v, %y : memref<4xf32, strided<[1]>> to memref<4xf32>
  return
}

// -----

// Without buffers there is an arena of nothing.
// CHECK-LABEL: func.func @none(
// CHECK-SAME: memref<0xi8> {rondo.access = "inout", rondo.arena})
func.func @none(%x: memref<20xf32>) {
  return
}

// -----

// A sequence that a loop writes where it reads another one for the last time takes its place.
// CHECK-LABEL: func.func @slot_by_slot(
// CHECK-SAME: memref<320xi8> {rondo.access = "inout", rondo.arena})
func.func @slot_by_slot(%x: memref<5x16xf32>, %y: memref<5x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %a = memref.alloc() : memref<5x16xf32>
  %b = memref.alloc() : memref<5x16xf32>
  memref.copy %x, %a : memref<5x16xf32> to memref<5x16xf32>
  scf.for %t = %c0 to %c5 step %c1 {
    %at = memref.subview %a[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    %bt = memref.subview %b[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%at : memref<16xf32, strided<[1], offset: ?>>) outs(%bt : memref<16xf32, strided<[1], offset: ?>>) {
      ^bb0(%in: f32, %out: f32):
        %n = math.exp %in : f32
        linalg.yield %n : f32
    }
  }
  memref.copy %b, %y : memref<5x16xf32> to memref<5x16xf32>
  return
}

// -----

// Not where another slot is written,
// CHECK-LABEL: func.func @another_slot(
// CHECK-SAME: memref<704xi8> {rondo.access = "inout", rondo.arena})
func.func @another_slot(%x: memref<5x16xf32>, %y: memref<5x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %a = memref.alloc() : memref<5x16xf32>
  %b = memref.alloc() : memref<5x16xf32>
  %s = memref.alloc() : memref<16xf32>
  memref.copy %x, %a : memref<5x16xf32> to memref<5x16xf32>
  scf.for %t = %c0 to %c5 step %c1 {
    %u = arith.subi %c4, %t : index
    %at = memref.subview %a[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    %bt = memref.subview %b[%u, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    memref.copy %at, %s : memref<16xf32, strided<[1], offset: ?>> to memref<16xf32>
    memref.copy %s, %bt : memref<16xf32> to memref<16xf32, strided<[1], offset: ?>>
  }
  memref.copy %b, %y : memref<5x16xf32> to memref<5x16xf32>
  return
}

// -----

// nor where the slot is read again after the other one is written,
// CHECK-LABEL: func.func @read_again(
// CHECK-SAME: memref<640xi8> {rondo.access = "inout", rondo.arena})
func.func @read_again(%x: memref<5x16xf32>, %y: memref<5x16xf32>, %z: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %a = memref.alloc() : memref<5x16xf32>
  %b = memref.alloc() : memref<5x16xf32>
  memref.copy %x, %a : memref<5x16xf32> to memref<5x16xf32>
  scf.for %t = %c0 to %c5 step %c1 {
    %at = memref.subview %a[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    %bt = memref.subview %b[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    memref.copy %z, %bt : memref<16xf32> to memref<16xf32, strided<[1], offset: ?>>
    memref.copy %at, %z : memref<16xf32, strided<[1], offset: ?>> to memref<16xf32>
  }
  memref.copy %b, %y : memref<5x16xf32> to memref<5x16xf32>
  return
}

// -----

// nor where all of the slot is read for each element that is written.
// CHECK-LABEL: func.func @read_by_a_product(
// CHECK-SAME: memref<640xi8> {rondo.access = "inout", rondo.arena})
func.func @read_by_a_product(%x: memref<5x16xf32>, %y: memref<5x16xf32>, %w: memref<16x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %a = memref.alloc() : memref<5x16xf32>
  %b = memref.alloc() : memref<5x16xf32>
  memref.copy %x, %a : memref<5x16xf32> to memref<5x16xf32>
  scf.for %t = %c0 to %c5 step %c1 {
    %at = memref.subview %a[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    %bt = memref.subview %b[%t, 0] [1, 16] [1, 1] : memref<5x16xf32> to memref<16xf32, strided<[1], offset: ?>>
    rondo.phase bounds [16, 16] parallel 1
        ins(%at, %w : memref<16xf32, strided<[1], offset: ?>>, memref<16x16xf32>)
        outs(%bt : memref<16xf32, strided<[1], offset: ?>>)
        maps [affine_map<(j, k) -> (k)>, affine_map<(j, k) -> (k, j)>, affine_map<(j, k) -> (j)>]
        sums {
        ^bb0(%ak: f32, %wk: f32):
          %p = arith.mulf %ak, %wk : f32
          rondo.phase_yield %p : f32
        } epilogue {
        ^bb0(%sum: f32, %ak: f32, %wk: f32):
          rondo.phase_yield %sum : f32
        }
  }
  memref.copy %b, %y : memref<5x16xf32> to memref<5x16xf32>
  return
}

// -----

// Large buffers of one size do not all begin at the same place of a page.
// CHECK-LABEL: func.func @large(
// CHECK-SAME: memref<33408xi8> {rondo.access = "inout", rondo.arena})
// CHECK-DAG: memref.view %{{.*}}[%c0][] : memref<33408xi8> to memref<4096xf32>
// CHECK-DAG: memref.view %{{.*}}[%c16704][] : memref<33408xi8> to memref<4096xf32>
func.func @large(%x: memref<4096xf32>, %y: memref<4096xf32>) {
  %a = memref.alloc() : memref<4096xf32>
  %b = memref.alloc() : memref<4096xf32>
  memref.copy %x, %a : memref<4096xf32> to memref<4096xf32>
  memref.copy %x, %b : memref<4096xf32> to memref<4096xf32>
  memref.copy %a, %y : memref<4096xf32> to memref<4096xf32>
  memref.copy %b, %y : memref<4096xf32> to memref<4096xf32>
  return
}

// -----

// Packed keys that grow have other places than those of the next attention, and of the one behind it the same.
// CHECK-LABEL: func.func @heads(
// CHECK: memref.view %{{.*}}[%c0][] : memref<1024xi8> to memref<1x1x8x16xf32>
// CHECK: memref.view %{{.*}}[%c512][] : memref<1024xi8> to memref<1x1x8x16xf32>
// CHECK: memref.view %{{.*}}[%c0{{[_0-9]*}}][] : memref<1024xi8> to memref<1x1x8x16xf32>
func.func @heads(%q: memref<1x1x8xf32>, %keys: memref<16x1x8xf32>, %vp: memref<1x1x16x16xf32>, %at: memref<1xi64>,
                 %y: memref<1x1x16xf32>) {
  %first = memref.alloc() : memref<1x1x8x16xf32>
  %second = memref.alloc() : memref<1x1x8x16xf32>
  %third = memref.alloc() : memref<1x1x8x16xf32>
  rondo.pack ins(%keys : memref<16x1x8xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%first : memref<1x1x8x16xf32>) lanes 0 terms 2 width 16
  rondo.attend ins(%q, %first, %vp : memref<1x1x8xf32>, memref<1x1x8x16xf32>, memref<1x1x16x16xf32>)
      first(%at : memref<1xi64>) outs(%y : memref<1x1x16xf32>) "act,bct,bcd->acd" scale 1.0 causal 0 rows "c"
  rondo.pack ins(%keys : memref<16x1x8xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%second : memref<1x1x8x16xf32>) lanes 0 terms 2 width 16
  rondo.attend ins(%q, %second, %vp : memref<1x1x8xf32>, memref<1x1x8x16xf32>, memref<1x1x16x16xf32>)
      first(%at : memref<1xi64>) outs(%y : memref<1x1x16xf32>) "act,bct,bcd->acd" scale 1.0 causal 0 rows "c"
  rondo.pack ins(%keys : memref<16x1x8xf32>) ends(%at : memref<1xi64>) along 0 rows 1 plus 1
      outs(%third : memref<1x1x8x16xf32>) lanes 0 terms 2 width 16
  rondo.attend ins(%q, %third, %vp : memref<1x1x8xf32>, memref<1x1x8x16xf32>, memref<1x1x16x16xf32>)
      first(%at : memref<1xi64>) outs(%y : memref<1x1x16xf32>) "act,bct,bcd->acd" scale 1.0 causal 0 rows "c"
  return
}
