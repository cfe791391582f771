// What cannot be turned into loops over vectors.
// RUN: rondo-opt %s --rondo-vectorize --split-input-file --verify-diagnostics

func.func @dynamic(%x: memref<?xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected loops of static size}}
  linalg.fill ins(%zero : f32) outs(%x : memref<?xf32>)
  return
}

// -----

func.func @sum_of_loops(%x: memref<6xf32>, %y: memref<4x3xf32>) {
  // expected-error @+1 {{expected operands that are indexed by loops only, found affine_map<(d0, d1) -> (d0 + d1)>}}
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i + j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<6xf32>) outs(%y : memref<4x3xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#x = affine_map<(j, k) -> (k)>
#y = affine_map<(j, k) -> (j)>
func.func @width_of_blocks(%x: memref<3xf32>, %w: memref<2x3x8xf32>, %y: memref<12xf32>) {
  // expected-error @+1 {{expected operands packed along the last parallel loop, in blocks of one multiple of 16 lanes, or along the loop over rows}}
  rondo.phase bounds [12, 3] parallel 1 ins(%x, %w : memref<3xf32>, memref<2x3x8xf32>) outs(%y : memref<12xf32>)
      maps [#x, affine_map<(j, k) -> (j floordiv 8, k, j mod 8)>, #y]
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

// -----

#x = affine_map<(j, k) -> (k)>
#y = affine_map<(j, k) -> (j)>
func.func @places_in_a_sum(%x: memref<3xf32>, %w: memref<1x18xf32>, %y: memref<12xf32>) {
  // expected-error @+1 {{expected operands packed along the last parallel loop, in blocks of one multiple of 16 lanes, or along the loop over rows}}
  rondo.phase bounds [12, 3] parallel 1 ins(%x, %w : memref<3xf32>, memref<1x18xf32>) outs(%y : memref<12xf32>)
      maps [#x, affine_map<(j, k) -> (j floordiv 16, j mod 16 + k)>, #y]
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

// -----

#x = affine_map<(j, k) -> (k)>
#y = affine_map<(j, k) -> (j)>
func.func @packed_along_the_sum(%x: memref<3xf32>, %w: memref<2x12x16xf32>, %y: memref<12xf32>) {
  // expected-error @+1 {{expected operands packed along the last parallel loop, in blocks of one multiple of 16 lanes, or along the loop over rows}}
  rondo.phase bounds [12, 3] parallel 1 ins(%x, %w : memref<3xf32>, memref<2x12x16xf32>) outs(%y : memref<12xf32>)
      maps [#x, affine_map<(j, k) -> (k floordiv 16, j, k mod 16)>, #y]
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

// -----

#x = affine_map<(j, k) -> (j, k)>
#y = affine_map<(j, k) -> (j)>
func.func @body_that_reads_memory(%x: memref<4x3xf32>, %t: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{expected a phase of ops that make one number of numbers}}
  rondo.phase bounds [4, 3] parallel 1 ins(%x : memref<4x3xf32>) outs(%y : memref<4xf32>) maps [#x, #y]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        %a = memref.load %t[%c0] : memref<4xf32>
        %b = arith.addf %s, %a : f32
        rondo.phase_yield %b : f32
      }
  return
}

// -----

#x = affine_map<(j, k) -> (k)>
#y = affine_map<(j, k) -> (j)>
func.func @shares_of_lanes(%x: memref<3xf32>, %w: memref<2x3x48xf32>, %y: memref<96xf32>) {
  // expected-error @+1 {{expected lanes that are split in units of whole tiles of 48, found units of 32}}
  rondo.phase bounds [96, 3] parallel 1 ins(%x, %w : memref<3xf32>, memref<2x3x48xf32>) outs(%y : memref<96xf32>)
      maps [#x, affine_map<(j, k) -> (j floordiv 48, k, j mod 48)>, #y] {rondo.split = array<i64: 0, 32>}
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

// -----

func.func @tensors(%w: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) -> tensor<2x3x16xf32> {
  // expected-error @+1 {{expected buffers, found tensors: rondo-bufferize comes before}}
  %p = rondo.pack ins(%w : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 terms 1 width 16 -> tensor<2x3x16xf32>
  return %p : tensor<2x3x16xf32>
}

// -----

#x = affine_map<(j, k) -> (j, k)>
#y = affine_map<(j, k) -> (j)>
func.func @phase_on_tensors(%x: tensor<4x3xf32>, %e: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected buffers, found tensors: rondo-bufferize comes before}}
  %y = rondo.phase bounds [4, 3] parallel 1 ins(%x : tensor<4x3xf32>) outs(%e : tensor<4xf32>) maps [#x, #y]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @elements_without_a_width(%y: memref<8xindex>) {
  // expected-error @+1 {{expected elements that are floats or integers of some bits, found 'memref<8xindex>'}}
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%y : memref<8xindex>) {
  ^bb0(%out: index):
    %i = linalg.index 0 : index
    linalg.yield %i : index
  }
  return
}

// -----

// Parts of buffers are at strides.
func.func @no_strides(%q: memref<7x4xf32, affine_map<(i, j) -> (i floordiv 2, j + 4 * (i mod 2))>>,
                      %k: memref<2x4x16xf32>, %v: memref<1x19x16xf32>, %y: memref<7x3xf32>) {
  // expected-error @+1 {{expected buffers with a stride for each dimension, found 'memref<7x4xf32, affine_map<(d0, d1) -> (d0 floordiv 2, d1 + (d0 mod 2) * 4)>>'}}
  rondo.attend ins(%q, %k, %v : memref<7x4xf32, affine_map<(i, j) -> (i floordiv 2, j + 4 * (i mod 2))>>,
      memref<2x4x16xf32>, memref<1x19x16xf32>) outs(%y : memref<7x3xf32>) "td,sd,se->te" scale 1.0
  return
}
