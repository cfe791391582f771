// What cheaper ops compute as well, or fewer numbers, with the same values but for rounding.
// RUN: rondo-opt %s --rondo-reduce-strength -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: rondo-interpret %s --function roots --compare %t.mlir
// RUN: rondo-interpret %s --function steps --compare %t.mlir
// RUN: rondo-interpret %s --function maximum --compare %t.mlir
// RUN: rondo-interpret %s --function signs --compare %t.mlir
// RUN: rondo-interpret %s --function quotients --compare %t.mlir
// RUN: rondo-interpret %s --function parts --compare %t.mlir
// RUN: rondo-interpret %s --function other_sums --compare %t.mlir
// RUN: rondo-interpret %s --function maximum --compare %t.mlir
// RUN: rondo-interpret %s --function negated --compare %t.mlir

// One reciprocal for a row and all quotients by it.
// CHECK-LABEL: func.func @roots(
// CHECK: %[[ROOT:.*]] = math.sqrt
// CHECK: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<3xf64>
// CHECK: %[[R:.*]] = arith.divf %[[ONE]], %[[ROOT]] : tensor<3xf64>
// CHECK: %[[RS:.*]] = rondo.broadcast %[[R]] dims = [0] : tensor<3xf64> -> tensor<3x8xf64>
// CHECK: arith.mulf %arg0, %[[RS]] : tensor<3x8xf64>
// CHECK: arith.mulf %{{.*}}, %[[RS]] : tensor<3x8xf64>
// CHECK-NOT: arith.divf
// CHECK: return
func.func @roots(%x: tensor<3x8xf64>, %v: tensor<3xf64>) -> (tensor<3x8xf64>, tensor<3x8xf64>) {
  %s = arith.mulf %v, %v : tensor<3xf64>
  %d = math.sqrt %s : tensor<3xf64>
  %ds = rondo.broadcast %d dims = [0] : tensor<3xf64> -> tensor<3x8xf64>
  %y = arith.divf %x, %ds : tensor<3x8xf64>
  %z = arith.divf %y, %ds : tensor<3x8xf64>
  return %y, %z : tensor<3x8xf64>, tensor<3x8xf64>
}

// A scan that reads the roots of another one reads their reciprocals, which are made before it.
// CHECK-LABEL: func.func @steps(
// CHECK: %[[ROOTS:.*]] = rondo.scan
// CHECK: math.sqrt
// CHECK: %[[R:.*]] = arith.divf %{{.*}}, %[[ROOTS]] : tensor<5x3xf64>
// CHECK: rondo.scan {{.*}} = %[[R]] : tensor<5x3xf64>) length 5 {
// CHECK-NOT: arith.divf
// CHECK: return
func.func @steps(%x: tensor<5x3x8xf64>, %v: tensor<5x3xf64>) -> tensor<5x3x8xf64> {
  %roots = rondo.scan () over (%w = %v : tensor<5x3xf64>) length 5 {
    %s = arith.mulf %w, %w : tensor<3xf64>
    %d = math.sqrt %s : tensor<3xf64>
    rondo.yield () emit (%d : tensor<3xf64>)
  } -> (tensor<5x3xf64>)
  %ys = rondo.scan () over (%xt = %x : tensor<5x3x8xf64>, %d = %roots : tensor<5x3xf64>) length 5 {
    %ds = rondo.broadcast %d dims = [0] : tensor<3xf64> -> tensor<3x8xf64>
    %y = arith.divf %xt, %ds : tensor<3x8xf64>
    rondo.yield () emit (%y : tensor<3x8xf64>)
  } -> (tensor<5x3x8xf64>)
  return %ys : tensor<5x3x8xf64>
}

