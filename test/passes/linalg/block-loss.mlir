// Losses over vocabularies that are worth panels: in one loop the sums, in another one, from the last panel on, what is
// made of the derivative.
// RUN: rondo-opt %s --rondo-block-loss=panel=4 -mlir-print-local-scope | FileCheck %s
// As the caches say.
// RUN: rondo-opt %s --rondo-block-loss="l1=4096 l2=16384" -mlir-print-local-scope | FileCheck %s --check-prefix=CACHES

// A vocabulary of 10 has two panels of 4, and a smaller one, which comes last and is the first to be read again.
// CHECK-LABEL: func.func @with_a_rest(
// CHECK: %[[FORTH:.*]]:4 = scf.for %[[P:.*]] = %c0 to %c2 step
// CHECK: %[[FIRST:.*]] = arith.muli %[[P]], %c4
// CHECK: tensor.extract_slice %arg1[%[[FIRST]], 0] [4, 3]
// CHECK: rondo.contract {{.*}} "bi,oi->bo" {{.*}} -> tensor<4x4xf32>
// CHECK: math.exp
// CHECK: scf.yield
// CHECK: tensor.extract_slice %arg1[%c8, 0] [2, 3]
// CHECK: rondo.contract {{.*}} "bi,oi->bo" {{.*}} -> tensor<4x2xf32>
// CHECK: math.log
// CHECK: rondo.contract {{.*}} "bo,bi->oi" : tensor<4x2xf32>, tensor<4x3xf32> -> tensor<2x3xf32>
// CHECK: rondo.reduce sum {{.*}} : tensor<4x2xf32> -> tensor<2xf32>
// CHECK: rondo.contract {{.*}} "bo,oi->bi" : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK: %[[BACK:.*]]:3 = scf.for %[[I:.*]] = %c0{{.*}} to %c2{{.*}} step
// CHECK: arith.subi %{{.*}}, %[[I]]
// CHECK: rondo.contract {{.*}} "bo,bi->oi" : tensor<4x4xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
// CHECK: rondo.reduce sum {{.*}} : tensor<4x4xf32> -> tensor<4xf32>
// CHECK: rondo.contract {{.*}} "bo,oi->bi" : tensor<4x4xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
// CHECK-NOT: rondo.softmax
// CHECK: return %{{.*}}, %[[BACK]]#2, %[[BACK]]#0, %[[BACK]]#1
func.func @with_a_rest(%x: tensor<4x3xf32>, %w: tensor<10x3xf32>, %b: tensor<10xf32>, %t: tensor<4xi32>,
                       %g: tensor<4xf32>) -> (tensor<4xf32>, tensor<4x3xf32>, tensor<10x3xf32>, tensor<10xf32>) {
  %p = rondo.contract %x, %w "bi,oi->bo" : tensor<4x3xf32>, tensor<10x3xf32> -> tensor<4x10xf32>
  %rows = rondo.broadcast %b dims = [1] : tensor<10xf32> -> tensor<4x10xf32>
  %z = arith.addf %p, %rows : tensor<4x10xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x10xf32>, tensor<4xi32> -> tensor<4xf32>
  %s = rondo.softmax %z dim = 1 : tensor<4x10xf32>
  %o = rondo.one_hot %t : tensor<4xi32> -> tensor<4x10xf32>
  %m = arith.subf %s, %o : tensor<4x10xf32>
  %c = rondo.broadcast %g dims = [0] : tensor<4xf32> -> tensor<4x10xf32>
  %d = arith.mulf %m, %c : tensor<4x10xf32>
  %dx = rondo.contract %d, %w "bo,oi->bi" : tensor<4x10xf32>, tensor<10x3xf32> -> tensor<4x3xf32>
  %dw = rondo.contract %d, %x "bo,bi->oi" : tensor<4x10xf32>, tensor<4x3xf32> -> tensor<10x3xf32>
  %db = rondo.reduce sum %d dims = [0] : tensor<4x10xf32> -> tensor<10xf32>
  return %l, %dx, %dw, %db : tensor<4xf32>, tensor<4x3xf32>, tensor<10x3xf32>, tensor<10xf32>
}

// Few rows, and a small vocabulary, stay whole unless a panel is given.
// CACHES-LABEL: func.func @with_a_rest(
// CACHES: rondo.softmax

// 16 rows of 1024 tokens are 64 KB; 256 tokens are the least that a panel has, and a quarter of all.
// CHECK-LABEL: func.func @weights_alone(
// CACHES-LABEL: func.func @weights_alone(
// CACHES: scf.for %{{.*}} = %c0 to %c4
// CACHES: rondo.contract {{.*}} "bi,oi->bo" {{.*}} -> tensor<16x256xf32>
// CACHES: scf.for %{{.*}} = %c0{{.*}} to %c4
// CACHES: rondo.contract {{.*}} "bo,bi->oi" {{.*}} -> tensor<256x3xf32>
// CACHES-NOT: rondo.contract
// CACHES: return
func.func @weights_alone(%x: tensor<4x4x3xf32>, %w: tensor<1024x3xf32>, %t: tensor<4x4xi32>)
    -> (tensor<4x4xf32>, tensor<1024x3xf32>) {
  %z = rondo.contract %x, %w "tbi,oi->tbo" : tensor<4x4x3xf32>, tensor<1024x3xf32> -> tensor<4x4x1024xf32>
  %l = rondo.cross_entropy %z, %t : tensor<4x4x1024xf32>, tensor<4x4xi32> -> tensor<4x4xf32>
  %s = rondo.softmax %z dim = 2 : tensor<4x4x1024xf32>
  %o = rondo.one_hot %t : tensor<4x4xi32> -> tensor<4x4x1024xf32>
  %m = arith.subf %s, %o : tensor<4x4x1024xf32>
  %c = arith.constant dense<0.25> : tensor<4x4x1024xf32>
  %d = arith.mulf %m, %c : tensor<4x4x1024xf32>
  %dw = rondo.contract %x, %d "tbi,tbo->oi" : tensor<4x4x3xf32>, tensor<4x4x1024xf32> -> tensor<1024x3xf32>
  return %l, %dw : tensor<4x4xf32>, tensor<1024x3xf32>
}
