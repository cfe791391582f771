// A cell that nobody has named: two gates and a candidate from the input and the state, a gate from the input alone, a
// second phase that multiplies a gate's result, a peephole, and an output layer inside the cell. Its forward loop and
// its gradient's take the same form as a known cell's.
// RUN: rondo-opt %s --rondo-differentiate --rondo-phase-split -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: rondo-opt %s --rondo-differentiate -o %t.before.mlir
// RUN: rondo-interpret %t.before.mlir --function f --compare %t.mlir
// RUN: rondo-interpret %t.before.mlir --function f_grad --compare %t.mlir

// CHECK-LABEL: func.func @f(

// Three products of the input are one before the loop, two of the state are one in it; the second phase's stays alone.
// CHECK: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}, %{{.*}}) "tbi,oi->tbo" : tensor<7x2x3xf64>
// CHECK: rondo.scan
// CHECK: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}) "bi,oi->bo" : tensor<2x4xf64>
// CHECK-NOT: rondo.gate_product
// CHECK: rondo.contract {{.*}} "bi,oi->bo" : tensor<2x4xf64>, tensor<4x4xf64>
// CHECK-NOT: {{rondo\.(contract|gate_product)}}
// CHECK: rondo.yield
// The output layer comes after it.
// CHECK: rondo.contract {{.*}} "tbi,oi->tbo" : tensor<7x2x4xf64>, tensor<3x4xf64> -> tensor<7x2x3xf64>

// CHECK-LABEL: func.func @f_grad(
// CHECK: rondo.scan
// CHECK: rondo.yield

// The output layer's input gradient comes before the reverse loop. In it: three products of gradients by states.
// CHECK: rondo.contract {{.*}} "tbo,oi->tbi" : tensor<7x2x3xf64>, tensor<3x4xf64> -> tensor<7x2x4xf64>
// CHECK: rondo.scan {{.*}} backward {
// CHECK-COUNT-3: rondo.contract {{.*}} "bo,oi->bi" : tensor<2x4xf64>, tensor<4x4xf64> -> tensor<2x4xf64>
// CHECK-NOT: {{rondo\.(contract|gate_product|reduce)}}
// CHECK: rondo.yield

// After it: the input's weights, the state's, the phase's, and the peephole's, which the loop has added up for each row.
// CHECK-DAG: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}, %{{.*}}) "tbi,tbo->oi" : tensor<7x2x3xf64>
// CHECK-DAG: rondo.gate_product %{{.*}}, (%{{.*}}, %{{.*}}) "tbi,tbo->oi" : tensor<7x2x4xf64>
// CHECK-DAG: rondo.contract {{.*}} "tbo,tbi->oi" : tensor<7x2x4xf64>, tensor<7x2x4xf64> -> tensor<4x4xf64>
// CHECK-DAG: rondo.reduce sum %{{.*}} dims = [0] : tensor<2x4xf64> -> tensor<4xf64>
// CHECK-NOT: rondo.scan
// CHECK: return
!h = tensor<2x4xf64>
!hs = tensor<7x2x4xf64>
!x = tensor<2x3xf64>
!w = tensor<4x3xf64>
!u = tensor<4x4xf64>
func.func @f(%wa: !w {rondo.parameter = "a.x"}, %ua: !u {rondo.parameter = "a.h"}, %wb: !w {rondo.parameter = "b.x"},
    %ub: !u {rondo.parameter = "b.h"}, %wc: !w {rondo.parameter = "c.x"}, %p: tensor<4xf64> {rondo.parameter = "p"},
    %uc: !u {rondo.parameter = "c.ab"}, %q: tensor<3x4xf64> {rondo.parameter = "q"}, %xs: tensor<7x2x3xf64> {rondo.input = "x"})
    -> (tensor<f64> {rondo.loss}) {
  %zero = arith.constant dense<0.5> : !h
  %hT, %os = rondo.scan (%h = %zero : !h) over (%x = %xs : tensor<7x2x3xf64>) length 7 {
    %ax = rondo.contract %x, %wa "bi,oi->bo" : !x, !w -> !h
    %ah = rondo.contract %h, %ua "bi,oi->bo" : !h, !u -> !h
    %a0 = arith.addf %ax, %ah : !h
    %a = rondo.sigmoid %a0 : !h
    %bx = rondo.contract %x, %wb "bi,oi->bo" : !x, !w -> !h
    %bh = rondo.contract %h, %ub "bi,oi->bo" : !h, !u -> !h
    %pp = rondo.broadcast %p dims = [1] : tensor<4xf64> -> !h
    %ph = arith.mulf %pp, %h : !h
    %b0 = arith.addf %bx, %bh : !h
    %b1 = arith.addf %b0, %ph : !h
    %b = math.tanh %b1 : !h
    %cx = rondo.contract %x, %wc "bi,oi->bo" : !x, !w -> !h
    %c = rondo.sigmoid %cx : !h
    %ab = arith.mulf %a, %b : !h
    %n0 = rondo.contract %ab, %uc "bi,oi->bo" : !h, !u -> !h
    %n1 = math.sin %n0 : !h
    %n2 = arith.mulf %n1, %c : !h
    %n = arith.addf %n2, %h : !h
    %o = rondo.contract %n, %q "bi,oi->bo" : !h, tensor<3x4xf64> -> !x
    rondo.yield (%n : !h) emit (%o : !x)
  } -> (!h, tensor<7x2x3xf64>)
  %oo = arith.mulf %os, %os : tensor<7x2x3xf64>
  %ls = rondo.reduce sum %oo dims = [2] : tensor<7x2x3xf64> -> tensor<7x2xf64>
  %l = rondo.reduce mean %ls dims = [0, 1] : tensor<7x2xf64> -> tensor<f64>
  return %l : tensor<f64>
}
