// Loops of a phase that do not become one: an operand has another order in memory, or something else stands on them.
// RUN: rondo-opt %s --rondo-join-loops -mlir-print-local-scope -split-input-file | FileCheck %s

// There is a gap after each of the outer loop's rows,
// CHECK-LABEL: func.func @strided(
// CHECK: rondo.phase bounds [5, 3, 4, 2] parallel 3
func.func @strided(%x: memref<5x3x2xf32, strided<[8, 2, 1]>>, %y: memref<5x3x4xf32>) {
  rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x : memref<5x3x2xf32, strided<[8, 2, 1]>>) outs(%y : memref<5x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// -----

// nor where the inner loop does not read all of its dimension,
// CHECK-LABEL: func.func @shorter_loop(
// CHECK: rondo.phase bounds [5, 3, 4, 2] parallel 3
func.func @shorter_loop(%x: memref<5x6x2xf32>, %y: memref<5x3x4xf32>) {
  rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x : memref<5x6x2xf32>) outs(%y : memref<5x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// -----

// nor where another operand is indexed by one of them only,
// CHECK-LABEL: func.func @indexed_by_one(
// CHECK: rondo.phase bounds [5, 3, 4, 2] parallel 3
func.func @indexed_by_one(%x: memref<5x3x2xf32>, %b: memref<3x4xf32>, %y: memref<5x3x4xf32>) {
  rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x, %b : memref<5x3x2xf32>, memref<3x4xf32>) outs(%y : memref<5x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (i, j)>,
            affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32, %bi: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %bi: f32):
        %r = arith.addf %s, %bi : f32
        rondo.phase_yield %r : f32
      }
  return
}

// -----

// or by one of them twice, or in the other order,
// CHECK-LABEL: func.func @indexed_otherwise(
// CHECK: rondo.phase bounds [3, 3, 4, 2] parallel 3
// CHECK: rondo.phase bounds [3, 3, 4, 2] parallel 3
func.func @indexed_otherwise(%x: memref<3x3x2xf32>, %d: memref<3x3x3xf32>, %y: memref<3x3x4xf32>) {
  rondo.phase bounds [3, 3, 4, 2] parallel 3
      ins(%x, %d : memref<3x3x2xf32>, memref<3x3x3xf32>) outs(%y : memref<3x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (t, i, t)>,
            affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32, %di: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %di: f32):
        %r = arith.addf %s, %di : f32
        rondo.phase_yield %r : f32
      }
  rondo.phase bounds [3, 3, 4, 2] parallel 3
      ins(%x : memref<3x3x2xf32>) outs(%y : memref<3x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (i, t, k)>, affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// -----

// nor where threads have shares of a loop already. On tensors nothing is known of memory.
// CHECK-LABEL: func.func @split(
// CHECK: rondo.phase bounds [5, 3, 4, 2] parallel 3
// CHECK-LABEL: func.func @tensors(
// CHECK: rondo.phase bounds [5, 3, 4, 2] parallel 3
func.func @split(%x: memref<5x3x2xf32>, %y: memref<5x3x4xf32>) {
  rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x : memref<5x3x2xf32>) outs(%y : memref<5x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (t, i, j)>]
      {rondo.split = array<i64: 1, 3>}
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
func.func @tensors(%x: tensor<5x3x2xf32>, %e: tensor<5x3x4xf32>) -> tensor<5x3x4xf32> {
  %y = rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x : tensor<5x3x2xf32>) outs(%e : tensor<5x3x4xf32>)
      maps [affine_map<(t, i, j, k) -> (t, i, k)>, affine_map<(t, i, j, k) -> (t, i, j)>]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      } -> tensor<5x3x4xf32>
  return %y : tensor<5x3x4xf32>
}
