// Weights that may not stay in a core's own cache are read in serpentine order: from the last panel in every odd step.
// RUN: rondo-opt %s --rondo-vectorize='width=16 registers=32' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize=l2=4194304 -canonicalize -cse | FileCheck %s --check-prefix=KEPT
// RUN: rondo-opt %s --rondo-vectorize=l1=73728 -canonicalize -cse | FileCheck %s --check-prefix=FULL
// RUN: rondo-opt %s --rondo-vectorize=l1=131072 -canonicalize -cse | \
// RUN:   FileCheck %s --check-prefix=NEAR --implicit-check-not=memref.prefetch

// A cache four times as large keeps them.
// KEPT-NOT: arith.xori

// A panel that stays in the first-level cache until the next tile of rows reads it is not asked for; one of 64
// KB in 72 is.
// NEAR: math.fma
// FULL: memref.prefetch

// Six rows in one tile, 64 KB of a panel: what comes some terms later is asked for in the first-level cache, and the
// next panel in the second.
// CHECK-LABEL: func.func @steps(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x512xf32>, %[[W:[^:]*]]: memref<10x512x32xf32>
// CHECK: scf.for %[[T:.*]] = %c0 to %c5 step %c1 {
// CHECK: %[[BIT:.*]] = arith.andi %[[T]], %c1
// CHECK: %[[ODD:.*]] = arith.cmpi ne, %[[BIT]], %c0
// CHECK: %[[FLIP:.*]] = arith.select %[[ODD]], %c-1, %c0
// CHECK: %[[BASE:.*]] = arith.andi %[[FLIP]], %c289
// CHECK: scf.for %[[I:.*]] = %c0 to %c320 step %c32 {
// CHECK: %[[REVERSED:.*]] = arith.xori %[[I]], %[[FLIP]]
// CHECK: %[[LANES:.*]] = arith.addi %[[REVERSED]], %[[BASE]]
// CHECK: %[[STRIDE:.*]] = arith.select %[[ODD]], %c-32, %c32
// CHECK: %[[AFTER:.*]] = arith.addi %[[LANES]], %[[STRIDE]]
// CHECK: %[[LEAST:.*]] = arith.maxsi %[[AFTER]], %c0
// CHECK: %[[NEXT:.*]] = arith.minsi %[[LEAST]], %c288
// CHECK: scf.for %[[K:.*]] = %c0 to %c512 step %c1
// CHECK: memref.prefetch %[[W]][{{.*}}], read, locality<2>
// CHECK: memref.prefetch %[[W]][{{.*}}], read, locality<3>
// CHECK: math.fma

// The same in a function of its own, which gets the step.
// CHECK-LABEL: func.func private @kernel(
// CHECK-SAME: %[[T:[^:]*]]: index {rondo.loop_step})
// CHECK: arith.andi %[[T]], %c1
// CHECK: arith.xori

// Outside of steps there is one way.
// CHECK-LABEL: func.func @once(
// CHECK-NOT: arith.xori
// CHECK: return
#x = affine_map<(i, j, k) -> (i, k)>
#w = affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @steps(%x: memref<6x512xf32>, %w: memref<10x512x32xf32>, %y: memref<6x320xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %t = %c0 to %c5 step %c1 {
  rondo.phase bounds [6, 320, 512] parallel 2
      ins(%x, %w : memref<6x512xf32>, memref<10x512x32xf32>) outs(%y : memref<6x320xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  }
  return
}
func.func private @kernel(%x: memref<6x512xf32>, %w: memref<10x512x32xf32>, %y: memref<6x320xf32>,
                          %t: index {rondo.loop_step}) {
  rondo.phase bounds [6, 320, 512] parallel 2
      ins(%x, %w : memref<6x512xf32>, memref<10x512x32xf32>) outs(%y : memref<6x320xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
func.func @once(%x: memref<6x512xf32>, %w: memref<10x512x32xf32>, %y: memref<6x320xf32>) {
  rondo.phase bounds [6, 320, 512] parallel 2
      ins(%x, %w : memref<6x512xf32>, memref<10x512x32xf32>) outs(%y : memref<6x320xf32>) maps [#x, #w, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        rondo.phase_yield %s : f32
      }
  return
}
