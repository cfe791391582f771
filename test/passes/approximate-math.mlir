// Functions of single precision become polynomials; double precision is left to libm.
// RUN: rondo-opt %s --rondo-approximate-math | FileCheck %s

// CHECK-LABEL: func.func @single(
// CHECK-NOT: {{math\.(tanh|exp|log|sin) }}
// CHECK: math.fma {{.*}} : vector<4xf32>
// CHECK-NOT: {{math\.(tanh|exp|log|sin) }}
// CHECK: return
func.func @single(%x: vector<4xf32>) -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
  %0 = math.tanh %x : vector<4xf32>
  %1 = math.exp %x : vector<4xf32>
  %2 = math.log %x : vector<4xf32>
  %3 = math.sin %x : vector<4xf32>
  return %0, %1, %2, %3 : vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
}

// CHECK-LABEL: func.func @double(
// CHECK-NEXT: math.tanh
// CHECK-NEXT: math.exp
// CHECK-NEXT: return
func.func @double(%x: vector<2xf64>) -> (vector<2xf64>, vector<2xf64>) {
  %0 = math.tanh %x : vector<2xf64>
  %1 = math.exp %x : vector<2xf64>
  return %0, %1 : vector<2xf64>, vector<2xf64>
}
