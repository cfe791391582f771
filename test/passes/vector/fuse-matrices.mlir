// rondo-fuse-matrices: products of matrices run together with the nests that make and change these, each tile of rows
// after the one before. How the numbers of one tile are computed is in the pass's description.
// RUN: rondo-opt %s --rondo-fuse-matrices="width=4 registers=16" --canonicalize -split-input-file | FileCheck %s

// What is read of the old matrices goes into the new ones, in place: one loop over tiles of four rows, for each of
// which the sums along the rows, the new rows, and the sum along the columns follow each other. A fill that is between
// the nests and has nothing to do with them stays behind.
// CHECK-LABEL: func.func @old_and_new
// CHECK-NOT:     scf.for
// CHECK:         scf.for %{{.*}} = %{{.*}} to %c8 step %c4 {
// CHECK-COUNT-6:   vector.shuffle
// CHECK:           vector.store %{{.*}}, %arg1[%{{.*}}] : memref<8xf32>, vector<4xf32>
// CHECK-COUNT-4:   vector.store %{{.*}}, %arg0[%{{.*}}, %{{.*}}] : memref<8x4xf32>, vector<4xf32>
// CHECK:           vector.store %{{.*}}, %arg3[%{{.*}}] : memref<4xf32>, vector<4xf32>
// CHECK:         }
// CHECK-NOT:     scf.for
// CHECK:         linalg.fill
#matrix = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
func.func @old_and_new(%c: memref<8x4xf32>, %told: memref<8xf32>, %k: memref<4xf32>, %z: memref<4xf32>,
                       %other: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#matrix, #column, #row], iterator_types = ["parallel", "reduction"]}
      ins(%c, %k : memref<8x4xf32>, memref<4xf32>) outs(%told : memref<8xf32>) attrs = {rondo.matrix_product} {
    ^bb0(%cij: f32, %kj: f32, %sum: f32):
      %p = arith.mulf %cij, %kj : f32
      %s = arith.addf %sum, %p : f32
      linalg.yield %s : f32
  }
  linalg.fill ins(%zero : f32) outs(%other : memref<8xf32>)
  linalg.generic {indexing_maps = [#matrix, #row, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%c, %told : memref<8x4xf32>, memref<8xf32>) outs(%c : memref<8x4xf32>) {
    ^bb0(%cij: f32, %ti: f32, %out: f32):
      %n = arith.subf %cij, %ti : f32
      linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [#row, #matrix, #column], iterator_types = ["reduction", "parallel"]}
      ins(%told, %c : memref<8xf32>, memref<8x4xf32>) outs(%z : memref<4xf32>) attrs = {rondo.matrix_product} {
    ^bb0(%ti: f32, %cij: f32, %sum: f32):
      %p = arith.mulf %ti, %cij : f32
      %s = arith.addf %sum, %p : f32
      linalg.yield %s : f32
  }
  return
}

// -----

// What reads the sums along columns is another loop, behind all rows; so is what reads another row. Without a product
// nests stay as they are.
// CHECK-LABEL: func.func @columns_are_known_behind_all_rows
// CHECK:         scf.for
// CHECK-NOT:     linalg.generic
// CHECK:         }
// CHECK-NEXT:    linalg.generic
// CHECK-SAME:    ins(%arg0, %arg1 :
// CHECK:         linalg.generic
// CHECK-SAME:    outs(%arg0
#matrix = affine_map<(i, j) -> (i, j)>
#turned = affine_map<(i, j) -> (j, i)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
func.func @columns_are_known_behind_all_rows(%c: memref<8x8xf32>, %z: memref<8xf32>, %d: memref<8x8xf32>) {
  linalg.generic {indexing_maps = [#matrix, #row, #column], iterator_types = ["reduction", "parallel"]}
      ins(%c, %z : memref<8x8xf32>, memref<8xf32>) outs(%z : memref<8xf32>) attrs = {rondo.matrix_product} {
    ^bb0(%cij: f32, %zi: f32, %sum: f32):
      %p = arith.mulf %cij, %cij : f32
      %s = arith.addf %sum, %p : f32
      linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#matrix, #column, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%c, %z : memref<8x8xf32>, memref<8xf32>) outs(%d : memref<8x8xf32>) {
    ^bb0(%cij: f32, %zj: f32, %out: f32):
      %n = arith.subf %cij, %zj : f32
      linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [#turned, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%d : memref<8x8xf32>) outs(%c : memref<8x8xf32>) {
    ^bb0(%dji: f32, %out: f32):
      linalg.yield %dji : f32
  }
  return
}

// -----

// Where the new matrices are kept beside the old ones, nests over rows of many vectors (here five of four lanes) do not
// run together: the product runs by itself behind what makes its matrices.
// CHECK-LABEL: func.func @kept_of_each_step
// CHECK-NOT:     scf.for
// CHECK:         linalg.generic
// CHECK-SAME:    outs(%arg1
// CHECK-NOT:     linalg.generic
// CHECK:         scf.for
// CHECK-NOT:     linalg.generic
#matrix = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
func.func @kept_of_each_step(%c: memref<8x20xf32>, %next: memref<8x20xf32>, %q: memref<20xf32>, %y: memref<8xf32>) {
  linalg.generic {indexing_maps = [#matrix, #column, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%c, %q : memref<8x20xf32>, memref<20xf32>) outs(%next : memref<8x20xf32>) {
    ^bb0(%cij: f32, %qj: f32, %out: f32):
      %n = arith.addf %cij, %qj : f32
      linalg.yield %n : f32
  }
  linalg.generic {indexing_maps = [#matrix, #column, #row], iterator_types = ["parallel", "reduction"]}
      ins(%next, %q : memref<8x20xf32>, memref<20xf32>) outs(%y : memref<8xf32>) attrs = {rondo.matrix_product} {
    ^bb0(%cij: f32, %qj: f32, %sum: f32):
      %p = arith.mulf %cij, %qj : f32
      %s = arith.addf %sum, %p : f32
      linalg.yield %s : f32
  }
  return
}
