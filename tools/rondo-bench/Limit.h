// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How fast a workload could be at most, whatever computes it.

#ifndef RONDO_TOOLS_BENCH_LIMIT_H
#define RONDO_TOOLS_BENCH_LIMIT_H

#include "tools/rondo-bench/Machine.h"
#include "tools/rondo-bench/Workload.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rondo {

/// The products of a model's forward pass: those that wait for a state, step by step, and all others.
struct Work {
  double stepFlops = 0, otherFlops = 0; // of the whole sequence
  double stepBytes = 0, otherBytes = 0; // of the weights, each once, and of what is kept of positions
  double sequenceBytes = 0;             // of the inputs and of what scans make of them, each once
  double matrixBytes = 0;               // of states of rank 2 and more
  int64_t steps = 1;

  /// Of the workload: training computes two more products for each one.
  double flops(const Workload &workload) const { return (workload.train ? 3 : 1) * (stepFlops + otherFlops); }
  /// Bytes of weights that the forward pass reads if nothing stays in a register from step to step.
  double bytes() const { return otherBytes + double(steps) * stepBytes; }
};

/// Counts the products of an imported function (Stage::Rondo) over f32. Of what it keeps of positions (rondo.append)
/// the last ones are those behind so many others: no more are read.
Work countWork(mlir::func::FuncOp function, int64_t past);

/// Seconds. Inference: products that wait for no state and, step by step, those that do, each at the rate of
/// multiply-adds or of reading their weights from the cache that holds them, whichever is less. Training:
/// multiply-adds. States of rank 2 are read and written once in each step, in the cache that holds them; in training so
/// are their derivatives, and what they are in each step is put down once and read once.
double limitOf(const Workload &workload, const Work &work, const MachineRates &machine);

/// Seconds of so many other operations on numbers, which take turns with the multiply-adds in the same units. They may
/// run beside loads: this is shown beside the limit, no part of it.
double pointwiseLimitOf(double operations, const MachineRates &machine);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_LIMIT_H
