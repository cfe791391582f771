// RUN: rondo-opt -verify-diagnostics -rondo-share-layers=alike=1 %s

// expected-error @+1 {{expected at least 2 repetitions to share, found 1}}
module {
  func.func @f() {
    return
  }
}
