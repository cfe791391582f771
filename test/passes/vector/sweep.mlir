// rondo-sweep: a loop over time whose points are independent runs eight steps of a tile of points at a time, with what
// a step hands to the next one in registers.
// RUN: rondo-opt %s --rondo-sweep="width=4 registers=16 l2=524288 l3=2097152" --canonicalize -split-input-file | FileCheck %s

// The state lies in a slot for each step: it is read before the first of eight steps, and each one writes the next.
// CHECK-LABEL: func.func @slots
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C8:.*]] = arith.constant 8 : index
// CHECK:         scf.for %[[FROM:.*]] = %{{.*}} to %[[END:.*]] step %[[C8]] {
// CHECK:           %[[BEHIND:.*]] = arith.addi %[[FROM]], %[[C8]]
// CHECK:           %[[TO:.*]] = arith.minui %[[BEHIND]], %[[END]]
// CHECK:           %[[A:.*]] = vector.load %arg0[%{{.*}}] : memref<8xf32>, vector<4xf32>
// CHECK:           scf.for %{{.*}} = %[[FROM]] to %[[TO]] step %[[C1]] iter_args(%[[H:.*]] = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK-NOT:         vector.load %{{.*}} : memref<8xf32>
// CHECK:             %[[NEXT:.*]] = math.fma %[[A]], %[[H]], %{{.*}} : vector<4xf32>
// CHECK:             vector.store %[[NEXT]]
// CHECK:             scf.yield %[[NEXT]], %{{.*}} : vector<4xf32>, vector<4xf32>
// CHECK:         } {rondo.sweep = array<i64: 1, 8>}
#feature = affine_map<(b, h) -> (h)>
#point = affine_map<(b, h) -> (b, h)>
!row = memref<1x8xf32, strided<[8, 1], offset: ?>>
func.func @slots(%a: memref<8xf32>, %x: memref<20x1x8xf32>, %h: memref<21x1x8xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 20 : index
  scf.for %t = %zero to %end step %one {
    %before = memref.subview %h[%t, 0, 0] [1, 1, 8] [1, 1, 1] : memref<21x1x8xf32> to !row
    %now = memref.subview %x[%t, 0, 0] [1, 1, 8] [1, 1, 1] : memref<20x1x8xf32> to !row
    %next = arith.addi %t, %one : index
    %after = memref.subview %h[%next, 0, 0] [1, 1, 8] [1, 1, 1] : memref<21x1x8xf32> to !row
    linalg.generic {indexing_maps = [#feature, #point, #point, #point], iterator_types = ["parallel", "parallel"]}
        ins(%a, %before, %now : memref<8xf32>, !row, !row) outs(%after : !row) {
    ^bb0(%ah: f32, %hh: f32, %xh: f32, %out: f32):
      %p = arith.mulf %ah, %hh : f32
      %s = arith.addf %p, %xh : f32
      linalg.yield %s : f32
    }
  } {rondo.scan}
  return
}

// -----

// All steps write the state to one place, that is, the last one of eight does; what an earlier nest of the step wrote
// is taken from it.
// CHECK-LABEL: func.func @in_place
// CHECK:         %[[H0:.*]] = vector.load %arg1
// CHECK:         %[[LAST:.*]] = scf.for %{{.*}} iter_args(%[[H:.*]] = %[[H0]]) -> (vector<4xf32>) {
// CHECK:           %[[X:.*]] = vector.load
// CHECK:           %[[S:.*]] = arith.addf %[[H]], %[[X]] : vector<4xf32>
// CHECK:           vector.store %[[S]]
// CHECK-NOT:       vector.load
// CHECK:           scf.yield %[[S]] : vector<4xf32>
// CHECK:         vector.store %[[LAST]], %arg1
#points = affine_map<(b, h) -> (b, h)>
!part = memref<1x4xf32, strided<[4, 1], offset: ?>>
func.func @in_place(%x: memref<20x1x4xf32>, %h: memref<1x4xf32>, %y: memref<20x1x4xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 20 : index
  %last = arith.constant 19 : index
  scf.for %i = %zero to %end step %one {
    %t = arith.subi %last, %i : index
    %now = memref.subview %x[%t, 0, 0] [1, 1, 4] [1, 1, 1] : memref<20x1x4xf32> to !part
    %to = memref.subview %y[%t, 0, 0] [1, 1, 4] [1, 1, 1] : memref<20x1x4xf32> to !part
    linalg.generic {indexing_maps = [#points, #points, #points], iterator_types = ["parallel", "parallel"]}
        ins(%h, %now : memref<1x4xf32>, !part) outs(%to : !part) {
    ^bb0(%hh: f32, %xh: f32, %out: f32):
      %s = arith.addf %hh, %xh : f32
      linalg.yield %s : f32
    }
    linalg.generic {indexing_maps = [#points, #points], iterator_types = ["parallel", "parallel"]}
        ins(%to : !part) outs(%h : memref<1x4xf32>) {
    ^bb0(%s: f32, %out: f32):
      linalg.yield %s : f32
    }
  } {rondo.scan}
  return
}

// -----

// A feature that reads its neighbour's state waits for it: this loop stays.
// CHECK-LABEL: func.func @neighbours
// CHECK:         linalg.generic
// CHECK:         {rondo.scan}
#all = affine_map<(h) -> (h)>
!of = memref<4xf32, strided<[1], offset: ?>>
func.func @neighbours(%h: memref<21x5xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 20 : index
  scf.for %t = %zero to %end step %one {
    %before = memref.subview %h[%t, 1] [1, 4] [1, 1] : memref<21x5xf32> to !of
    %next = arith.addi %t, %one : index
    %after = memref.subview %h[%next, 0] [1, 4] [1, 1] : memref<21x5xf32> to !of
    linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]} ins(%before : !of) outs(%after : !of) {
    ^bb0(%hh: f32, %out: f32):
      %s = math.tanh %hh : f32
      linalg.yield %s : f32
    }
  } {rondo.scan}
  return
}

// -----

// So does one that sums over its points, whose next step waits for all of them.
// CHECK-LABEL: func.func @sum
// CHECK:         {rondo.scan}
#h = affine_map<(h) -> (h)>
#one = affine_map<(h) -> ()>
func.func @sum(%x: memref<4xf32>, %s: memref<f32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 20 : index
  scf.for %t = %zero to %end step %one {
    linalg.generic {indexing_maps = [#h, #one], iterator_types = ["reduction"]} ins(%x : memref<4xf32>)
        outs(%s : memref<f32>) {
    ^bb0(%xh: f32, %out: f32):
      %p = arith.addf %xh, %out : f32
      linalg.yield %p : f32
    }
  } {rondo.scan}
  return
}

// -----

// What is more than the cores' own cache holds is asked for two tiles' steps ahead, though not beyond the last step; and
// what is more than all caches hold, and lies in the arena, is written past them.
// CHECK-LABEL: func.func @from_far
// CHECK:         scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args
// CHECK:           %[[LATER:.*]] = arith.addi %[[T]], %c16
// CHECK:           %[[AT:.*]] = arith.minui %[[LATER]], %c19999
// CHECK:           %[[AHEAD:.*]] = memref.subview %{{.*}}[%[[AT]], 0, 0]
// CHECK:           memref.prefetch %[[AHEAD]]{{.*}}, read, locality<2>, data
// CHECK-NOT:       memref.prefetch
// CHECK:           vector.store %{{.*}} {alignment = 16 : i64, nontemporal = true}
// CHECK:           vector.store %{{[^{]*}} : memref
#one = affine_map<(b, h) -> (b, h)>
!line = memref<1x16xf32, strided<[16, 1], offset: ?>>
func.func @from_far(%x: memref<20000x1x16xf32>, %h: memref<1x16xf32>, %y: memref<20000x1x16xf32>,
                    %arena: memref<1280064xi8> {rondo.arena}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.constant 20000 : index
  %begin = arith.constant 64 : index
  %z = memref.view %arena[%begin][] : memref<1280064xi8> to memref<20000x1x16xf32>
  scf.for %t = %zero to %end step %one {
    %now = memref.subview %x[%t, 0, 0] [1, 1, 16] [1, 1, 1] : memref<20000x1x16xf32> to !line
    %to = memref.subview %z[%t, 0, 0] [1, 1, 16] [1, 1, 1] : memref<20000x1x16xf32> to !line
    %given = memref.subview %y[%t, 0, 0] [1, 1, 16] [1, 1, 1] : memref<20000x1x16xf32> to !line
    linalg.generic {indexing_maps = [#one, #one, #one], iterator_types = ["parallel", "parallel"]}
        ins(%h, %now : memref<1x16xf32>, !line) outs(%to : !line) {
    ^bb0(%hh: f32, %xh: f32, %out: f32):
      %s = arith.addf %hh, %xh : f32
      linalg.yield %s : f32
    }
    linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel", "parallel"]}
        ins(%to : !line) outs(%given : !line) {
    ^bb0(%s: f32, %out: f32):
      linalg.yield %s : f32
    }
    linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel", "parallel"]}
        ins(%to : !line) outs(%h : memref<1x16xf32>) {
    ^bb0(%s: f32, %out: f32):
      linalg.yield %s : f32
    }
  } {rondo.scan}
  return
}
