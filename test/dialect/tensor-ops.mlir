// The textual form of the tensor ops: the example of each op's description, and each op in double.
// RUN: rondo-opt %s | rondo-opt | FileCheck %s

// CHECK-LABEL: func.func @contract
func.func @contract(%x: tensor<3x5xf32>, %w: tensor<7x5xf32>, %a: tensor<2x3x4xf64>, %b: tensor<4xf64>) {
  // CHECK: rondo.contract %{{.*}}, %{{.*}} "bi,oi->bo" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
  %y = rondo.contract %x, %w "bi,oi->bo" : tensor<3x5xf32>, tensor<7x5xf32> -> tensor<3x7xf32>
  // CHECK: rondo.contract %{{.*}}, %{{.*}} "tbi,i->bt" : tensor<2x3x4xf64>, tensor<4xf64> -> tensor<3x2xf64>
  %z = rondo.contract %a, %b "tbi,i->bt" : tensor<2x3x4xf64>, tensor<4xf64> -> tensor<3x2xf64>
  // An empty term is a scalar: the outer product has no letter to sum over, the inner one leaves none.
  // CHECK: rondo.contract %{{.*}}, %{{.*}} "i,i->" : tensor<4xf64>, tensor<4xf64> -> tensor<f64>
  %s = rondo.contract %b, %b "i,i->" : tensor<4xf64>, tensor<4xf64> -> tensor<f64>
  // CHECK: rondo.contract %{{.*}}, %{{.*}} "i,j->ji" : tensor<4xf64>, tensor<4xf64> -> tensor<4x4xf64>
  %o = rondo.contract %b, %b "i,j->ji" : tensor<4xf64>, tensor<4xf64> -> tensor<4x4xf64>
  return
}

// CHECK-LABEL: func.func @gate_product
func.func @gate_product(%h: tensor<2x4xf32>, %wi: tensor<6x4xf32>, %wf: tensor<6x4xf32>) {
  // CHECK: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}) "bk,jk->bj" : tensor<2x4xf32>, (tensor<6x4xf32>, tensor<6x4xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>)
  %i, %f = rondo.gate_product %h, (%wi, %wf) "bk,jk->bj"
      : tensor<2x4xf32>, (tensor<6x4xf32>, tensor<6x4xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>)
  return
}

// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%bias: tensor<4xf32>, %s: tensor<f64>, %t: tensor<2x3xi1>) {
  // CHECK: rondo.broadcast %{{.*}} dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %r = rondo.broadcast %bias dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  // CHECK: rondo.broadcast %{{.*}} dims = [] : tensor<f64> -> tensor<2x4xf64>
  %d = rondo.broadcast %s dims = [] : tensor<f64> -> tensor<2x4xf64>
  // CHECK: rondo.broadcast %{{.*}} dims = [0, 2] : tensor<2x3xi1> -> tensor<2x4x3xi1>
  %m = rondo.broadcast %t dims = [0, 2] : tensor<2x3xi1> -> tensor<2x4x3xi1>
  return
}

// CHECK-LABEL: func.func @reduce
func.func @reduce(%x: tensor<8x2xf32>, %y: tensor<8x2x3xf64>) {
  // CHECK: rondo.reduce mean %{{.*}} dims = [0, 1] : tensor<8x2xf32> -> tensor<f32>
  %m = rondo.reduce mean %x dims = [0, 1] : tensor<8x2xf32> -> tensor<f32>
  // CHECK: rondo.reduce sum %{{.*}} dims = [0, 2] : tensor<8x2x3xf64> -> tensor<2xf64>
  %s = rondo.reduce sum %y dims = [0, 2] : tensor<8x2x3xf64> -> tensor<2xf64>
  // CHECK: rondo.reduce max %{{.*}} dims = [1] : tensor<8x2x3xf64> -> tensor<8x3xf64>
  %a = rondo.reduce max %y dims = [1] : tensor<8x2x3xf64> -> tensor<8x3xf64>
  return
}

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<2x5xf32>, %y: tensor<2x5xf64>, %logits: tensor<8x2x96xf32>, %next: tensor<8x2xi32>) {
  // CHECK: rondo.softmax %{{.*}} dim = 1 : tensor<2x5xf32>
  %p = rondo.softmax %x dim = 1 : tensor<2x5xf32>
  // CHECK: rondo.softmax %{{.*}} dim = 1 : tensor<2x5xf64>
  %q = rondo.softmax %y dim = 1 : tensor<2x5xf64>
  // CHECK: rondo.sigmoid %{{.*}} : tensor<2x5xf32>
  %s = rondo.sigmoid %x : tensor<2x5xf32>
  // CHECK: rondo.stop %{{.*}} : tensor<2x5xf32>
  %stopped = rondo.stop %x : tensor<2x5xf32>
  // CHECK: rondo.cross_entropy %{{.*}}, %{{.*}} : tensor<8x2x96xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  %l = rondo.cross_entropy %logits, %next : tensor<8x2x96xf32>, tensor<8x2xi32> -> tensor<8x2xf32>
  return
}