// The reciprocal of any other number may be infinite where the quotient is not; of few quotients there is no gain; and
// what is divided by the rows is another thing.
// CHECK-LABEL: func.func @quotients(
// CHECK-COUNT-3: arith.divf %{{.*}} : tensor<3x
// CHECK: return
func.func @quotients(%x: tensor<3x8xf64>, %v: tensor<3xf64>, %few: tensor<3x7xf64>)
    -> (tensor<3x8xf64>, tensor<3x7xf64>, tensor<3x8xf64>) {
  %vs = rondo.broadcast %v dims = [0] : tensor<3xf64> -> tensor<3x8xf64>
  %y = arith.divf %x, %vs : tensor<3x8xf64>
  %s = arith.mulf %v, %v : tensor<3xf64>
  %d = math.sqrt %s : tensor<3xf64>
  %ds = rondo.broadcast %d dims = [0] : tensor<3xf64> -> tensor<3x7xf64>
  %z = arith.divf %few, %ds : tensor<3x7xf64>
  %dn = rondo.broadcast %d dims = [0] : tensor<3xf64> -> tensor<3x8xf64>
  %q = arith.divf %dn, %x : tensor<3x8xf64>
  return %y, %z, %q : tensor<3x8xf64>, tensor<3x7xf64>, tensor<3x8xf64>
}

// Parts in any order, in any tree of sums.
// CHECK-LABEL: func.func @parts(
// CHECK-SAME: %[[A:[^:]*]]: tensor<2x1xf64>, %[[B:[^:]*]]: tensor<2x2xf64>, %[[C:[^:]*]]: tensor<2x3xf64>)
// CHECK: %[[ALL:.*]] = tensor.concat dim(1) %[[A]], %[[B]], %[[C]]
// CHECK-NOT: arith.addf
// CHECK: return %[[ALL]]
func.func @parts(%a: tensor<2x1xf64>, %b: tensor<2x2xf64>, %c: tensor<2x3xf64>) -> tensor<2x6xf64> {
  %zero = arith.constant dense<0.0> : tensor<2x6xf64>
  %0 = tensor.insert_slice %c into %zero[0, 3] [2, 3] [1, 1] : tensor<2x3xf64> into tensor<2x6xf64>
  %1 = tensor.insert_slice %a into %zero[0, 0] [2, 1] [1, 1] : tensor<2x1xf64> into tensor<2x6xf64>
  %2 = tensor.insert_slice %b into %zero[0, 1] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %3 = arith.addf %1, %2 : tensor<2x6xf64>
  %4 = arith.addf %0, %3 : tensor<2x6xf64>
  return %4 : tensor<2x6xf64>
}

// Not where parts meet, leave something out, are read elsewhere too or do not stand between zeros.
// CHECK-LABEL: func.func @other_sums(
// CHECK-NOT: tensor.concat
// CHECK: return
func.func @other_sums(%a: tensor<2x4xf64>, %b: tensor<2x2xf64>, %x: tensor<2x6xf64>)
    -> (tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>) {
  %zero = arith.constant dense<0.0> : tensor<2x6xf64>
  %0 = tensor.insert_slice %a into %zero[0, 0] [2, 4] [1, 1] : tensor<2x4xf64> into tensor<2x6xf64>
  %1 = tensor.insert_slice %b into %zero[0, 3] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %meet = arith.addf %0, %1 : tensor<2x6xf64>
  %2 = tensor.insert_slice %b into %zero[0, 0] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %3 = tensor.insert_slice %b into %zero[0, 4] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %hole = arith.addf %2, %3 : tensor<2x6xf64>
  %4 = tensor.insert_slice %a into %zero[0, 0] [2, 4] [1, 1] : tensor<2x4xf64> into tensor<2x6xf64>
  %5 = tensor.insert_slice %b into %zero[0, 4] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %used = arith.addf %4, %5 : tensor<2x6xf64>
  %6 = tensor.insert_slice %a into %x[0, 0] [2, 4] [1, 1] : tensor<2x4xf64> into tensor<2x6xf64>
  %7 = tensor.insert_slice %b into %zero[0, 4] [2, 2] [1, 1] : tensor<2x2xf64> into tensor<2x6xf64>
  %more = arith.addf %6, %7 : tensor<2x6xf64>
  return %meet, %hole, %used, %5, %more
    : tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>, tensor<2x6xf64>
}

