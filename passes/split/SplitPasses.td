// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What gives the time loop, and each call, its fast form: as little in it as possible, and few, large products.

#ifndef RONDO_PASSES_SPLIT_SPLITPASSES_TD
#define RONDO_PASSES_SPLIT_SPLITPASSES_TD

include "mlir/Pass/PassBase.td"

def ScaleVectors : Pass<"rondo-scale-vectors", "::mlir::func::FuncOp"> {
  let summary = "scales the vectors of outer products in place of the products";
  let description = [{
    An outer product that nothing else reads and that is scaled by numbers, each for a whole row, column or matrix of
    it, becomes the outer product of a scaled vector: a product for each number of the vector in place of one for each
    of the matrix. Runs before differentiation, whose sums over matrices then are products with vectors too.

    ```mlir
    func.func @f(%s: tensor<2xf32>, %a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x3x4xf32> {
      %0 = rondo.broadcast %s dims = [0] : tensor<2xf32> -> tensor<2x3x4xf32>
      %1 = rondo.contract %a, %b "bi,bj->bij" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
      %2 = arith.mulf %0, %1 : tensor<2x3x4xf32>
      return %2 : tensor<2x3x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%s: tensor<2xf32>, %a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x3x4xf32> {
      %0 = rondo.broadcast %s dims = [0] : tensor<2xf32> -> tensor<2x3x4xf32>
      %1 = rondo.broadcast %s dims = [0] : tensor<2xf32> -> tensor<2x3xf32>
      %2 = arith.mulf %1, %a : tensor<2x3xf32>
      %3 = rondo.contract %2, %b "bi,bj->bij" : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
      return %3 : tensor<2x3x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::rondo::RondoDialect"];
}

def SplitScan : Pass<"rondo-split-scan"> {
  let summary = "moves out of each scan what its recurrence does not need, as ops on whole sequences";
  let description = [{
    The dependences of the body alone decide; no cell is special.

    - What reads nothing from the body is computed once, before the loop. Sums are regrouped first, so that a
      bias is added to the input's product and not to the state's.
    - *Before*: products, and lookups and softmaxes, that need no state are computed for the whole sequence
      before the loop, with the cheap ops that they need and the cheap ops that follow them, as long as the
      loop then reads no more than it did. Other pointwise ops stay, and so does arithmetic on what the loop emits,
      as for its derivative: such a product is kept in any case, and what follows from it would be kept beside it.
    - *After*: products that no next state needs are computed for the whole sequence after the loop, with all
      that follows them. The loop emits what they read.
    - *Sums*: the final value of a state that the body only adds to, `s' = s + v`, is a sum over time. A
      contraction becomes one contraction over time as well. A sum becomes one sum over time as well, and a contraction
      of which one operand is the same in all steps one of the other's sum, if what is summed is stored in any case;
      else the loop adds that up element by element, and the sum or the contraction is made after the loop. Other
      values are summed after the loop if they are stored in any case, else the loop goes on adding them up. A state
      with a name (that `rondo-stream` has not carried yet) stays.
    - *Segments*: nothing leaves a loop over segments, but what its derivative adds to a state of it is a linear
      function of sums over a segment's positions. Each of these becomes a state, from which the next segment goes on
      (an addition with `rondo.chain`: the sum on its right begins with its left operand), and the function follows
      once, behind the loop. What comes before the first whole segment goes on from there.

    The order of summation changes, and nothing else.

    ```mlir
    func.func @cell(%w: tensor<4x3xf32>, %u: tensor<4x4xf32>, %v: tensor<5x4xf32>, %x: tensor<6x2x3xf32>,
                    %h0: tensor<2x4xf32>, %g0: tensor<4x3xf32>) -> (tensor<6x2x5xf32>, tensor<4x3xf32>) {
      %hT, %gT, %ys = rondo.scan (%h = %h0 : tensor<2x4xf32>, %g = %g0 : tensor<4x3xf32>)
          over (%xt = %x : tensor<6x2x3xf32>) length 6 {
        %a = rondo.contract %xt, %w "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
        %b = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
        %s = arith.addf %a, %b : tensor<2x4xf32>
        %n = math.tanh %s : tensor<2x4xf32>
        %y = rondo.contract %n, %v "bi,oi->bo" : tensor<2x4xf32>, tensor<5x4xf32> -> tensor<2x5xf32>
        %p = rondo.contract %n, %xt "bo,bi->oi" : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
        %q = arith.addf %g, %p : tensor<4x3xf32>
        rondo.yield (%n, %q : tensor<2x4xf32>, tensor<4x3xf32>) emit (%y : tensor<2x5xf32>)
      } -> (tensor<2x4xf32>, tensor<4x3xf32>, tensor<6x2x5xf32>)
      return %ys, %gT : tensor<6x2x5xf32>, tensor<4x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @cell(%w: tensor<4x3xf32>, %u: tensor<4x4xf32>, %v: tensor<5x4xf32>, %x: tensor<6x2x3xf32>,
                    %h0: tensor<2x4xf32>, %g0: tensor<4x3xf32>) -> (tensor<6x2x5xf32>, tensor<4x3xf32>) {
      %as = rondo.contract %x, %w "tbi,oi->tbo" : tensor<6x2x3xf32>, tensor<4x3xf32> -> tensor<6x2x4xf32>
      %hT, %ns = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%a = %as : tensor<6x2x4xf32>) length 6 {
        %b = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
        %s = arith.addf %a, %b : tensor<2x4xf32>
        %n = math.tanh %s : tensor<2x4xf32>
        rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
      } -> (tensor<2x4xf32>, tensor<6x2x4xf32>)
      %ys = rondo.contract %ns, %v "tbi,oi->tbo" : tensor<6x2x4xf32>, tensor<5x4xf32> -> tensor<6x2x5xf32>
      %p = rondo.contract %ns, %x "tbo,tbi->oi" : tensor<6x2x4xf32>, tensor<6x2x3xf32> -> tensor<4x3xf32>
      %gT = arith.addf %g0, %p {rondo.chain} : tensor<4x3xf32>
      return %ys, %gT : tensor<6x2x5xf32>, tensor<4x3xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def SplitComponents : Pass<"rondo-split-components"> {
  let summary = "gives states a scan of their own where others need products of them, which then leave the loop";
  let description = [{
    Behind `rondo-split-scan`. The states of a scan that need each other, directly or by others, are a component.
    Where a component needs a product of an earlier one's states with a weight, a scan computes the earlier states,
    and hands on what is read of them as sequences; the product becomes one product of all positions, with what
    follows it, and another scan computes the later states. Sums are regrouped so that what is known of earlier
    states is summed first. Each scan is then split as by `rondo-split-scan`. Components between which no product is
    stay in one scan, scans within scans stay as they are, and states keep their names.

    What is handed on needs memory for all positions; the remark says how much. The order of summation changes, and
    nothing else. It changes for a scan of one position as for one of many, so that both give the same bits.

    ```mlir
    func.func @context(%p: tensor<4x3xf32>, %u: tensor<4x4xf32>, %x: tensor<6x2x3xf32>, %s0: tensor<2x3xf32>,
                       %h0: tensor<2x4xf32>) -> tensor<6x2x4xf32> {
      %sT, %hT, %hs = rondo.scan (%s = %s0 : tensor<2x3xf32>, %h = %h0 : tensor<2x4xf32>)
          over (%xt = %x : tensor<6x2x3xf32>) length 6 {
        %m = arith.addf %s, %xt : tensor<2x3xf32>
        %a = rondo.contract %m, %p "bi,oi->bo" : tensor<2x3xf32>, tensor<4x3xf32> -> tensor<2x4xf32>
        %b = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
        %c = arith.addf %a, %b : tensor<2x4xf32>
        %n = math.tanh %c : tensor<2x4xf32>
        rondo.yield (%m, %n : tensor<2x3xf32>, tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
      } -> (tensor<2x3xf32>, tensor<2x4xf32>, tensor<6x2x4xf32>)
      return %hs : tensor<6x2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @context(%p: tensor<4x3xf32>, %u: tensor<4x4xf32>, %x: tensor<6x2x3xf32>, %s0: tensor<2x3xf32>,
                       %h0: tensor<2x4xf32>) -> tensor<6x2x4xf32> {
      %sT, %ms = rondo.scan (%s = %s0 : tensor<2x3xf32>) over (%xt = %x : tensor<6x2x3xf32>) length 6 {
        %m = arith.addf %s, %xt : tensor<2x3xf32>
        rondo.yield (%m : tensor<2x3xf32>) emit (%m : tensor<2x3xf32>)
      } -> (tensor<2x3xf32>, tensor<6x2x3xf32>)
      %as = rondo.contract %ms, %p "tbi,oi->tbo" : tensor<6x2x3xf32>, tensor<4x3xf32> -> tensor<6x2x4xf32>
      %hT, %hs = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%a = %as : tensor<6x2x4xf32>) length 6 {
        %b = rondo.contract %h, %u "bi,oi->bo" : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
        %c = arith.addf %a, %b : tensor<2x4xf32>
        %n = math.tanh %c : tensor<2x4xf32>
        rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
      } -> (tensor<2x4xf32>, tensor<6x2x4xf32>)
      return %hs : tensor<6x2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def OrderDimensions : Pass<"rondo-order-dimensions", "::mlir::func::FuncOp"> {
  let summary = "makes products of sums over repeated values, and gives them the dimensions of their matrices last";
  let description = [{
    A sum of products of two values, each repeated along dimensions that the other one has, becomes a
    `rondo.contract`: nothing of the size of their product is made.

    A product whose result ends with a letter that both operands have, as the scores of each sequence's positions do,
    has the letters of its matrices last, with a transposition (`rondo.broadcast` without new dimensions) behind it. A
    transposition moves down through pointwise ops whose other operands can be had in any order for nothing (repeated
    values, positions, constants, other transpositions and what is computed of these), through softmaxes and
    reductions; a product reads it as other letters.

    ```mlir
    func.func @f(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x4xf32>) -> tensor<7x2x4xf32> {
      %s = rondo.contract %q, %k "tbd,sbd->tsb" : tensor<7x2x4xf32>, tensor<5x2x4xf32> -> tensor<7x5x2xf32>
      %p = rondo.softmax %s dim = 1 : tensor<7x5x2xf32>
      %y = rondo.contract %p, %v "tsb,sbd->tbd" : tensor<7x5x2xf32>, tensor<5x2x4xf32> -> tensor<7x2x4xf32>
      return %y : tensor<7x2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%q: tensor<7x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x4xf32>) -> tensor<7x2x4xf32> {
      %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<7x2x4xf32>, tensor<5x2x4xf32> -> tensor<2x7x5xf32>
      %p = rondo.softmax %s dim = 2 : tensor<2x7x5xf32>
      %y = rondo.contract %p, %v "bts,sbd->tbd" : tensor<2x7x5xf32>, tensor<5x2x4xf32> -> tensor<7x2x4xf32>
      return %y : tensor<7x2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::rondo::RondoDialect"];
}

def RaiseAttention : Pass<"rondo-raise-attention", "::mlir::ModuleOp"> {
  let summary = "makes one op of scores, their softmax and the product of it with values";
  let description = [{
    A `rondo.contract` with the softmax of scores becomes a `rondo.attention`, where the scores are a `rondo.contract`
    that sums over one dimension, times or divided by constants, and possibly a select of them where the key is at most
    n positions behind its query, n a number that is not negative, and of a number of at most -1e9 elsewhere. The mask
    compares `iota` over keys with `iota` over queries, with whole numbers added, as integers or numbers, in either
    order, or is the opposite of that (`xori` with true), and then of the select's other branch. To the queries'
    positions a number of each row may be added, as `rondo-stream` adds where a window begins: it becomes `first`. A
    mask, or a second one, that compares `iota` over keys with a number, of each row or of all, which is a call's
    `rondo.length` or at least 1 by a `maxsi`, becomes `lengths`; where a select makes the weights of rows that have
    none zero, those of the rows without the `maxsi`. Where what else reads the weights is the derivative that
    differentiation made of all this, that becomes a `rondo.attention_grad`, if there is no `first`, if threads can
    share it, which they do by matrices of keys (rows and heads) or by parts of the queries, and if by its sizes it
    costs less than the products. Not where scores or weights are read by anything else, within loops, where fewer than
    16 queries share their keys, or where a window may have fewer positions than the function is made for
    (`rondo.length`) and others follow it. With `first` neither of the last two counts: a query alone has the bits that
    it has in a window.

    What is a line of the program in several functions that compute outputs (`rondo.entry` of the kinds `run` and
    `score`), for other numbers of rows and positions each, becomes an attention in all of them or in none, of those
    that take all of a sequence's positions (`rondo.positions`) in all for as many: a sequence's bits do not depend on
    which of them a call takes.

    ```mlir
    func.func @f(%q: tensor<20x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x4xf32>) -> tensor<20x2x4xf32> {
      %half = arith.constant dense<0.5> : tensor<2x20x5xf32>
      %s = rondo.contract %q, %k "tbd,sbd->bts" : tensor<20x2x4xf32>, tensor<5x2x4xf32> -> tensor<2x20x5xf32>
      %h = arith.mulf %s, %half : tensor<2x20x5xf32>
      %p = rondo.softmax %h dim = 2 : tensor<2x20x5xf32>
      %y = rondo.contract %p, %v "bts,sbd->tbd" : tensor<2x20x5xf32>, tensor<5x2x4xf32> -> tensor<20x2x4xf32>
      return %y : tensor<20x2x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%q: tensor<20x2x4xf32>, %k: tensor<5x2x4xf32>, %v: tensor<5x2x4xf32>) -> tensor<20x2x4xf32> {
      %y = rondo.attention %q, %k, %v "tba,sba,sbd->tbd" scale 0.5
          : tensor<20x2x4xf32>, tensor<5x2x4xf32>, tensor<5x2x4xf32> -> tensor<20x2x4xf32>
      return %y : tensor<20x2x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::rondo::RondoDialect"];
}

def DropStops : Pass<"rondo-drop-stops", "::mlir::func::FuncOp"> {
  let summary = "puts operands in the place of rondo.stop, which derivatives alone see";
  let description = [{
    ```mlir
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = rondo.stop %x : tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      return %x : tensor<2xf32>
    }
    ```
  }];
}

def FoldOverlapAdd : Pass<"rondo-fold-overlap-add", "::mlir::func::FuncOp"> {
  let summary = "makes of the gradient of a convolution's input a convolution";
  let description = [{
    Products that give the gradients of windows with stride 1, and the `rondo.overlap_add` that alone reads them or
    their sum, become products with windows of the result's gradient, longer by zeros, and with the weights in the
    opposite order along the neighbours. What a slice alone reads of the sum is all that is made. Windows of windows
    are folded one dimension after the other. Not where there are many more positions than windows, each of which
    would be a product, nor for windows of more than 64 neighbours.

    The order of summation changes, and nothing else.

    ```mlir
    func.func @f(%g: tensor<7x2x4xf32>, %w: tensor<4x3x5xf32>) -> tensor<7x2x5xf32> {
      %0 = rondo.contract %g, %w "tbo,oji->tjbi" : tensor<7x2x4xf32>, tensor<4x3x5xf32> -> tensor<7x3x2x5xf32>
      %1 = rondo.overlap_add %0 dim = 0 stride = 1 dilation = 1 : tensor<7x3x2x5xf32> -> tensor<9x2x5xf32>
      %2 = tensor.extract_slice %1[2, 0, 0] [7, 2, 5] [1, 1, 1] : tensor<9x2x5xf32> to tensor<7x2x5xf32>
      return %2 : tensor<7x2x5xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%g: tensor<7x2x4xf32>, %w: tensor<4x3x5xf32>) -> tensor<7x2x5xf32> {
      %cst = arith.constant dense<0.0> : tensor<2x2x4xf32>
      %0 = tensor.concat dim(0) %g, %cst : (tensor<7x2x4xf32>, tensor<2x2x4xf32>) -> tensor<9x2x4xf32>
      %1 = rondo.window %0 dim = 0 size = 3 stride = 1 dilation = 1 : tensor<9x2x4xf32> -> tensor<7x3x2x4xf32>
      %2 = tensor.extract_slice %w[0, 2, 0] [4, 1, 5] [1, 1, 1] : tensor<4x3x5xf32> to tensor<4x1x5xf32>
      %3 = tensor.extract_slice %w[0, 1, 0] [4, 1, 5] [1, 1, 1] : tensor<4x3x5xf32> to tensor<4x1x5xf32>
      %4 = tensor.extract_slice %w[0, 0, 0] [4, 1, 5] [1, 1, 1] : tensor<4x3x5xf32> to tensor<4x1x5xf32>
      %5 = tensor.concat dim(1) %2, %3, %4
        : (tensor<4x1x5xf32>, tensor<4x1x5xf32>, tensor<4x1x5xf32>) -> tensor<4x3x5xf32>
      %6 = rondo.contract %1, %5 "tjbo,oji->tbi" : tensor<7x3x2x4xf32>, tensor<4x3x5xf32> -> tensor<7x2x5xf32>
      return %6 : tensor<7x2x5xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def ReduceStrength : Pass<"rondo-reduce-strength", "::mlir::ModuleOp"> {
  let summary = "replaces ops on whole rows by cheaper ones, or by ones of fewer numbers";
  let description = [{
    - A quotient by a square root that is the same for eight numbers or more becomes a product with its reciprocal,
      which is finite but for the root of 0. A quotient is rounded once, that product twice: one that stays in a
      function that computes outputs (`rondo.entry` of the kinds `run` and `score`), which has fewer rows or positions,
      stays in all of these, by its line.
    - A sum of tensors that are zero but for a part of one dimension each, which together are all of it, is their
      concatenation.
    - The sum of what is negated, which nothing else reads, is the sum negated.
    - exp(a - max(a, b)) and exp(b - max(a, b)) are 1 and exp(-|a - b|), or the other way round; no number where the
      maximum is infinite.
    - What is b - a where a >= b, and a - b elsewhere, is -|a - b|.

    ```mlir
    func.func @f(%x: tensor<2x16xf32>, %v: tensor<2xf32>, %a: tensor<2x4xf32>, %b: tensor<2x12xf32>)
        -> (tensor<2x16xf32>, tensor<2x16xf32>, tensor<2xf32>) {
      %zero = arith.constant dense<0.0> : tensor<2x16xf32>
      %d = math.sqrt %v : tensor<2xf32>
      %ds = rondo.broadcast %d dims = [0] : tensor<2xf32> -> tensor<2x16xf32>
      %y = arith.divf %x, %ds : tensor<2x16xf32>
      %0 = tensor.insert_slice %a into %zero[0, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<2x16xf32>
      %1 = tensor.insert_slice %b into %zero[0, 4] [2, 12] [1, 1] : tensor<2x12xf32> into tensor<2x16xf32>
      %2 = arith.addf %0, %1 : tensor<2x16xf32>
      %3 = arith.negf %x : tensor<2x16xf32>
      %4 = rondo.reduce sum %3 dims = [1] : tensor<2x16xf32> -> tensor<2xf32>
      return %y, %2, %4 : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<2x16xf32>, %v: tensor<2xf32>, %a: tensor<2x4xf32>, %b: tensor<2x12xf32>)
        -> (tensor<2x16xf32>, tensor<2x16xf32>, tensor<2xf32>) {
      %one = arith.constant dense<1.0> : tensor<2xf32>
      %d = math.sqrt %v : tensor<2xf32>
      %r = arith.divf %one, %d : tensor<2xf32>
      %rs = rondo.broadcast %r dims = [0] : tensor<2xf32> -> tensor<2x16xf32>
      %y = arith.mulf %x, %rs : tensor<2x16xf32>
      %0 = tensor.concat dim(1) %a, %b : (tensor<2x4xf32>, tensor<2x12xf32>) -> tensor<2x16xf32>
      %1 = rondo.reduce sum %x dims = [1] : tensor<2x16xf32> -> tensor<2xf32>
      %2 = arith.negf %1 : tensor<2xf32>
      return %y, %0, %2 : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def SliceProducts : Pass<"rondo-slice-products"> {
  let summary = "makes a product in a loop that is read in slices one product for each slice";
  let description = [{
    In a scan, what is only read in slices of one size along its last dimension, which do not overlap and have at least
    as many numbers as a line of a cache, is computed slice by slice: pointwise ops, and products with a weight from
    outside that has this dimension, whose results nothing else reads. The weights are sliced in front of the scan,
    other operands where they are. So the gates of a cell that is written as one product of all of them are sums of one
    phase, and the pointwise part needs no more than this phase computes for each feature. Where the slices would have
    more than 64 ops in sum, nothing is cut.

    ```mlir
    func.func @gates(%w: tensor<32x4xf32>, %x: tensor<6x2x32xf32>, %h0: tensor<2x4xf32>)
        -> tensor<6x2x16xf32> {
      %hT, %ys = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x32xf32>) length 6 {
        %u = rondo.contract %h, %w "bi,oi->bo" : tensor<2x4xf32>, tensor<32x4xf32> -> tensor<2x32xf32>
        %s = arith.addf %xt, %u : tensor<2x32xf32>
        %a = tensor.extract_slice %s[0, 0] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
        %b = tensor.extract_slice %s[0, 16] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
        %y = arith.mulf %a, %b : tensor<2x16xf32>
        rondo.yield (%h : tensor<2x4xf32>) emit (%y : tensor<2x16xf32>)
      } -> (tensor<2x4xf32>, tensor<6x2x16xf32>)
      return %ys : tensor<6x2x16xf32>
    }
    ```

    becomes

    ```mlir
    func.func @gates(%w: tensor<32x4xf32>, %x: tensor<6x2x32xf32>, %h0: tensor<2x4xf32>)
        -> tensor<6x2x16xf32> {
      %wa = tensor.extract_slice %w[0, 0] [16, 4] [1, 1] : tensor<32x4xf32> to tensor<16x4xf32>
      %wb = tensor.extract_slice %w[16, 0] [16, 4] [1, 1] : tensor<32x4xf32> to tensor<16x4xf32>
      %hT, %ys = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%xt = %x : tensor<6x2x32xf32>) length 6 {
        %xa = tensor.extract_slice %xt[0, 0] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
        %ua = rondo.contract %h, %wa "bi,oi->bo" : tensor<2x4xf32>, tensor<16x4xf32> -> tensor<2x16xf32>
        %a = arith.addf %xa, %ua : tensor<2x16xf32>
        %xb = tensor.extract_slice %xt[0, 16] [2, 16] [1, 1] : tensor<2x32xf32> to tensor<2x16xf32>
        %ub = rondo.contract %h, %wb "bi,oi->bo" : tensor<2x4xf32>, tensor<16x4xf32> -> tensor<2x16xf32>
        %b = arith.addf %xb, %ub : tensor<2x16xf32>
        %y = arith.mulf %a, %b : tensor<2x16xf32>
        rondo.yield (%h : tensor<2x4xf32>) emit (%y : tensor<2x16xf32>)
      } -> (tensor<2x4xf32>, tensor<6x2x16xf32>)
      return %ys : tensor<6x2x16xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect", "::rondo::RondoDialect"];
}

def FuseGates : Pass<"rondo-fuse-gates"> {
  let summary = "makes one product of the contractions that share an operand";
  let description = [{
    Contractions in one block that share an operand in the same role, with the other operands of one type,
    become one `rondo.gate_product`. The shared operand becomes its lhs; the names of the letters do not
    matter. A contraction is not fused with one that it depends on, and weights (parameters and, in a
    loop, values from outside) are not shared among values computed later: a gate product's weights are what is
    packed. Where a contraction could join several groups, the largest one gets it.

    ```mlir
    func.func @gates(%h: tensor<2x4xf32>, %wi: tensor<3x4xf32>, %wf: tensor<3x4xf32>)
        -> (tensor<2x3xf32>, tensor<2x3xf32>) {
      %i = rondo.contract %h, %wi "bi,oi->bo" : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
      %f = rondo.contract %wf, %h "ji,ni->nj" : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<2x3xf32>
      return %i, %f : tensor<2x3xf32>, tensor<2x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @gates(%h: tensor<2x4xf32>, %wi: tensor<3x4xf32>, %wf: tensor<3x4xf32>)
        -> (tensor<2x3xf32>, tensor<2x3xf32>) {
      %i, %f = rondo.gate_product %h, (%wi, %wf) "bi,oi->bo"
          : tensor<2x4xf32>, (tensor<3x4xf32>, tensor<3x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
      return %i, %f : tensor<2x3xf32>, tensor<2x3xf32>
    }
    ```
  }];
  let dependentDialects = ["::rondo::RondoDialect"];
}

#endif // RONDO_PASSES_SPLIT_SPLITPASSES_TD
