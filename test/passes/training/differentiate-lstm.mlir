// The derivative of an LSTM's scan stores the gates, tanh(c'), and the states before the step, and nothing else.
// RUN: rondo-opt %s -rondo-differentiate -canonicalize -cse | FileCheck %s

!h = tensor<2x4xf32>
!hs = tensor<5x2x4xf32>
!u = tensor<4x4xf32>

func.func @f(%ui: !u {rondo.parameter = "i"}, %uf: !u {rondo.parameter = "f"}, %uo: !u {rondo.parameter = "o"},
             %ug: !u {rondo.parameter = "g"}, %h0: !h {rondo.state = "h"}, %c0: !h {rondo.state = "c"},
             %xs: !hs {rondo.input = "x"}) -> (tensor<f32> {rondo.loss}) {
  %hT, %cT, %hs = rondo.scan (%h = %h0 : !h, %c = %c0 : !h) over (%x = %xs : !hs) length 5 {
    %i0 = rondo.contract %h, %ui "bi,ji->bj" : !h, !u -> !h
    %f0 = rondo.contract %h, %uf "bi,ji->bj" : !h, !u -> !h
    %o0 = rondo.contract %h, %uo "bi,ji->bj" : !h, !u -> !h
    %g0 = rondo.contract %h, %ug "bi,ji->bj" : !h, !u -> !h
    %i1 = arith.addf %i0, %x : !h
    %f1 = arith.addf %f0, %x : !h
    %o1 = arith.addf %o0, %x : !h
    %g1 = arith.addf %g0, %x : !h
    %i = rondo.sigmoid %i1 : !h
    %f = rondo.sigmoid %f1 : !h
    %o = rondo.sigmoid %o1 : !h
    %g = math.tanh %g1 : !h
    %fc = arith.mulf %f, %c : !h
    %ig = arith.mulf %i, %g : !h
    %cn = arith.addf %fc, %ig : !h
    %tc = math.tanh %cn : !h
    %hn = arith.mulf %o, %tc : !h
    rondo.yield (%hn, %cn : !h, !h) emit (%hn : !h)
  } -> (!h, !h, !hs)
  %l = rondo.reduce mean %hs dims = [0, 1, 2] : !hs -> tensor<f32>
  return %l : tensor<f32>
}

// CHECK-LABEL: func.func @f_grad(
// CHECK: %[[FWD:.*]]:10 = rondo.scan (%[[H:.*]] = %{{.*}} : tensor<2x4xf32>, %[[C:.*]] = %{{.*}} : tensor<2x4xf32>) over
// CHECK: %[[I:.*]] = rondo.sigmoid
// CHECK: %[[F:.*]] = rondo.sigmoid
// CHECK: %[[O:.*]] = rondo.sigmoid
// CHECK: %[[G:.*]] = math.tanh
// CHECK: %[[TC:.*]] = math.tanh %[[CN:.*]] :
// CHECK: %[[HN:.*]] = arith.mulf %[[O]], %[[TC]] :
// CHECK: rondo.yield (%[[HN]], %[[CN]] : {{.*}}) emit (%[[HN]], %[[H]], %[[C]], %[[I]], %[[F]], %[[O]], %[[G]], %[[TC]] :
// CHECK: length 5 backward {
// Nothing transcendental and no forward product is computed again; each weight has one product per step.
// CHECK-NOT: math.
// CHECK-NOT: sigmoid
// CHECK-NOT: "bi,ji->bj"
// CHECK-COUNT-4: rondo.contract {{.*}} "bj,bi->ji"
// CHECK-NOT: "bj,bi->ji"
// CHECK: rondo.yield
