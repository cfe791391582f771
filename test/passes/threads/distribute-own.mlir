// What one thread would do for all, each does for itself where it is little, with results on its own stack: then the
// others need not wait for it.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

// One row that is normalised: all wait for the product, and nobody for the sums.
// CHECK-LABEL: @normalised_row
// CHECK-DAG: %[[S:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1xf32>
// CHECK-DAG: %[[D:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1x1024xf32>
// CHECK: scf.for
// CHECK: linalg.matmul {rondo.split = array<i64: 1, 64>} {{.*}} outs(%[[P:.*]] : memref<1x1024xf32>)
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[S]] :
// CHECK-NEXT: rondo.barrier
// CHECK-NEXT: linalg.generic {{.*}} ins(%[[P]] : {{.*}} outs(%[[S]] :
// CHECK-NOT: rondo.barrier
// CHECK-NOT: scf.if
// CHECK: linalg.generic {{.*}} ins(%[[P]], %[[S]] : {{.*}} outs(%[[D]] :
// CHECK-NOT: rondo.barrier
// What is read of the parts of each thread's own is as good as its own.
// CHECK: %[[PART:.*]] = memref.subview %[[D]][0, 512]
// CHECK-NOT: rondo.barrier
// CHECK: linalg.generic {{.*}} ins(%[[PART]] : {{.*}} outs(%arg1 : {{.*}} {rondo.split = array<i64: 1, 64>}
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @normalised_row(%w: memref<512x1024xf32>, %h: memref<1x512xf32>, %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %c8192 = arith.constant 8192 : index
  %zero = arith.constant 0.0 : f32
  %p = memref.view %arena[%c0][] : memref<16384xi8> to memref<1x1024xf32>
  %s = memref.view %arena[%c4096][] : memref<16384xi8> to memref<1xf32>
  %d = memref.view %arena[%c8192][] : memref<16384xi8> to memref<1x1024xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x512xf32>, memref<512x1024xf32>) outs(%p : memref<1x1024xf32>)
    linalg.fill ins(%zero : f32) outs(%s : memref<1xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<1x1024xf32>) outs(%s : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%d : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
    %part = memref.subview %d[0, 512] [1, 512] [1, 1]
        : memref<1x1024xf32> to memref<1x512xf32, strided<[1024, 1], offset: 512>>
    linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel"]}
        ins(%part : memref<1x512xf32, strided<[1024, 1], offset: 512>>) outs(%h : memref<1x512xf32>) {
    ^bb0(%e: f32, %o: f32):
      %0 = arith.addf %e, %e : f32
      linalg.yield %0 : f32
    }
  }
  return
}

// -----

// What the next step reads, and what is read before it is written, all threads share: one of them makes it.
// CHECK-LABEL: @kept
// CHECK-NOT: memref.alloca
// CHECK: scf.if
// CHECK-NEXT: linalg.generic {{.*}} ins(%[[P:.*]], %[[S:.*]] : memref<1x1024xf32>, memref<1xf32>)
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @kept(%w: memref<1024x1024xf32>, %h: memref<1x1024xf32>, %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %zero = arith.constant 0.0 : f32
  %p = memref.view %arena[%c0][] : memref<16384xi8> to memref<1x1024xf32>
  %s = memref.view %arena[%c4096][] : memref<16384xi8> to memref<1xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x1024xf32>, memref<1024x1024xf32>) outs(%p : memref<1x1024xf32>)
    linalg.generic {indexing_maps = [#row, #number, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%s : memref<1xf32>) {
    ^bb0(%e: f32, %old: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%h : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  return
}

// -----

// Loops one after the other have the same places on the stack.
// CHECK-LABEL: @two_loops
// CHECK-COUNT-1: memref.alloca()
// CHECK-NOT: memref.alloca()
// CHECK: return
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @two_loops(%w: memref<1024x1024xf32>, %h: memref<1x1024xf32>, %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %c8192 = arith.constant 8192 : index
  %zero = arith.constant 0.0 : f32
  %p = memref.view %arena[%c0][] : memref<16384xi8> to memref<1x1024xf32>
  %s = memref.view %arena[%c4096][] : memref<16384xi8> to memref<1xf32>
  %r = memref.view %arena[%c8192][] : memref<16384xi8> to memref<1xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x1024xf32>, memref<1024x1024xf32>) outs(%p : memref<1x1024xf32>)
    linalg.fill ins(%zero : f32) outs(%s : memref<1xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<1x1024xf32>) outs(%s : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<1x1024xf32>, memref<1xf32>) outs(%h : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.matmul ins(%h, %w : memref<1x1024xf32>, memref<1024x1024xf32>) outs(%p : memref<1x1024xf32>)
    linalg.fill ins(%zero : f32) outs(%r : memref<1xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<1x1024xf32>) outs(%r : memref<1xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %r : memref<1x1024xf32>, memref<1xf32>) outs(%h : memref<1x1024xf32>) {
    ^bb0(%e: f32, %m: f32, %o: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  return
}
