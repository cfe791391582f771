// Rows of which a core's own cache, or the shared one, does not hold all go in chunks through all panels, where it does
// hold these: else each panel would read all rows again.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=4096 l2=8192' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=4096 l2=4096 l3=8192' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16 l1=4096 l2=16384' -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=KEPT

// 10 KB of rows, 4 KB of panels: four tiles of five rows through two panels. Without chunks 40 rows are as few tiles as
// 16 registers allow, seven of six or five rows.
// CHECK-LABEL: func.func @product(
// CHECK-SAME: %[[X:[^:]*]]: memref<40x64xf32>, %[[W:[^:]*]]: memref<64x16xf32>
// CHECK: scf.for %[[CHUNK:.*]] = %c0 to %c40 step %c20 {
// CHECK-NEXT: scf.for %[[LANES:.*]] = %c0 to %c16 step %c8 {
// CHECK-NEXT: scf.for %[[TILE:.*]] = %c0 to %c20 step %c5 {
// CHECK: %[[ROW:.*]] = arith.addi %[[CHUNK]], %[[TILE]]
// The tiles of a chunk ask for the next one, each for its part: of two panels each asks for half of the terms, 32 for a
// row. The last chunk has none behind it.
// CHECK-NEXT: %[[BEHIND:.*]] = arith.addi %[[CHUNK]], %c20
// CHECK-NEXT: %[[NEXT:.*]] = arith.minsi %[[BEHIND]], %c20
// CHECK-NEXT: %[[PANEL:.*]] = arith.divui %[[LANES]], %c8
// CHECK-NEXT: %[[BEFORE:.*]] = arith.muli %[[PANEL]], %c20
// CHECK-NEXT: %[[ROWS:.*]] = arith.addi %[[BEFORE]], %[[TILE]]
// CHECK-NEXT: %[[PART:.*]] = arith.muli %[[ROWS]], %c32
// CHECK-NEXT: memref.prefetch %[[X]][%[[NEXT]], %[[PART]]], read, locality<2>
// CHECK-COUNT-9: memref.prefetch %[[X]][%[[NEXT]], %{{.*}}], read, locality<2>
// CHECK-NOT: memref.prefetch
// CHECK: memref.load %[[X]][%[[ROW]], %{{.*}}]
// KEPT-LABEL: func.func @product(
// KEPT-NOT: locality<2>
// KEPT: scf.for %{{.*}} = %c0 to %c16 step %c8 {
// KEPT-NEXT: scf.for %{{.*}} = %c0 to %c30 step %c6 {
// KEPT: scf.for %{{.*}} = %c0 to %c10 step %c5 {

// What a thread takes at a time is a chunk.
// CHECK-LABEL: func.func @shared(
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c10 {
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c16 step %c8 {
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c10 step %c5 {

// Where a call ends anywhere, chunks are cut within what a thread has of its rows: of four tiles of six rows, and the
// last one of 20 rows or more, which are tiles of six and five.
// CHECK-LABEL: func.func private @open(
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c8
// CHECK: %[[SHARE:.*]] = arith.minui %{{.*}}, %c96
// CHECK: %[[UPPER:.*]] = arith.minsi %[[SHARE]], %{{.*}}
// CHECK: %[[END:.*]] = arith.subi %[[UPPER]], %c19
// CHECK: %[[SECOND:.*]] = arith.addi %[[FIRST]], %c1
// CHECK: %[[ANY:.*]] = arith.minsi %[[SECOND]], %[[UPPER]]
// CHECK: %[[STARTS:.*]] = arith.maxsi %[[END]], %[[ANY]]
// CHECK: scf.for %[[CHUNK:.*]] = %[[FIRST]] to %[[STARTS]] step %c24 {
// CHECK: %[[NEXT:.*]] = arith.addi %[[CHUNK]], %c24
// CHECK: %[[LAST:.*]] = arith.cmpi sge, %[[NEXT]], %[[END]]
// CHECK: %[[LIMIT:.*]] = arith.select %[[LAST]], %[[UPPER]], %[[NEXT]]
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c8 {
// CHECK: arith.subi %[[LIMIT]], %[[CHUNK]]
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c6 {

// The tiles of rows in blocks ask for the next chunk as those of @product do: a chunk is two whole blocks.
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME: %[[X:[^:]*]]: memref<4x64x10xf32>
// CHECK: scf.for %[[CHUNK:.*]] = %{{.*}} to %{{.*}} step %c20 {
// CHECK: %[[BEHIND:.*]] = arith.addi %[[CHUNK]], %c20
// CHECK-NEXT: %[[NEXT:.*]] = arith.minsi %[[BEHIND]], %c20
// CHECK-NEXT: %[[BLOCK:.*]] = arith.divui %[[NEXT]], %c10
// CHECK: memref.prefetch %[[X]][%[[BLOCK]], %c0, %{{.*}}], read, locality<2>
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (k, j)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @product(%x: memref<40x64xf32>, %w: memref<64x16xf32>, %y: memref<40x16xf32>) {
  rondo.phase bounds [40, 16, 64] parallel 2
      ins(%x, %w : memref<40x64xf32>, memref<64x16xf32>) outs(%y : memref<40x16xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
func.func @shared(%x: memref<40x64xf32>, %w: memref<64x16xf32>, %y: memref<40x16xf32>) {
  rondo.phase bounds [40, 16, 64] parallel 2
      ins(%x, %w : memref<40x64xf32>, memref<64x16xf32>) outs(%y : memref<40x16xf32>) maps [#x, #w, #y]
      {rondo.split = array<i64: 0, 10>}
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
func.func private @open(%x: memref<96x64xf32>, %w: memref<64x16xf32>, %y: memref<96x16xf32>, %n: index {rondo.length}) {
  rondo.phase bounds [96, 16, 64] parallel 2
      ins(%x, %w : memref<96x64xf32>, memref<64x16xf32>) outs(%y : memref<96x16xf32>) maps [#x, #w, #y]
      {rondo.limit = array<i64: 0, 1>, rondo.split = array<i64: 0, 8>}
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
func.func @blocks(%x: memref<4x64x10xf32>, %w: memref<64x16xf32>, %y: memref<40x16xf32>) {
  rondo.phase bounds [40, 16, 64] parallel 2
      ins(%x, %w : memref<4x64x10xf32>, memref<64x16xf32>) outs(%y : memref<40x16xf32>)
      maps [affine_map<(i, j, k) -> (i floordiv 10, k, i mod 10)>, #w, #y] {rondo.split = array<i64: 0, 20>}
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
