// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What turns a model into something to train: streams, gradients, truncation, updates.

#ifndef RONDO_TRAINING_PASSES_TD
#define RONDO_TRAINING_PASSES_TD

include "mlir/Pass/PassBase.td"

def Stream : Pass<"rondo-stream", "::mlir::ModuleOp"> {
  let summary = "carries the named states of scans from one window of a sequence to the next";
  let description = [{
    A model over a sequence becomes a function from (state, window) to (state', results), so that a chain of
    windows computes what one long scan would. In each function with a loss or an output, every named state of
    a scan becomes an argument, after the parameters, and a result, after the outputs. A state whose initial
    value is zero starts from its argument: the caller clears it at the beginning of a sequence. Another initial
    value is used where the argument `rondo.start`, the last one, is true. The scans' `states` are dropped.

    ```mlir
    func.func @sum(%x: tensor<3x2x4xf32> {rondo.input = "x"}) -> (tensor<3x2x4xf32> {rondo.output = "y"}) {
      %zero = arith.constant dense<0.0> : tensor<2x4xf32>
      %sT, %y = rondo.scan (%s = %zero : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 states ["s"] {
        %n = arith.addf %s, %v : tensor<2x4xf32>
        rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
      } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
      return %y : tensor<3x2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @sum(%s0: tensor<2x4xf32> {rondo.state = "s"}, %x: tensor<3x2x4xf32> {rondo.input = "x"})
        -> (tensor<3x2x4xf32> {rondo.output = "y"}, tensor<2x4xf32> {rondo.state = "s"}) {
      %sT, %y = rondo.scan (%s = %s0 : tensor<2x4xf32>) over (%v = %x : tensor<3x2x4xf32>) length 3 {
        %n = arith.addf %s, %v : tensor<2x4xf32>
        rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
      } -> (tensor<2x4xf32>, tensor<3x2x4xf32>)
      return %y, %sT : tensor<3x2x4xf32>, tensor<2x4xf32>
    }
    ```

    A backward scan beside named states is an error: it looks ahead over the end of a window.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::rondo::RondoDialect"];
}

def Differentiate : Pass<"rondo-differentiate", "::mlir::ModuleOp"> {
  let summary = "makes the function that computes the loss and its gradient by every parameter";
  let description = [{
    Reverse mode. Beside `@f` it makes `@f_grad` with the same arguments. Its results are the loss, the carried
    states, and one gradient per parameter in the order of the parameters; outputs are dropped. States that
    come in are constants, and what the caller does with those that go out does not matter.

    ```mlir
    func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}) {
      %y = arith.mulf %w, %x : tensor<2xf32>
      %l = rondo.reduce sum %y dims = [0] : tensor<2xf32> -> tensor<f32>
      return %l : tensor<f32>
    }
    ```

    gains

    ```mlir
    func.func @f_grad(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.gradient = "w"}) {
      %y = arith.mulf %w, %x : tensor<2xf32>
      %l = rondo.reduce sum %y dims = [0] : tensor<2xf32> -> tensor<f32>
      %one = arith.constant dense<1.0> : tensor<f32>
      %g = rondo.broadcast %one dims = [] : tensor<f32> -> tensor<2xf32>
      %dw = arith.mulf %g, %x : tensor<2xf32>
      return %l, %dw : tensor<f32>, tensor<2xf32>
    }
    ```

    Only what depends on a parameter and leads to the loss is differentiated. Each op's rule comes from
    `DifferentiableOpInterface`; an op that is needed and has none is an error. The derivative of a scan is a
    scan in the other direction. It carries the cotangents of the states and a sum for each outside value that
    the body uses. From the forward scan it needs residuals: states and the results of contractions and
    transcendental functions are stored, that is emitted by the forward scan; pointwise arithmetic, broadcasts
    and slices are computed again from these; sequences are fed again; what depends on nothing in the loop is
    computed again; what no derivative needs is not stored. A scan within a scan is run again.
  }];
  let options = [Option<"function", "function", "std::string", "",
                        "the function to differentiate; without it, every function with a loss">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

#endif // RONDO_TRAINING_PASSES_TD
