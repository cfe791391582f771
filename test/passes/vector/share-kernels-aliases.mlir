// What the function of several equal nests is told of its arguments: which of them lie apart.
// RUN: rondo-opt -split-input-file -rondo-share-kernels=work=0 %s | FileCheck %s

// What is not written where another argument lies is said to be so: an argument of the function, or another buffer of the
// arena. Slots of one buffer may be the same.
// CHECK-LABEL: func.func @apart(
// CHECK: func.func private @generic_8(
// CHECK-SAME: %[[A:[a-z0-9]+]]: memref<8xf32, strided<[1], offset: ?>>, %[[B:[a-z0-9]+]]: memref<8xf32> {llvm.noalias},
// CHECK-SAME: %[[C:[a-z0-9]+]]: memref<8xf32, strided<[1], offset: ?>>)
#id = affine_map<(i) -> (i)>
func.func @apart(%x: memref<8xf32>, %t: index, %arena: memref<192xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %slots = memref.view %arena[%c0][] : memref<192xi8> to memref<4x8xf32>
  %beside = memref.view %arena[%c128][] : memref<192xi8> to memref<8xf32>
  %first = memref.subview %slots[0, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1]>>
  %slot = memref.subview %slots[%t, 0] [1, 8] [1, 1] : memref<4x8xf32> to memref<8xf32, strided<[1], offset: ?>>
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%first, %x : memref<8xf32, strided<[1]>>, memref<8xf32>) outs(%slot : memref<8xf32, strided<[1], offset: ?>>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%slot, %beside : memref<8xf32, strided<[1], offset: ?>>, memref<8xf32>) outs(%first : memref<8xf32, strided<[1]>>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Slots of one sequence, one read and one written: none of both is apart, the weights and what else is read are.
// CHECK-LABEL: func.func @slots(
// CHECK: func.func private @phase_2x16x16(%{{[^:]*}}: memref<2x16xf32, strided<[16, 1], offset: ?>>, %{{[^:]*}}: memref<1x16x16xf32> {llvm.noalias}, %{{[^:]*}}: memref<2x16xf32> {llvm.noalias}, %{{[^:]*}}: memref<2x16xf32> {llvm.noalias}, %{{[^:]*}}: memref<2x16xf32, strided<[16, 1], offset: ?>>, %{{[^:]*}}: index {rondo.loop_step})
#left = affine_map<(i, j, k) -> (i, k)>
#right = affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>
#out = affine_map<(i, j, k) -> (i, j)>
func.func @slots(%h: memref<6x2x16xf32>, %w: memref<1x16x16xf32>, %v: memref<1x16x16xf32>, %a: memref<2x16xf32>,
                 %b: memref<2x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %t = %c0 to %c5 step %c1 {
    %t1 = arith.addi %t, %c1 : index
    %x = memref.subview %h[%t, 0, 0] [1, 2, 16] [1, 1, 1] : memref<6x2x16xf32> to memref<2x16xf32, strided<[16, 1], offset: ?>>
    %y = memref.subview %h[%t1, 0, 0] [1, 2, 16] [1, 1, 1] : memref<6x2x16xf32> to memref<2x16xf32, strided<[16, 1], offset: ?>>
    rondo.phase bounds [2, 16, 16] parallel 2
        ins(%x, %w, %a, %b : memref<2x16xf32, strided<[16, 1], offset: ?>>, memref<1x16x16xf32>, memref<2x16xf32>, memref<2x16xf32>)
        outs(%y : memref<2x16xf32, strided<[16, 1], offset: ?>>) maps [#left, #right, #out, #out, #out]
        sums {
        ^bb0(%xk: f32, %wk: f32, %ak: f32, %bk: f32):
          %p = arith.mulf %xk, %wk : f32
          rondo.phase_yield %p : f32
        } epilogue {
        ^bb0(%s: f32, %xk: f32, %wk: f32, %ak: f32, %bk: f32):
          %r = arith.addf %s, %ak : f32
          %q = arith.mulf %r, %bk : f32
          rondo.phase_yield %q : f32
        }
    rondo.phase bounds [2, 16, 16] parallel 2
        ins(%x, %v, %a, %b : memref<2x16xf32, strided<[16, 1], offset: ?>>, memref<1x16x16xf32>, memref<2x16xf32>, memref<2x16xf32>)
        outs(%y : memref<2x16xf32, strided<[16, 1], offset: ?>>) maps [#left, #right, #out, #out, #out]
        sums {
        ^bb0(%xk: f32, %wk: f32, %ak: f32, %bk: f32):
          %p = arith.mulf %xk, %wk : f32
          rondo.phase_yield %p : f32
        } epilogue {
        ^bb0(%s: f32, %xk: f32, %wk: f32, %ak: f32, %bk: f32):
          %r = arith.addf %s, %ak : f32
          %q = arith.mulf %r, %bk : f32
          rondo.phase_yield %q : f32
        }
  }
  return
}
