// Threads are numbered values, a barrier stays where it is, and equal values of a thread are one value.
// RUN: rondo-opt %s | rondo-opt -cse | FileCheck %s

// CHECK-LABEL: @team
func.func @team(%x: memref<?xf32>) -> (index, index) {
  // CHECK: %[[I:.*]] = rondo.thread
  %i = rondo.thread
  // CHECK: %[[N:.*]] = rondo.threads
  %n = rondo.threads
  // CHECK: memref.load
  %a = memref.load %x[%i] : memref<?xf32>
  // CHECK: rondo.barrier
  rondo.barrier
  // CHECK-NOT: rondo.thread
  %again = rondo.thread
  // CHECK: memref.load
  %b = memref.load %x[%again] : memref<?xf32>
  %sum = arith.addf %a, %b : f32
  memref.store %sum, %x[%i] : memref<?xf32>
  // CHECK: return %[[I]], %[[N]]
  return %again, %n : index, index
}
