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
