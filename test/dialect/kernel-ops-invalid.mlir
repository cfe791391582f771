// Each other constraint of phase (its maps: phase-maps-invalid.mlir), and those of pack, broken.
// RUN: rondo-opt %s -split-input-file -verify-diagnostics

// phase_c3: sums takes the inputs' elements.
func.func @phase_c3_sums_take(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to take ('f32', 'f32'), found ('f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32):
        rondo.give %a : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: and gives a number.
func.func @phase_c3_sums_give(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to give at least one number, found ()}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        rondo.give
      } finish {
      ^bb0(%a: f32, %b: f32):
        rondo.give %a : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: that can be summed.
func.func @phase_c3_sums_kind(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to give f32 or f64 only, found ('i32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %i = arith.fptosi %a : f32 to i32
        rondo.give %i : i32
      } finish {
      ^bb0(%s: i32, %a: f32, %b: f32):
        rondo.give %b : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: all of one type.
func.func @phase_c3_sums_of_two_kinds(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to give f32 or f64 only, found ('f32', 'f64')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %d = arith.extf %a : f32 to f64
        rondo.give %a, %d : f32, f64
      } finish {
      ^bb0(%s: f32, %t: f64, %a: f32, %b: f32):
        rondo.give %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: finish takes the sums and the inputs' elements.
func.func @phase_c3_finish_takes(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'finish' to take ('f32', 'f32', 'f32'), found ('f32', 'f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32):
        rondo.give %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: and gives a number per output.
func.func @phase_c3_finish_gives(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'finish' to give one number per output, found ('f32', 'f32')}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s, %s : f32, f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: each region gives its values.
func.func @phase_c3_end(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected 'sums' to end with rondo.give}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        llvm.unreachable
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c3: finish reads nothing that varies along a summed loop.
func.func @phase_c3_summed(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected input 1, which 'finish' reads, not to vary along the summed loop 2}}
  %y = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        %t = arith.addf %s, %b : f32
        rondo.give %t : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// phase_c4: a loop that is summed over.
func.func @phase_c4_no_sum(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %e: tensor<2x4xf32>) {
  // expected-error @+1 {{'rondo.phase' op expected at least one parallel loop and one that is summed over, found 3 parallel ones of 3}}
  %y = rondo.phase bounds [2, 4, 3] parallel 3
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%a: f32, %b: f32):
        %p = arith.mulf %a, %b : f32
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
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
        rondo.give %p : f32
      } finish {
      ^bb0(%s: f32, %a: f32, %b: f32):
        rondo.give %s : f32
      } -> tensor<2x4xf32>
  return
}

// -----

// pack_c1: at least one weight.
func.func @pack_c1_none(%e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected at least one weight}}
  %p = "rondo.pack"(%e) <{lanes = 0 : i64, operandSegmentSizes = array<i32: 0, 1>, width = 16 : i64}>
      : (tensor<2x3x16xf32>) -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c1: of one type.
func.func @pack_c1_types(%w0: tensor<20x3xf32>, %w1: tensor<20x4xf32>, %e: tensor<2x3x32xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected weights of one type and rank 2, found 'tensor<20x3xf32>', 'tensor<20x4xf32>'}}
  %p = rondo.pack ins(%w0, %w1 : tensor<20x3xf32>, tensor<20x4xf32>) outs(%e : tensor<2x3x32xf32>) lanes 0 width 16 -> tensor<2x3x32xf32>
  return
}

// -----

// pack_c1: of rank 2.
func.func @pack_c1_rank(%w0: tensor<20xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected weights of one type and rank 2, found 'tensor<20xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c1: of static shape.
func.func @pack_c1_dynamic(%w0: tensor<?x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op operand #0 must be variadic of statically shaped tensor of 32-bit float or 64-bit float values or statically shaped memref of 32-bit float or 64-bit float values, but got 'tensor<?x3xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<?x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: lanes along a dimension of a matrix.
func.func @pack_c2_lanes(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes 0 or 1 and a width of at least 1, found lanes 2 and width 16}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 2 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c2: a width.
func.func @pack_c2_width(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected lanes 0 or 1 and a width of at least 1, found lanes 0 and width 0}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 width 0 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c3: the output's shape.
func.func @pack_c3_shape(%w0: tensor<20x3xf32>, %e: tensor<2x3x32xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [2, 3, 16], found 'tensor<2x3x32xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x32xf32>) lanes 0 width 16 -> tensor<2x3x32xf32>
  return
}

// -----

// pack_c3: with the lanes along the other dimension.
func.func @pack_c3_lanes(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [1, 20, 16], found 'tensor<2x3x16xf32>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 1 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// pack_c3: and element type.
func.func @pack_c3_element(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf64>) {
  // expected-error @+1 {{'rondo.pack' op expected one output of shape [2, 3, 16], found 'tensor<2x3x16xf64>'}}
  %p = rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf64>) lanes 0 width 16 -> tensor<2x3x16xf64>
  return
}

// -----

// pack_c4: a result for an output that is a tensor.
func.func @pack_c4_none(%w0: tensor<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected one result for each output that is a tensor, of its type ('tensor<2x3x16xf32>'), found ()}}
  rondo.pack ins(%w0 : tensor<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 width 16
  return
}

// -----

// pack_c4: tensors or buffers.
func.func @pack_c4_mixed(%w0: memref<20x3xf32>, %e: tensor<2x3x16xf32>) {
  // expected-error @+1 {{'rondo.pack' op expected tensors only or buffers only, found 'memref<20x3xf32>', 'tensor<2x3x16xf32>'}}
  %p = rondo.pack ins(%w0 : memref<20x3xf32>) outs(%e : tensor<2x3x16xf32>) lanes 0 width 16 -> tensor<2x3x16xf32>
  return
}

// -----

// give stands in a phase.
func.func @give_elsewhere(%x: f32) {
  // expected-error @+1 {{'rondo.give' op expects parent op 'rondo.phase'}}
  rondo.give %x : f32
}
