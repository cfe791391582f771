// The function to differentiate has to exist and to have a loss.
// RUN: rondo-opt %s -rondo-differentiate="function=f" -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a function @f, found none}}
module {
  func.func @g() {
    return
  }
}

// -----

// expected-error @+1 {{expected a result with the attribute 'rondo.loss', found none}}
func.func @f() {
  return
}
