// Every attribute by which a model's function names its interface, and which entry it is.
// RUN: rondo-opt %s | rondo-opt | FileCheck %s

// CHECK-LABEL: func.func private @model
// CHECK-SAME: {rondo.parameter = "a.i.x"}
// CHECK-SAME: {rondo.state = "a.h"}
// CHECK-SAME: {rondo.input = "text"}
// CHECK-SAME: {rondo.target = "next"}
// CHECK-SAME: {rondo.seed}
// CHECK-SAME: {rondo.start}
// CHECK-SAME: {rondo.position}
// CHECK-SAME: {rondo.loss}
// CHECK-SAME: {rondo.output = "logits"}
// CHECK-SAME: {rondo.state = "a.h"}
// CHECK-SAME: {rondo.gradient = "a.i.x"}
func.func private @model(tensor<4x4xf32> {rondo.parameter = "a.i.x"}, tensor<2x4xf32> {rondo.state = "a.h"},
    tensor<8x2xi32> {rondo.input = "text"}, tensor<8x2xi32> {rondo.target = "next"}, tensor<2xi64> {rondo.seed},
    tensor<i1> {rondo.start}, tensor<2xi64> {rondo.position})
    -> (tensor<f32> {rondo.loss}, tensor<8x2x4xf32> {rondo.output = "logits"}, tensor<2x4xf32> {rondo.state = "a.h"},
        tensor<4x4xf32> {rondo.gradient = "a.i.x"})

// CHECK-LABEL: func.func private @frozen
// CHECK-SAME: {rondo.frozen, rondo.parameter = "m"}
// CHECK-SAME: {rondo.primed = "m"}
// CHECK-SAME: {rondo.primed = "m"}
func.func private @frozen(tensor<4xf32> {rondo.frozen, rondo.parameter = "m"}, tensor<4xf32> {rondo.primed = "m"})
    -> (tensor<4xf32> {rondo.primed = "m"})

// CHECK-LABEL: func.func private @on_buffers
// CHECK-SAME: {rondo.access = "in", rondo.input = "x", rondo.within}
func.func private @on_buffers(memref<8x1x4xf32> {rondo.access = "in", rondo.input = "x", rondo.within},
    memref<i64> {rondo.length})

// CHECK-LABEL: func.func private @update
func.func private @update(tensor<4x4xf32> {rondo.parameter = "w"}, tensor<4x4xf32> {rondo.gradient = "w"},
    tensor<4x4xf32> {rondo.moment1 = "w"}, tensor<4x4xf32> {rondo.moment2 = "w"}, tensor<i64> {rondo.step},
    tensor<f32> {rondo.rate})
    -> (tensor<4x4xf32> {rondo.parameter = "w"}, tensor<4x4xf32> {rondo.moment1 = "w"},
        tensor<4x4xf32> {rondo.moment2 = "w"}, tensor<f32> {rondo.norm})

// CHECK-LABEL: func.func @score
// CHECK-SAME: attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 8, f32>} {
func.func @score(%x: tensor<8x1x4xf32> {rondo.input = "x"}) -> (tensor<8x1x4xf32> {rondo.output = "y"})
    attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 8, f32>} {
  return %x : tensor<8x1x4xf32>
}
