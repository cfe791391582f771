// A product in a scan that is only read in slices becomes a product for each slice, with all that lies between.
// RUN: rondo-opt %s --rondo-slice-products --split-input-file | FileCheck %s
// RUN: rondo-opt %s --rondo-slice-products --rondo-fuse-gates --split-input-file | FileCheck %s --check-prefix=FUSED

// Weights and repetitions of a bias are sliced in front of the loop, what comes in each step within it, constants not at
// all. The weight may be the left operand.
// CHECK-LABEL: func.func @gates(
// CHECK-SAME: %[[W:[^:]*]]: tensor<4x48xf32>, %[[BIAS:[^:]*]]: tensor<48xf32>
// CHECK: %[[W0:.*]] = tensor.extract_slice %[[W]][0, 0] [4, 16] [1, 1]
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[BIAS]][0] [16] [1]
// CHECK: %[[B0:.*]] = rondo.broadcast %[[PART]] dims = [1] : tensor<16xf32> -> tensor<2x16xf32>
// CHECK: tensor.extract_slice %[[W]][0, 32] [4, 16] [1, 1]
// CHECK: rondo.scan (%[[H:.*]] = %{{.*}}) over (%[[X:.*]] = %{{.*}}) length 6
// CHECK: %[[X0:.*]] = tensor.extract_slice %[[X]][0, 0] [2, 16] [1, 1]
// CHECK: %[[U0:.*]] = rondo.contract %[[W0]], %[[H]] "io,bi->bo"
// CHECK: %[[T0:.*]] = arith.addf %[[X0]], %[[U0]] : tensor<2x16xf32>
// CHECK: arith.addf %[[T0]], %[[B0]] : tensor<2x16xf32>
// CHECK: arith.mulf %{{.*}}, %{{.*}} : tensor<2x16xf32>
// CHECK: tensor.extract_slice %[[X]][0, 32] [2, 16] [1, 1]
// CHECK-NOT: : tensor<2x48xf32>{{$}}
// CHECK: return
// FUSED-LABEL: func.func @gates(
// FUSED: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}) "bi,io->bo"
func.func @gates(%w: tensor<4x48xf32>, %bias: tensor<48xf32>, %x: tensor<6x2x48xf32>, %h0: tensor<2x4xf32>)
    -> tensor<6x2x16xf32> {
  %b = rondo.broadcast %bias dims = [1] : tensor<48xf32> -> tensor<2x48xf32>
  %hT, %ys = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x48xf32>) length 6 {
    %two = arith.constant dense<2.0> : tensor<2x48xf32>
    %u = rondo.contract %w, %h "io,bi->bo" : tensor<4x48xf32>, tensor<2x4xf32> -> tensor<2x48xf32>
    %s = arith.addf %xt, %u : tensor<2x48xf32>
    %t = arith.addf %s, %b : tensor<2x48xf32>
    %v = arith.mulf %t, %two : tensor<2x48xf32>
    %c = tensor.extract_slice %v[0, 32] [2, 16] [1, 1] : tensor<2x48xf32> to tensor<2x16xf32>
    %a = tensor.extract_slice %v[0, 0] [2, 16] [1, 1] : tensor<2x48xf32> to tensor<2x16xf32>
    %y = arith.mulf %a, %c : tensor<2x16xf32>
    rondo.yield (%h : tensor<2x4xf32>) emit (%y : tensor<2x16xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2x16xf32>)
  return %ys : tensor<6x2x16xf32>
}

// -----

// Left as they are: slices that overlap or are short, and a product that is also read as a whole, directly or on the
// way.
// CHECK-LABEL: func.func @others(
// CHECK: rondo.scan
// CHECK-COUNT-4: rondo.contract {{.*}} -> tensor<2x32xf32>
// CHECK-NOT: rondo.contract
// FUSED-LABEL: func.func @others(
func.func @others(%w: tensor<32x4xf32>, %w1: tensor<32x4xf32>, %w2: tensor<32x4xf32>, %w3: tensor<32x4xf32>,
                  %x: tensor<6x2x32xf32>, %h0: tensor<2x4xf32>)
    -> (tensor<6x2x20xf32>, tensor<6x2x8xf32>, tensor<6x2x16xf32>, tensor<6x2x32xf32>, tensor<6x2x32xf32>) {
  %hT, %o, %p, %q, %r, %s = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x32xf32>) length 6 {
    %u = rondo.contract %h, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<32x4xf32> -> tensor<2x32xf32>
    %a = tensor.extract_slice %u[0, 0] [2, 20] [1, 1] : tensor<2x32xf32> to tensor<2x20xf32>
    %b = tensor.extract_slice %u[0, 12] [2, 20] [1, 1] : tensor<2x32xf32> to tensor<2x20xf32>
    %ab = arith.mulf %a, %b : tensor<2x20xf32>
    %v = rondo.contract %h, %w1 "bi,oi->bo" : tensor<2x4xf32>, tensor<32x4xf32> -> tensor<2x32xf32>
    %c = tensor.extract_slice %v[0, 0] [2, 8] [1, 1] : tensor<2x32xf32> to tensor<2x8xf32>
    %d = tensor.extract_slice %v[0, 8] [2, 8] [1, 1] : tensor<2x32xf32> to tensor<2x8xf32>
    %cd = arith.mulf %c, %d : tensor<2x8xf32>
    %z = rondo.contract %h, %w2 "bi,oi->bo" : tensor<2x4xf32>, tensor<32x4xf32> -> tensor<2x32xf32>
    %zx = arith.addf %z, %xt : tensor<2x32xf32>
    %e = tensor.extract_slice %zx[0, 0] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
    %f = tensor.extract_slice %zx[0, 16] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
    %y = rondo.contract %h, %w3 "bi,oi->bo" : tensor<2x4xf32>, tensor<32x4xf32> -> tensor<2x32xf32>
    %g = tensor.extract_slice %y[0, 0] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
    %i = tensor.extract_slice %y[0, 16] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
    %ef = arith.mulf %e, %f : tensor<2x16xf32>
    %gi = arith.mulf %g, %i : tensor<2x16xf32>
    %all = arith.addf %ef, %gi : tensor<2x16xf32>
    rondo.yield (%h : tensor<2x4xf32>) emit (%ab, %cd, %all, %z, %y : tensor<2x20xf32>, tensor<2x8xf32>,
                                             tensor<2x16xf32>, tensor<2x32xf32>, tensor<2x32xf32>)
  } -> (tensor<2x4xf32>, tensor<6x2x20xf32>, tensor<6x2x8xf32>, tensor<6x2x16xf32>, tensor<6x2x32xf32>,
        tensor<6x2x32xf32>)
  return %o, %p, %q, %r, %s : tensor<6x2x20xf32>, tensor<6x2x8xf32>, tensor<6x2x16xf32>, tensor<6x2x32xf32>,
                              tensor<6x2x32xf32>
}
