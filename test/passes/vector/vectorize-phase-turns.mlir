// Where registers are few, a phase of many rows computes one sum after the other.
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=16' -canonicalize -cse | FileCheck %s
// RUN: rondo-opt %s --rondo-vectorize='width=8 registers=32' -canonicalize -cse | FileCheck %s --check-prefix=MANY

// Three sums of two vectors for six rows would be 36 registers of 16: one is summed up after the other, each in twelve, two
// terms in an iteration. They wait in memory; from there the pointwise body takes them in loops over rows and vectors. The
// weights lie one after the other, so the loop over the sums is one, too.
// CHECK-LABEL: func.func @gates(
// CHECK-SAME: %[[X:[^:]*]]: memref<6x4xf32>, %[[W:[^:]*]]: memref<2x3x4x16xf32>, %[[Y:[^:]*]]: memref<6x32xf32>)
// CHECK: %[[ASIDE:.*]] = memref.alloca() : memref<6x2x3xvector<8xf32>>
// CHECK: scf.for %[[J:.*]] = %c0 to %c32 step %c16 {
// CHECK: scf.for %[[SUM:.*]] = %c0 to %c3 step %c1 {
// CHECK: %[[SUMS:.*]]:12 = scf.for %[[K:.*]] = %c0 to %c4 step %c2
// CHECK: vector.load %[[W]][%{{.*}}, %[[SUM]], %[[K]], %c0]
// CHECK: vector.load %[[W]][%{{.*}}, %[[SUM]], %[[K]], %c8]
// CHECK: %[[NEXT:.*]] = arith.addi %[[K]], %c1
// CHECK: memref.load %[[X]][%c0, %[[NEXT]]]
// CHECK: vector.load %[[W]][%{{.*}}, %[[SUM]], %[[NEXT]], %c0]
// CHECK: scf.yield
// CHECK: memref.store %[[SUMS]]#0, %[[ASIDE]][%c0, %c0, %[[SUM]]]
// CHECK: memref.store %[[SUMS]]#11, %[[ASIDE]][%c5, %c1, %[[SUM]]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c6 step %c1 {
// CHECK: scf.for %[[V:.*]] = %c0 to %c2 step %c1 {
// CHECK: %[[LANES:.*]] = arith.muli %[[V]], %c8
// CHECK: %[[LANE:.*]] = arith.addi %[[J]], %[[LANES]]
// CHECK: %[[A:.*]] = memref.load %[[ASIDE]][%[[ROW]], %[[V]], %c0]
// CHECK: %[[B:.*]] = memref.load %[[ASIDE]][%[[ROW]], %[[V]], %c1]
// CHECK: %[[C:.*]] = memref.load %[[ASIDE]][%[[ROW]], %[[V]], %c2]
// CHECK: %[[TANH:.*]] = math.tanh %[[A]]
// CHECK: %[[RESULT:.*]] = math.fma %[[TANH]], %[[B]], %[[C]]
// CHECK: vector.store %[[RESULT]], %[[Y]][%[[ROW]], %[[LANE]]]
// CHECK-NOT: math.tanh
// CHECK: return

