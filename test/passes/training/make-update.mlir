// The update's interface: order and names of arguments and results, and which moments an optimiser has.
// RUN: rondo-opt %s -rondo-make-update="optimizer=adam clip-norm=1.0 weight-decay=0.1" | FileCheck %s --check-prefixes=CHECK,ADAM
// RUN: rondo-opt %s -rondo-make-update="optimizer=adamw clip-norm=1.0 weight-decay=0.1" | FileCheck %s --check-prefixes=CHECK,ADAM
// RUN: rondo-opt %s -rondo-make-update="optimizer=sgd numbers=momentum=0.9" | FileCheck %s --check-prefixes=CHECK,MOMENTUM
// RUN: rondo-opt %s -rondo-make-update="optimizer=sgd function=f_grad" | FileCheck %s --check-prefixes=CHECK,SGD

func.func @f_grad(%w: tensor<3x2xf64> {rondo.parameter = "a.w"}, %x: tensor<2xf64> {rondo.input = "x"}, %b: tensor<f64> {rondo.parameter = "b"})
    -> (tensor<3x2xf64> {rondo.gradient = "a.w"}, tensor<f64> {rondo.gradient = "b"}) {
  return %w, %b : tensor<3x2xf64>, tensor<f64>
}

// CHECK-LABEL: func.func @update(
// CHECK-SAME: tensor<3x2xf64> {rondo.parameter = "a.w"}, %{{[^:]*}}: tensor<f64> {rondo.parameter = "b"},
// CHECK-SAME: %{{[^:]*}}: tensor<3x2xf64> {rondo.gradient = "a.w"}, %{{[^:]*}}: tensor<f64> {rondo.gradient = "b"},
// ADAM-SAME: %{{[^:]*}}: tensor<3x2xf64> {rondo.moment1 = "a.w"}, %{{[^:]*}}: tensor<f64> {rondo.moment1 = "b"}, %{{[^:]*}}: tensor<3x2xf64> {rondo.moment2 = "a.w"}, %{{[^:]*}}: tensor<f64> {rondo.moment2 = "b"},
// MOMENTUM-SAME: %{{[^:]*}}: tensor<3x2xf64> {rondo.moment1 = "a.w"}, %{{[^:]*}}: tensor<f64> {rondo.moment1 = "b"},
// CHECK-SAME: %{{[^:]*}}: tensor<i64> {rondo.step}, %{{[^:]*}}: tensor<f64> {rondo.rate})
// CHECK-SAME: -> (tensor<3x2xf64> {rondo.parameter = "a.w"}, tensor<f64> {rondo.parameter = "b"},
// ADAM-SAME: tensor<3x2xf64> {rondo.moment1 = "a.w"}, tensor<f64> {rondo.moment1 = "b"}, tensor<3x2xf64> {rondo.moment2 = "a.w"}, tensor<f64> {rondo.moment2 = "b"},
// MOMENTUM-SAME: tensor<3x2xf64> {rondo.moment1 = "a.w"}, tensor<f64> {rondo.moment1 = "b"},
// CHECK-SAME: tensor<f64> {rondo.norm}) {
// ADAM: scf.for
// ADAM: arith.minimumf
// SGD-NOT: arith.minimumf
// SGD-NOT: scf.for
// CHECK-NOT: math.powf
// CHECK: return
