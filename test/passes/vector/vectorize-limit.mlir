// Loops of nests with `rondo.limit` end where the function's `rondo.length` says, those over the rows of a phase in
// tiles of which none is left over.
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32' -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @pointwise(
// CHECK-SAME: %[[N:[a-z0-9]+]]: memref<i64>
// CHECK: %[[LOADED:.*]] = memref.load %[[N]][] : memref<i64>
// CHECK: %[[LENGTH:.*]] = arith.index_cast %[[LOADED]] : i64 to index
// CHECK: %[[ROWS:.*]] = arith.muli %[[LENGTH]], %c3
// CHECK: %[[END:.*]] = arith.minsi %[[ROWS]], %c24
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c1 {
func.func @pointwise(%x: memref<24x16xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 3>} ins(%x : memref<24x16xf32>) outs(%x : memref<24x16xf32>)
  return
}

// -----

// As few tiles of 5 rows as leave whole ones of 6, which come first; where there are no such numbers, tiles of 6, at most
// one of 5 and a lower one. In a function that other ones call the number is given.
// CHECK-LABEL: func.func private @rows(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index {rondo.length}
// CHECK: %[[UPPER:.*]] = arith.minsi %[[N]], %c16
// CHECK: %[[COUNT:.*]] = arith.maxsi %[[UPPER]], %c0
// CHECK: %[[TIMES:.*]] = arith.muli %[[COUNT]], %c5
// CHECK: %[[TILES:.*]] = arith.remui %[[TIMES]], %c6
// CHECK: %[[LOW:.*]] = arith.muli %[[TILES]], %c5
// CHECK: %[[LEFT:.*]] = arith.subi %[[COUNT]], %[[LOW]]
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[LEFT]], %c0
// CHECK: %[[INHIGH:.*]] = arith.select %[[FITS]], %[[LEFT]], %[[COUNT]]
// CHECK: %[[HIGH:.*]] = arith.divui %[[INHIGH]], %c6
// CHECK: %[[MIDDLE:.*]] = arith.muli %[[HIGH]], %c6
// CHECK: %[[REST:.*]] = arith.subi %[[COUNT]], %[[MIDDLE]]
// CHECK: %[[LOWTILES:.*]] = arith.divui %[[REST]], %c5
// CHECK: %[[LOWROWS:.*]] = arith.muli %[[LOWTILES]], %c5
// CHECK: %[[END:.*]] = arith.addi %[[MIDDLE]], %[[LOWROWS]]
// CHECK: scf.for %{{.*}} = %c0 to %[[MIDDLE]] step %c6 {
// CHECK: scf.for %{{.*}} = %[[MIDDLE]] to %[[END]] step %c5 {
// CHECK: %[[LAST:.*]] = arith.subi %[[UPPER]], %[[END]]
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %[[LAST]], %c1
// CHECK: scf.if %[[ONE]] {
// CHECK: %[[FOUR:.*]] = arith.cmpi eq, %[[LAST]], %c4
// CHECK: scf.if %[[FOUR]] {
// CHECK-NOT: scf.if
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func private @rows(%x: memref<16x3xf32>, %w: memref<1x3x64xf32>, %y: memref<16x16xf32>, %n: index {rondo.length}) {
  rondo.phase bounds [16, 16, 3] parallel 2
      ins(%x, %w, %w, %w, %w : memref<16x3xf32>, memref<1x3x64xf32>, memref<1x3x64xf32>, memref<1x3x64xf32>,
                               memref<1x3x64xf32>)
      outs(%y, %y, %y, %y : memref<16x16xf32>, memref<16x16xf32>, memref<16x16xf32>, memref<16x16xf32>)
      maps [#x, #w, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16 + 16)>,
            affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16 + 32)>,
            affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16 + 48)>, #y, #y, #y, #y]
      {rondo.limit = array<i64: 0, 1>} sums {
      ^bb0(%xk: f32, %a: f32, %b: f32, %c: f32, %d: f32):
        %p = arith.mulf %xk, %a : f32
        %q = arith.mulf %xk, %b : f32
        %r = arith.mulf %xk, %c : f32
        %s = arith.mulf %xk, %d : f32
        rondo.phase_yield %p, %q, %r, %s : f32, f32, f32, f32
      } epilogue {
      ^bb0(%p: f32, %q: f32, %r: f32, %s: f32, %xk: f32, %a: f32, %b: f32, %c: f32, %d: f32):
        rondo.phase_yield %p, %q, %r, %s : f32, f32, f32, f32
      }
  return
}

