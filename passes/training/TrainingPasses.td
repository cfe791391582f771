// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What turns a model into something to train: streams, truncation, segments, updates.

#ifndef RONDO_PASSES_TRAINING_TRAININGPASSES_TD
#define RONDO_PASSES_TRAINING_TRAININGPASSES_TD

include "mlir/Pass/PassBase.td"

def Stream : Pass<"rondo-stream", "::mlir::ModuleOp"> {
  let summary = "carries the named states of scans from one window of a sequence to the next";
  let description = [{
    A model over a sequence becomes a function from (state, window) to (state', results), so that a chain of
    windows computes what one long scan would. In each function with a loss or an output, every named state of
    a scan becomes an argument, after the parameters, and a result, after the outputs. A state whose initial
    value is zero starts from its argument: the caller clears it at the beginning of a sequence. Another initial
    value is used where the argument `rondo.start`, behind the others, is true. The scans' `states` are dropped.

    Random numbers know their place: a `rondo.random` with a dimension `time`, or without one of rows, gets as its
    `first` an argument `rondo.position`, the last one, of its seed's type. So those along time are the same for any
    windows; those of rows alone stay what they are in all windows, but where they have the unit attribute
    `rondo.position` they are drawn anew in each, as those of neither are. To a `rondo.iota` over [time, rows] with a
    `rondo.position` the argument of its rows is added.

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

    A concatenation with a `rondo.history` has before a window what a shift or a window of neighbours reads of the one
    before. Its first operand is the state's first value, its last positions, as many, are the state after the window.
    The slots of a `rondo.append` with one are a state, and with a `rondo.position` its `first` is the argument of its
    rows.

    A scan with named states that looks ahead over the end of a window (a backward one, or one whose final state is used
    over time) is an error: the front end names none in a model that looks ahead, whose windows are whole sequences. A
    scan without names begins anew in each window: it runs over another axis, which a window has all of.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::rondo::RondoDialect"];
}

def TruncateBptt : Pass<"rondo-truncate-bptt", "::mlir::ModuleOp"> {
  let summary = "limits the loss to a window's last k1 positions and carries the states after its first k1";
  let description = [{
    Truncated back-propagation through time with overlapping windows of k2 steps, each k1 steps after the
    last: the loss becomes the mean over the last k1 positions, its gradient flows over all k2 steps, and the
    states that a window hands on are those after its first k1 steps, where the next one begins. For this each
    scan that carries states is cut in two, and of a history the positions before step k1 are handed on. With k1 = k2
    nothing changes.

    It is run on a function that has been streamed, and before differentiation. The loss has to be the mean
    over time and batch of a loss per position, and the window has to have k2 steps. Parts of the loss are means over
    the same positions; one without time, as a penalty on parameters, stays as it is. For example,

    ```mlir
    // rondo-opt -rondo-truncate-bptt="k1=1 k2=3"
    func.func @f(%s0: tensor<2xf32> {rondo.state = "s"}, %x: tensor<3x2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
      %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<3x2xf32>) length 3 {
        %n = arith.addf %s, %v : tensor<2xf32>
        rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
      } -> (tensor<2xf32>, tensor<3x2xf32>)
      %l = rondo.reduce mean %y dims = [0, 1] : tensor<3x2xf32> -> tensor<f32>
      return %l, %sT : tensor<f32>, tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%s0: tensor<2xf32> {rondo.state = "s"}, %x: tensor<3x2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
      %x1 = tensor.extract_slice %x[0, 0] [1, 2] [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
      %s1, %y1 = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x1 : tensor<1x2xf32>) length 1 {
        %n = arith.addf %s, %v : tensor<2xf32>
        rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
      } -> (tensor<2xf32>, tensor<1x2xf32>)
      %x2 = tensor.extract_slice %x[1, 0] [2, 2] [1, 1] : tensor<3x2xf32> to tensor<2x2xf32>
      %sT, %y2 = rondo.scan (%s = %s1 : tensor<2xf32>) over (%v = %x2 : tensor<2x2xf32>) length 2 {
        %n = arith.addf %s, %v : tensor<2xf32>
        rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
      } -> (tensor<2xf32>, tensor<2x2xf32>)
      %y = tensor.concat dim(0) %y1, %y2 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
      %last = tensor.extract_slice %y[2, 0] [1, 2] [1, 1] : tensor<3x2xf32> to tensor<1x2xf32>
      %l = rondo.reduce mean %last dims = [0, 1] : tensor<1x2xf32> -> tensor<f32>
      return %l, %s1 : tensor<f32>, tensor<2xf32>
    }
    ```
  }];
  let options = [
    Option<"k1", "k1", "int64_t", "0", "the number of positions with a loss, and of steps between windows">,
    Option<"k2", "k2", "int64_t", "0", "the number of steps over which the gradient flows">,
    Option<"function", "function", "std::string", "",
           "the function to truncate; without it, every function with a loss">];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def Checkpoint : Pass<"rondo-checkpoint", "::mlir::ModuleOp"> {
  let summary = "lets a window go through the model in segments, which its derivative computes again";
  let description = [{
    For each function `@f` beside which there is the same one on a segment of its window, `@f_segment` with the
    attribute `rondo.segments`, the name of the axis that is cut, and on what comes before the first whole segment, if
    anything does, `@f_rest` likewise. Both are erased. `@f` then has a scan over the segments, marked `rondo.segments`,
    whose states are those that it carries; it emits what is read of each position behind the window, such as its loss.
    Of a scan marked "recompute" the derivative stores the states at the segments' beginnings alone, and computes each
    segment again; of one marked "store" it stores everything. Nothing leaves such a scan. All three functions have to
    be streamed, and it is run before differentiation. For example,

    ```mlir
    func.func @f(%s0: tensor<2xf32> {rondo.state = "s"}, %x: tensor<4x2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
      %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<4x2xf32>) length 4 {
        %n = arith.addf %s, %v : tensor<2xf32>
        rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
      } -> (tensor<2xf32>, tensor<4x2xf32>)
      %l = rondo.reduce mean %y dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
      return %l, %sT : tensor<f32>, tensor<2xf32>
    }
    func.func @f_segment(%s0: tensor<2xf32> {rondo.state = "s"}, %x: tensor<2x2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) attributes {rondo.segments = "T"} {
      %sT, %y = rondo.scan (%s = %s0 : tensor<2xf32>) over (%v = %x : tensor<2x2xf32>) length 2 {
        %n = arith.addf %s, %v : tensor<2xf32>
        rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
      } -> (tensor<2xf32>, tensor<2x2xf32>)
      %l = rondo.reduce mean %y dims = [0, 1] : tensor<2x2xf32> -> tensor<f32>
      return %l, %sT : tensor<f32>, tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%s0: tensor<2xf32> {rondo.state = "s"}, %x: tensor<4x2xf32> {rondo.input = "x"})
        -> (tensor<f32> {rondo.loss}, tensor<2xf32> {rondo.state = "s"}) {
      %xs = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, 2, 2] : tensor<4x2xf32> into tensor<2x2x2xf32>
      %sT, %ys = rondo.scan (%a = %s0 : tensor<2xf32>) over (%u = %xs : tensor<2x2x2xf32>) length 2
          attributes {rondo.segments = "recompute"} {
        %b, %y = rondo.scan (%s = %a : tensor<2xf32>) over (%v = %u : tensor<2x2xf32>) length 2 {
          %n = arith.addf %s, %v : tensor<2xf32>
          rondo.yield (%n : tensor<2xf32>) emit (%n : tensor<2xf32>)
        } -> (tensor<2xf32>, tensor<2x2xf32>)
        rondo.yield (%b : tensor<2xf32>) emit (%y : tensor<2x2xf32>)
      } -> (tensor<2xf32>, tensor<2x2x2xf32>)
      %z = tensor.collapse_shape %ys [[0, 1], [2]] : tensor<2x2x2xf32> into tensor<4x2xf32>
      %l = rondo.reduce mean %z dims = [0, 1] : tensor<4x2xf32> -> tensor<f32>
      return %l, %sT : tensor<f32>, tensor<2xf32>
    }
    ```

    With `group` = n it is a scan over groups of n segments that is computed again, and within it one over segments that
    is stored. For every n the gradients have the same bits: they are sums from the last position to the
    first (`rondo-split-scan`). A model that segments one after the other do not compute, as one that reads at each
    position what follows from all of them, stays as it is, which a remark says.
  }];
  let options = [Option<"group", "group", "int64_t", "1",
                        "the number of segments that are computed again at a time; 0: none is, all are stored">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def MakeUpdate : Pass<"rondo-make-update", "::mlir::ModuleOp"> {
  let summary = "makes the function that applies gradients to the parameters";
  let description = [{
    Adds `@update` for the parameters of a gradient function. Its arguments: the parameters, their gradients,
    the optimiser's moments, the step's number (from 1) and the rate. Its results: the new parameters, the new
    moments, and the norm of all gradients together before clipping. It reads the gradients once for their norm, and
    then each parameter with its gradient and moments once. A `rondo.frozen` parameter has none of them; where the
    gradient function has a result `rondo.primed` for it, it takes that value, an argument. In this order, with g the
    gradient:

    ```
    norm = sqrt(sum of g^2 over all parameters)            the sum in f64, where it does not overflow
    g = g * min(1, clip-norm / (norm + 1e-6))              if clip-norm > 0
    g = min(max(g, -clip-value), clip-value)               if clip-value > 0
    g = g + weight-decay * p                               not for adamw, lamb, lion and muon
    sgd:   m = momentum * m + g;  p = p - rate * m         without momentum there is no m: p = p - rate * g
    nesterov:  m = momentum * m + g;  p = p - rate * (g + momentum * m)
    adagrad:   v = v + g^2;  p = p - rate * g / (sqrt(v) + epsilon)
    rmsprop:   v = alpha * v + (1 - alpha) * g^2;  d = g / (sqrt(v) + epsilon);  p = p - rate * d
               centered:  c = alpha * c + (1 - alpha) * g;  d = g / (sqrt(max(v - c^2, 0)) + epsilon)
               with momentum:  m = momentum * m + d;  p = p - rate * m
    adadelta:  v = rho * v + (1 - rho) * g^2;  d = sqrt(u + epsilon) / sqrt(v + epsilon) * g
               u = rho * u + (1 - rho) * d^2;  p = p - rate * d
    lamb:  m and v as adam;  d = m / (1 - beta1^step) / (sqrt(v) / sqrt(1 - beta2^step) + epsilon) + weight-decay * p
           p = p - rate * |p| / |d| * d, of the whole parameter
    muon:  of matrices m = momentum * m + (1 - momentum) * g;  o = orthogonal(momentum * m + (1 - momentum) * g)
           p = p - rate * (0.2 * sqrt(max(rows, columns)) * o + weight-decay * p);  adamw of others, and of tables of
           which rows are looked up
    lion:  p = p - rate * (sign(beta1 * m + (1 - beta1) * g) + weight-decay * p);  m = beta2 * m + (1 - beta2) * g
    adam:  m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g^2
           p = p - rate / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
    hessian_free:  p = p + v;  m = m                       both moments are another's: v is the step
    adamw: as adam, and of p before the step rate * weight-decay * p is subtracted as well
    average: a = average * a + (1 - average) * p           if average > 0, of the new p; in the first step a = p
    ```

    For example,

    ```mlir
    // rondo-opt -rondo-make-update="optimizer=sgd numbers=momentum=0.9"
    func.func @f_grad(%w: tensor<2xf32> {rondo.parameter = "w"}) -> (tensor<2xf32> {rondo.gradient = "w"}) {
      return %w : tensor<2xf32>
    }
    ```

    gains

    ```mlir
    func.func @update(%p: tensor<2xf32> {rondo.parameter = "w"}, %g: tensor<2xf32> {rondo.gradient = "w"},
                      %m: tensor<2xf32> {rondo.moment1 = "w"}, %step: tensor<i64> {rondo.step},
                      %rate: tensor<f32> {rondo.rate})
        -> (tensor<2xf32> {rondo.parameter = "w"}, tensor<2xf32> {rondo.moment1 = "w"}, tensor<f32> {rondo.norm}) {
      %momentum = arith.constant 0.9 : f32
      %zero = arith.constant dense<0.0> : tensor<f32>
      %none = arith.constant dense<0.0> : tensor<f64>
      %squares = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
                                 iterator_types = ["reduction"]}
          ins(%g : tensor<2xf32>) outs(%none : tensor<f64>) {
        ^bb0(%x: f32, %s: f64):
          %wide = arith.extf %x : f32 to f64
          %square = arith.mulf %wide, %wide : f64
          %sum = arith.addf %s, %square : f64
          linalg.yield %sum : f64
      } -> tensor<f64>
      %norm, %rates = linalg.generic {
          indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>],
          iterator_types = []}
          ins(%squares, %rate : tensor<f64>, tensor<f32>) outs(%zero, %zero : tensor<f32>, tensor<f32>) {
        ^bb0(%s: f64, %r: f32, %o1: f32, %o2: f32):
          %root = math.sqrt %s : f64
          %length = arith.truncf %root : f64 to f32
          linalg.yield %length, %r : f32, f32
      } -> (tensor<f32>, tensor<f32>)
      %p1, %m1 = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>,
                           affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%g, %rates : tensor<2xf32>, tensor<f32>) outs(%p, %m : tensor<2xf32>, tensor<2xf32>) {
        ^bb0(%x: f32, %r: f32, %before: f32, %mean: f32):
          %decayed = arith.mulf %mean, %momentum : f32
          %next = arith.addf %decayed, %x : f32
          %change = arith.mulf %r, %next : f32
          %after = arith.subf %before, %change : f32
          linalg.yield %after, %next : f32, f32
      } -> (tensor<2xf32>, tensor<2xf32>)
      return %p1, %m1, %norm : tensor<2xf32>, tensor<2xf32>, tensor<f32>
    }
    ```
  }];
  let options = [
    Option<"function", "function", "std::string", "",
           "the function with the gradients; without it, the first one">,
    Option<"optimizer", "optimizer", "std::string", "\"adam\"",
           "adadelta, adagrad, adam, adamw, hessian_free, lamb, lion, muon, nesterov, rmsprop or sgd">,
    ListOption<"numbers", "numbers", "std::string",
               "NAME=NUMBER: of the optimizer, as the language names them, in place of its defaults">,
    Option<"weightDecay", "weight-decay", "double", "0",
           "the factor of the parameter that is added to its gradient; of adamw, lamb, lion and muon, times the rate, "
           "subtracted from it">,
    ListOption<"decays", "decays", "std::string",
               "PATTERN=NUMBER: in place of weight-decay, of the parameters whose paths fit the pattern, in which * "
               "stands for any text; without * also those of the instance with this path; the last one that fits">,
    ListOption<"rateFactors", "rate-factors", "std::string",
               "PATTERN=NUMBER: what the rate is multiplied by for the parameters that fit">,
    ListOption<"clips", "clips", "std::string",
               "PATTERN=norm:NUMBER or PATTERN=value:NUMBER: in place of clip-norm and clip-value, which do not see "
               "the parameters that fit; 0: no clipping">,
    Option<"average", "average", "double", "0",
           "what an average of the parameters keeps of itself in each update; 0: there is none">,
    Option<"clipValue", "clip-value", "double", "0",
           "what no element of a gradient is beyond, nor below its negative; 0: no clipping">,
    Option<"clipNorm", "clip-norm", "double", "0", "the norm to which gradients are clipped; 0: no clipping">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // RONDO_PASSES_TRAINING_TRAININGPASSES_TD
