// Pointwise ops that stay behind the phase whose sums they read.
// RUN: rondo-opt %s --rondo-fuse-phases -mlir-print-local-scope -split-input-file | FileCheck %s

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// Not where the body asks for its position,
// CHECK-LABEL: func.func @reads_its_position(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @reads_its_position(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
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
  %d = tensor.empty() : tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<2x4xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    %t = arith.addf %sum, %f : f32
    linalg.yield %t : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// nor where it reads memory by itself,
// CHECK-LABEL: func.func @reads_a_table(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @reads_a_table(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>, %table: tensor<4xf32>, %at: index) -> tensor<2x4xf32> {
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
  %d = tensor.empty() : tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<2x4xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %f = tensor.extract %table[%at] : tensor<4xf32>
    %t = arith.addf %sum, %f : f32
    linalg.yield %t : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// nor where something in between reads the sums and is read by it,
// CHECK-LABEL: func.func @read_in_between(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @read_in_between(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
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
  %z = tensor.empty() : tensor<4x2xf32>
  %u = linalg.transpose ins(%s : tensor<2x4xf32>) outs(%z : tensor<4x2xf32>) permutation = [1, 0]
  %d = tensor.empty() : tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, affine_map<(i, j) -> (j, i)>, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s, %u : tensor<2x4xf32>, tensor<4x2xf32>) outs(%d : tensor<2x4xf32>) {
  ^bb0(%sum: f32, %other: f32, %out: f32):
    %t = arith.addf %sum, %other : f32
    linalg.yield %t : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// nor where the phase has a pointwise body already,
// CHECK-LABEL: func.func @has_a_body(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @has_a_body(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = rondo.phase bounds [2, 4, 4] parallel 2
      ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        %g = math.exp %sum : f32
        rondo.phase_yield %g : f32
      } -> tensor<2x4xf32>
  %d = tensor.empty() : tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%d : tensor<2x4xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %t = math.tanh %sum : f32
    linalg.yield %t : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// nor where the sums are so long that they are computed in blocks.
// CHECK-LABEL: func.func @long_sums(
// CHECK: rondo.phase
// CHECK: linalg.generic
func.func @long_sums(%x: tensor<17x1537xf32>, %w: tensor<1537x4xf32>) -> tensor<17x4xf32> {
  %e = tensor.empty() : tensor<17x4xf32>
  %s = rondo.phase bounds [17, 4, 1537] parallel 2
      ins(%x, %w : tensor<17x1537xf32>, tensor<1537x4xf32>) outs(%e : tensor<17x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<17x4xf32>
  %d = tensor.empty() : tensor<17x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<17x4xf32>) outs(%d : tensor<17x4xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %t = math.tanh %sum : f32
    linalg.yield %t : f32
  } -> tensor<17x4xf32>
  return %y : tensor<17x4xf32>
}
