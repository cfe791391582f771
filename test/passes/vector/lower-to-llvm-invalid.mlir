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

// -----

// No pass makes such a loop, and there is no lowering of it.
func.func @other_loop(%m: memref<4x4xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  // expected-error @below {{failed to legalize operation 'scf.parallel'}}
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    scf.for %j = %c0 to %c4 step %c1 {
      memref.store %v, %m[%i, %j] : memref<4x4xf32>
    }
  }
  return
}

// -----

func.func @long(%x: vector<4097xf64>) -> vector<4097xf64> {
  // expected-error @+1 {{expected vectors of at most 4096 elements, found 'vector<4097xf64>'}}
  %0 = math.sin %x : vector<4097xf64>
  return %0 : vector<4097xf64>
}
