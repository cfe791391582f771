// Neighbouring parallel loops of a phase, and loops of a sum, become one where all operands allow it.
// RUN: rondo-opt %s --rondo-join-loops -mlir-print-local-scope -split-input-file | FileCheck %s

// Three loops over rows are one; the lanes stay by themselves. The scalar and the packed weights have no part in it.
// CHECK-LABEL: func.func @joined(
// CHECK-SAME: %[[X:[^:]*]]: memref<5x3x6x2xf32>, %[[W:[^:]*]]: memref<1x2x16xf32>, %[[C:[^:]*]]: f32, %[[Y:[^:]*]]: memref<5x3x6x4xf32>)
// CHECK-DAG: %[[X1:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0, 1], [2], [3]]
// CHECK-DAG: %[[X2:.*]] = memref.collapse_shape %[[X1]] {{\[\[}}0, 1], [2]]
// CHECK-DAG: %[[Y1:.*]] = memref.collapse_shape %[[Y]] {{\[\[}}0, 1], [2], [3]]
// CHECK-DAG: %[[Y2:.*]] = memref.collapse_shape %[[Y1]] {{\[\[}}0, 1], [2]]
// CHECK: rondo.phase bounds [90, 4, 2] parallel 2
// CHECK-SAME: ins(%[[X2]], %[[W]], %[[C]] : memref<90x2xf32>, memref<1x2x16xf32>, f32) outs(%[[Y2]] : memref<90x4xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1 floordiv 16, d2, d1 mod 16)>,
// CHECK-SAME: affine_map<(d0, d1, d2) -> ()>, affine_map<(d0, d1, d2) -> (d0, d1)>]
func.func @joined(%x: memref<5x3x6x2xf32>, %w: memref<1x2x16xf32>, %c: f32, %y: memref<5x3x6x4xf32>) {
  rondo.phase bounds [5, 3, 6, 4, 2] parallel 4
      ins(%x, %w, %c : memref<5x3x6x2xf32>, memref<1x2x16xf32>, f32) outs(%y : memref<5x3x6x4xf32>)
      maps [affine_map<(t, i, b, j, k) -> (t, i, b, k)>,
            affine_map<(t, i, b, j, k) -> (j floordiv 16, k, j mod 16)>, affine_map<(t, i, b, j, k) -> ()>,
            affine_map<(t, i, b, j, k) -> (t, i, b, j)>]
      sums {
      ^bb0(%xk: f32, %wk: f32, %ck: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %ck: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// -----

// The slots of a sequence that are contiguous in it are so wherever they begin.
// CHECK-LABEL: func.func @part_of_a_sequence(
// CHECK: rondo.phase bounds [15, 4, 2] parallel 2
// CHECK-SAME: memref<15x2xf32, strided<[2, 1], offset: 6>>
func.func @part_of_a_sequence(%x: memref<5x3x2xf32, strided<[6, 2, 1], offset: 6>>, %y: memref<5x3x4xf32>) {
  rondo.phase bounds [5, 3, 4, 2] parallel 3
      ins(%x : memref<5x3x2xf32, strided<[6, 2, 1], offset: 6>>) outs(%y : memref<5x3x4xf32>)
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

// The loops of a sum of everything are one, a loss's over time and a batch of one; not where there are gaps, and not those
// of a sum for each feature.
// CHECK-LABEL: func.func @sums(
// CHECK-SAME: %[[X:[^:]*]]: memref<5x1xf32>, %[[Y:[^:]*]]: memref<5x3xf32, strided<[4, 1]>>
// CHECK: %[[X1:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0, 1]]
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]}
// CHECK-SAME: ins(%[[X1]] : memref<5xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} ins(%[[Y]]
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[X]]
#all = affine_map<(t, b) -> (t, b)>
#none = affine_map<(t, b) -> ()>
func.func @sums(%x: memref<5x1xf32>, %y: memref<5x3xf32, strided<[4, 1]>>, %s: memref<f64>, %f: memref<1xf32>) {
  linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%x : memref<5x1xf32>) outs(%s : memref<f64>) {
  ^bb0(%in: f32, %out: f64):
    %w = arith.extf %in : f32 to f64
    %a = arith.addf %out, %w : f64
    linalg.yield %a : f64
  }
  linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction", "reduction"]}
      ins(%y : memref<5x3xf32, strided<[4, 1]>>) outs(%s : memref<f64>) {
  ^bb0(%in: f32, %out: f64):
    %w = arith.extf %in : f32 to f64
    %a = arith.addf %out, %w : f64
    linalg.yield %a : f64
  }
  linalg.generic {indexing_maps = [#all, affine_map<(t, b) -> (b)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<5x1xf32>) outs(%f : memref<1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %a = arith.addf %out, %in : f32
    linalg.yield %a : f32
  }
  return
}
