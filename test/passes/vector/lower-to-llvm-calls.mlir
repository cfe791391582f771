// A private function is the code of several nests: internal, never inlined; of a buffer it takes the pointer at which it
// begins, and it knows its thread if it asks for it, and its team if it waits, as does whoever calls it.
// RUN: rondo-opt %s --rondo-phase-llvm --canonicalize | FileCheck %s

// CHECK-LABEL: llvm.func @calls(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr, %[[T:.*]]: i64, %{{.*}}: !llvm.ptr, %[[THREAD:.*]]: i64, %[[THREADS:.*]]: i64)
func.func @calls(%x: memref<5x3xf32>, %t: index) {
  %a = memref.subview %x[%t, 0] [1, 3] [1, 1] : memref<5x3xf32> to memref<3xf32, strided<[1], offset: ?>>
  // CHECK: %[[OFFSET:.*]] = llvm.mul %[[T]], %{{.*}}
  // CHECK: %[[PLACE:.*]] = llvm.getelementptr %[[X]][%[[OFFSET]]]
  // CHECK: llvm.call @shared(%[[PLACE]], %[[T]], %[[THREAD]], %[[THREADS]]) : (!llvm.ptr, i64, i64, i64) -> ()
  call @shared(%a, %t) : (memref<3xf32, strided<[1], offset: ?>>, index) -> ()
  // CHECK: llvm.call @alone(%[[X]]) : (!llvm.ptr) -> ()
  call @alone(%x) : (memref<5x3xf32>) -> ()
  return
}

// CHECK-LABEL: llvm.func internal @shared(
// CHECK-SAME: %[[A:[a-z0-9]*]]: !llvm.ptr, %{{.*}}: i64, %[[THREAD:.*]]: i64, %{{.*}}: i64)
// CHECK-SAME: noinline
func.func private @shared(%a: memref<3xf32, strided<[1], offset: ?>>, %t: index) {
  // CHECK: llvm.getelementptr {{.*}}[%[[THREAD]]]
  %i = rondo.thread
  %0 = memref.load %a[%i] : memref<3xf32, strided<[1], offset: ?>>
  memref.store %0, %a[%t] : memref<3xf32, strided<[1], offset: ?>>
  return
}

// CHECK-LABEL: llvm.func internal @alone(
// CHECK-SAME: %{{[a-z0-9]*}}: !llvm.ptr)
func.func private @alone(%x: memref<5x3xf32>) {
  return
}
