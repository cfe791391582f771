// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The dialect itself: its name, what it is for, and the attributes by which a function says which of its
// arguments and results are parameters, states, inputs, ...

#ifndef RONDO_DIALECT_TD
#define RONDO_DIALECT_TD

include "mlir/IR/OpBase.td"

def Rondo_Dialect : Dialect {
  let name = "rondo";
  let cppNamespace = "::rondo";
  let summary = "recurrent cells over explicit axes of time and batch";
  let description = [{
    The dialect holds what a time loop over a batch of sequences needs and `arith`, `math` and `tensor` do
    not have: the scan, the contraction, a few tensor ops, and the kernels that these become. An axis is a plain
    leading dimension: a value over time is `tensor<TxBxF...>`, inside a scan it is `tensor<BxF...>`, and a parameter
    has its features only.

    Constraint of every op:
    - rondo_c1: the tensors and buffers that it takes and makes have a static shape.

    A model's function names its interface by argument and result attributes:

    | attribute | on | value |
    |---|---|---|
    | `rondo.parameter` | argument | the parameter's path |
    | `rondo.frozen` | argument, a parameter: there is no gradient by it | unit |
    | `rondo.primed` | argument or result: what an update gives to such a parameter | the parameter's path |
    | `rondo.state` | argument and result | the carried state's name |
    | `rondo.input`, `rondo.target` | argument | the name in the program |
    | `rondo.lengths` | argument `tensor<Bxi32>`: each sequence's own length along an axis | the name of the axis |
    | `rondo.seed` | argument `tensor<Bxi64>`: of each sequence's random numbers; `tensor<i64>`: of the batch's | unit |
    | `rondo.position` | argument of a seed's type: where in its sequence, or the batch's, this window begins | unit |
    | `rondo.length` | argument `tensor<i64>`: how many of the window's positions this call has, at least 1 | unit |
    | `rondo.start` | argument `tensor<i1>`: this window begins its sequences | unit |
    | `rondo.loss` | result, a scalar | unit |
    | `rondo.loss_part` | result, a scalar: one of the losses that `rondo.loss` is the sum of | its name |
    | `rondo.output` | result | the name in the program |
    | `rondo.gradient` | argument or result | the parameter's path |
    | `rondo.direction` | argument of the parameter's type: where the parameters go | the parameter's path |
    | `rondo.slope` | result, a scalar: the derivative of the loss along the direction | unit |
    | `rondo.product` | result: a matrix of second derivatives times the direction | the parameter's path |
    | `rondo.moment1` to `rondo.moment3`, `rondo.average` | argument and result | the parameter's path |
    | `rondo.cotangent`, `rondo.state_cotangent` | argument: of an output, and of a state that goes out | its name |
    | `rondo.input_gradient`, `rondo.state_gradient` | result: of an input or target, and of a state | its name |
    | `rondo.step`, `rondo.rate` | argument, a scalar | unit |
    | `rondo.norm` | result, a scalar | unit |
    | `rondo.loop_step` | argument `index` of a private function: the step of the loop around its calls | unit |
    | `rondo.length` | argument `index` of a private function: what its callers' entry has as that | unit |
    | `rondo.packed` | argument or result computed from parameters alone | a number |
    | `rondo.held` | argument or result that does not vary along the axis that is cut into windows | its name |

    Until `rondo-stream` two ops in it say what goes over the cut between windows: a `tensor.concat` of what lies before
    a window and the window has `rondo.history`, the name of the state that the former becomes, and a `rondo.iota` over
    [time, rows] the unit attribute `rondo.position`, where it counts from where the window begins in each sequence.

    Once results are buffers (`rondo-bufferize`), all of these stand on arguments, beside `rondo.access` ("in",
    "out" or "inout"), the unit attribute `rondo.within` where a call with fewer positions than the window touches
    nothing behind them, and the unit attribute `rondo.arena` on the buffer of all temporaries. A function with
    `rondo.packed` arguments names the function whose results they are by its attribute `rondo.packed_by`.

    A function that is an entry of the binary has `rondo.entry`, an attribute of the dialect.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"]; // folded constants
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

#endif // RONDO_DIALECT_TD
