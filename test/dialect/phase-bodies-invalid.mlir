// The constraint of a phase on its two bodies, broken; others: phase-bounds-invalid.mlir, phase-maps-invalid.mlir,
// phase-indices-invalid.mlir, phase-outputs-invalid.mlir.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c3: sums takes the inputs' elements.
func.func @phase_c3_sums_take(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to take ('f32', 'f32'), found ('f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32):
        rondo.phase_yield %a : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: and yields a number.
func.func @phase_c3_sums_yield(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to yield at least one number, found ()}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        rondo.phase_yield
      } epilogue {
      ^bb0(%a: f32, %b: f32):
        rondo.phase_yield %a : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: that can be summed.
func.func @phase_c3_sums_kind(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to yield f32 or f64 only, found ('i32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %i = arith.fptosi %a : f32 to i32
        rondo.phase_yield %i : i32
      } epilogue {
      ^bb0(%s: i32, %a: f32, %b: f32):
        rondo.phase_yield %b : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: all of one type.
func.func @phase_c3_sums_of_two_kinds(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to yield f32 or f64 only, found ('f32', 'f64')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %d = arith.extf %a : f32 to f64
        rondo.phase_yield %a, %d : f32, f64
      } epilogue {
      ^bb0(%s: f32, %t: f64, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: the epilogue takes the sums and the inputs' elements.
func.func @phase_c3_epilogue_takes(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'epilogue' to take ('f32', 'f32', 'f32'), found ('f32', 'f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: and yields a number per output.
func.func @phase_c3_epilogue_yields(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'epilogue' to yield one number per output, found ('f32', 'f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s, %s : f32, f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: each region yields its values.
func.func @phase_c3_end(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to end with rondo.phase_yield}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        llvm.unreachable
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.phase_yield %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: the epilogue reads nothing that varies along a summed loop.
func.func @phase_c3_summed(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected input 1, which 'epilogue' reads, not to vary along the summed loop 2}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %a: f32, %b: f32):
        %t = arith.addf %s, %b : f32
        rondo.phase_yield %t : f32
      } -> tensor<2x4xf32>
  return
}
