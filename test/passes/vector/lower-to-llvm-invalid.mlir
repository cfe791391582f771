// RUN: rondo-opt %s -rondo-lower-to-llvm -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a private function without results}}
func.func private @number() -> index {
  %c1 = arith.constant 1 : index
  return %c1 : index
}
func.func @f(%x: memref<2xf32>, %v: f32) {
  %i = call @number() : () -> index
  memref.store %v, %x[%i] : memref<2xf32>
  return
}
