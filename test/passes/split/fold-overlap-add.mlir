// The gradient of a convolution's input becomes a convolution, with the same values.
// RUN: rondo-opt %s --rondo-fold-overlap-add -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: rondo-interpret %s --function part --compare %t.mlir
// RUN: rondo-interpret %s --function causal --compare %t.mlir
// RUN: rondo-interpret %s --function whole --compare %t.mlir
// RUN: rondo-interpret %s --function one --compare %t.mlir
// RUN: rondo-interpret %s --function cut --compare %t.mlir
// RUN: rondo-interpret %s --function two --compare %t.mlir
// RUN: rondo-interpret %s --function image --compare %t.mlir
// RUN: rondo-interpret %s --function otherwise --compare %t.mlir

// The middle, as of windows that are padded with zeros: as many zeros on both sides.
// CHECK-LABEL: func.func @part(
// CHECK: %[[Z:.*]] = tensor.concat dim(0) %{{.*}}, %arg0, %{{.*}} : (tensor<2x3x4xf64>, tensor<7x3x4xf64>, tensor<2x3x4xf64>) -> tensor<11x3x4xf64>
// CHECK: %[[N:.*]] = rondo.window %[[Z]] dim = 0 size = 5 stride = 1 dilation = 1
// CHECK: %[[Y:.*]] = rondo.contract %[[N]], %{{.*}} "tjbo,oji->tbi" : tensor<7x5x3x4xf64>, tensor<4x5x2xf64> -> tensor<7x3x2xf64>
// CHECK-NOT: rondo.overlap_add
// CHECK: return %[[Y]]
func.func @part(%g: tensor<7x3x4xf64>, %w: tensor<4x5x2xf64>) -> tensor<7x3x2xf64> {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x3x4xf64>, tensor<4x5x2xf64> -> tensor<7x5x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<7x5x3x2xf64> -> tensor<11x3x2xf64>
  %2 = tensor.extract_slice %1[2, 0, 0] [7, 3, 2] [1, 1, 1] : tensor<11x3x2xf64> to tensor<7x3x2xf64>
  return %2 : tensor<7x3x2xf64>
}

// The end, as of causal windows, with gaps; the weights are the left operand and the batch comes first.
// CHECK-LABEL: func.func @causal(
// CHECK: tensor.concat dim(1) %arg0, %{{.*}} : (tensor<3x7x4xf64>, tensor<3x4x4xf64>) -> tensor<3x11x4xf64>
// CHECK: rondo.window %{{.*}} dim = 1 size = 3 stride = 1 dilation = 2
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @causal(%g: tensor<3x7x4xf64>, %w: tensor<4x3x2xf64>) -> tensor<3x7x2xf64> {
  %0 = rondo.contract %w, %g "oji,bto->btji" : tensor<4x3x2xf64>, tensor<3x7x4xf64> -> tensor<3x7x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 1 stride = 1 dilation = 2 : tensor<3x7x3x2xf64> -> tensor<3x11x2xf64>
  %2 = tensor.extract_slice %1[0, 4, 0] [3, 7, 2] [1, 1, 1] : tensor<3x11x2xf64> to tensor<3x7x2xf64>
  return %2 : tensor<3x7x2xf64>
}

// All positions, those of the padding too, as of windows within the axis.
// CHECK-LABEL: func.func @whole(
// CHECK: tensor.concat dim(0) %{{.*}} : (tensor<2x3x4xf64>, tensor<8x3x4xf64>, tensor<2x3x4xf64>) -> tensor<12x3x4xf64>
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @whole(%g: tensor<8x3x4xf64>, %w: tensor<4x3x2xf64>) -> tensor<10x3x2xf64> {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<8x3x4xf64>, tensor<4x3x2xf64> -> tensor<8x3x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<8x3x3x2xf64> -> tensor<10x3x2xf64>
  return %1 : tensor<10x3x2xf64>
}

