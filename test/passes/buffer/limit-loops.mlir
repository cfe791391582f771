// Which loops of nests may end with a call's positions: those that go along a dimension that a scan's loop with a limit
// goes through, whatever lies between.
// RUN: rondo-opt %s --rondo-limit-loops -mlir-print-local-scope -split-input-file | FileCheck %s

// Before and behind the scan's loop: through joined rows, a part of a sequence of states, another nest, a fill and a
// copy.
// CHECK-LABEL: func.func @chain(
// CHECK: linalg.exp {rondo.limit = array<i64: 0, 1>}
// CHECK: rondo.phase bounds [24, 4, 5] parallel 2 {{.*}} {rondo.limit = array<i64: 0, 3>}
// CHECK: linalg.fill {rondo.limit = array<i64: 0, 1>}
// CHECK: linalg.log {rondo.limit = array<i64: 0, 1>}
// CHECK: linalg.floor {rondo.limit = array<i64: 0, 1>}
// CHECK: linalg.generic {{.*}} attrs = {rondo.limit = array<i64: 0, 1>}
func.func @chain(%x: memref<8x3x5xf32>, %w: memref<4x5xf32>, %n: memref<i64> {rondo.length}, %y: memref<8x3x4xf32>,
                 %z: memref<8x3x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %e = memref.alloc() : memref<8x3x5xf32>
  linalg.exp ins(%x : memref<8x3x5xf32>) outs(%e : memref<8x3x5xf32>)
  %rows = memref.collapse_shape %e [[0, 1], [2]] : memref<8x3x5xf32> into memref<24x5xf32>
  %gates = memref.alloc() : memref<8x3x4xf32>
  %gaterows = memref.collapse_shape %gates [[0, 1], [2]] : memref<8x3x4xf32> into memref<24x4xf32>
  rondo.phase bounds [24, 4, 5] parallel 2
      ins(%rows, %w : memref<24x5xf32>, memref<4x5xf32>) outs(%gaterows : memref<24x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  %hs = memref.alloc() : memref<9x3x4xf32>
  %length = memref.load %n[] : memref<i64>
  %positions = arith.index_cast %length : i64 to index
  %end = arith.minui %positions, %c8 : index
  scf.for %t = %c0 to %end step %c1 {
    %g = memref.subview %gates[%t, 0, 0] [1, 3, 4] [1, 1, 1] : memref<8x3x4xf32> to memref<3x4xf32, strided<[4, 1], offset: ?>>
    %h = memref.subview %hs[%t, 0, 0] [1, 3, 4] [1, 1, 1] : memref<9x3x4xf32> to memref<3x4xf32, strided<[4, 1], offset: ?>>
    %t1 = arith.addi %t, %c1 : index
    %next = memref.subview %hs[%t1, 0, 0] [1, 3, 4] [1, 1, 1] : memref<9x3x4xf32> to memref<3x4xf32, strided<[4, 1], offset: ?>>
    linalg.add ins(%g, %h : memref<3x4xf32, strided<[4, 1], offset: ?>>, memref<3x4xf32, strided<[4, 1], offset: ?>>)
        outs(%next : memref<3x4xf32, strided<[4, 1], offset: ?>>)
  }
  %after = memref.subview %hs[1, 0, 0] [8, 3, 4] [1, 1, 1] : memref<9x3x4xf32> to memref<8x3x4xf32, strided<[12, 4, 1], offset: 12>>
  %l = memref.alloc() : memref<8x3x4xf32>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%l : memref<8x3x4xf32>)
  linalg.log ins(%after : memref<8x3x4xf32, strided<[12, 4, 1], offset: 12>>) outs(%l : memref<8x3x4xf32>)
  linalg.floor ins(%l : memref<8x3x4xf32>) outs(%y : memref<8x3x4xf32>)
  memref.copy %y, %z : memref<8x3x4xf32> to memref<8x3x4xf32>
  return
}

// -----

