// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Whether a loop over time may run point by point, and what of its states stays in registers then.

#ifndef RONDO_PASSES_VECTOR_SWEEPPLAN_H
#define RONDO_PASSES_VECTOR_SWEEPPLAN_H

#include "passes/threads/WorkShare.h"
#include "passes/vector/NestPlan.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {

/// Of a loop over time that runs point by point: how many points there are.
constexpr llvm::StringLiteral sweepAttribute = "rondo.sweep";

/// An operand of one of the nests in the loop.
struct SweepOperand {
  unsigned nest, number;
  mlir::Value buffer; // a view of the step's, or a number
  mlir::AffineMap map;
};

/// Where a nest takes the value of an operand from.
struct SweepRead {
  enum Source {
    Memory,  // in each step anew
    Once,    // the same in all steps
    Carried, // what the step before wrote
    Written, // what an earlier nest of the step writes
  } source = Memory;
  unsigned write = 0; // Carried, Written: which of the plan's writes
};

/// What a nest writes.
struct SweepWrite {
  SweepOperand to;
  unsigned output = 0;                                  // of the nest
  bool isSlot = true;                                   // each step has its own place; else all write the same one
  bool isPast = false;                                  // whole vectors go to memory past the caches
  std::optional<SweepOperand> carriedAs = std::nullopt; // an operand that reads it in the next step
};

/// The plan for one loop.
struct SweepPlan {
  mlir::SmallVector<mlir::linalg::LinalgOp> nests; // in their order, with the same loops
  mlir::SmallVector<mlir::Operation *> others;     // what is between them: positions and views
  mlir::SmallVector<SweepWrite> writes;
  llvm::DenseMap<std::pair<unsigned, unsigned>, SweepRead> reads; // by nest and operand
  mlir::SmallVector<int64_t> sizes;                               // of the points
  unsigned lanes = 0;                                             // the loop along the lanes
  int64_t width = 1;                                              // lanes of a vector
  int64_t vectors = 1;                                            // vectors of a tile
  std::optional<Split> split;
  unsigned carried = 0; // how many values a point carries from step to step
  int64_t steps = 1;    // that a tile runs before the next one does
  int64_t ahead = 0;    // steps by which what a step reads is asked for before; 0: not at all
};

/// Plans `loop`, which has nests over points alone. Nothing if these cannot run point by point, as `why` says.
std::optional<SweepPlan> planSweep(mlir::scf::ForOp loop, const Machine &machine, std::string &why);

} // namespace rondo

#endif // RONDO_PASSES_VECTOR_SWEEPPLAN_H
