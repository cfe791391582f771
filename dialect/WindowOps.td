// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Neighbouring positions as features: what convolution and pooling are made of.

#ifndef RONDO_WINDOW_OPS_TD
#define RONDO_WINDOW_OPS_TD

include "dialect/TensorOps.td"

def Rondo_WindowOp : Rondo_TensorOp<"window", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the neighbours of every stride-th position, in a dimension behind the positions'";
  let description = [{
    `result[p, t, j, q] = x[p, t * stride + j * dilation, q]`, t and j along dimensions `dim` and `dim` + 1, for all t
    whose window lies within x: of P positions (P - (size - 1) * dilation - 1) / stride + 1, rounded down.

    ```mlir
    %w = rondo.window %x dim = 0 size = 3 stride = 2 dilation = 1 : tensor<9x2x4xf32> -> tensor<4x3x2x4xf32>
    ```

    Constraints:
    - window_c1: `dim` is a dimension of the operand; size, stride and dilation are at least 1.
    - window_c2: the operand has at least one window along `dim`.
    - window_c3: the result has the shape above and the operand's element type.
  }];
  let arguments = (ins FloatTensor:$operand, I64Attr:$dim, I64Attr:$size, I64Attr:$stride, I64Attr:$dilation);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $operand `dim` `=` $dim `size` `=` $size `stride` `=` $stride `dilation` `=` $dilation attr-dict
    `:` type($operand) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Rondo_OverlapAddOp : Rondo_TensorOp<"overlap_add"> {
  let summary = "sums windows at their positions: the derivative of window";
  let description = [{
    `result = 0; result[p, t * stride + j * dilation, q] += windows[p, t, j, q]`, t and j along dimensions `dim` and
    `dim` + 1 and in this order for each element of the result: j outermost.

    ```mlir
    %x = rondo.overlap_add %w dim = 0 stride = 2 dilation = 1 : tensor<4x3x2x4xf32> -> tensor<9x2x4xf32>
    ```

    Constraints:
    - overlap_add_c1: `dim` is a dimension of the result; stride and dilation are at least 1.
    - overlap_add_c2: a window of the result along `dim` has the shape of the operand.
  }];
  let arguments = (ins FloatTensor:$operand, I64Attr:$dim, I64Attr:$stride, I64Attr:$dilation);
  let results = (outs FloatTensor:$result);
  let assemblyFormat = [{
    $operand `dim` `=` $dim `stride` `=` $stride `dilation` `=` $dilation attr-dict
    `:` type($operand) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // RONDO_WINDOW_OPS_TD