// CHECK-LABEL: func.func @axes
func.func @axes(%w: tensor<4x3xf32>, %bias: tensor<4xf32>, %x: tensor<2x5xf32>, %scores: tensor<7x2xf32>) {
  // CHECK: rondo.broadcast %{{.*}} dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  // CHECK: rondo.broadcast %{{.*}} dims = [1, 0] : tensor<4x3xf32> -> tensor<3x4xf32>
  %r = rondo.broadcast %bias dims = [1] : tensor<4xf32> -> tensor<2x4xf32>
  %t = rondo.broadcast %w dims = [1, 0] : tensor<4x3xf32> -> tensor<3x4xf32>
  // CHECK: rondo.softmax %{{.*}} dim = 1 : tensor<2x5xf32>
  // CHECK: rondo.softmax %{{.*}} dim = 0 : tensor<7x2xf32>
  %p = rondo.softmax %x dim = 1 : tensor<2x5xf32>
  %q = rondo.softmax %scores dim = 0 : tensor<7x2xf32>
  // CHECK: rondo.iota dim = 0 : tensor<8x2xi32>
  %i = rondo.iota dim = 0 : tensor<8x2xi32>
  return
}

// CHECK-LABEL: func.func @tokens
func.func @tokens(%tokens: tensor<2xi32>, %table: tensor<96x16xf32>, %text: tensor<8x2xi32>, %d: tensor<8x2x16xf32>,
                  %memory: tensor<7x2x16xf32>, %at: tensor<8x2xi32>) {
  // CHECK: rondo.one_hot %{{.*}} : tensor<2xi32> -> tensor<2x96xf32>
  %h = rondo.one_hot %tokens : tensor<2xi32> -> tensor<2x96xf32>
  // CHECK: rondo.gather %{{.*}}, %{{.*}} : tensor<96x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
  %e = rondo.gather %table, %text : tensor<96x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
  // CHECK: rondo.gather %{{.*}}, %{{.*}} "sbf,tb->tbf" : tensor<7x2x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
  %m = rondo.gather %memory, %at "sbf,tb->tbf" : tensor<7x2x16xf32>, tensor<8x2xi32> -> tensor<8x2x16xf32>
  // CHECK: rondo.scatter_add %{{.*}}, %{{.*}} : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<96x16xf32>
  %g = rondo.scatter_add %text, %d : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<96x16xf32>
  // CHECK: rondo.scatter_add %{{.*}}, %{{.*}} "sbf,tb->tbf" : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<7x2x16xf32>
  %n = rondo.scatter_add %at, %d "sbf,tb->tbf" : tensor<8x2xi32>, tensor<8x2x16xf32> -> tensor<7x2x16xf32>
  return
}

// CHECK-LABEL: func.func @random
func.func @random(%seeds: tensor<2xi64>, %first: tensor<2xi64>, %seed: tensor<i64>, %begin: tensor<i64>) {
  // CHECK: rondo.random %{{.*}}, %{{.*}} rows = 1 time = 0 stream = 3 : tensor<2xi64> -> tensor<8x2x16xf32>
  // CHECK: rondo.random %{{.*}} stream = 4 : tensor<i64> -> tensor<16xf32>
  %u = rondo.random %seeds, %first rows = 1 time = 0 stream = 3 : tensor<2xi64> -> tensor<8x2x16xf32>
  %v = rondo.random %seed stream = 4 : tensor<i64> -> tensor<16xf32>
  // CHECK: rondo.random %{{.*}}, %{{.*}} time = 1 stream = 5 : tensor<i64> -> tensor<16x8xf32>
  %w = rondo.random %seed, %begin time = 1 stream = 5 : tensor<i64> -> tensor<16x8xf32>
  // CHECK: rondo.random %{{.*}} rows = 0 stream = 6 : tensor<2xi64> -> tensor<2xf64>
  %x = rondo.random %seeds rows = 0 stream = 6 : tensor<2xi64> -> tensor<2xf64>
  // At one position of a row the elements fit in 32 bits, all together they do not.
  // CHECK: rondo.random %{{.*}} rows = 1 time = 0 stream = 7 : tensor<2xi64> -> tensor<65536x2x65535xf32>
  %y = rondo.random %seeds rows = 1 time = 0 stream = 7 : tensor<2xi64> -> tensor<65536x2x65535xf32>
  // CHECK: rondo.random %{{.*}} stream = 8 : tensor<i64> -> tensor<65536x65536x0xf32>
  %z = rondo.random %seed stream = 8 : tensor<i64> -> tensor<65536x65536x0xf32>
  return
}

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<9x2x4xf32>) {
  // CHECK: rondo.window %{{.*}} dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2x4xf32> -> tensor<4x3x2x4xf32>
  %w = rondo.window %x dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2x4xf32> -> tensor<4x3x2x4xf32>
  return
}

// CHECK-LABEL: func.func @overlapping
func.func @overlapping(%w: tensor<4x3x2x4xf32>) {
  // CHECK: rondo.overlap_add %{{.*}} dim = 0 stride = 2 dilation = 1 : tensor<4x3x2x4xf32> -> tensor<9x2x4xf32>
  %x = rondo.overlap_add %w dim = 0 stride = 2 dilation = 1 : tensor<4x3x2x4xf32> -> tensor<9x2x4xf32>
  return
}
