// What a step writes and reads again in the same shares lies on each thread's own stack, where two shares would have
// bytes in one line of the cache.
// RUN: rondo-opt -split-input-file -rondo-distribute=work=0 %s | FileCheck %s

// Three rows and two: the rows' sums lie in one line, and rows of 130 numbers meet in one.
// CHECK-LABEL: @meeting_rows
// CHECK-DAG: %[[S:.*]] = memref.alloca() {alignment = 64 : i64} : memref<5xf32>
// CHECK-DAG: %[[P:.*]] = memref.alloca() {alignment = 64 : i64} : memref<5x130xf32>
// CHECK: scf.for
// CHECK: linalg.fill {rondo.split = array<i64: 0, 3>} {{.*}} outs(%[[S]] :
// CHECK: linalg.matmul {rondo.split = array<i64: 0, 3>} ins(%arg0, {{.*}} outs(%[[P]] :
// CHECK: linalg.generic {{.*}} ins(%[[P]] : {{.*}} outs(%[[S]] :
// CHECK: linalg.generic {{.*}} ins(%[[P]], %[[S]] : {{.*}} outs(%arg1 :
// CHECK-NOT: rondo.barrier
// CHECK: return
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @meeting_rows(%h: memref<5x64xf32>, %o: memref<5x130xf32>, %w: memref<64x130xf32>,
                        %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %zero = arith.constant 0.0 : f32
  %p = memref.view %arena[%c0][] : memref<16384xi8> to memref<5x130xf32>
  %s = memref.view %arena[%c4096][] : memref<16384xi8> to memref<5xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.fill ins(%zero : f32) outs(%s : memref<5xf32>)
    linalg.fill ins(%zero : f32) outs(%p : memref<5x130xf32>)
    linalg.matmul ins(%h, %w : memref<5x64xf32>, memref<64x130xf32>) outs(%p : memref<5x130xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%p : memref<5x130xf32>) outs(%s : memref<5xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : memref<5x130xf32>, memref<5xf32>) outs(%o : memref<5x130xf32>) {
    ^bb0(%e: f32, %m: f32, %r: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  return
}

// -----

// Shares of whole lines stay where they are, and so does what the step before has left, whatever its shares: of these
// two buffers each row is a line, the sums are added to those before.
// CHECK-LABEL: @kept
// CHECK-NOT: memref.alloca
// CHECK: linalg.exp {rondo.split = array<i64: 0, 3>}
// CHECK: return
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @kept(%h: memref<5x64xf32>, %w: memref<64x64xf32>, %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %c4096 = arith.constant 4096 : index
  %c8192 = arith.constant 8192 : index
  %zero = arith.constant 0.0 : f32
  %p = memref.view %arena[%c0][] : memref<16384xi8> to memref<5x64xf32>
  %q = memref.view %arena[%c4096][] : memref<16384xi8> to memref<5x64xf32>
  %s = memref.view %arena[%c8192][] : memref<16384xi8> to memref<5xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.exp ins(%h : memref<5x64xf32>) outs(%p : memref<5x64xf32>)
    linalg.fill ins(%zero : f32) outs(%q : memref<5x64xf32>)
    linalg.matmul ins(%p, %w : memref<5x64xf32>, memref<64x64xf32>) outs(%q : memref<5x64xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%q : memref<5x64xf32>) outs(%s : memref<5xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
    linalg.generic {indexing_maps = [#row, #number, #row], iterator_types = ["parallel", "parallel"]}
        ins(%q, %s : memref<5x64xf32>, memref<5xf32>) outs(%h : memref<5x64xf32>) {
    ^bb0(%e: f32, %m: f32, %r: f32):
      %0 = arith.subf %e, %m : f32
      linalg.yield %0 : f32
    }
  }
  return
}

// -----

// What is read behind the loop all threads see.
// CHECK-LABEL: @read_afterwards
// CHECK-NOT: memref.alloca
// CHECK: return
#row = affine_map<(b, i) -> (b, i)>
#number = affine_map<(b, i) -> (b)>
func.func @read_afterwards(%h: memref<5x64xf32>, %w: memref<64x64xf32>, %n: memref<5xf32>,
                           %arena: memref<16384xi8> {rondo.arena}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0.0 : f32
  %s = memref.view %arena[%c0][] : memref<16384xi8> to memref<5xf32>
  scf.for %t = %c0 to %c9 step %c1 {
    linalg.matmul ins(%h, %w : memref<5x64xf32>, memref<64x64xf32>) outs(%h : memref<5x64xf32>)
    linalg.fill ins(%zero : f32) outs(%s : memref<5xf32>)
    linalg.generic {indexing_maps = [#row, #number], iterator_types = ["parallel", "reduction"]}
        ins(%h : memref<5x64xf32>) outs(%s : memref<5xf32>) {
    ^bb0(%e: f32, %a: f32):
      %0 = arith.addf %a, %e : f32
      linalg.yield %0 : f32
    }
  }
  linalg.exp ins(%s : memref<5xf32>) outs(%n : memref<5xf32>)
  return
}
