// A contraction becomes a linalg.generic whose lanes are contiguous in memory.
// RUN: rondo-opt %s --rondo-lower-to-linalg -mlir-print-local-scope | FileCheck %s

// Weights that lie the other way round are turned, once: before the loop that they do not change in.
// CHECK-LABEL: func.func @weights_are_turned_before_the_loop(
// CHECK-SAME: %{{.*}}: tensor<2x4xf32>, %[[U:.*]]: tensor<3x4xf32>
// CHECK: %[[TURNED:.*]] = linalg.generic
// CHECK-SAME: affine_map<(d0, d1) -> (d1, d0)>, affine_map<(d0, d1) -> (d0, d1)>
// CHECK-SAME: ins(%[[U]] : tensor<3x4xf32>) outs(%{{.*}} : tensor<4x3xf32>)
// CHECK: scf.for
// CHECK: linalg.generic
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%{{.*}}, %[[TURNED]] : tensor<2x4xf32>, tensor<4x3xf32>)
// CHECK-NOT: linalg.generic
// CHECK: scf.yield
func.func @weights_are_turned_before_the_loop(%h: tensor<2x4xf32>, %u: tensor<3x4xf32>) -> tensor<5x2x3xf32> {
  %ys = rondo.scan () length 5 {
    %y = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
    rondo.yield () emit (%y : tensor<2x3xf32>)
  } -> (tensor<5x2x3xf32>)
  return %ys : tensor<5x2x3xf32>
}

// Weights that the loop changes are turned in it.
// CHECK-LABEL: func.func @weights_of_the_loop_are_turned_in_it(
// CHECK-NOT: linalg.generic
// CHECK: scf.for {{.*}} iter_args(%[[W:[^ ]*]] =
// CHECK: linalg.generic {{.*}} ins(%[[W]] : tensor<4x4xf32>) outs(%{{.*}} : tensor<4x4xf32>)
func.func @weights_of_the_loop_are_turned_in_it(%w0: tensor<4x4xf32>, %h: tensor<2x4xf32>) -> tensor<3x2x4xf32> {
  %wT, %ys = rondo.scan (%w = %w0 : tensor<4x4xf32>) length 3 {
    %n = rondo.contract %h, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %d = arith.addf %w, %w : tensor<4x4xf32>
    rondo.yield (%d : tensor<4x4xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<4x4xf32>, tensor<3x2x4xf32>)
  return %ys : tensor<3x2x4xf32>
}

// Alone, a product starts from zero.
// CHECK-LABEL: func.func @starts_from_zero(
// CHECK: %[[ZERO:.*]] = linalg.fill ins(%cst : f32) outs(%{{.*}} : tensor<2x3xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[ZERO]] : tensor<2x3xf32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32):
// CHECK-NEXT: %[[AB:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[C]], %[[AB]]
// CHECK-NEXT: linalg.yield %[[SUM]]
func.func @starts_from_zero(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// A product that is added to something starts from it, on either side of the sum; so does one product from another.
// CHECK-LABEL: func.func @starts_from_the_other_summand(
// CHECK-SAME: %[[B:[^ ]*]]: tensor<2x3xf32>)
// CHECK-NOT: linalg.fill
// CHECK: %[[FIRST:.*]] = linalg.generic {{.*}} outs(%[[B]] : tensor<2x3xf32>)
// CHECK: linalg.generic {{.*}} outs(%[[FIRST]] : tensor<2x3xf32>)
// CHECK-NOT: arith.addf {{.*}} : tensor
// CHECK: return
func.func @starts_from_the_other_summand(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>, %v: tensor<4x3xf32>,
                                         %b: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %1 = arith.addf %b, %0 : tensor<2x3xf32>
  %2 = rondo.contract %h, %v "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %3 = arith.addf %2, %1 : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// A product that is read twice keeps its own buffer.
// CHECK-LABEL: func.func @read_twice(
// CHECK: linalg.fill
// CHECK: %[[P:.*]] = linalg.generic
// CHECK: arith.addf %{{.*}}, %[[P]] : tensor<2x3xf32>
func.func @read_twice(%h: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = rondo.contract %h, %w "bi,io->bo" : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
  %1 = arith.addf %b, %0 : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}

// A product to a single number only sums.
// CHECK-LABEL: func.func @dot(
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]} {{.*}} outs(%{{.*}} : tensor<f32>)
func.func @dot(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<f32> {
  %0 = rondo.contract %a, %b "i,i->" : tensor<4xf32>, tensor<4xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
