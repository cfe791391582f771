// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The options of passes whose decisions depend on the processor: the fields of support/Machine.h.

#ifndef RONDO_PASSES_SUPPORT_MACHINEOPTIONS_TD
#define RONDO_PASSES_SUPPORT_MACHINEOPTIONS_TD

include "mlir/Pass/PassBase.td"

defvar machineOptions = [
  Option<"width", "width", "int64_t", "16", "floats of 32 bits in a vector register">,
  Option<"registers", "registers", "int64_t", "32", "vector registers of the target">,
  Option<"fma", "fma", "bool", "true", "the target has fused multiply-add">,
  Option<"l1", "l1", "int64_t", "32768", "bytes of a core's first-level cache of data">,
  Option<"l2", "l2", "int64_t", "1048576", "bytes of a core's second-level cache">,
  Option<"l3", "l3", "int64_t", "16777216", "bytes that a program may expect of the cache that cores share">,
  Option<"barrier", "barrier", "int64_t", "625", "cycles for which threads wait for each other at a barrier">];

#endif // RONDO_PASSES_SUPPORT_MACHINEOPTIONS_TD
