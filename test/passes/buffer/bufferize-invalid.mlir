// What has no buffer of a known size cannot cross a function's interface.
// RUN: rondo-opt %s --rondo-bufferize --split-input-file --verify-diagnostics

// expected-error @+1 {{expected arguments and results that are tensors of static shape, found 'f32'}}
func.func @scalar(%x: f32) {
  return
}

// -----

// expected-error @+1 {{expected arguments and results that are tensors of static shape, found 'tensor<?xf32>'}}
func.func @dynamic(%x: tensor<?xf32>) {
  return
}

// -----

// expected-error @+1 {{expected one block}}
func.func private @declaration(%x: tensor<2xf32>)

// -----

func.func @constant() -> (tensor<2xf32> {rondo.output = "y"}) {
  // expected-error @+1 {{expected no constant tensor (rondo-fill-constants makes fills of them), found one of 'tensor<2xf32>'}}
  %y = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %y : tensor<2xf32>
}
