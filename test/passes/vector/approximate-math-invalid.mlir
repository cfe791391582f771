// Tensors are lowered before their functions are.
// RUN: rondo-opt %s --rondo-approximate-math --verify-diagnostics

func.func @tensor(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected a function of numbers or vectors, found tensors}}
  %y = math.exp %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
