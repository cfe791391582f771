// The inputs of a phase and their maps (phase_c1), broken; the indices that they read at: phase-indices-invalid.mlir.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c1: one map per operand.
func.func @phase_c1_count(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected one map for each of 3 operands, found 2}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>]
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

// phase_c1: from all loops to all dimensions.
func.func @phase_c1_rank(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected a map of 3 loops to 2 dimensions for operand 1, found affine_map<(d0, d1, d2) -> (d2)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: of these loops.
func.func @phase_c1_loops(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected a map of 3 loops to 2 dimensions for operand 0, found affine_map<(d0, d1) -> (d0, d1)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: and of nothing else.
func.func @phase_c1_symbols(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected a map of 3 loops to 2 dimensions for operand 0, found affine_map<(d0, d1, d2)[s0] -> (d0, d2)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k)[s] -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: of static shape.
func.func @phase_c1_type(%x: tensor<?x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op operand #0 must be variadic of statically shaped tensor of any type values or statically shaped memref of any type values or floating-point or signless integer or index, but got 'tensor<?x3xf32>'}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
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

// phase_c1: at least one input.
func.func @phase_c1_none(%y: memref<2xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected at least one input and one output}}
  "rondo.phase"(%y) <{bounds = array<i64: 2, 3>, maps = [affine_map<(i, k) -> (i)>], operandSegmentSizes = array<i32: 0, 1>, parallel = 1 : i64}> ({
  ^bb0(%a: f32):
    rondo.phase_yield %a : f32
  }, {
  ^bb0(%s: f32, %a: f32):
    rondo.phase_yield
  }) : (memref<2xf32>) -> ()
  return
}