// Sums and means, but not a maximum, nor where what is negated is made in any case.
// CHECK-LABEL: func.func @negated(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x4xf64>, %[[Z:[^:]*]]: tensor<2x4xf64>)
// CHECK: %[[MEAN:.*]] = rondo.reduce mean %[[X]]
// CHECK: arith.negf %[[MEAN]] : tensor<2xf64>
// CHECK: %[[N:.*]] = arith.negf %[[X]] : tensor<2x4xf64>
// CHECK: rondo.reduce max %[[N]]
// CHECK: %[[M:.*]] = arith.negf %[[Z]] : tensor<2x4xf64>
// CHECK: rondo.reduce sum %[[M]]
func.func @negated(%x: tensor<2x4xf64>, %z: tensor<2x4xf64>)
    -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2x4xf64>) {
  %0 = arith.negf %x : tensor<2x4xf64>
  %mean = rondo.reduce mean %0 dims = [1] : tensor<2x4xf64> -> tensor<2xf64>
  %1 = arith.negf %x : tensor<2x4xf64>
  %max = rondo.reduce max %1 dims = [1] : tensor<2x4xf64> -> tensor<2xf64>
  %2 = arith.negf %z : tensor<2x4xf64>
  %sum = rondo.reduce sum %2 dims = [1] : tensor<2x4xf64> -> tensor<2xf64>
  return %mean, %max, %sum, %2 : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2x4xf64>
}

// Functions that compute outputs have the same bits for any number of rows and positions: what divides few numbers in
// one of them, divides in all; what divides as many in each is a product. What else computes a loss decides alone.
// CHECK-LABEL: func.func @run_1x1(
// CHECK: arith.divf %arg0, %{{.*}} : tensor<1x1x8xf64>
// CHECK: arith.mulf %{{.*}} : tensor<1x1x8xf64>
// CHECK-LABEL: func.func @run_8x16(
// CHECK: arith.divf %arg0, %{{.*}} : tensor<16x8x8xf64>
// CHECK: arith.mulf %{{.*}} : tensor<16x8x8xf64>
// CHECK-LABEL: func.func @train(
// CHECK: arith.mulf %arg0, %{{.*}} : tensor<16x8x8xf64>
func.func @run_1x1(%x: tensor<1x1x8xf64>, %w: tensor<8xf64>, %v: tensor<1x1xf64>) -> tensor<1x1x8xf64>
    attributes {rondo.entry = #rondo.entry<run, batch = 1, length = 1, f64>} {
  %d = math.sqrt %w : tensor<8xf64>
  %ds = rondo.broadcast %d dims = [2] : tensor<8xf64> -> tensor<1x1x8xf64>
  %y = arith.divf %x, %ds : tensor<1x1x8xf64> loc("model":1:2)
  %e = math.sqrt %v : tensor<1x1xf64>
  %es = rondo.broadcast %e dims = [0, 1] : tensor<1x1xf64> -> tensor<1x1x8xf64>
  %z = arith.divf %y, %es : tensor<1x1x8xf64> loc("model":1:7)
  return %z : tensor<1x1x8xf64>
}
func.func @run_8x16(%x: tensor<16x8x8xf64>, %w: tensor<8xf64>, %v: tensor<16x8xf64>) -> tensor<16x8x8xf64>
    attributes {rondo.entry = #rondo.entry<run, batch = 8, length = 16, f64>} {
  %d = math.sqrt %w : tensor<8xf64>
  %ds = rondo.broadcast %d dims = [2] : tensor<8xf64> -> tensor<16x8x8xf64>
  %y = arith.divf %x, %ds : tensor<16x8x8xf64> loc("model":1:2)
  %e = math.sqrt %v : tensor<16x8xf64>
  %es = rondo.broadcast %e dims = [0, 1] : tensor<16x8xf64> -> tensor<16x8x8xf64>
  %z = arith.divf %y, %es : tensor<16x8x8xf64> loc("model":1:7)
  return %z : tensor<16x8x8xf64>
}
func.func @train(%x: tensor<16x8x8xf64>, %w: tensor<8xf64>) -> tensor<16x8x8xf64>
    attributes {rondo.entry = #rondo.entry<train, batch = 8, length = 16, f64>} {
  %d = math.sqrt %w : tensor<8xf64>
  %ds = rondo.broadcast %d dims = [2] : tensor<8xf64> -> tensor<16x8x8xf64>
  %y = arith.divf %x, %ds : tensor<16x8x8xf64> loc("model":1:2)
  return %y : tensor<16x8x8xf64>
}

