// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a function says that several threads run at the same time.

#ifndef RONDO_PARALLEL_OPS_TD
#define RONDO_PARALLEL_OPS_TD

include "dialect/RondoDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Rondo_TeamNumberOp<string mnemonic> : Op<Rondo_Dialect, mnemonic, [Pure]> {
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

def Rondo_ThreadOp : Rondo_TeamNumberOp<"thread"> {
  let summary = "the number of the thread that runs the function";
  let description = [{
    A function that has one of `rondo.thread`, `rondo.threads` and `rondo.barrier` is run by all threads of a
    team at the same time, with the same arguments. They have the numbers 0 to `rondo.threads` - 1.

    ```mlir
    %i = rondo.thread
    ```
  }];
}

def Rondo_ThreadsOp : Rondo_TeamNumberOp<"threads"> {
  let summary = "the number of threads that run the function, at least 1";
  let description = [{
    ```mlir
    %n = rondo.threads
    ```
  }];
}

def Rondo_BarrierOp : Op<Rondo_Dialect, "barrier"> {
  let summary = "waits until all threads of the team are here";
  let description = [{
    What any thread wrote before the barrier, every thread reads after it. All threads must come to the same
    barriers in the same order, so none may stand under a condition that is not the same for all.

    ```mlir
    rondo.barrier
    ```
  }];
  let assemblyFormat = "attr-dict";
}

#endif // RONDO_PARALLEL_OPS_TD
