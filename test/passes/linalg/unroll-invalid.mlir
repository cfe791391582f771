// No step in an iteration is an error.
// RUN: rondo-opt %s --verify-diagnostics --pass-pipeline='builtin.module(func.func(rondo-unroll{factor=0}))'

// expected-error @+1 {{expected an unroll factor from 1 to 1024, found 0}}
func.func @nothing() {
  return
}
