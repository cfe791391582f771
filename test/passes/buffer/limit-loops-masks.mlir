// Masks of what lies behind a call's positions hold in all iterations of a nest that ends there, so it reads them no
// more, and what made them goes where nothing else reads it.
// RUN: rondo-opt %s --rondo-limit-loops -mlir-print-local-scope -split-input-file | FileCheck %s

// In the pointwise part of a product, and in a nest that compares by itself.
// CHECK-LABEL: func.func @held(
// CHECK-NOT: i1>
// CHECK: rondo.phase {{.*}} ins(%arg0, %arg1 : memref<8x5xf32>, memref<4x5xf32>)
// CHECK: } epilogue {
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: rondo.phase_yield %[[SUM]] : f32
// CHECK-NOT: arith.cmpi
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<8x4xf32>) outs(%{{.*}} : memref<8x4xf32>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[E:.*]] = math.exp %[[X]] : f32
// CHECK-NEXT: linalg.yield %[[E]] : f32
// CHECK-NOT: arith.select
func.func @held(%x: memref<8x5xf32> {rondo.input = "x", rondo.positions = 0}, %w: memref<4x5xf32>,
                %n: memref<i64> {rondo.length}, %y: memref<4xf32> {rondo.output = "y"}) {
  %zero = arith.constant 0.0 : f32
  %number = memref.alloc() : memref<i32>
  linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
      ins(%n : memref<i64>) outs(%number : memref<i32>) {
  ^bb0(%a: i64, %o: i32):
    %t = arith.trunci %a : i64 to i32
    linalg.yield %t : i32
  }
  %within = memref.alloc() : memref<8xi1>
  linalg.generic {indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%number : memref<i32>) outs(%within : memref<8xi1>) {
  ^bb0(%a: i32, %o: i1):
    %i = linalg.index 0 : index
    %p = arith.index_cast %i : index to i32
    %c = arith.cmpi slt, %p, %a : i32
    linalg.yield %c : i1
  }
  %v = memref.alloc() : memref<8x4xf32>
  rondo.phase bounds [8, 4, 5] parallel 2
      ins(%x, %w, %within : memref<8x5xf32>, memref<4x5xf32>, memref<8xi1>) outs(%v : memref<8x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i)>,
            affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%xk: f32, %wk: f32, %c: i1):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %c: i1):
        %m = arith.select %c, %s, %zero : f32
        rondo.phase_yield %m : f32
      }
  %e = memref.alloc() : memref<8x4xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%number, %v : memref<i32>, memref<8x4xf32>) outs(%e : memref<8x4xf32>) {
  ^bb0(%a: i32, %b: f32, %o: f32):
    %i = linalg.index 0 : index
    %p = arith.index_cast %i : index to i32
    %c = arith.cmpi slt, %p, %a : i32
    %m = arith.select %c, %b, %zero : f32
    %r = math.exp %m : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
                  iterator_types = ["reduction", "parallel"]}
      ins(%e : memref<8x4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// What else is made of a condition stays: the number of a position, another comparison, and a mask along features, of
// as many elements as there are positions.
// CHECK-LABEL: func.func @kept(
// CHECK: arith.cmpi sgt
// CHECK: arith.cmpi slt
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}} : memref<8xi1>, memref<8xi1>, memref<8x8xf32>) {{.*}} attrs = {rondo.limit = array<i64: 0, 1>}
// CHECK: arith.select
// CHECK: arith.select
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<8xi1>) outs(%{{.*}} : memref<8xi32>) {
func.func @kept(%x: memref<8x8xf32> {rondo.input = "x", rondo.positions = 0}, %n: memref<i64> {rondo.length},
                %y: memref<8x8xf32> {rondo.output = "y"}, %numbers: memref<8xi32> {rondo.output = "numbers"}) {
  %zero = arith.constant 0.0 : f32
  %number = memref.alloc() : memref<i32>
  linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
      ins(%n : memref<i64>) outs(%number : memref<i32>) {
  ^bb0(%a: i64, %o: i32):
    %t = arith.trunci %a : i64 to i32
    linalg.yield %t : i32
  }
  %behind = memref.alloc() : memref<8xi1>
  linalg.generic {indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%number : memref<i32>) outs(%behind : memref<8xi1>) {
  ^bb0(%a: i32, %o: i1):
    %i = linalg.index 0 : index
    %p = arith.index_cast %i : index to i32
    %c = arith.cmpi sgt, %p, %a : i32
    linalg.yield %c : i1
  }
  %within = memref.alloc() : memref<8xi1>
  linalg.generic {indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%number : memref<i32>) outs(%within : memref<8xi1>) {
  ^bb0(%a: i32, %o: i1):
    %i = linalg.index 0 : index
    %p = arith.index_cast %i : index to i32
    %c = arith.cmpi slt, %p, %a : i32
    linalg.yield %c : i1
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>,
                                   affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%behind, %within, %x : memref<8xi1>, memref<8xi1>, memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%a: i1, %b: i1, %v: f32, %o: f32):
    %m = arith.select %a, %zero, %v : f32
    %k = arith.select %b, %m, %zero : f32
    linalg.yield %k : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%within : memref<8xi1>) outs(%numbers : memref<8xi32>) {
  ^bb0(%a: i1, %o: i32):
    %i = arith.extui %a : i1 to i32
    linalg.yield %i : i32
  }
  return
}
