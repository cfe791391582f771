// Each lifting rule: a loop without states, that holds every op with some operands from the sequence and some from
// outside, becomes ops on whole sequences that compute the same.
// RUN: rondo-opt %s --rondo-split-scan -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: rondo-interpret %s --function rondo_ops --tokens 3 --compare %t.mlir
// RUN: rondo-interpret %s --function slices --compare %t.mlir
// RUN: rondo-interpret %s --function pointwise --compare %t.mlir
// RUN: rondo-interpret %s --function shapes --compare %t.mlir

// CHECK-NOT: rondo.scan
!h = tensor<2x4xf64>
!hs = tensor<5x2x4xf64>
!u = tensor<4x4xf64>
!s = tensor<2xf64>
!ss = tensor<5x2xf64>
!t = tensor<2xi32>
!ts = tensor<5x2xi32>

func.func @rondo_ops(%u: !u, %v: !u, %h: !h, %table: tensor<3x4xf64>, %l: tensor<2x3xf64>, %k: !t, %xs: !hs, %us: tensor<5x4x4xf64>,
                     %text: !ts) -> (!hs, !hs, !hs, !hs, !hs, !hs, tensor<5x2x2x4xf64>, !ss, !ss, !hs, !hs, !ss, !ss, !ss, tensor<5x2x3xf64>, !hs, !hs) {
  %r:17 = rondo.scan () over (%x = %xs : !hs, %ut = %us : tensor<5x4x4xf64>, %t = %text : !ts) length 5 {
    %a = rondo.contract %x, %u "bi,oi->bo" : !h, !u -> !h
    %b = rondo.contract %h, %ut "bi,oi->bo" : !h, !u -> !h
    %c = rondo.contract %ut, %x "oi,bi->bo" : !u, !h -> !h
    %g0, %g1 = rondo.gate_product %x, (%u, %v) "bi,oi->bo" : !h, (!u, !u) -> (!h, !h)
    %g2, %g3 = rondo.gate_product %h, (%ut, %v) "bi,oi->bo" : !h, (!u, !u) -> (!h, !h)
    %d = rondo.broadcast %x dims = [0, 2] : !h -> tensor<2x2x4xf64>
    %e = rondo.reduce sum %x dims = [1] : !h -> !s
    %f = rondo.reduce max %x dims = [1] : !h -> !s
    %p = rondo.softmax %x dim = 1 : !h
    %pc = rondo.softmax %x dim = 0 : !h
    %q = rondo.sigmoid %x : !h
    %lt = tensor.extract_slice %x[0, 1] [2, 3] [1, 1] : !h to tensor<2x3xf64>
    %ce = rondo.cross_entropy %lt, %t : tensor<2x3xf64>, !t -> !s
    %cl = rondo.cross_entropy %l, %t : tensor<2x3xf64>, !t -> !s
    %ck = rondo.cross_entropy %lt, %k : tensor<2x3xf64>, !t -> !s
    %o = rondo.one_hot %t : !t -> tensor<2x3xf64>
    %row = rondo.gather %table, %t : tensor<3x4xf64>, !t -> !h
    %g = arith.addf %g0, %g1 : !h
    %gg = arith.addf %g2, %g3 : !h
    rondo.yield () emit (%a, %b, %c, %g, %gg, %h, %d, %e, %f, %p, %q, %ce, %cl, %ck, %o, %row, %pc
        : !h, !h, !h, !h, !h, !h, tensor<2x2x4xf64>, !s, !s, !h, !h, !s, !s, !s, tensor<2x3xf64>, !h, !h)
  } -> (!hs, !hs, !hs, !hs, !hs, !hs, tensor<5x2x2x4xf64>, !ss, !ss, !hs, !hs, !ss, !ss, !ss, tensor<5x2x3xf64>, !hs, !hs)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6, %r#7, %r#8, %r#9, %r#10, %r#11, %r#12, %r#13, %r#14, %r#15, %r#16
      : !hs, !hs, !hs, !hs, !hs, !hs, tensor<5x2x2x4xf64>, !ss, !ss, !hs, !hs, !ss, !ss, !ss, tensor<5x2x3xf64>, !hs, !hs
}

