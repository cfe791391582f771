// rondo-scale-vectors: an outer product that is scaled becomes one of a scaled vector.
// RUN: rondo-opt %s --rondo-scale-vectors | FileCheck %s

// Numbers of the columns scale the vector that lies along them, whichever factor the product is.
// CHECK-LABEL: func.func @columns
// CHECK-SAME: %[[S:[^:]*]]: tensor<2x4xf32>, %[[A:[^:]*]]: tensor<2x3xf32>, %[[B:[^:]*]]: tensor<2x4xf32>
// CHECK: %[[SB:.*]] = arith.mulf %[[S]], %[[B]] : tensor<2x4xf32>
// CHECK: %[[P:.*]] = rondo.contract %[[A]], %[[SB]] "bi,bj->bij"
// CHECK: return %[[P]]
func.func @columns(%s: tensor<2x4xf32>, %a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x3x4xf32> {
  %0 = rondo.broadcast %s dims = [0, 2] : tensor<2x4xf32> -> tensor<2x3x4xf32>
  %1 = rondo.contract %a, %b "bi,bj->bij" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
  %2 = arith.mulf %1, %0 : tensor<2x3x4xf32>
  return %2 : tensor<2x3x4xf32>
}

// What others read too stays, as does what is scaled by a number for each number, and a product that sums.
// CHECK-LABEL: func.func @left_alone
// CHECK-COUNT-3: arith.mulf %{{.*}} : tensor<2x3x4xf32>
// CHECK: return
func.func @left_alone(%s: tensor<2xf32>, %m: tensor<3x4xf32>, %a: tensor<2x3xf32>, %b: tensor<2x4xf32>,
                      %c: tensor<2x3x5xf32>, %d: tensor<2x4x5xf32>)
    -> (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) {
  %0 = rondo.broadcast %s dims = [0] : tensor<2xf32> -> tensor<2x3x4xf32>
  %1 = rondo.contract %a, %b "bi,bj->bij" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
  %2 = arith.mulf %0, %1 : tensor<2x3x4xf32>
  %3 = rondo.broadcast %m dims = [1, 2] : tensor<3x4xf32> -> tensor<2x3x4xf32>
  %4 = rondo.contract %a, %b "bi,bj->bij" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
  %5 = arith.mulf %3, %4 : tensor<2x3x4xf32>
  %6 = rondo.contract %c, %d "bik,bjk->bij" : tensor<2x3x5xf32>, tensor<2x4x5xf32> -> tensor<2x3x4xf32>
  %7 = arith.mulf %0, %6 : tensor<2x3x4xf32>
  return %1, %2, %5, %7 : tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>
}
