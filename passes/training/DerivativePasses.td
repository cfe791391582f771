// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Derivatives: of the loss by parameters, in a direction, and of the second order.

#ifndef RONDO_PASSES_TRAINING_DERIVATIVEPASSES_TD
#define RONDO_PASSES_TRAINING_DERIVATIVEPASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"rondo-differentiate", "::mlir::ModuleOp"> {
  let summary = "makes the function that computes the loss and its gradient by every parameter";
  let description = [{
    Reverse mode. Beside `@f`, or with `replace` in its place, it makes `@f_grad` with the same arguments. Its results
    are the loss, its parts, the carried states, what parameters are primed with, and one gradient per parameter that is
    not `rondo.frozen`, in the order of the parameters; outputs are dropped. States that come in are constants, and what
    the caller does with those that go out does not matter. Functions of what is the same in all steps of a scan leave
    it first: their derivative is one of a sum over steps.

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
    `DifferentiableOpInterface`; an op that is needed and has none is an error. Of a function with a `rondo.slope`,
    which `rondo-tangent` makes, that is differentiated in place of the loss, and the results are no gradients but
    `rondo.product`s, those of the Hessian matrix with the direction; of `@f_tangent` the name is `@f_hessian`. The
    derivative of a scan is a scan in the other direction. It carries the cotangents of the states and a sum for each
    outside value that the body uses. From the forward scan it needs residuals: states and the results of contractions
    and transcendental functions are stored, that is emitted by the forward scan; pointwise arithmetic, broadcasts and
    slices are computed again from these, a quotient only where both its operands are there in any case (else it is
    stored); sequences are fed again; what depends on nothing in the loop is computed again; what no derivative needs
    is not stored. A scan within a scan emits its residuals through the outer one, unless it is the same in all steps.
    Before, exp(a - max(a, b)) and exp(b - max(a, b)) become one exponential, as `rondo-reduce-strength` says.
  }];
  let options = [Option<"function", "function", "std::string", "",
                        "the function to differentiate; without it, every function with a loss">,
                 Option<"replace", "replace", "bool", "false", "the gradient takes the function's place">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def Tangent : Pass<"rondo-tangent", "::mlir::ModuleOp"> {
  let summary = "makes the function that computes the derivative of the loss along a direction";
  let description = [{
    Forward mode. Beside `@f` it makes `@f_tangent` with the same arguments and, behind them, for each parameter that is
    not `rondo.frozen` a `rondo.direction`: the derivative is by a number that times the direction is added to the
    parameters. Its results are the loss and the `rondo.slope`, that derivative. States that come in are constants.

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
    func.func @f_tangent(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"},
                         %v: tensor<2xf32> {rondo.direction = "w"})
        -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.slope}) {
      %y = arith.mulf %w, %x : tensor<2xf32>
      %dy = arith.mulf %v, %x : tensor<2xf32>
      %l = rondo.reduce sum %y dims = [0] : tensor<2xf32> -> tensor<f32>
      %dl = rondo.reduce sum %dy dims = [0] : tensor<2xf32> -> tensor<f32>
      return %l, %dl : tensor<f32>, tensor<f32>
    }
    ```

    Each op's rule comes from `DifferentiableOpInterface`, as in reverse mode. A scan carries the derivatives of its
    states beside them, in the same loop. `rondo-differentiate` makes of `@f_tangent` the products of the Hessian matrix
    with the direction, `@f_hessian`.
  }];
  let options = [Option<"function", "function", "std::string", "",
                        "the function to differentiate; without it, every function with a loss">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def GaussNewton : Pass<"rondo-gauss-newton", "::mlir::ModuleOp"> {
  let summary = "makes the function that multiplies a direction by the Gauss-Newton matrix";
  let description = [{
    Beside `@f` it makes `@f_gauss_newton`, whose arguments are those of `rondo-tangent`. Its results are the loss, the
    `rondo.slope` and a `rondo.product` for each direction, in their order: of the matrix J^T H J, where J has the
    derivatives by the parameters of what the loss is computed from, and H the second derivatives of the loss by that.
    It is positive semidefinite where the loss is convex in that.

    The loss is computed from the outputs and from the logits of each `rondo.cross_entropy`: whichever the way back
    from the loss meets first. A scan that it meets before is an error, and with `replace` a remark: then nothing takes
    the function's place. What the loss takes of parameters without either, as a penalty, has its own second
    derivatives.

    ```mlir
    func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.output = "z"}) {
      %y = math.tanh %w : tensor<2xf32>
      %z = arith.addf %y, %x : tensor<2xf32>
      %q = arith.mulf %z, %z : tensor<2xf32>
      %l = rondo.reduce sum %q dims = [0] : tensor<2xf32> -> tensor<f32>
      return %l, %z : tensor<f32>, tensor<2xf32>
    }
    ```

    gains

    ```mlir
    func.func @f_gauss_newton(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"},
                              %v: tensor<2xf32> {rondo.direction = "w"})
        -> (tensor<f32> {rondo.loss}, tensor<f32> {rondo.slope}, tensor<2xf32> {rondo.product = "w"}) {
      %zero = arith.constant dense<0.0> : tensor<2xf32>
      %one = arith.constant dense<1.0> : tensor<2xf32>
      %y = math.tanh %w : tensor<2xf32>
      %yy = arith.mulf %y, %y : tensor<2xf32>
      %s = arith.subf %one, %yy : tensor<2xf32>
      %dz = arith.mulf %v, %s : tensor<2xf32>
      %z = arith.addf %y, %x : tensor<2xf32>
      %q = arith.mulf %z, %z : tensor<2xf32>
      %half = arith.mulf %dz, %z : tensor<2xf32>
      %dq = arith.addf %half, %half : tensor<2xf32>
      %l = rondo.reduce sum %q dims = [0] : tensor<2xf32> -> tensor<f32>
      %dl = rondo.reduce sum %dq dims = [0] : tensor<2xf32> -> tensor<f32>
      %none = arith.cmpf oeq, %one, %zero : tensor<2xf32>
      %asked = arith.select %none, %zero, %dz : tensor<2xi1>, tensor<2xf32>
      %w2 = arith.addf %asked, %asked : tensor<2xf32>
      %p = arith.mulf %w2, %s : tensor<2xf32>
      return %l, %dl, %p : tensor<f32>, tensor<f32>, tensor<2xf32>
    }
    ```
  }];
  let options = [Option<"function", "function", "std::string", "",
                        "the function to differentiate; without it, every function with a loss">,
                 Option<"replace", "replace", "bool", "false", "the products take the function's place">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def Vjp : Pass<"rondo-vjp", "::mlir::ModuleOp"> {
  let summary = "makes of a function the one that computes its vector-Jacobian products";
  let description = [{
    What another program's reverse mode asks of a function of its own: in the place of `@f` it makes a function of the
    same name and arguments, and behind them a cotangent of each output and of each state that goes out. Its results
    are the gradients, of the sum of all outputs and states times their cotangents, by every parameter, by the inputs
    and targets that are real numbers, and by the states that come in, each in the order of the arguments.

    ```mlir
    func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"})
        -> (tensor<2xf32> {rondo.output = "y"}) {
      %y = arith.mulf %w, %x : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%w: tensor<2xf32> {rondo.parameter = "w"}, %x: tensor<2xf32> {rondo.input = "x"},
                 %g: tensor<2xf32> {rondo.cotangent = "y"})
        -> (tensor<2xf32> {rondo.gradient = "w"}, tensor<2xf32> {rondo.input_gradient = "x"}) {
      %dw = arith.mulf %g, %x : tensor<2xf32>
      %dx = arith.mulf %g, %w : tensor<2xf32>
      return %dw, %dx : tensor<2xf32>, tensor<2xf32>
    }
    ```

    Derivatives are those of `rondo-differentiate`. Where `rondo.start` says that the program computes what a state
    begins with, the gradient by the state that comes in is zero.
  }];
  let options = [Option<"function", "function", "std::string", "",
                        "the function to differentiate; without it, every function with an output">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

#endif // RONDO_PASSES_TRAINING_DERIVATIVEPASSES_TD
