// A sum to one number is one thread's, and so is the little that lies between two of them.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

// Sums to one number are never cut: each is one thread's, and a number that is read waits for it.
// CHECK-LABEL: @sums
func.func @sums(%x: memref<256x256xf32>, %y: memref<256x256xf32>, %a: memref<f32>, %b: memref<f32>, %n: memref<f32>) {
  // CHECK: %[[T:.*]] = rondo.thread
  // CHECK: scf.if
  // CHECK-NEXT: linalg.generic
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                  iterator_types = ["reduction", "reduction"]} ins(%x : memref<256x256xf32>) outs(%a : memref<f32>) {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %s, %e : f32
    linalg.yield %r : f32
  }
  // CHECK: %[[N:.*]] = rondo.threads
  // CHECK: arith.remui %{{.*}}, %[[N]]
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                  iterator_types = ["reduction", "reduction"]} ins(%y : memref<256x256xf32>) outs(%b : memref<f32>) {
  ^bb0(%e: f32, %s: f32):
    %r = arith.addf %s, %e : f32
    linalg.yield %r : f32
  }
  // CHECK: rondo.barrier
  // CHECK: memref.load
  // CHECK: memref.load
  // CHECK-NOT: rondo.barrier
  // CHECK: scf.if
  // CHECK-NEXT: memref.store
  %first = memref.load %a[] : memref<f32>
  %second = memref.load %b[] : memref<f32>
  %both = arith.addf %first, %second : f32
  memref.store %both, %n[] : memref<f32>
  return
}

// -----

// One row that is normalised: the thread that sums it up also computes the few differences that it sums next, for which
// the others would have to wait twice. What follows is shared again.
// CHECK-LABEL: @normalised_row
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @normalised_row(%w: memref<1024x1024xf32>, %h: memref<1x1024xf32>, %p: memref<1x1024xf32>, %s: memref<1xf32>,
                          %d: memref<1x1024xf32>, %q: memref<1x1024xf32>, %v: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  // CHECK: scf.for
  scf.for %t = %c0 to %c9 step %c1 {
    // CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>}
    linalg.matmul ins(%h, %w : memref<1x1024xf32>, memref<1024x1024xf32>) outs(%p : memref<1x1024xf32>)
    // CHECK: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg3 :
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<1x1024xf32>) outs(%s : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    // CHECK-NOT: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg4, %arg5 :
    linalg.generic {indexing_maps = [#row, #number, #row, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%d, %q : memref<1x1024xf32>, memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o1: f32, %o2: f32):
      %0 = arith.subf %e, %m : f32
      %1 = arith.mulf %0, %0 : f32
      linalg.yield %0, %1 : f32, f32
    }
    // CHECK-NOT: rondo.barrier
    // CHECK: scf.if
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg6 :
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%q : memref<1x1024xf32>) outs(%v : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    // CHECK: rondo.barrier
    // CHECK-NEXT: linalg.generic {{.*}} outs(%arg1 : {{.*}} {rondo.split = array<i64: 1, 64>}
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%d, %v : memref<1x1024xf32>, memref<1xf32>) outs(%h : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.divf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  return
}