// A sum over positions, numbers that are not real, all slots of a sequence of states, and what has no positions run as
// they are.
// CHECK-LABEL: func.func @whole(
// CHECK-NOT: rondo.limit
func.func @whole(%e: memref<8x8xf32>, %i: memref<8x8xi32>, %s: memref<8xf32>, %hs: memref<9x8xf32>,
                 %n: memref<i64> {rondo.length}, %w: memref<8x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  linalg.exp ins(%w : memref<8x8xf32>) outs(%w : memref<8x8xf32>)
  linalg.exp ins(%hs : memref<9x8xf32>) outs(%hs : memref<9x8xf32>)
  %length = memref.load %n[] : memref<i64>
  %positions = arith.index_cast %length : i64 to index
  %end = arith.minui %positions, %c8 : index
  scf.for %t = %c0 to %end step %c1 {
    %et = memref.subview %e[%t, 0] [1, 8] [1, 1] : memref<8x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    %h = memref.subview %hs[%t, 0] [1, 8] [1, 1] : memref<9x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    linalg.exp ins(%h : memref<8xf32, strided<[1], offset: ?>>) outs(%et : memref<8xf32, strided<[1], offset: ?>>)
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
                  iterator_types = ["reduction", "parallel"]} ins(%e : memref<8x8xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]} ins(%e : memref<8x8xf32>) outs(%i : memref<8x8xi32>) {
  ^bb0(%a: f32, %b: i32):
    %number = arith.fptosi %a : f32 to i32
    linalg.yield %number : i32
  }
  return
}

// -----

// Without a number of positions nothing is marked.
// CHECK-LABEL: func.func @no_length(
// CHECK-NOT: rondo.limit
func.func @no_length(%e: memref<8x8xf32>, %n: memref<i64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  linalg.exp ins(%e : memref<8x8xf32>) outs(%e : memref<8x8xf32>)
  %length = memref.load %n[] : memref<i64>
  %positions = arith.index_cast %length : i64 to index
  %end = arith.minui %positions, %c8 : index
  scf.for %t = %c0 to %end step %c1 {
    %et = memref.subview %e[%t, 0] [1, 8] [1, 1] : memref<8x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    linalg.exp ins(%et : memref<8xf32, strided<[1], offset: ?>>) outs(%et : memref<8xf32, strided<[1], offset: ?>>)
  }
  return
}

// -----

