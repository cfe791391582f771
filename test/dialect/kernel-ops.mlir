// Phases and packed weights print as they are read, on tensors and on buffers.
// RUN: rondo-opt %s -mlir-print-local-scope | FileCheck %s
// RUN: rondo-opt %s | rondo-opt -mlir-print-local-scope | FileCheck %s
// RUN: rondo-opt %s -mlir-print-op-generic | rondo-opt -mlir-print-local-scope | FileCheck %s
// RUN: rondo-opt %s -mlir-print-op-generic -mlir-print-local-scope | FileCheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func @phase(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3xf32>, %[[W:[^:]*]]: tensor<4x3xf32>, %[[B:[^:]*]]: tensor<4xf32>, %[[E:[^:]*]]: tensor<2x4xf32>)
// CHECK: %[[H:.*]] = rondo.phase bounds [2, 4, 3] parallel 2
// CHECK-SAME: ins(%[[X]], %[[W]], %[[B]] : tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) outs(%[[E]] : tensor<2x4xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>,
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME: sums {
// CHECK-NEXT: ^bb0(%[[XK:.*]]: f32, %[[WK:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[XK]], %[[WK]] : f32
// CHECK-NEXT: rondo.phase_yield %[[P]] : f32
// CHECK-NEXT: } epilogue {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32, %[[BJ:.*]]: f32):
// CHECK-NEXT: %[[A:.*]] = arith.addf %[[S]], %[[BJ]] : f32
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[A]] : f32
// CHECK-NEXT: rondo.phase_yield %[[T]] : f32
// CHECK-NEXT: } -> tensor<2x4xf32>
// CHECK-NEXT: return %[[H]]

// GENERIC-LABEL: sym_name = "phase"
// GENERIC: "rondo.phase"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{bounds = array<i64: 2, 4, 3>, maps = [
// GENERIC-SAME: operandSegmentSizes = array<i32: 3, 1>, parallel = 2 : i64}> ({
// GENERIC: "rondo.phase_yield"(%{{.*}}) : (f32) -> ()
// GENERIC-NEXT: }, {
// GENERIC: "rondo.phase_yield"(%{{.*}}) : (f32) -> ()
// GENERIC-NEXT: }) : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @phase(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>, %e: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %h1 = rondo.phase bounds [2, 4, 3] parallel 2
      ins(%x, %w, %b : tensor<2x3xf32>, tensor<4x3xf32>, tensor<4xf32>) outs(%e : tensor<2x4xf32>)
      maps [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (j)>,
            affine_map<(i, j, k) -> (i, j)>]
      sums {
      ^bb0(%xk: f32, %wk: f32, %bj: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %bj: f32):
        %a = arith.addf %s, %bj : f32
        %t = math.tanh %a : f32
        rondo.phase_yield %t : f32
      } -> tensor<2x4xf32>
  return %h1 : tensor<2x4xf32>
}

// Two gates from one packed tensor, two outputs, a scalar, and numbers that are no floats; on buffers there are no
// results.
// CHECK-LABEL: func.func @phase_on_buffers(
// CHECK: rondo.phase bounds [20, 3] parallel 1
// CHECK-SAME: ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : memref<3xf64>, memref<2x3x32xf64>, memref<20xi1>, f64)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : memref<20xf64>, memref<20xf64, strided<[2], offset: ?>>)
// CHECK-SAME: maps [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0 floordiv 16, d1, d0 mod 16 + 16)>,
// CHECK-SAME: affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> ()>,
// CHECK-SAME: affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0)>]
// CHECK: rondo.phase_yield %{{.*}}, %{{.*}} : f64, f64
// CHECK: rondo.phase_yield %{{.*}}, %{{.*}} : f64, f64
// CHECK-NEXT: }{{$}}
// GENERIC-LABEL: sym_name = "phase_on_buffers"
// GENERIC: }) : (memref<3xf64>, memref<2x3x32xf64>, memref<20xi1>, f64, memref<20xf64>, memref<20xf64, strided<[2], offset: ?>>) -> ()
func.func @phase_on_buffers(%x: memref<3xf64>, %w: memref<2x3x32xf64>, %m: memref<20xi1>, %c: f64, %y: memref<20xf64>,
                            %z: memref<20xf64, strided<[2], offset: ?>>) {
  rondo.phase bounds [20, 3] parallel 1
      ins(%x, %w, %m, %c : memref<3xf64>, memref<2x3x32xf64>, memref<20xi1>, f64)
      outs(%y, %z : memref<20xf64>, memref<20xf64, strided<[2], offset: ?>>)
      maps [affine_map<(j, k) -> (k)>, affine_map<(j, k) -> (j floordiv 16, k, j mod 16 + 16)>,
            affine_map<(j, k) -> (j)>, affine_map<(j, k) -> ()>, affine_map<(j, k) -> (j)>, affine_map<(j, k) -> (j)>]
      sums {
      ^bb0(%xk: f64, %wk: f64, %mj: i1, %cj: f64):
        %p = arith.mulf %xk, %wk : f64
        rondo.phase_yield %p, %wk : f64, f64
      } epilogue {
      ^bb0(%s: f64, %t: f64, %xk: f64, %wk: f64, %mj: i1, %cj: f64):
        %a = arith.select %mj, %s, %cj : f64
        rondo.phase_yield %a, %t : f64, f64
      }
  return
}