// MANY-LABEL: func.func @gates(
// MANY: %[[ASIDE:.*]] = memref.alloca() : memref<3x2x3xvector<8xf32>>
// MANY: %{{.*}}:18 = scf.for
// MANY-COUNT-18: memref.store %{{.*}}, %[[ASIDE]][
// MANY: scf.for %{{.*}} = %c0 to %c3 step %c1 {
// MANY: math.tanh
// MANY-NOT: math.tanh
// MANY: func.func @different(
#x = affine_map<(i, j, k) -> (i, k)>
#y = affine_map<(i, j, k) -> (i, j)>
func.func @gates(%x: memref<6x4xf32>, %w: memref<2x3x4x16xf32>, %y: memref<6x32xf32>) {
  rondo.phase bounds [6, 32, 4] parallel 2
      ins(%x, %w, %w, %w : memref<6x4xf32>, memref<2x3x4x16xf32>, memref<2x3x4x16xf32>, memref<2x3x4x16xf32>)
      outs(%y : memref<6x32xf32>)
      maps [#x, affine_map<(i, j, k) -> (j floordiv 16, 0, k, j mod 16)>,
            affine_map<(i, j, k) -> (j floordiv 16, 1, k, j mod 16)>,
            affine_map<(i, j, k) -> (j floordiv 16, 2, k, j mod 16)>, #y]
      sums {
      ^bb0(%xk: f32, %uk: f32, %vk: f32, %wk: f32):
        %p = arith.mulf %xk, %uk : f32
        %q = arith.mulf %xk, %vk : f32
        %r = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p, %q, %r : f32, f32, f32
      } epilogue {
      ^bb0(%s: f32, %t: f32, %u: f32, %xk: f32, %uk: f32, %vk: f32, %wk: f32):
        %a = math.tanh %s : f32
        %b = arith.mulf %a, %t : f32
        %c = arith.addf %b, %u : f32
        rondo.phase_yield %c : f32
      }
  return
}

// Sums that differ in more are each a loop of their own. Five terms are two iterations of two and one
// more.
// CHECK-LABEL: func.func @different(
// CHECK: memref.alloca() : memref<4x2x3xvector<8xf32>>
// CHECK-COUNT-3: scf.for %{{.*}} = %c0 to %c4 step %c2 iter_args
// CHECK-NOT: step %c2 iter_args
// CHECK: math.tanh
// CHECK: return
func.func @different(%x: memref<4x5xf32>, %z: memref<4x5xf32>, %w: memref<5x8xf32>, %y: memref<4x8xf32>) {
  rondo.phase bounds [4, 8, 5] parallel 2
      ins(%x, %z, %w : memref<4x5xf32>, memref<4x5xf32>, memref<5x8xf32>) outs(%y : memref<4x8xf32>)
      maps [#x, #x, affine_map<(i, j, k) -> (k, j)>, #y]
      sums {
      ^bb0(%xk: f32, %zk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        %q = arith.mulf %zk, %wk : f32
        rondo.phase_yield %p, %q, %xk : f32, f32, f32
      } epilogue {
      ^bb0(%s: f32, %t: f32, %u: f32, %xk: f32, %zk: f32, %wk: f32):
        %a = math.tanh %s : f32
        %b = arith.mulf %a, %t : f32
        %c = arith.addf %b, %u : f32
        rondo.phase_yield %c : f32
      }
  return
}

// One sum that is a function's argument goes through memory too: one function in a loop, not one for each register. The
// last vector of 29 features has a mask that lets everything pass elsewhere.
// CHECK-LABEL: func.func @one(
// CHECK: %[[ASIDE:.*]] = memref.alloca() : memref<6x2x1xvector<8xf32>>
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16 {
// CHECK: %[[LAST:.*]] = arith.cmpi sgt
// CHECK: iter_args
// CHECK: memref.store %{{.*}}, %[[ASIDE]][%c5, %c1, %c0]
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c6 step %c1 {
// CHECK: scf.for %[[V:.*]] = %c0 to %c2 step %c1 {
// CHECK: %[[BEFORE:.*]] = arith.cmpi ne, %[[V]], %c1
// CHECK: %[[ALL:.*]] = vector.broadcast %[[BEFORE]]
// CHECK: %[[MASK:.*]] = arith.ori %[[LAST]], %[[ALL]]
// CHECK: memref.load %[[ASIDE]][%[[ROW]], %[[V]], %c0]
// CHECK: math.tanh
// CHECK: vector.maskedstore %{{.*}}, %[[MASK]]
// CHECK-NOT: math.tanh
// CHECK: return
// MANY-LABEL: func.func @one(
// MANY-NOT: memref.alloca
// MANY: return
func.func @one(%x: memref<6x4xf32>, %w: memref<2x4x16xf32>, %y: memref<6x29xf32>) {
  rondo.phase bounds [6, 29, 4] parallel 2
      ins(%x, %w : memref<6x4xf32>, memref<2x4x16xf32>) outs(%y : memref<6x29xf32>)
      maps [#x, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32):
        %a = math.tanh %s : f32
        rondo.phase_yield %a : f32
      }
  return
}

// What the body reads by its place in a block is not read in a loop over vectors.
// CHECK-LABEL: func.func @place_in_a_block(
// CHECK-SAME: %[[A:[^:,]*]]: memref<16x6xf32>)
// CHECK: memref.alloca() : memref<6x2x1xvector<8xf32>>
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c6 step %c1 {
// CHECK-NOT: scf.for
// CHECK: memref.load %[[A]][%c0, %[[ROW]]]
// CHECK: memref.load %[[A]][%c7, %[[ROW]]]
// CHECK: math.tanh
// CHECK: memref.load %[[A]][%c8, %[[ROW]]]
// CHECK: memref.load %[[A]][%c15, %[[ROW]]]
// CHECK: math.tanh
// CHECK: return
func.func @place_in_a_block(%x: memref<6x4xf32>, %w: memref<2x4x16xf32>, %y: memref<6x32xf32>, %a: memref<16x6xf32>) {
  rondo.phase bounds [6, 32, 4] parallel 2
      ins(%x, %w, %a : memref<6x4xf32>, memref<2x4x16xf32>, memref<16x6xf32>) outs(%y : memref<6x32xf32>)
      maps [#x, affine_map<(i, j, k) -> (j floordiv 16, k, j mod 16)>, affine_map<(i, j, k) -> (j mod 16, i)>, #y]
      sums {
      ^bb0(%xk: f32, %wk: f32, %ak: f32):
        %p = arith.mulf %xk, %wk : f32
        rondo.phase_yield %p : f32
      } epilogue {
      ^bb0(%s: f32, %xk: f32, %wk: f32, %ak: f32):
        %t = arith.addf %s, %ak : f32
        %r = math.tanh %t : f32
        rondo.phase_yield %r : f32
      }
  return
}
