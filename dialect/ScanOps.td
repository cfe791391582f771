// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The time loop.

#ifndef RONDO_SCAN_OPS_TD
#define RONDO_SCAN_OPS_TD

include "dialect/RondoDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Rondo_ScanOp : Op<Rondo_Dialect, "scan",
    [AttrSizedOperandSegments, RecursiveMemoryEffects, SingleBlock,
     DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "runs a body once for each position of a sequence, carrying states";
  let description = [{
    For `length` = T, states s, sequences x and body f:

    ```
    s = inits
    for t = 0 .. T-1:            // T-1 .. 0 with `backward`
      s, y = f(s, x[t])          // rondo.yield (s) emit (y)
      ys[t] = y
    return s, ys
    ```

    The region's arguments are the states (types of `inits`) and then one position of each sequence (the
    sequence's type less its leading dimension T). The body may use values defined outside. Results: the
    final states, then one sequence per emitted value, with a leading dimension T.

    `states`, if present, names each state for carrying it from one window of a sequence to the next; an
    empty name is a state that is not carried.

    With `limit`, a number n from 1 to T, only the positions 0 to n - 1 run, with `backward` from n - 1 on: the final
    states are those of the last one that runs, and what is emitted at positions from n on is undefined.

    ```mlir
    %hT, %hs = rondo.scan (%h = %h0 : tensor<2x4xf32>) over (%x = %xs : tensor<8x2x4xf32>) length 8 {
      %s = arith.addf %h, %x : tensor<2x4xf32>
      %n = math.tanh %s : tensor<2x4xf32>
      rondo.yield (%n : tensor<2x4xf32>) emit (%n : tensor<2x4xf32>)
    } -> (tensor<2x4xf32>, tensor<8x2x4xf32>)
    ```

    Constraints:
    - scan_c1: `length` > 0, and every sequence's leading dimension equals it.
    - scan_c2: the region's arguments have the types of `inits` and of the sequences' positions.
    - scan_c3: the yielded states have the types of `inits`.
    - scan_c4: the results have the types of `inits` and of the emitted values with T in front.
    - scan_c5: `states`, if present, has one name per state.
    - scan_c6: `limit`, if present, is of type tensor<i64>.
  }];
  let arguments = (ins
    Variadic<AnyStaticShapeTensor>:$inits,
    Variadic<AnyStaticShapeTensor>:$sequences,
    Optional<0DTensorOf<[I64]>>:$limit,
    ConfinedAttr<I64Attr, [IntPositive]>:$length,
    UnitAttr:$backward,
    OptionalAttr<StrArrayAttr>:$states);
  let results = (outs Variadic<AnyStaticShapeTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::mlir::ValueRange":$inits, "::mlir::ValueRange":$sequences, "int64_t":$length,
      "bool":$backward, "::mlir::TypeRange":$emittedTypes, CArg<"::mlir::ArrayAttr", "{}">:$states,
      CArg<"::mlir::Value", "{}">:$limit)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    unsigned getNumStates() { return getInits().size(); }
    ::mlir::Block::BlockArgListType getStateArguments() {
      return getBlock().getArguments().take_front(getNumStates());
    }
    ::mlir::Block::BlockArgListType getSequenceArguments() {
      return getBlock().getArguments().drop_front(getNumStates());
    }
    ::mlir::ResultRange getFinals() { return getResults().take_front(getNumStates()); }
    ::mlir::ResultRange getEmitted() { return getResults().drop_front(getNumStates()); }
    ::rondo::YieldOp getYield();
    /// The name of state `i` for carrying, empty if it is not carried.
    ::llvm::StringRef getStateName(unsigned i);
    /// The values from outside that the body uses, in the order of their first use.
    ::llvm::SmallVector<::mlir::Value> getCaptures();
  }];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
}

def Rondo_YieldOp : Op<Rondo_Dialect, "yield",
    [AttrSizedOperandSegments, HasParent<"ScanOp">, Pure, Terminator, ReturnLike]> {
  let summary = "ends a scan's body: the next states, and the values emitted at this position";
  let arguments = (ins Variadic<AnyStaticShapeTensor>:$next, Variadic<AnyStaticShapeTensor>:$emitted);
  let assemblyFormat = [{
    ` ` `(` ($next^ `:` type($next))? `)` (`emit` ` ` `(` $emitted^ `:` type($emitted) `)`)? attr-dict
  }];
}

#endif // RONDO_SCAN_OPS_TD