// One position, and windows of one position: no zeros, nothing to turn.
// CHECK-LABEL: func.func @one(
// CHECK-NOT: tensor.concat
// CHECK: rondo.window %arg0 dim = 0 size = 1 stride = 1 dilation = 1
// CHECK: rondo.contract %{{.*}}, %arg1 "tjbo,oji->tbi"
// CHECK: tensor.concat dim(0) %{{.*}}, %arg2, %{{.*}} : (tensor<1x1x4xf64>, tensor<1x1x4xf64>, tensor<1x1x4xf64>) -> tensor<3x1x4xf64>
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @one(%g: tensor<5x1x4xf64>, %w: tensor<4x1x2xf64>, %h: tensor<1x1x4xf64>, %v: tensor<4x3x1xf64>)
    -> (tensor<5x1x2xf64>, tensor<1x1x1xf64>) {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<5x1x4xf64>, tensor<4x1x2xf64> -> tensor<5x1x1x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<5x1x1x2xf64> -> tensor<5x1x2xf64>
  %2 = rondo.contract %h, %v "tbo,oji->tjbi" : tensor<1x1x4xf64>, tensor<4x3x1xf64> -> tensor<1x3x1x1xf64>
  %3 = rondo.overlap_add %2 dim = 0 stride = 1 dilation = 1 : tensor<1x3x1x1xf64> -> tensor<3x1x1xf64>
  %4 = tensor.extract_slice %3[1, 0, 0] [1, 1, 1] [1, 1, 1] : tensor<3x1x1xf64> to tensor<1x1x1xf64>
  return %1, %4 : tensor<5x1x2xf64>, tensor<1x1x1xf64>
}

// Positions so far from an end that what stands there is not read.
// CHECK-LABEL: func.func @cut(
// CHECK: tensor.extract_slice %arg0[1, 0, 0] [6, 3, 4]
// CHECK-NOT: tensor<7x3x4xf64> ->
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @cut(%g: tensor<8x3x4xf64>, %w: tensor<4x3x2xf64>) -> tensor<4x3x2xf64> {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<8x3x4xf64>, tensor<4x3x2xf64> -> tensor<8x3x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<8x3x3x2xf64> -> tensor<10x3x2xf64>
  %2 = tensor.extract_slice %1[3, 0, 0] [4, 3, 2] [1, 1, 1] : tensor<10x3x2xf64> to tensor<4x3x2xf64>
  return %2 : tensor<4x3x2xf64>
}

// Two convolutions of one value, as of a gate and what it lets through.
// CHECK-LABEL: func.func @two(
// CHECK: %[[A:.*]] = rondo.contract
// CHECK: %[[B:.*]] = rondo.contract
// CHECK: arith.addf %[[A]], %[[B]] : tensor<7x3x2xf64>
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @two(%g: tensor<7x3x4xf64>, %w: tensor<4x3x2xf64>, %h: tensor<7x3x5xf64>, %v: tensor<3x5x2xf64>)
    -> tensor<7x3x2xf64> {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x3x4xf64>, tensor<4x3x2xf64> -> tensor<7x3x3x2xf64>
  %1 = rondo.contract %h, %v "tbo,joi->tjbi" : tensor<7x3x5xf64>, tensor<3x5x2xf64> -> tensor<7x3x3x2xf64>
  %2 = arith.addf %0, %1 : tensor<7x3x3x2xf64>
  %3 = rondo.overlap_add %2 dim = 0 stride = 1 dilation = 1 : tensor<7x3x3x2xf64> -> tensor<9x3x2xf64>
  %4 = tensor.extract_slice %3[1, 0, 0] [7, 3, 2] [1, 1, 1] : tensor<9x3x2xf64> to tensor<7x3x2xf64>
  return %4 : tensor<7x3x2xf64>
}

