// Pointwise ops over other points than the sums of the phase that they read stay behind it.
// RUN: rondo-opt %s --rondo-fuse-phases -mlir-print-local-scope -split-input-file | FileCheck %s

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// Where it reads the sums in another order,
// CHECK-LABEL: func.func @transposed(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @transposed(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x2xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<2x4xf32>
  %d = tensor.empty() : tensor<4x2xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<4x2xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %t = math.tanh %sum : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// where it sums itself,
// CHECK-LABEL: func.func @sums(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @sums(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<2x4xf32>
  %d = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#ij, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<2xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %t = arith.addf %out, %sum : f32
    linalg.yield %t : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// and where it runs over other points.
// CHECK-LABEL: func.func @other_points(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @other_points(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4x3xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<2x4xf32>
  %d = tensor.empty() : tensor<2x4x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j, l) -> (i, j)>, affine_map<(i, j, l) -> (i, j, l)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<2x4x3xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %t = math.tanh %sum : f32
    linalg.yield %t : f32
  } -> tensor<2x4x3xf32>
  return %y : tensor<2x4x3xf32>
}
