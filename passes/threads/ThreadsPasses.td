// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What deals the work on buffers out to threads.

#ifndef RONDO_PASSES_THREADS_THREADSPASSES_TD
#define RONDO_PASSES_THREADS_THREADSPASSES_TD

include "mlir/Pass/PassBase.td"
include "passes/support/MachineOptions.td"

def Distribute : Pass<"rondo-distribute", "::mlir::func::FuncOp"> {
  let summary = "deals the work of a function out to threads, with barriers where they need each other's results";
  let description = [{
    All threads run the function. Each nest that has a parallel loop gets the attribute
    `rondo.split = array<i64: loop, unit>`: with U = ceil(extent / unit), thread i of n runs that loop's units from
    floor(U i / n) to below floor(U (i + 1) / n), where the extent is that of a call's positions if the loop ends with
    them (`rondo.limit`). Every other op that writes is done by one thread, or, in a loop over time and where it is
    little, by each with results on its own stack. There also lies what one step writes and reads again in the same
    shares, if two of them have bytes in one line of the cache. Sums are never cut, so results do not depend on the
    number of threads, bit for bit.

    In a loop over time all nests are cut in the same way: by rows, where there are at least 8 and the weights that
    every thread then reads are at most half as many again as `l2`, for which no barrier is needed from one step to the
    next; by features, where there are more weights; of fewer rows, or rows of which one of two threads would have
    clearly more than half, as an estimate of the cycles says; of one row with matrices, as the heads' states of
    rank 2, by these or by their rows, where that costs less. One thread runs a loop that takes it less than the
    barriers do. A `rondo.barrier` stands only where a thread would touch what another one wrote, or write
    what another one reads: two nests that cut the same dimension of the same memory in the same units need none.

    ```mlir
    // rondo-opt -rondo-distribute=work=0
    func.func @f(%x: memref<64x40xf32>, %y: memref<64x40xf32>, %z: memref<40x64xf32>) {
      linalg.exp ins(%x : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.sqrt ins(%y : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.transpose ins(%y : memref<64x40xf32>) outs(%z : memref<40x64xf32>) permutation = [1, 0]
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<64x40xf32>, %y: memref<64x40xf32>, %z: memref<40x64xf32>) {
      linalg.exp {rondo.split = array<i64: 0, 16>} ins(%x : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      linalg.sqrt {rondo.split = array<i64: 0, 16>} ins(%y : memref<64x40xf32>) outs(%y : memref<64x40xf32>)
      rondo.barrier
      linalg.transpose ins(%y : memref<64x40xf32>) outs(%z : memref<40x64xf32>) permutation = [1, 0]
          {rondo.split = array<i64: 0, 5>}
      return
    }
    ```
  }];
  let options = !listconcat(machineOptions,
                            [Option<"work", "work", "int64_t", "200000",
                                    "scalar operations of a function from which on several threads run it">]);
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::rondo::RondoDialect"];
}

#endif // RONDO_PASSES_THREADS_THREADSPASSES_TD