// Two dimensions of windows: the zeros of both stand around the values, before any window.
// CHECK-LABEL: func.func @image(
// CHECK: tensor.concat dim(0)
// CHECK: tensor.concat dim(1) {{.*}} -> tensor<9x10x3x4xf64>
// CHECK: rondo.window
// CHECK: rondo.window
// CHECK: rondo.contract {{.*}} -> tensor<7x8x3x2xf64>
// CHECK-NOT: rondo.overlap_add
// CHECK: return
func.func @image(%g: tensor<7x8x3x4xf64>, %w: tensor<4x3x3x2xf64>) -> tensor<7x8x3x2xf64> {
  %0 = rondo.contract %g, %w "rcbo,ojki->rjckbi" : tensor<7x8x3x4xf64>, tensor<4x3x3x2xf64> -> tensor<7x3x8x3x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<7x3x8x3x3x2xf64> -> tensor<9x8x3x3x2xf64>
  %2 = tensor.extract_slice %1[1, 0, 0, 0, 0] [7, 8, 3, 3, 2] [1, 1, 1, 1, 1]
    : tensor<9x8x3x3x2xf64> to tensor<7x8x3x3x2xf64>
  %3 = rondo.overlap_add %2 dim = 1 stride = 1 dilation = 1 : tensor<7x8x3x3x2xf64> -> tensor<7x10x3x2xf64>
  %4 = tensor.extract_slice %3[0, 1, 0, 0] [7, 8, 3, 2] [1, 1, 1, 1] : tensor<7x10x3x2xf64> to tensor<7x8x3x2xf64>
  return %4 : tensor<7x8x3x2xf64>
}

// Stays: a stride, many more positions than windows, a product that something else reads, weights of each position, and
// what is no product.
// CHECK-LABEL: func.func @otherwise(
// CHECK-COUNT-5: rondo.overlap_add
// CHECK: return
func.func @otherwise(%g: tensor<7x3x4xf64>, %w: tensor<4x3x2xf64>, %v: tensor<7x4x3x2xf64>)
    -> (tensor<15x3x2xf64>, tensor<11x3x2xf64>, tensor<9x3x2xf64>, tensor<7x3x3x2xf64>, tensor<9x3x2xf64>,
        tensor<9x3x2xf64>) {
  %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x3x4xf64>, tensor<4x3x2xf64> -> tensor<7x3x3x2xf64>
  %1 = rondo.overlap_add %0 dim = 0 stride = 2 dilation = 1 : tensor<7x3x3x2xf64> -> tensor<15x3x2xf64>
  %2 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x3x4xf64>, tensor<4x3x2xf64> -> tensor<7x3x3x2xf64>
  %3 = rondo.overlap_add %2 dim = 0 stride = 1 dilation = 2 : tensor<7x3x3x2xf64> -> tensor<11x3x2xf64>
  %4 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x3x4xf64>, tensor<4x3x2xf64> -> tensor<7x3x3x2xf64>
  %5 = rondo.overlap_add %4 dim = 0 stride = 1 dilation = 1 : tensor<7x3x3x2xf64> -> tensor<9x3x2xf64>
  %6 = rondo.contract %g, %v "tbo,toji->tjbi" : tensor<7x3x4xf64>, tensor<7x4x3x2xf64> -> tensor<7x3x3x2xf64>
  %7 = rondo.overlap_add %6 dim = 0 stride = 1 dilation = 1 : tensor<7x3x3x2xf64> -> tensor<9x3x2xf64>
  %8 = math.tanh %4 : tensor<7x3x3x2xf64>
  %9 = rondo.overlap_add %8 dim = 0 stride = 1 dilation = 1 : tensor<7x3x3x2xf64> -> tensor<9x3x2xf64>
  return %1, %3, %5, %4, %7, %9
    : tensor<15x3x2xf64>, tensor<11x3x2xf64>, tensor<9x3x2xf64>, tensor<7x3x3x2xf64>, tensor<9x3x2xf64>,
      tensor<9x3x2xf64>
}
