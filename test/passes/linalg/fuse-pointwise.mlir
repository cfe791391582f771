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

// Each row's random numbers read its seed and its first position, whatever the order of the dimensions.
// CHECK-LABEL: func.func @rows_of_random_numbers(
// CHECK-SAME: %[[SEEDS:.*]]: tensor<3xi64>, %[[FIRST:.*]]: tensor<3xi64>)
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, {{.*}} ins(%[[SEEDS]], %[[FIRST]] :
// CHECK-NEXT: ^bb0(%{{.*}}: i64, %[[P:.*]]: i64, %{{.*}}: f32):
// CHECK: linalg.index 2
// CHECK-NOT: linalg.index 1
// CHECK: %[[T:.*]] = linalg.index 0
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[T]] : index to i64
// CHECK: arith.addi %[[P]], %[[WIDE]] : i64
// CHECK-NOT: linalg.index
// CHECK: return
func.func @rows_of_random_numbers(%s: tensor<3xi64>, %p: tensor<3xi64>) -> tensor<4x3x2xf32> {
  %0 = rondo.random %s, %p rows = 1 time = 0 stream = 0 : tensor<3xi64> -> tensor<4x3x2xf32>
  return %0 : tensor<4x3x2xf32>
}

// Of independent values, 16 at most are one loop nest: it holds all of them at once.
// CHECK-LABEL: func.func @independent(
// CHECK: %{{.*}}:16 = linalg.generic
// CHECK: linalg.generic {{.*}} outs(%{{[0-9]+}} : tensor<2xf32>)
// CHECK: return
func.func @independent(%a0: tensor<2xf32>, %a1: tensor<2xf32>, %a2: tensor<2xf32>, %a3: tensor<2xf32>, %a4: tensor<2xf32>, %a5: tensor<2xf32>,
    %a6: tensor<2xf32>, %a7: tensor<2xf32>, %a8: tensor<2xf32>, %a9: tensor<2xf32>, %a10: tensor<2xf32>, %a11: tensor<2xf32>,
    %a12: tensor<2xf32>, %a13: tensor<2xf32>, %a14: tensor<2xf32>, %a15: tensor<2xf32>, %a16: tensor<2xf32>)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
        tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
        tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = math.exp %a0 : tensor<2xf32>
  %1 = math.exp %a1 : tensor<2xf32>
  %2 = math.exp %a2 : tensor<2xf32>
  %3 = math.exp %a3 : tensor<2xf32>
  %4 = math.exp %a4 : tensor<2xf32>
  %5 = math.exp %a5 : tensor<2xf32>
  %6 = math.exp %a6 : tensor<2xf32>
  %7 = math.exp %a7 : tensor<2xf32>
  %8 = math.exp %a8 : tensor<2xf32>
  %9 = math.exp %a9 : tensor<2xf32>
  %10 = math.exp %a10 : tensor<2xf32>
  %11 = math.exp %a11 : tensor<2xf32>
  %12 = math.exp %a12 : tensor<2xf32>
  %13 = math.exp %a13 : tensor<2xf32>
  %14 = math.exp %a14 : tensor<2xf32>
  %15 = math.exp %a15 : tensor<2xf32>
  %16 = math.exp %a16 : tensor<2xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16 :
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// Values that are made of one tensor stay together, however many.
// CHECK-LABEL: func.func @of_one_tensor(
// CHECK: %{{.*}}:17 = linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @of_one_tensor(%a: tensor<2xf32>)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
        tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
        tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %c0 = arith.constant dense<0.5> : tensor<2xf32>
  %0 = arith.mulf %a, %c0 : tensor<2xf32>
  %c1 = arith.constant dense<1.5> : tensor<2xf32>
  %1 = arith.mulf %a, %c1 : tensor<2xf32>
  %c2 = arith.constant dense<2.5> : tensor<2xf32>
  %2 = arith.mulf %a, %c2 : tensor<2xf32>
  %c3 = arith.constant dense<3.5> : tensor<2xf32>
  %3 = arith.mulf %a, %c3 : tensor<2xf32>
  %c4 = arith.constant dense<4.5> : tensor<2xf32>
  %4 = arith.mulf %a, %c4 : tensor<2xf32>
  %c5 = arith.constant dense<5.5> : tensor<2xf32>
  %5 = arith.mulf %a, %c5 : tensor<2xf32>
  %c6 = arith.constant dense<6.5> : tensor<2xf32>
  %6 = arith.mulf %a, %c6 : tensor<2xf32>
  %c7 = arith.constant dense<7.5> : tensor<2xf32>
  %7 = arith.mulf %a, %c7 : tensor<2xf32>
  %c8 = arith.constant dense<8.5> : tensor<2xf32>
  %8 = arith.mulf %a, %c8 : tensor<2xf32>
  %c9 = arith.constant dense<9.5> : tensor<2xf32>
  %9 = arith.mulf %a, %c9 : tensor<2xf32>
  %c10 = arith.constant dense<10.5> : tensor<2xf32>
  %10 = arith.mulf %a, %c10 : tensor<2xf32>
  %c11 = arith.constant dense<11.5> : tensor<2xf32>
  %11 = arith.mulf %a, %c11 : tensor<2xf32>
  %c12 = arith.constant dense<12.5> : tensor<2xf32>
  %12 = arith.mulf %a, %c12 : tensor<2xf32>
  %c13 = arith.constant dense<13.5> : tensor<2xf32>
  %13 = arith.mulf %a, %c13 : tensor<2xf32>
  %c14 = arith.constant dense<14.5> : tensor<2xf32>
  %14 = arith.mulf %a, %c14 : tensor<2xf32>
  %c15 = arith.constant dense<15.5> : tensor<2xf32>
  %15 = arith.mulf %a, %c15 : tensor<2xf32>
  %c16 = arith.constant dense<16.5> : tensor<2xf32>
  %16 = arith.mulf %a, %c16 : tensor<2xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16 :
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// A loop reads what is the same for all rows and steps as it is: repeated outside, it would be read from further away.
// CHECK-LABEL: func.func @repeated_in_a_loop(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[GAIN:[^:]*]]: tensor<4xf32>)
// CHECK-NOT: linalg.generic
// CHECK: scf.for {{.*}} iter_args(%[[S:.*]] = %[[X]])
// CHECK: linalg.generic {{.*}} ins({{.*}}%[[GAIN]]
// CHECK: arith.mulf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @repeated_in_a_loop(%x: tensor<2x4xf32>, %gain: tensor<4xf32>) -> tensor<2x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %g = rondo.broadcast %gain dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %r = scf.for %t = %c0 to %c9 step %c1 iter_args(%s = %x) -> tensor<2x4xf32> {
    %0 = arith.mulf %s, %g : tensor<2x4xf32>
    %1 = math.tanh %0 : tensor<2x4xf32>
    scf.yield %1 : tensor<2x4xf32>
  }
  return %r : tensor<2x4xf32>
}

