// Rows become vectors of the target's width.
// RUN: rondo-opt %s --rondo-vectorize='width=4 registers=16' -canonicalize -cse | FileCheck %s

// The rest of a row is one masked vector.
// CHECK-LABEL: func.func @rest(
// CHECK: %[[THREE:.*]] = arith.constant dense<[true, true, true, false]> : vector<4xi1>
// CHECK: vector.load %{{.*}}[%c0] : memref<7xf32>, vector<4xf32>
// CHECK: vector.store
// CHECK: %[[X:.*]] = vector.maskedload %{{.*}}[%c4], %[[THREE]],
// CHECK: %[[Y:.*]] = arith.addf %[[X]], %[[X]] : vector<4xf32>
// CHECK: vector.maskedstore %{{.*}}[%c4], %[[THREE]], %[[Y]]
func.func @rest(%x: memref<7xf32>, %y: memref<7xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<7xf32>) outs(%y : memref<7xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// A double takes two lanes of 32 bits.
// CHECK-LABEL: func.func @doubles(
// CHECK: vector.load %{{.*}} : memref<4xf64>, vector<2xf64>
func.func @doubles(%x: memref<4xf64>, %y: memref<4xf64>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf64>) outs(%y : memref<4xf64>) {
  ^bb0(%a: f64, %b: f64):
    %0 = arith.addf %a, %a : f64
    linalg.yield %0 : f64
  }
  return
}

// A sum along a row is four vectors of partial sums, two where the row is short, combined at the end; the masked lanes
// count for nothing.
// CHECK-LABEL: func.func @sum_of_a_row(
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<4xf32>
// CHECK: %[[PART:.*]]:4 = scf.for {{.*}} to %c32 step %c16 iter_args(%{{.*}} = %[[ZERO]], {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>)
// CHECK: %[[LAST:.*]] = vector.maskedload
// CHECK: %[[KEPT:.*]] = arith.select %{{.*}}, %[[LAST]], %[[ZERO]]
// CHECK: %[[A:.*]] = arith.addf %[[PART]]#0, %[[KEPT]]
// CHECK: %[[B:.*]] = arith.addf %[[A]], %[[PART]]#2
// CHECK: %[[C:.*]] = arith.addf %[[PART]]#1, %[[PART]]#3
// CHECK: %[[ALL:.*]] = arith.addf %[[B]], %[[C]]
// CHECK: %[[START:.*]] = memref.load %[[Y:.*]][]
// CHECK: %[[SUM:.*]] = vector.reduction <add>, %[[ALL]], %[[START]]
// CHECK: memref.store %[[SUM]], %[[Y]][]
func.func @sum_of_a_row(%x: memref<35xf32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<35xf32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: func.func @sum_of_a_short_row(
// CHECK-NOT: scf.for
// CHECK-COUNT-2: vector.load
// CHECK: vector.maskedload
// CHECK-NOT: vector.load
// CHECK: vector.reduction <add>
func.func @sum_of_a_short_row(%x: memref<11xf32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<11xf32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// A maximum counts minus infinity for nothing.
// CHECK-LABEL: func.func @maximum_of_a_row(
// CHECK: %[[LEAST:.*]] = arith.constant dense<0xFF800000> : vector<4xf32>
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[LEAST]]
// CHECK: vector.reduction <maximumf>
func.func @maximum_of_a_row(%x: memref<7xf32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<7xf32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.maximumf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// What lies a row apart is gathered.
// CHECK-LABEL: func.func @transpose(
// CHECK: %[[STEPS:.*]] = arith.constant dense<[0, 4, 8, 12]> : vector<4xi32>
// CHECK: vector.gather %{{.*}}[%c0, %{{.*}}] [%[[STEPS]]]
// CHECK: vector.maskedstore
func.func @transpose(%x: memref<3x4xf32>, %y: memref<4x3xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x4xf32>) outs(%y : memref<4x3xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// A mask in memory is a byte per element, a vector of i1 is not: element by element.
// CHECK-LABEL: func.func @mask(
// CHECK-NOT: vector<
// CHECK: memref.store %{{.*}} : memref<4xi1>
// CHECK: return
func.func @mask(%x: memref<4xf32>, %m: memref<4xi1>) {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%m : memref<4xi1>) {
  ^bb0(%a: f32, %b: i1):
    %0 = arith.cmpf ogt, %a, %zero : f32
    linalg.yield %0 : i1
  }
  return
}

// A copy is a loop of vectors too; one of a buffer to itself is nothing.
// CHECK-LABEL: func.func @copies(
// CHECK-COUNT-2: vector.store
// CHECK-NOT: {{vector.store|memref.copy}}
// CHECK: return
func.func @copies(%x: memref<8xf32>, %y: memref<8xf32>) {
  memref.copy %x, %y : memref<8xf32> to memref<8xf32>
  memref.copy %x, %x : memref<8xf32> to memref<8xf32>
  return
}

// Each lane knows its own position.
// CHECK-LABEL: func.func @positions(
// CHECK: arith.constant dense<[0, 1, 2, 3]> : vector<4xi32>
func.func @positions(%y: memref<4xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%y : memref<4xi32>) {
  ^bb0(%b: i32):
    %0 = linalg.index 0 : index
    %1 = arith.index_cast %0 : index to i32
    linalg.yield %1 : i32
  }
  return
}
