// The constraints of a phase on its loops and on the types of what it reads and writes, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c4: a loop that is summed over.
func.func @phase_c4_no_sum(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected at least one parallel loop and one that is summed over, found 3 parallel ones of 3}}
  %y = rondo.phase bounds [2, 4, 3] parallel 3
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c4: a parallel loop.
func.func @phase_c4_no_points(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected at least one parallel loop and one that is summed over, found 0 parallel ones of 3}}
  %y = rondo.phase bounds [2, 4, 3] parallel 0
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c4: no negative extent.
func.func @phase_c4_negative(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected extents that are not negative, found [2, 4, -3]}}
  %y = rondo.phase bounds [2, 4, -3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c5: a result for an output that is a tensor.
func.func @phase_c5_none(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected one result for each output that is a tensor, of its type ('tensor<2x4xf32>'), found ()}}
  rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// -----

// phase_c5: of the output's type.
func.func @phase_c5_type(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected one result for each output that is a tensor, of its type ('tensor<2x4xf32>'), found ('tensor<4x2xf32>')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<4x2xf32>
  return
}

// -----

// phase_c5: none for a buffer.
func.func @phase_c5_buffers(%x: memref<2x3xf32>, %w: memref<3x4xf32>, %e: memref<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected one result for each output that is a tensor, of its type (), found ('tensor<2x4xf32>')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : memref<2x3xf32>, memref<3x4xf32>) outs(%e : memref<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c5: tensors or buffers.
func.func @phase_c5_mixed(%x: memref<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected tensors only or buffers only, found 'memref<2x3xf32>', 'tensor<3x4xf32>', 'tensor<2x4xf32>'}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : memref<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}
