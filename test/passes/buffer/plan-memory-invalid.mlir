// Only buffers of a known size have a place.
// RUN: rondo-opt %s --rondo-plan-memory --split-input-file --verify-diagnostics

func.func @dynamic(%n: index) {
  // expected-error @+1 {{expected a buffer of static shape, found 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

// expected-error @+1 {{expected one block}}
func.func private @declaration(%x: memref<2xf32>)
