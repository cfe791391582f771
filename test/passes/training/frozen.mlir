// A frozen parameter: no gradient by it, of a loss or of outputs, and no place in the update.
// RUN: rondo-opt %s -rondo-differentiate | FileCheck %s --check-prefix=GRAD
// RUN: rondo-opt %s -rondo-vjp | FileCheck %s --check-prefix=VJP
// RUN: rondo-opt %s -rondo-differentiate="replace" -rondo-make-update="optimizer=sgd numbers=momentum=0.9 decays=w=0.5" | FileCheck %s --check-prefix=UPDATE
// RUN: not rondo-opt %s -rondo-differentiate="replace" -rondo-make-update="optimizer=sgd decays=u=0.5" 2>&1 | FileCheck %s --check-prefix=DECAY

// GRAD-LABEL: func.func @f_grad(
// GRAD-SAME: -> (tensor<f64> {rondo.loss}, tensor<3xf64> {rondo.gradient = "w"}) {
// VJP-LABEL: func.func @f(
// VJP-SAME: -> (tensor<3xf64> {rondo.gradient = "w"}) {
// UPDATE-LABEL: func.func @update(
// UPDATE-SAME: tensor<3xf64> {rondo.parameter = "w"}, %{{[^:]*}}: tensor<3xf64> {rondo.gradient = "w"}, %{{[^:]*}}: tensor<3xf64> {rondo.moment1 = "w"}, %{{[^:]*}}: tensor<i64> {rondo.step}, %{{[^:]*}}: tensor<f64> {rondo.rate})
// UPDATE-SAME: -> (tensor<3xf64> {rondo.parameter = "w"}, tensor<3xf64> {rondo.moment1 = "w"}, tensor<f64> {rondo.norm})
// DECAY: error: 'func.func' op expected a parameter that the decay "u=0.5" fits, found none
func.func @f(%u: tensor<3xf64> {rondo.frozen, rondo.parameter = "u"}, %w: tensor<3xf64> {rondo.parameter = "w"})
    -> (tensor<f64> {rondo.loss}, tensor<3xf64> {rondo.output = "y"}) {
  %y = arith.mulf %u, %w : tensor<3xf64>
  %l = rondo.reduce sum %y dims = [0] : tensor<3xf64> -> tensor<f64>
  return %l, %y : tensor<f64>, tensor<3xf64>
}