// CHECK-LABEL: func.func @give(
// CHECK: rondo.phase_yield %{{.*}} : f32
func.func @give(%x: memref<2x3xf32>, %y: memref<2xf32>) {
  rondo.phase bounds [2, 3] parallel 1 ins(%x : memref<2x3xf32>) outs(%y : memref<2xf32>)
      maps [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>]
      sums {
      ^bb0(%xk: f32):
        rondo.phase_yield %xk : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32):
        rondo.phase_yield %s : f32
      }
  return
}

// CHECK-LABEL: func.func @pack(
// CHECK: %[[P:.*]] = rondo.pack ins(%{{.*}}, %{{.*}} : tensor<20x3xf32>, tensor<20x3xf32>) outs(%{{.*}} : tensor<2x3x32xf32>)
// CHECK-SAME: lanes 0 terms 1 width 16 -> tensor<2x3x32xf32>
// CHECK-NEXT: return %[[P]]
// GENERIC-LABEL: sym_name = "pack"
// GENERIC: "rondo.pack"(%{{.*}}, %{{.*}}, %{{.*}}) <{lanes = 0 : i64, operandSegmentSizes = array<i32: 2, 0, 1>, terms = 1 : i64, width = 16 : i64}>
func.func @pack(%wi: tensor<20x3xf32>, %wf: tensor<20x3xf32>, %e: tensor<2x3x32xf32>) -> tensor<2x3x32xf32> {
  %p = rondo.pack ins(%wi, %wf : tensor<20x3xf32>, tensor<20x3xf32>) outs(%e : tensor<2x3x32xf32>)
      lanes 0 terms 1 width 16 -> tensor<2x3x32xf32>
  return %p : tensor<2x3x32xf32>
}

// CHECK-LABEL: func.func @pack_keys(
// CHECK: rondo.pack ins(%{{.*}} : tensor<20x5x3xf32>) outs(%{{.*}} : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16
func.func @pack_keys(%keys: tensor<20x5x3xf32>, %d: tensor<5x2x3x16xf32>) -> tensor<5x2x3x16xf32> {
  %k = rondo.pack ins(%keys : tensor<20x5x3xf32>) outs(%d : tensor<5x2x3x16xf32>)
      lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return %k : tensor<5x2x3x16xf32>
}

// CHECK-LABEL: func.func @pack_apart(
// CHECK: rondo.pack ins({{.*}}) outs(%{{.*}} : tensor<2x2x3x16xf32>) lanes 0 terms 1 width 16 apart -> tensor<2x2x3x16xf32>
// GENERIC-LABEL: sym_name = "pack_apart"
// GENERIC: "rondo.pack"(%{{.*}}, %{{.*}}, %{{.*}}) <{apart, lanes = 0 : i64,
func.func @pack_apart(%wi: tensor<20x3xf32>, %wf: tensor<20x3xf32>, %e: tensor<2x2x3x16xf32>) -> tensor<2x2x3x16xf32> {
  %p = rondo.pack ins(%wi, %wf : tensor<20x3xf32>, tensor<20x3xf32>) outs(%e : tensor<2x2x3x16xf32>)
      lanes 0 terms 1 width 16 apart -> tensor<2x2x3x16xf32>
  return %p : tensor<2x2x3x16xf32>
}

// CHECK-LABEL: func.func @pack_on_buffers(
// CHECK: rondo.pack ins(%{{.*}} : memref<3x20xf64, strided<[40, 2]>>) outs(%{{.*}} : memref<3x3x8xf64>) lanes 1 terms 0 width 8{{$}}
func.func @pack_on_buffers(%w: memref<3x20xf64, strided<[40, 2]>>, %p: memref<3x3x8xf64>) {
  rondo.pack ins(%w : memref<3x20xf64, strided<[40, 2]>>) outs(%p : memref<3x3x8xf64>) lanes 1 terms 0 width 8
  return
}

// CHECK-LABEL: func.func @pack_with_ends(
func.func @pack_with_ends(%keys: tensor<20x5x3xf32>, %n: tensor<5xi64>, %d: tensor<5x2x3x16xf32>) -> tensor<5x2x3x16xf32> {
  // CHECK: rondo.pack ins(%{{.*}} : tensor<20x5x3xf32>) ends(%{{.*}} : tensor<5xi64>) along 0 rows 1 plus 2 outs(%{{.*}} : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
    %k = rondo.pack ins(%keys : tensor<20x5x3xf32>) ends(%n : tensor<5xi64>) along 0 rows 1 plus 2
        outs(%d : tensor<5x2x3x16xf32>) lanes 0 terms 2 width 16 -> tensor<5x2x3x16xf32>
  return %k : tensor<5x2x3x16xf32>
}
