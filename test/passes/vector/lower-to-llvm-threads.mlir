// What a function knows of its threads and its team are three more arguments, last; functions that
// several threads do not run have none.
// RUN: rondo-opt %s --rondo-phase-llvm | FileCheck %s

// CHECK: llvm.func @rondo_team_barrier(!llvm.ptr, i64, i64)

// CHECK-LABEL: llvm.func @shared(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr, %[[TEAM:.*]]: !llvm.ptr, %[[THREAD:.*]]: i64, %[[THREADS:.*]]: i64)
func.func @shared(%x: memref<6xf64>) {
  // CHECK: llvm.getelementptr {{.*}}[%[[THREAD]]]
  %i = rondo.thread
  %a = memref.load %x[%i] : memref<6xf64>
  // CHECK: llvm.call @rondo_team_barrier(%[[TEAM]], %[[THREAD]], %[[THREADS]]) : (!llvm.ptr, i64, i64) -> ()
  rondo.barrier
  %n = rondo.threads
  memref.store %a, %x[%n] : memref<6xf64>
  // CHECK: llvm.return
  return
}

// CHECK-LABEL: llvm.func @alone(
// CHECK-SAME: %{{.*}}: !llvm.ptr)
func.func @alone(%x: memref<6xf64>) {
  return
}