func.func @slices(%h: !h, %xs: !hs) -> (tensor<5x2x8xf64>, !hs, !hs, tensor<5x2xf64>, tensor<5x4x4xf64>) {
  %r:5 = rondo.scan () over (%x = %xs : !hs) length 5 backward {
    %a = tensor.concat dim(1) %x, %h : (!h, !h) -> tensor<2x8xf64>
    %part = tensor.extract_slice %x[0, 2] [2, 2] [1, 1] : !h to tensor<2x2xf64>
    %hpart = tensor.extract_slice %h[0, 0] [2, 2] [1, 1] : !h to tensor<2x2xf64>
    %b = tensor.insert_slice %part into %h[0, 1] [2, 2] [1, 1] : tensor<2x2xf64> into !h
    %c = tensor.insert_slice %hpart into %x[0, 1] [2, 2] [1, 1] : tensor<2x2xf64> into !h
    // A slice that loses a dimension.
    %d = tensor.extract_slice %x[0, 3] [2, 1] [1, 1] : !h to tensor<2xf64>
    %e = tensor.concat dim(0) %h, %x : (!h, !h) -> tensor<4x4xf64>
    rondo.yield () emit (%a, %b, %c, %d, %e : tensor<2x8xf64>, !h, !h, tensor<2xf64>, tensor<4x4xf64>)
  } -> (tensor<5x2x8xf64>, !hs, !hs, tensor<5x2xf64>, tensor<5x4x4xf64>)
  return %r#0, %r#1, %r#2, %r#3, %r#4 : tensor<5x2x8xf64>, !hs, !hs, tensor<5x2xf64>, tensor<5x4x4xf64>
}

func.func @pointwise(%h: !h, %k: !t, %n: i1, %xs: !hs, %text: !ts) -> (!hs, !hs, !hs, !hs, !ts) {
  %r:5 = rondo.scan () over (%x = %xs : !hs, %t = %text : !ts) length 5 {
    %less = arith.cmpf olt, %h, %x : !h
    %a = arith.select %less, %h, %x : tensor<2x4xi1>, !h
    // A condition that is no tensor.
    %b = arith.select %n, %x, %h : !h
    %f = math.fma %x, %h, %a : !h
    %y = math.copysign %h, %x : !h
    %m = arith.maximumf %x, %h : !h
    %my = arith.addf %m, %y : !h
    %i = arith.addi %t, %k : !t
    rondo.yield () emit (%a, %b, %f, %my, %i : !h, !h, !h, !h, !t)
  } -> (!hs, !hs, !hs, !hs, !ts)
  return %r#0, %r#1, %r#2, %r#3, %r#4 : !hs, !hs, !hs, !hs, !ts
}

func.func @shapes(%xs: !hs, %ns: tensor<5x1x1xf64>, %ks: tensor<5xf64>)
    -> (tensor<5x2x2x2xf64>, tensor<5x8xf64>, tensor<5xf64>, tensor<5x1x1xf64>) {
  %r:4 = rondo.scan () over (%x = %xs : !hs, %n = %ns : tensor<5x1x1xf64>, %k = %ks : tensor<5xf64>) length 5 {
    %a = tensor.expand_shape %x [[0], [1, 2]] output_shape [2, 2, 2] : !h into tensor<2x2x2xf64>
    %b = tensor.collapse_shape %x [[0, 1]] : !h into tensor<8xf64>
    // Of one number.
    %c = tensor.collapse_shape %n [] : tensor<1x1xf64> into tensor<f64>
    %d = tensor.expand_shape %k [] output_shape [1, 1] : tensor<f64> into tensor<1x1xf64>
    rondo.yield () emit (%a, %b, %c, %d : tensor<2x2x2xf64>, tensor<8xf64>, tensor<f64>, tensor<1x1xf64>)
  } -> (tensor<5x2x2x2xf64>, tensor<5x8xf64>, tensor<5xf64>, tensor<5x1x1xf64>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<5x2x2x2xf64>, tensor<5x8xf64>, tensor<5xf64>, tensor<5x1x1xf64>
}
