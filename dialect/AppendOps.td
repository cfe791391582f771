// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is kept of positions of a sequence, in slots of their own. Apart from the other ops, so that few files are
// compiled again for it.

#ifndef RONDO_APPEND_OPS_TD
#define RONDO_APPEND_OPS_TD

include "dialect/AttentionGradOps.td"

def PositionBuffer : AnyTypeOf<[StaticShapeTensorOf<[I64]>, StaticShapeMemRefOf<[I64]>]>;

def Rondo_AppendOp
    : Op<Rondo_Dialect, "append", [DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "the values of a window in the slots of its positions, behind those of the windows before";
  let description = [{
    With s along dimension `dim`, of which `slots` has N and the window W positions, and r along dimension `rows`, the
    window's position 0 being `first[r]`, or 0 if that is left out:

    ```
    result[.., s, .., r, ..] = window[.., s - first[r], .., r, ..]   where first[r] <= s < first[r] + W
                               slots[.., s, .., r, ..]               elsewhere
    ```

    Positions from N on have no slot. No `first` is negative: that is an error of the caller.

    ```mlir
    %k = rondo.append %key to %slots at %first dim 0 rows 1
        : tensor<3x2x4xf32>, tensor<9x2x4xf32>, tensor<2xi64> -> tensor<9x2x4xf32>
    ```

    Constraints:
    - append_c1: `dim` and `rows` are two dimensions of the window and the slots, which agree in all sizes but that of
      `dim` and in the element type.
    - append_c2: `first` has one number for each row.
    - append_c3: all operands are tensors, and there is one result, of the slots' type; or all are buffers, and there
      is none.
  }];
  let arguments = (ins FloatBuffer:$window, Optional<PositionBuffer>:$first, FloatBuffer:$slots, I64Attr:$dim,
      I64Attr:$rows);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let assemblyFormat = [{
    $window `to` $slots (`at` $first^)? `dim` $dim `rows` $rows attr-dict
    `:` type($window) `,` type($slots) (`,` type($first)^)? (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getSlotsMutable(); }
  }];
  let hasVerifier = 1;
}

#endif // RONDO_APPEND_OPS_TD
