// Truncation with k1 = 1, k2 = 3: a cell with two carried states of which one never changes, and a scan after it that
// carries nothing and stays whole.
// RUN: rondo-opt %s -rondo-truncate-bptt="k1=1 k2=3" | FileCheck %s
// RUN: rondo-opt %s -rondo-truncate-bptt="k1=3 k2=3" | FileCheck %s --check-prefix=WHOLE

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[S0:[^:]*]]: tensor<2x4xf32> {rondo.state = "s"}, %[[M0:[^:]*]]: tensor<2x4xf32> {rondo.state = "m"}, %[[X:[^:]*]]: tensor<3x2x4xf32>
func.func @f(%s0: tensor<2x4xf32> {rondo.state = "s"}, %m0: tensor<2x4xf32> {rondo.state = "m"}, %x: tensor<3x2x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2x4xf32> {rondo.state = "s"}, tensor<2x4xf32> {rondo.state = "m"}) {
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  // CHECK: %[[X1:.*]] = tensor.extract_slice %[[X]][0, 0, 0] [1, 2, 4] [1, 1, 1]
  // CHECK: %[[A:.*]]:2 = rondo.scan (%{{.*}} = %[[S0]] : tensor<2x4xf32>) over (%{{.*}} = %[[X1]] : tensor<1x2x4xf32>) length 1 {
  // CHECK: %[[X2:.*]] = tensor.extract_slice %[[X]][1, 0, 0] [2, 2, 4] [1, 1, 1]
  // CHECK: %[[B:.*]]:2 = rondo.scan (%{{.*}} = %[[A]]#0 : tensor<2x4xf32>) over (%{{.*}} = %[[X2]] : tensor<2x2x4xf32>) length 2 {
  // CHECK: %[[Y:.*]] = tensor.concat dim(0) %[[A]]#1, %[[B]]#1
  %sT, %y = rondo.scan (%s = %s0 : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 {
    %d = arith.mulf %s, %m0 : tensor<2x4xf32>
    %n = arith.addf %d, %v : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%d : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  // CHECK: rondo.scan {{.*}} over (%{{.*}} = %[[Y]] : tensor<3x2x4xf32>) length 3 {
  %rT, %z = rondo.scan (%s = %zero : tensor<2x4xf32>) over (%v = %y : tensor<3x2x4xf32>) length 3 {
    %n = arith.addf %s, %v : tensor<2x4xf32>
    rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
  } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
  // Another use of the final state means the one at the window's end.
  // CHECK: %[[END:.*]] = rondo.reduce sum %[[B]]#0 dims = [0, 1]
  %end = rondo.reduce sum %sT dims = [0, 1] : tensor<2x4xf32> -> tensor<f32>
  %ends = rondo.broadcast %end dims = [] : tensor<f32> -> tensor<3x2xf32>
  %p = rondo.reduce sum %z dims = [2] : tensor<3x2x4xf32> -> tensor<3x2xf32>
  // CHECK: %[[Q:.*]] = arith.addf
  %q = arith.addf %p, %ends : tensor<3x2xf32>
  // CHECK: %[[LAST:.*]] = tensor.extract_slice %[[Q]][2, 0] [1, 2] [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
  // CHECK: %[[L:.*]] = rondo.reduce mean %[[LAST]] dims = [0, 1]
  %l = rondo.reduce mean %q dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
  // CHECK: return %[[L]], %[[A]]#0, %[[M0]] :
  // WHOLE-NOT: tensor.extract_slice
  // WHOLE: return
  return %l, %sT, %m0 : tensor<f32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// Of a history the positions before step k1 are handed on: here the last one of the window before and the first one.
// CHECK-LABEL: func.func @history(
// CHECK: %[[W:.*]] = tensor.concat dim(0) %{{.*}}, %{{.*}} :
// CHECK: %[[STATE:.*]] = tensor.extract_slice %[[W]][1, 0] [2, 4] [1, 1]
// CHECK: return %{{.*}}, %[[STATE]] :
// WHOLE: tensor.extract_slice %{{.*}}[3, 0] [2, 4] [1, 1]
func.func @history(%p: tensor<2x4xf32> {rondo.state = "a.past"}, %x: tensor<3x4xf32> {rondo.input = "x"})
    -> (tensor<f32> {rondo.loss}, tensor<2x4xf32> {rondo.state = "a.past"}) {
  %w = tensor.concat dim(0) %p, %x : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  %last = tensor.extract_slice %w[3, 0] [2, 4] [1, 1] : tensor<5x4xf32> to tensor<2x4xf32>
  %early = tensor.extract_slice %w[0, 0] [3, 4] [1, 1] : tensor<5x4xf32> to tensor<3x4xf32>
  %l = rondo.reduce mean %early dims = [0, 1] : tensor<3x4xf32> -> tensor<f32>
  return %l, %last : tensor<f32>, tensor<2x4xf32>
}
