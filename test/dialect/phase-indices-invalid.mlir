// Where a phase reads its operands (phase_c1), broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c1: inside the operand at the last positions.
func.func @phase_c1_outside(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected operand 1 to be read inside of 'tensor<3x4xf32>', found the index 4 by affine_map<(d0, d1, d2) -> (d2, d1 + 1)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j + 1)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: and at the first ones.
func.func @phase_c1_before(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected operand 1 to be read inside of 'tensor<3x4xf32>', found the index -1 by affine_map<(d0, d1, d2) -> (d2, d1 - 1)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j - 1)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: with floordiv and mod as well.
func.func @phase_c1_packed(%x: tensor<2x3xf32>, %w: tensor<1x3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected operand 1 to be read inside of 'tensor<1x3x4xf32>', found the index 1 by affine_map<(d0, d1, d2) -> (d1 floordiv 2, d2, d1 mod 2)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<1x3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 2, k, j mod 2)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: no other expressions, as the remainder of a sum.
func.func @phase_c1_remainder(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected loops, 'loop * n', 'loop floordiv n', 'loop mod n', sums of them and constants in the map of operand 1, found affine_map<(d0, d1, d2) -> (d2, (d0 + d1) mod 4)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, (i + j) mod 4)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: nor multiples of anything but a loop, or by less than 1.
func.func @phase_c1_negative(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected loops, 'loop * n', 'loop floordiv n', 'loop mod n', sums of them and constants in the map of operand 1, found affine_map<(d0, d1, d2) -> (d2, -d1 + 3)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, 3 - j)>, affine_map<(i, j, k) -> (i, j)>]
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

// phase_c1: what a sum of loops gives is inside of the operand too.
func.func @phase_c1_sum_of_loops(%x: tensor<2x3xf32>, %w: tensor<3x6xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected operand 1 to be read inside of 'tensor<3x6xf32>', found the index 7 by affine_map<(d0, d1, d2) -> (d2, d0 + d1 * 2)>}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x6xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, i + j * 2)>, affine_map<(i, j, k) -> (i, j)>]
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
