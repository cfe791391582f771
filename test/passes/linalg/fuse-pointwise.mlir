// The pointwise ops between two products are one pass over their data.
// RUN: rondo-opt %s --pass-pipeline='builtin.module(func.func(rondo-lower-to-linalg,rondo-fuse-pointwise))' \
// RUN:   -mlir-print-local-scope | FileCheck %s

// Several gates and two new states: one generic with a result for each value that is read outside. A bias and a
// constant are repeated inside of it.
// CHECK-LABEL: func.func @cell(
// CHECK-SAME: %[[I:[^:]*]]: tensor<2x4xf32>, %[[G:[^:]*]]: tensor<2x4xf32>, %[[B:[^:]*]]: tensor<4xf32>, %[[C:[^:]*]]: tensor<2x4xf32>)
// CHECK: %[[CELL:.*]]:2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>,
// CHECK-SAME: iterator_types = ["parallel", "parallel"]} ins(%[[B]], %[[I]], %[[G]], %[[C]] :
// CHECK: arith.addf %{{.*}} : f32
// CHECK: math.exp %{{.*}} : f32
// CHECK: arith.divf %{{.*}} : f32
// CHECK: math.tanh %{{.*}} : f32
// CHECK: arith.subf %{{.*}} : f32
// CHECK: %[[NEXT:.*]] = arith.addf %{{.*}} : f32
// CHECK: %[[H:.*]] = math.tanh %[[NEXT]] : f32
// CHECK: linalg.yield %[[NEXT]], %[[H]] : f32, f32
// CHECK-NOT: linalg.generic
// CHECK: return %[[CELL]]#0, %[[CELL]]#1
func.func @cell(%i: tensor<2x4xf32>, %g: tensor<2x4xf32>, %b: tensor<4xf32>, %c: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %bb = rondo.broadcast %b dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %one = arith.constant dense<1.0> : tensor<2x4xf32>
  %i0 = arith.addf %i, %bb : tensor<2x4xf32>
  %i1 = rondo.sigmoid %i0 : tensor<2x4xf32>
  %g1 = math.tanh %g : tensor<2x4xf32>
  %k = arith.subf %one, %i1 : tensor<2x4xf32>
  %kc = arith.mulf %k, %c : tensor<2x4xf32>
  %ig = arith.mulf %i1, %g1 : tensor<2x4xf32>
  %cn = arith.addf %kc, %ig : tensor<2x4xf32>
  %h = math.tanh %cn : tensor<2x4xf32>
  return %cn, %h : tensor<2x4xf32>, tensor<2x4xf32>
}

// What a product reads comes before it, what reads the product after it; what has to do with neither joins one of them.
// CHECK-LABEL: func.func @not_across_a_product(
// CHECK-SAME: %[[A:[^:]*]]: tensor<2x4xf32>, %[[B:[^:]*]]: tensor<2x4xf32>, %[[W:[^:]*]]: tensor<4x4xf32>)
// CHECK: %[[BEFORE:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[A]], %[[B]] :
// CHECK: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: %[[P:.*]] = rondo.phase {{.*}} ins(%[[BEFORE]], %[[W]] :
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[P]], %[[A]] :
// CHECK: math.tanh
// CHECK: math.exp
// CHECK: arith.mulf
func.func @not_across_a_product(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %ab = arith.mulf %a, %b : tensor<2x4xf32>
  %p = rondo.contract %ab, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
  %t = math.tanh %p : tensor<2x4xf32>
  %u = math.exp %a : tensor<2x4xf32>
  %r = arith.mulf %t, %u : tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// Different shapes are different loops.
// CHECK-LABEL: func.func @two_shapes(
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel"]}
func.func @two_shapes(%a: tensor<2x4xf32>, %b: tensor<3xf32>) -> (tensor<2x4xf32>, tensor<3xf32>) {
  %0 = math.exp %a : tensor<2x4xf32>
  %1 = math.exp %b : tensor<3xf32>
  return %0, %1 : tensor<2x4xf32>, tensor<3xf32>
}

// One value repeated in two ways comes in twice.
// CHECK-LABEL: func.func @repeated_in_two_ways(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32>)
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>, {{.*}} ins(%[[V]], %[[V]] :
func.func @repeated_in_two_ways(%v: tensor<4xf32>) -> tensor<4x4xf32> {
  %0 = rondo.broadcast %v dims = [0] : tensor<4xf32> -> tensor<4x4xf32>
  %1 = rondo.broadcast %v dims = [1] : tensor<4xf32> -> tensor<4x4xf32>
  %2 = arith.addf %0, %1 : tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// Random masks and one-hot vectors are computed where they are used, and never stored.
// CHECK-LABEL: func.func @computed_where_it_is_used(
// CHECK-SAME: %[[TOKENS:.*]]: tensor<2xi32>, %[[SEED:.*]]: tensor<i64>)
// CHECK: tensor.empty() : tensor<2x5xf32>
// CHECK-NOT: tensor.empty()
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> ()>, {{.*}} ins(%[[TOKENS]], %[[SEED]] :
// CHECK: linalg.index 1
// CHECK: arith.cmpf olt
// CHECK: arith.select
func.func @computed_where_it_is_used(%t: tensor<2xi32>, %s: tensor<i64>) -> tensor<2x5xf32> {
  %half = arith.constant dense<0.5> : tensor<2x5xf32>
  %0 = rondo.one_hot %t : tensor<2xi32> -> tensor<2x5xf32>
  %1 = rondo.random %s stream = 0 : tensor<i64> -> tensor<2x5xf32>
  %2 = arith.cmpf olt, %1, %half : tensor<2x5xf32>
  %3 = arith.select %2, %0, %half : tensor<2x5xi1>, tensor<2x5xf32>
  return %3 : tensor<2x5xf32>
}
