// What cannot be updated.
// RUN: rondo-opt %s -rondo-make-update -split-input-file -verify-diagnostics
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="optimizer=shampoo" 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="optimizer=adam numbers=momentum=0.9" 2>&1 | FileCheck %s --check-prefix=MOMENTUM
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="optimizer=sgd numbers=momentum=fast" 2>&1 | FileCheck %s --check-prefix=FAST
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="decays=*.c=1" 2>&1 | FileCheck %s --check-prefix=FITS
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="decays=a" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not rondo-opt %s -split-input-file -rondo-make-update="decays=[=1" 2>&1 | FileCheck %s --check-prefix=PATTERN
// FITS: error: 'func.func' op expected a parameter that the decay "*.c=1" fits, found none
// NUMBER: error: expected PATTERN=NUMBER as a decay, found "a"
// PATTERN: error: expected PATTERN=NUMBER as a decay, found "[=1"
// KIND: error: expected the optimizer adadelta, adagrad, adam, adamw, hessian_free, lamb, lion, muon, nesterov, rmsprop or sgd, found "shampoo"
// MOMENTUM: error: expected NAME=NUMBER with beta1, beta2 or epsilon of the optimizer adam, found "momentum=0.9"
// FAST: error: expected NAME=NUMBER with momentum of the optimizer sgd, found "momentum=fast"

// No gradients.
// expected-error @+1 {{expected a function with gradients as results, found none}}
module {
  func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}) {
    return
  }
}

// -----

// Parameters of two element types.
// expected-error @+1 {{expected parameters of one floating-point element type, found 'tensor<2xf64>'}}
func.func @f_grad(%a: tensor<2xf32> {rondo.parameter = "a"}, %b: tensor<2xf64> {rondo.parameter = "b"})
    -> (tensor<2xf32> {rondo.gradient = "a"}, tensor<2xf64> {rondo.gradient = "b"}) {
  return %a, %b : tensor<2xf32>, tensor<2xf64>
}

// -----

// The name is taken.
// expected-error @+1 {{cannot be given an @update, which exists}}
func.func @f_grad(%a: tensor<2xf32> {rondo.parameter = "a"}) -> (tensor<2xf32> {rondo.gradient = "a"}) {
  return %a : tensor<2xf32>
}
func.func @update() {
  return
}

// -----

// Gradients of no parameters.
// expected-error @+1 {{expected parameters, found none}}
func.func @f_grad(%a: tensor<2xf32> {rondo.input = "a"}) -> (tensor<2xf32> {rondo.gradient = "a"}) {
  return %a : tensor<2xf32>
}

// -----

// Nothing is wrong with this one but, where they are given, decays.
func.func @f_grad(%a: tensor<2xf32> {rondo.parameter = "a"}) -> (tensor<2xf32> {rondo.gradient = "a"}) {
  return %a : tensor<2xf32>
}
