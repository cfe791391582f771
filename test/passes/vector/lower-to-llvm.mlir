// Buffers become bare pointers, vectors LLVM's, and functions without an intrinsic calls of libm, lane by lane.
// RUN: rondo-opt %s --rondo-phase-llvm | FileCheck %s

// CHECK: llvm.func @erf(f64) -> f64

// CHECK-LABEL: llvm.func @f(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr {rondo.access = "in", rondo.input = "x"}, %[[Y:.*]]: !llvm.ptr {{{.*}}rondo.output = "y"})
// CHECK-NOT: {{ (arith|cf|func|math|memref|scf|vector)\.}}
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> vector<2xf64>
// CHECK: llvm.intr.tanh({{.*}}) : (vector<2xf64>) -> vector<2xf64>
// CHECK-COUNT-2: llvm.call @erf({{.*}}) : (f64) -> f64
// CHECK: llvm.store %{{.*}} : vector<2xf64>, !llvm.ptr
// CHECK-NOT: {{ (arith|cf|func|math|memref|scf|vector)\.}}
// CHECK: llvm.return
func.func @f(%x: memref<6xf64> {rondo.access = "in", rondo.input = "x"},
             %y: memref<6xf64> {rondo.access = "out", rondo.output = "y"}) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  scf.for %i = %c0 to %c6 step %c2 {
    %0 = vector.load %x[%i] : memref<6xf64>, vector<2xf64>
    %1 = math.tanh %0 : vector<2xf64>
    %2 = math.erf %1 : vector<2xf64>
    vector.store %2, %y[%i] : memref<6xf64>, vector<2xf64>
  }
  return
}
