// Nests that are equal but for their buffers become calls of one function.
// RUN: rondo-opt -split-input-file -rondo-share-kernels=work=0 %s | FileCheck %s
// RUN: rondo-opt -split-input-file -rondo-share-kernels %s | FileCheck --check-prefix=SMALL %s

// In a loop, what is too little work for a call stays where it is.
// SMALL-LABEL: func.func @phases(
// SMALL-NOT: call @
// SMALL-LABEL: func.func @bodies(
// SMALL: call @generic_8(

// Across functions and loops, with the threads' share as it was. A view that begins elsewhere is the same argument, one
// without an offset keeps its type, and a buffer that a nest takes twice is passed once. The step is passed as well, 0
// outside of loops.
// CHECK-LABEL: func.func @phases(
// CHECK-SAME: %[[H:.*]]: memref<5x3x2xf32>, %[[W:.*]]: memref<1x2x16xf32>, %[[Y:.*]]: memref<3x4xf32>
// CHECK: scf.for %[[T:.*]] =
// CHECK: %[[AT:.*]] = memref.subview %[[H]][%[[T]], 0, 0]
// CHECK: call @phase_3x4x2(%[[AT]], %[[W]], %[[Y]], %[[T]]) :
// CHECK-SAME: (memref<3x2xf32, strided<[2, 1], offset: ?>>, memref<1x2x16xf32>, memref<3x4xf32>, index) -> ()
// CHECK-LABEL: func.func @other(
// CHECK: %[[FIRST:.*]] = memref.cast {{.*}} : memref<3x2xf32, strided<[2, 1], offset: 6>> to
// CHECK: %[[NONE:.*]] = arith.constant 0 : index
// CHECK: call @phase_3x4x2(%[[FIRST]], {{.*}}, %[[NONE]]) :
// CHECK-LABEL: func.func private @phase_3x4x2(
// CHECK-SAME: %[[A:.*]]: memref<3x2xf32, strided<[2, 1], offset: ?>> {llvm.noalias}, %[[B:.*]]: memref<1x2x16xf32> {llvm.noalias}, %[[C:.*]]: memref<3x4xf32> {llvm.noalias}, %{{.*}}: index {rondo.loop_step})
// CHECK: rondo.phase bounds [3, 4, 2] parallel 2 ins(%[[A]], %[[B]], %[[B]] :
// CHECK-SAME: outs(%[[C]] : memref<3x4xf32>)
// CHECK-SAME: {rondo.split = array<i64: 0, 1>}
// CHECK: return
#left = affine_map<(i, j, k) -> (i, k)>
#right = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#out = affine_map<(i, j, k) -> (i, j)>
func.func @phases(%h: memref<5x3x2xf32>, %w: memref<1x2x16xf32>, %y: memref<3x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %t = %c0 to %c5 step %c1 {
    %x = memref.subview %h[%t, 0, 0] [1, 3, 2] [1, 1, 1] : memref<5x3x2xf32> to memref<3x2xf32, strided<[2, 1], offset: ?>>
    rondo.phase bounds [3, 4, 2] parallel 2
        ins(%x, %w, %w : memref<3x2xf32, strided<[2, 1], offset: ?>>, memref<1x2x16xf32>, memref<1x2x16xf32>)
        outs(%y : memref<3x4xf32>) maps [#left, #right, #right, #out] {rondo.split = array<i64: 0, 1>}
        sums {
        ^bb0(%xk: f32, %wk: f32, %vk: f32):
          %p = arith.mulf %xk, %wk : f32
          %q = arith.mulf %xk, %vk : f32
          rondo.phase_yield %p, %q : f32, f32
        } epilogue {
        ^bb0(%s: f32, %r: f32, %xk: f32, %wk: f32, %vk: f32):
          %a = arith.addf %s, %r : f32
          rondo.phase_yield %a : f32
        }
  }
  return
}
func.func @other(%h: memref<5x3x2xf32>, %w: memref<1x2x16xf32>, %y: memref<3x4xf32>) {
  %x = memref.subview %h[1, 0, 0] [1, 3, 2] [1, 1, 1] : memref<5x3x2xf32> to memref<3x2xf32, strided<[2, 1], offset: 6>>
  rondo.phase bounds [3, 4, 2] parallel 2
      ins(%x, %w, %w : memref<3x2xf32, strided<[2, 1], offset: 6>>, memref<1x2x16xf32>, memref<1x2x16xf32>)
      outs(%y : memref<3x4xf32>) maps [#left, #right, #right, #out] {rondo.split = array<i64: 0, 1>}
      sums {
      ^bb0(%xk: f32, %wk: f32, %vk: f32):
        %p = arith.mulf %xk, %wk : f32
        %q = arith.mulf %xk, %vk : f32
        rondo.phase_yield %p, %q : f32, f32
      } epilogue {
      ^bb0(%s: f32, %r: f32, %xk: f32, %wk: f32, %vk: f32):
        %a = arith.addf %s, %r : f32
        rondo.phase_yield %a : f32
      }
  return
}

// -----

// A number that a body takes from around it is an argument; a constant is part of what is done, and stays in the
// function. What differs in it, in the number of distinct buffers or in a share is another nest.
// CHECK-LABEL: func.func @bodies(
// CHECK-SAME: %[[X:.*]]: memref<8xf32>, %[[Y:.*]]: memref<8xf32>, %[[A:.*]]: f32, %[[B:.*]]: f32)
// CHECK: call @generic_8(%[[X]], %[[Y]], %[[A]])
// CHECK: call @generic_8(%[[Y]], %[[X]], %[[B]])
// CHECK-COUNT-3: linalg.generic
// CHECK: func.func private @generic_8(%{{.*}}: memref<8xf32> {llvm.noalias}, %{{.*}}: memref<8xf32> {llvm.noalias}, %[[S:.*]]: f32)
// CHECK: %[[TWO:.*]] = arith.constant 2.0
// CHECK: linalg.generic
// CHECK: arith.mulf %{{.*}}, %[[S]]
// CHECK: arith.addf %{{.*}}, %[[TWO]]
// CHECK-NOT: func.func
#id = affine_map<(i) -> (i)>
func.func @bodies(%x: memref<8xf32>, %y: memref<8xf32>, %a: f32, %b: f32) {
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %a : f32
    %1 = arith.addf %0, %two : f32
    %2 = arith.negf %1 : f32
    %3 = math.absf %2 : f32
    linalg.yield %3 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%y : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %b : f32
    %1 = arith.addf %0, %two : f32
    %2 = arith.negf %1 : f32
    %3 = math.absf %2 : f32
    linalg.yield %3 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%y : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %b : f32
    %1 = arith.addf %0, %three : f32
    %2 = arith.negf %1 : f32
    %3 = math.absf %2 : f32
    linalg.yield %3 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %b : f32
    %1 = arith.addf %0, %two : f32
    %2 = arith.negf %1 : f32
    %3 = math.absf %2 : f32
    linalg.yield %3 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%y : memref<8xf32>) outs(%x : memref<8xf32>) attrs = {rondo.split = array<i64: 0, 4>} {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %b : f32
    %1 = arith.addf %0, %two : f32
    %2 = arith.negf %1 : f32
    %3 = math.absf %2 : f32
    linalg.yield %3 : f32
  }
  return
}