// What is read from memory in any case and what is the same for a row are added where the result is read, on both sides
// of a product: it is written nowhere.
// CHECK-LABEL: func.func @recomputed(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[B:[^:]*]]: tensor<4xf32>, %[[W:[^:]*]]: tensor<4x4xf32>)
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[B]], %[[X]] :
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK-NEXT: linalg.yield %{{[0-9]+}} : f32
// CHECK: rondo.phase
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[B]], %[[X]], %{{[0-9]+}} :
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK: return
func.func @recomputed(%x: tensor<2x4xf32>, %b: tensor<4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %bb = rondo.broadcast %b dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %s = arith.addf %x, %bb : tensor<2x4xf32>
  %t = math.tanh %s : tensor<2x4xf32>
  %p = rondo.contract %t, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
  %u = math.tanh %p : tensor<2x4xf32>
  %y = arith.mulf %u, %s : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// A sum takes in the arithmetic that only it reads.
// CHECK-LABEL: func.func @sum(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[M:[^:]*]]: tensor<2xf32>)
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins({{.*}}%[[X]]{{.*}} : {{.*}}) outs(
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @sum(%x: tensor<2x4xf32>, %m: tensor<2xf32>) -> tensor<2xf32> {
  %ms = rondo.broadcast %m dims = [0] : tensor<2xf32> -> tensor<2x4xf32>
  %d = arith.subf %x, %ms : tensor<2x4xf32>
  %s = arith.mulf %d, %d : tensor<2x4xf32>
  %v = rondo.reduce sum %s dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
  return %v : tensor<2xf32>
}

// No function, and nothing that is read elsewhere too.
// CHECK-LABEL: func.func @sums_of_others(
// CHECK: %[[VALUES:.*]]:2 = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[VALUES]]#
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[VALUES]]#
// CHECK: return
func.func @sums_of_others(%x: tensor<2x4xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2x4xf32>) {
  %e = math.exp %x : tensor<2x4xf32>
  %w = rondo.reduce sum %e dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
  %s = arith.mulf %x, %x : tensor<2x4xf32>
  %v = rondo.reduce sum %s dims = [1] : tensor<2x4xf32> -> tensor<2xf32>
  return %v, %w, %s : tensor<2xf32>, tensor<2xf32>, tensor<2x4xf32>
}
