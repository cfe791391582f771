// The pointwise op that reads a phase's sums becomes its pointwise body.
// RUN: rondo-opt %s --rondo-fuse-phases -mlir-print-local-scope -split-input-file | FileCheck %s

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>
#j = affine_map<(i, j) -> (j)>

// The bias is one more input, x is the same one for the sums and behind them; a sum that others read too is one more
// output.
// CHECK-LABEL: func.func @read_by_others_too(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[W:[^:]*]]: tensor<4x4xf32>, %[[B:[^:]*]]: tensor<4xf32>)
// CHECK: %[[R:.*]]:2 = rondo.phase bounds [2, 4, 4] parallel 2
// CHECK-SAME: ins(%[[X]], %[[W]], %[[B]], %[[X]] : tensor<2x4xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<2x4xf32>)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>,
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>,
// CHECK: arith.mulf
// CHECK-NEXT: rondo.phase_yield %{{.*}} : f32
// CHECK-NEXT: } epilogue {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32, %[[BJ:.*]]: f32, %[[XJ:.*]]: f32):
// CHECK-NEXT: %[[A:.*]] = arith.addf %[[S]], %[[BJ]] : f32
// CHECK-NEXT: %[[M:.*]] = arith.mulf %[[A]], %[[XJ]] : f32
// CHECK-NEXT: rondo.phase_yield %[[S]], %[[M]] : f32, f32
// CHECK-NOT: linalg.generic
// CHECK: return %[[R]]#1, %[[R]]#0
func.func @read_by_others_too(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>, %b: tensor<4xf32>)
    -> (tensor<2x4xf32>, tensor<2x4xf32>) {
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
  %y = linalg.generic {indexing_maps = [#ij, #j, #ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s, %b, %x : tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%sum: f32, %bj: f32, %xj: f32, %out: f32):
    %a = arith.addf %sum, %bj : f32
    %m = arith.mulf %a, %xj : f32
    linalg.yield %m : f32
  } -> tensor<2x4xf32>
  return %y, %s : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

#ik = affine_map<(i, j, k) -> (i, k)>
#kj = affine_map<(i, j, k) -> (k, j)>
#ij3 = affine_map<(i, j, k) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

// Of two phases the one with more work takes it; the other one's result is read from memory.
// CHECK-LABEL: func.func @larger_of_two(
// CHECK: %[[SMALL:.*]] = rondo.phase bounds [2, 4, 3] parallel 2
// CHECK: rondo.phase bounds [2, 4, 5] parallel 2 ins(%{{.*}}, %{{.*}}, %[[SMALL]] :
// CHECK: arith.subf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @larger_of_two(%x: tensor<2x5xf32>, %w: tensor<5x4xf32>, %z: tensor<2x3xf32>, %v: tensor<3x4xf32>)
    -> tensor<2x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = rondo.phase bounds [2, 4, 5] parallel 2
      ins(%x, %w : tensor<2x5xf32>, tensor<5x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<2x4xf32>
  %t = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%z, %v : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>) maps [#ik, #kj, #ij3]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%sum: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %sum : f32
      } -> tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#ij, #ij, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%s, %t : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %d = arith.subf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
