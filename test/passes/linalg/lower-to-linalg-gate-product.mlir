// Gates that share their input are one phase with a sum for each, over weights packed together before the time loop.
// RUN: rondo-opt %s --rondo-lower-to-linalg -mlir-print-local-scope | FileCheck %s
// RUN: rondo-opt %s --rondo-lower-to-linalg='width=8 registers=16' -mlir-print-local-scope | \
// RUN:   FileCheck %s --check-prefix=FEW

// CHECK-LABEL: func.func @packed_before_the_loop(
// CHECK-SAME: %[[H0:[^:]*]]: tensor<2x4xf32>, %[[WI:[^:]*]]: tensor<4x4xf32>, %[[WF:[^:]*]]: tensor<4x4xf32>)
// CHECK: %[[BOTH:.*]] = rondo.pack ins(%[[WI]], %[[WF]] : tensor<4x4xf32>, tensor<4x4xf32>)
// CHECK-SAME: outs(%{{.*}} : tensor<1x4x32xf32>) lanes 0 terms 1 width 16
// CHECK: scf.for {{.*}} iter_args(%[[H:.*]] = %[[H0]])
// CHECK: %[[P:.*]]:2 = rondo.phase bounds [2, 4, 4] parallel 2
// CHECK-SAME: ins(%[[H]], %[[BOTH]], %[[BOTH]] : tensor<2x4xf32>, tensor<1x4x32xf32>, tensor<1x4x32xf32>)
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK-SAME: maps [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1 floordiv 16, d2, d1 mod 16)>,
// CHECK-SAME: affine_map<(d0, d1, d2) -> (d1 floordiv 16, d2, d1 mod 16 + 16)>,
// CHECK: ^bb0(%[[X:.*]]: f32, %[[I:.*]]: f32, %[[F:.*]]: f32):
// CHECK-NEXT: %[[XI:.*]] = arith.mulf %[[X]], %[[I]]
// CHECK-NEXT: %[[XF:.*]] = arith.mulf %[[X]], %[[F]]
// CHECK-NEXT: rondo.phase_yield %[[XI]], %[[XF]] : f32, f32
// CHECK-NOT: {{rondo.phase |linalg.generic}}
// CHECK: arith.mulf %[[P]]#0, %[[P]]#1
// CHECK: scf.yield
func.func @packed_before_the_loop(%h0: tensor<2x4xf32>, %wi: tensor<4x4xf32>, %wf: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %hT = rondo.scan (%h = %h0 : tensor<2x4xf32>) length 5 {
    %i, %f = rondo.gate_product %h, (%wi, %wf) "bi,oi->bo"
        : tensor<2x4xf32>, (tensor<4x4xf32>, tensor<4x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
    %n = arith.mulf %i, %f : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>)
  return %hT : tensor<2x4xf32>
}

// Weight gradients run along the shared operand, which is contiguous as it is: one phase for each, nothing is packed.
// CHECK-LABEL: func.func @weight_gradients(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf32>, %[[A:[^:]*]]: tensor<2x3xf32>, %[[B:[^:]*]]: tensor<2x3xf32>)
// CHECK-NOT: rondo.pack
// CHECK: rondo.phase bounds [3, 4, 2] parallel 2 ins(%[[A]], %[[X]] : tensor<2x3xf32>, tensor<2x4xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK: rondo.phase bounds [3, 4, 2] parallel 2 ins(%[[B]], %[[X]] : tensor<2x3xf32>, tensor<2x4xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK-NOT: {{rondo.pack|linalg.generic}}
// CHECK: return
func.func @weight_gradients(%x: tensor<2x4xf32>, %a: tensor<2x3xf32>, %b: tensor<2x3xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %i, %f = rondo.gate_product %x, (%a, %b) "bi,bo->oi"
      : tensor<2x4xf32>, (tensor<2x3xf32>, tensor<2x3xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
  return %i, %f : tensor<3x4xf32>, tensor<3x4xf32>
}

// With few registers the sums of three gates take turns, and their weights lie apart; those of two do not.
// CHECK-LABEL: func.func @turns(
// FEW-LABEL: func.func @turns(
// CHECK: rondo.pack {{.*}} outs(%{{.*}} : tensor<1x4x48xf32>) lanes 0 terms 1 width 16 ->
// FEW: rondo.pack {{.*}} outs(%{{.*}} : tensor<1x3x4x16xf32>) lanes 0 terms 1 width 16 apart ->
// FEW: rondo.phase bounds [4, 16, 4] parallel 2
// FEW-SAME: affine_map<(d0, d1, d2) -> (d1 floordiv 16, 0, d2, d1 mod 16)>
// FEW-SAME: affine_map<(d0, d1, d2) -> (d1 floordiv 16, 1, d2, d1 mod 16)>
// FEW-SAME: affine_map<(d0, d1, d2) -> (d1 floordiv 16, 2, d2, d1 mod 16)>
// FEW-NOT: apart
func.func @turns(%x: tensor<4x4xf32>, %a: tensor<16x4xf32> {rondo.parameter = "a"},
                 %b: tensor<16x4xf32> {rondo.parameter = "b"}, %c: tensor<16x4xf32> {rondo.parameter = "c"})
    -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) {
  %i, %f, %o = rondo.gate_product %x, (%a, %b, %c) "bi,oi->bo"
      : tensor<4x4xf32>, (tensor<16x4xf32>, tensor<16x4xf32>, tensor<16x4xf32>)
      -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>)
  return %i, %f, %o : tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
}
func.func @no_turns(%x: tensor<4x4xf32>, %a: tensor<16x4xf32> {rondo.parameter = "a"},
                    %b: tensor<16x4xf32> {rondo.parameter = "b"}) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %i, %f = rondo.gate_product %x, (%a, %b) "bi,oi->bo"
      : tensor<4x4xf32>, (tensor<16x4xf32>, tensor<16x4xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>)
  return %i, %f : tensor<4x16xf32>, tensor<4x16xf32>
}