// What touches nothing behind a call's positions: a scan's steps, nests with a limit and views of these, but no vectors
// along positions, and nothing that runs as a whole.
// CHECK-LABEL: func.func @within(
// CHECK-SAME: %{{[a-z0-9]+}}: memref<8x5xf32> {rondo.within}, %{{[a-z0-9]+}}: memref<8x4xf32> {rondo.within},
// CHECK-SAME: %{{[a-z0-9]+}}: memref<8xf32>, %{{[a-z0-9]+}}: memref<8x4xf32>,
// CHECK-SAME: %{{[a-z0-9]+}}: memref<i64> {rondo.length},
// CHECK-SAME: %{{[a-z0-9]+}}: memref<8x4xf32> {rondo.within}, %{{[a-z0-9]+}}: memref<4x8xf32>,
func.func @within(%x: memref<8x5xf32>, %u: memref<8x4xf32>, %s: memref<8xf32>, %v: memref<8x4xf32>,
                  %n: memref<i64> {rondo.length}, %y: memref<8x4xf32>, %z: memref<4x8xf32>, %w: memref<4x5xf32>,
                  %h: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %e = memref.alloc() : memref<8x4xf32>
  rondo.phase bounds [8, 4, 5] parallel 2
      ins(%x, %w : memref<8x5xf32>, memref<4x5xf32>) outs(%e : memref<8x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      }
  %r = memref.alloc() : memref<8xf32>
  %length = memref.load %n[] : memref<i64>
  %positions = arith.index_cast %length : i64 to index
  %end = arith.minui %positions, %c8 : index
  scf.for %t = %c0 to %end step %c1 {
    %et = memref.subview %e[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %ut = memref.subview %u[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %vt = memref.subview %v[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %yt = memref.subview %y[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %rt = memref.subview %r[%t] [1] [1] : memref<8xf32> to memref<1xf32, strided<[1], offset: ?>>
    linalg.add ins(%et, %ut : memref<4xf32, strided<[1], offset: ?>>, memref<4xf32, strided<[1], offset: ?>>)
        outs(%h : memref<4xf32>)
    linalg.add ins(%h, %vt : memref<4xf32>, memref<4xf32, strided<[1], offset: ?>>)
        outs(%yt : memref<4xf32, strided<[1], offset: ?>>)
    linalg.exp ins(%rt : memref<1xf32, strided<[1], offset: ?>>) outs(%rt : memref<1xf32, strided<[1], offset: ?>>)
  }
  linalg.exp ins(%r : memref<8xf32>) outs(%s : memref<8xf32>)
  %sum = memref.alloc() : memref<4xf32>
  linalg.reduce { arith.addf } ins(%v : memref<8x4xf32>) outs(%sum : memref<4xf32>) dimensions = [0]
  linalg.transpose ins(%e : memref<8x4xf32>) outs(%z : memref<4x8xf32>) permutation = [1, 0]
  return
}

// -----

// Rows that are copied by tokens.
// CHECK-LABEL: func.func @rows_of_tokens(
// CHECK: %[[END:.*]] = arith.minui %{{.*}}, %{{.*}} : index
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c1
func.func @rows_of_tokens(%table: memref<9x4xf32>, %n: memref<i64> {rondo.length},
                          %tokens: memref<8xi32> {rondo.input = "t", rondo.positions = 0},
                          %picked: memref<8x4xf32> {rondo.output = "picked"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %t = %c0 to %c8 step %c1 {
    %token = memref.load %tokens[%t] : memref<8xi32>
    %at = arith.index_cast %token : i32 to index
    %row = memref.subview %table[%at, 0] [1, 4] [1, 1] : memref<9x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %to = memref.subview %picked[%t, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    memref.copy %row, %to : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32, strided<[1], offset: ?>>
  }
  return
}

// -----

// Of what looks ahead, as its arguments say: each of several loops over positions, sums too, and loops over tokens.
// CHECK-LABEL: func.func @ahead(
// CHECK: %[[END:.*]] = arith.minui %{{.*}}, %{{.*}} : index
// CHECK: linalg.fill {rondo.limit = array<i64: 0, 1>}
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c1
// CHECK: linalg.generic {{.*}} attrs = {rondo.limit = array<i64: 0, 1, 1, 1>}
// CHECK: linalg.generic {{.*}} attrs = {rondo.limit = array<i64: 0, 1, 1, 1>}
// CHECK: linalg.generic {{.*}} attrs = {rondo.limit = array<i64: 0, 1>}
func.func @ahead(%x: memref<8xf32> {rondo.input = "x", rondo.positions = 0}, %table: memref<9xf32>,
                 %tokens: memref<8xi32> {rondo.input = "t", rondo.positions = 0}, %n: memref<i64> {rondo.length},
                 %row: memref<8xf32> {rondo.output = "row"}, %sum: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %picked = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%picked : memref<8xf32>)
  scf.for %t = %c0 to %c8 step %c1 {
    %token = memref.load %tokens[%t] : memref<8xi32>
    %at = arith.index_cast %token : i32 to index
    %value = memref.load %table[%at] : memref<9xf32>
    memref.store %value, %picked[%t] : memref<8xf32>
  }
  %scores = memref.alloc() : memref<8x8xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %picked : memref<8xf32>, memref<8xf32>) outs(%scores : memref<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%scores : memref<8x8xf32>) outs(%row : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%row : memref<8xf32>) outs(%sum : memref<f32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// A sum that goes over some of the positions, which a call may have or not, and then nothing ends early.
// CHECK-LABEL: func.func @sum_of_some(
// CHECK-NOT: rondo.limit
func.func @sum_of_some(%x: memref<8xf32> {rondo.input = "x", rondo.positions = 0}, %n: memref<i64> {rondo.length},
                       %y: memref<8xf32>, %sum: memref<f32>) {
  linalg.exp ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
  %some = memref.subview %y[0] [5] [1] : memref<8xf32> to memref<5xf32, strided<[1]>>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%some : memref<5xf32, strided<[1]>>) outs(%sum : memref<f32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// A nest of loops of one size, over positions and over features, which are a parameter's: nothing ends early.
// CHECK-LABEL: func.func @two_of_a_size(
// CHECK-NOT: rondo.limit
func.func @two_of_a_size(%x: memref<8xf32> {rondo.input = "x", rondo.positions = 0}, %n: memref<i64> {rondo.length},
                         %w: memref<8xf32> {rondo.parameter = "w"}, %y: memref<8xf32> {rondo.output = "y"}) {
  %v = memref.alloc() : memref<8xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>,
                                   affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x, %w : memref<8xf32>, memref<8xf32>) outs(%y, %v : memref<8xf32>, memref<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32, %p: f32):
    %s = math.tanh %a : f32
    %t = math.tanh %b : f32
    linalg.yield %s, %t : f32, f32
  }
  linalg.exp ins(%v : memref<8xf32>) outs(%v : memref<8xf32>)
  return
}

// -----

// What is not in memory yet has no loops.
// CHECK-LABEL: func.func @tensors(
// CHECK-NEXT: math.tanh
func.func @tensors(%x: tensor<8xf32> {rondo.input = "x", rondo.positions = 0}, %n: tensor<i64> {rondo.length})
    -> tensor<8xf32> {
  %y = math.tanh %x : tensor<8xf32>
  return %y : tensor<8xf32>
}