// Of exponentials less their maximum one is 1, but no number where the maximum is infinite; where one of them is not
// there, or a constant is one side, both stay as they are.
// CHECK-LABEL: func.func @maximum
// CHECK:         %[[MOST:.*]] = arith.maximumf %arg0, %arg1
// CHECK-DAG:     %[[FIRST:.*]] = arith.cmpf oge, %arg0, %arg1
// CHECK-DAG:     %[[D:.*]] = arith.subf %arg0, %arg1
// CHECK:         %[[MAGNITUDE:.*]] = math.absf %[[D]]
// CHECK:         %[[NEGATIVE:.*]] = arith.negf %[[MAGNITUDE]]
// CHECK:         %[[E:.*]] = math.exp %[[NEGATIVE]]
// CHECK:         %[[NOTHING:.*]] = arith.subf %[[MOST]], %[[MOST]]
// CHECK:         %[[ONE:.*]] = arith.addf %[[NOTHING]], %{{.*}}
// CHECK-DAG:     %[[OLD:.*]] = arith.select %[[FIRST]], %[[ONE]], %[[E]]
// CHECK-DAG:     %[[NEW:.*]] = arith.select %[[FIRST]], %[[E]], %[[ONE]]
// CHECK:         %[[ALONE:.*]] = math.exp
// CHECK:         %[[BESIDE:.*]] = math.exp
// CHECK:         %[[CONSTANT:.*]] = math.exp
// CHECK:         return %[[OLD]], %[[NEW]], %[[ALONE]], %[[BESIDE]], %[[CONSTANT]]
func.func @maximum(%a: tensor<8xf32>, %b: tensor<8xf32>, %c: tensor<8xf32>)
    -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %most = arith.maximumf %a, %b : tensor<8xf32>
  %0 = arith.subf %a, %most : tensor<8xf32>
  %old = math.exp %0 : tensor<8xf32>
  %1 = arith.subf %b, %most : tensor<8xf32>
  %new = math.exp %1 : tensor<8xf32>
  %other = arith.maximumf %a, %c : tensor<8xf32>
  %2 = arith.subf %a, %other : tensor<8xf32>
  %alone = math.exp %2 : tensor<8xf32>
  %half = arith.constant dense<0.5> : tensor<8xf32>
  %third = arith.maximumf %a, %half : tensor<8xf32>
  %3 = arith.subf %a, %third : tensor<8xf32>
  %beside = math.exp %3 : tensor<8xf32>
  %4 = arith.subf %half, %third : tensor<8xf32>
  %constant = math.exp %4 : tensor<8xf32>
  return %old, %new, %alone, %beside, %constant
      : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// What is negated where it is not below 0 has its sign set; not what another comparison chooses.
// CHECK-LABEL: func.func @signs
// CHECK:         %[[D:.*]] = arith.subf %arg0, %arg1
// CHECK:         %[[MAGNITUDE:.*]] = math.absf %[[D]]
// CHECK:         %[[RESULT:.*]] = arith.negf %[[MAGNITUDE]]
// CHECK:         %[[OTHER:.*]] = arith.select
// CHECK:         return %[[RESULT]], %[[OTHER]]
func.func @signs(%a: tensor<8xf32>, %b: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %first = arith.cmpf oge, %a, %b : tensor<8xf32>
  %apart = arith.subf %a, %b : tensor<8xf32>
  %opposite = arith.negf %apart : tensor<8xf32>
  %signed = arith.select %first, %opposite, %apart : tensor<8xi1>, tensor<8xf32>
  %second = arith.cmpf olt, %a, %b : tensor<8xf32>
  %other = arith.select %second, %opposite, %apart : tensor<8xi1>, tensor<8xf32>
  return %signed, %other : tensor<8xf32>, tensor<8xf32>
}
