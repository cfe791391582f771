// Functions become arithmetic; the few that have none of their own in double precision are left to libm.
// RUN: rondo-opt %s --rondo-approximate-math | FileCheck %s
// RUN: rondo-opt %s --rondo-approximate-math=fma=false | FileCheck %s --check-prefix=SEPARATE

// SEPARATE-NOT: math.fma

// CHECK-LABEL: func.func @single(
// CHECK-NOT: {{math\.(tanh|erf|exp|log|sin|powf|floor) }}
// CHECK: math.fma {{.*}} : vector<4xf32>
// CHECK-NOT: {{math\.(tanh|erf|exp|log|sin|powf|floor) }}
// CHECK: return
func.func @single(%x: vector<4xf32>)
    -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) {
  %0 = math.tanh %x : vector<4xf32>
  %1 = math.exp %x : vector<4xf32>
  %2 = math.log %x : vector<4xf32>
  %3 = math.sin %x : vector<4xf32>
  %4 = math.powf %x, %x : vector<4xf32>
  %5 = math.erf %x : vector<4xf32>
  return %0, %1, %2, %3, %4, %5 : vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
}

// CHECK-LABEL: func.func @double(
// CHECK-NOT: {{math\.(tanh|erf|exp) }}
// CHECK: math.fma {{.*}} : vector<2xf64>
// CHECK: math.sin
// CHECK: return
func.func @double(%x: vector<2xf64>) -> (vector<2xf64>, vector<2xf64>, vector<2xf64>, vector<2xf64>) {
  %0 = math.tanh %x : vector<2xf64>
  %1 = math.exp %x : vector<2xf64>
  %2 = math.sin %x : vector<2xf64>
  %3 = math.erf %x : vector<2xf64>
  return %0, %1, %2, %3 : vector<2xf64>, vector<2xf64>, vector<2xf64>, vector<2xf64>
}

// A negated argument costs nothing: its bounds change sides.
// CHECK-LABEL: func.func @negated(
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<-8.900000e+01>
// CHECK-DAG: %[[HIGH:.*]] = arith.constant dense<8.775000e+01>
// CHECK: arith.cmpf olt, %{{.*}}, %[[LOW]]
// CHECK: arith.cmpf ogt, %{{.*}}, %[[HIGH]]
// CHECK: arith.negf
func.func @negated(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = arith.negf %x : vector<4xf32>
  %1 = math.exp %0 : vector<4xf32>
  return %1 : vector<4xf32>
}

// A power of halves takes a root and products.
// CHECK-LABEL: func.func @halves(
// CHECK: %[[ROOT:.*]] = math.sqrt %[[X:.*]] : vector<4xf32>
// CHECK: %[[POWER:.*]] = arith.mulf %[[ROOT]], %[[X]]
// CHECK: %[[DOUBLE:.*]] = math.sqrt
// CHECK: arith.divf %{{.*}}, %[[DOUBLE]] : f64
func.func @halves(%x: vector<4xf32>, %y: f64) -> (vector<4xf32>, f64) {
  %half = arith.constant 1.5 : f32
  %p = vector.broadcast %half : f32 to vector<4xf32>
  %0 = math.powf %x, %p : vector<4xf32>
  %q = arith.constant -0.5 : f64
  %1 = math.powf %y, %q : f64
  return %0, %1 : vector<4xf32>, f64
}

// Numbers for which two parts of pi/2 are not exact enough are reduced by their bits, in a branch of their own.
// CHECK-LABEL: func.func @far(
// CHECK: %[[FAR:.*]] = arith.cmpf oge
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[FAR]] : vector<4xi1> into i1
// CHECK: scf.if %[[ANY]]
// CHECK: arith.muli {{.*}} : vector<4xi64>
func.func @far(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.sin %x : vector<4xf32>
  return %0 : vector<4xf32>
}