// -----

// Of many rows few are left over as a rule, and are a tile each.
// CHECK-LABEL: func.func private @many(
// CHECK: %[[UPPER:.*]] = arith.minsi %{{.*}}, %c128
// CHECK: scf.for %{{.*}} to %[[END:.*]] step %c{{[0-9]+}} {
// CHECK: scf.for %{{.*}} to %{{.*}} step %c{{[0-9]+}} {
// CHECK: scf.for %{{.*}} to %[[UPPER]] step %c1 {
// CHECK-NOT: scf.if
func.func private @many(%x: memref<128x3xf32>, %w: memref<1x3x16xf32>, %y: memref<128x16xf32>,
                        %n: index {rondo.length}) {
  rondo.phase bounds [128, 16, 3] parallel 2
      ins(%x, %w : memref<128x3xf32>, memref<1x3x16xf32>) outs(%y : memref<128x16xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>,
            affine_map<(i, j, k) -> (i, j)>]
      {rondo.limit = array<i64: 0, 1>} sums {
      ^bb0(%xk: f32, %a: f32):
        %p = arith.mulf %xk, %a : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%p: f32, %xk: f32, %a: f32):
        rondo.phase_yield %p : f32
      }
  return
}

// -----

// Beside tiles of 8 rows those of 5: with them any number from 28 on has none left over, with tiles of 7 from 42 on.
// CHECK-LABEL: func.func @high(
// CHECK: %[[TIMES:.*]] = arith.muli %[[COUNT:.*]], %c5
// CHECK: %[[TILES:.*]] = arith.remui %[[TIMES]], %c8
// CHECK: %[[LOW:.*]] = arith.muli %[[TILES]], %c5
// CHECK: %[[LEFT:.*]] = arith.subi %[[COUNT]], %[[LOW]]
// CHECK: scf.for {{.*}} step %c8 {
// CHECK: scf.for {{.*}} step %c5 {
// CHECK: scf.for {{.*}} step %c1 {
func.func @high(%x: memref<128x3xf32>, %w: memref<1x3x32xf32>, %y: memref<128x32xf32>,
                %n: memref<i64> {rondo.length}) {
  rondo.phase bounds [128, 32, 3] parallel 2
      ins(%x, %w : memref<128x3xf32>, memref<1x3x32xf32>) outs(%y : memref<128x32xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32)>,
            affine_map<(i, j, k) -> (i, j)>]
      {rondo.limit = array<i64: 0, 1>} sums {
      ^bb0(%xk: f32, %a: f32):
        %p = arith.mulf %xk, %a : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%p: f32, %xk: f32, %a: f32):
        rondo.phase_yield %p : f32
      }
  return
}

// -----

// Threads share what is left: three units of eight rows or fewer.
// CHECK-LABEL: func.func @shared(
// CHECK: %[[LENGTH:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: %[[SUM:.*]] = arith.addi %[[LENGTH]], %c7
// CHECK: %[[UNITS:.*]] = arith.divui %[[SUM]], %c8
// CHECK: %[[THREAD:.*]] = rondo.thread
// CHECK: arith.muli %[[UNITS]], %[[THREAD]]
// CHECK: %[[UPPER:.*]] = arith.minui %{{.*}}, %c24
// CHECK: %[[END:.*]] = arith.minsi {{.*}}%[[LENGTH]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[END]] step %c1 {
func.func @shared(%x: memref<24x16xf32>, %n: memref<i64> {rondo.length}) {
  linalg.exp {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, 8>}
      ins(%x : memref<24x16xf32>) outs(%x : memref<24x16xf32>)
  return
}
