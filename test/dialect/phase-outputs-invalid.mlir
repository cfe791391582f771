// What a phase writes (phase_c2), broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c2: at least one output.
func.func @phase_c2_none(%x: memref<2x3xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected at least one input and one output}}
  "rondo.phase"(%x) <{bounds = array<i64: 2, 3>, maps = [affine_map<(i, k) -> (i, k)>], operandSegmentSizes = array<i32: 1, 0>, parallel = 1 : i64}> ({
  ^bb0(%a: f32):
    rondo.phase_yield %a : f32
  }, {
  ^bb0(%s: f32, %a: f32):
    rondo.phase_yield
  }) : (memref<2x3xf32>) -> ()
  return
}

// -----

// phase_c2: indexed by the parallel loops.
func.func @phase_c2_map(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<4x2xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected outputs indexed by the parallel loops, found affine_map<(d0, d1, d2) -> (d1, d0)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<4x2xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j, i)>]
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

// phase_c2: of their extents, so that all of it is written.
func.func @phase_c2_shape(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x5xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected outputs of the parallel loops' extents [2, 4], found 'tensor<2x5xf32>'}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x5xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x5xf32>
  return
}

// -----

// phase_c5: sums that begin with the outputs are these.
func.func @phase_c5_accumulate(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'epilogue' to yield the sums in their order, since they begin with the outputs}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      {accumulate} sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        %n = arith.negf %s : f32
        rondo.phase_yield %n : f32
      } -> tensor<2x4xf32>
  return
}
