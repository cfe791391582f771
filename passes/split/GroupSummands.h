// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Regrouping of sums in a scan's body, for rondo-split-scan.

#ifndef RONDO_PASSES_SPLIT_GROUPSUMMANDS_H
#define RONDO_PASSES_SPLIT_GROUPSUMMANDS_H

#include "passes/split/ScanDependences.h"

namespace rondo {

/// Rewrites sums of three or more values in the body, as (x·W + h·U) + b, so that what is known early is summed first,
/// as (x·W + b) + h·U: then all of it can leave the loop. Sums in which no product is known early are left alone.
void groupSummands(const ScanDependences &dependences, llvm::function_ref<bool(mlir::Value)> isEarly);
/// The same where what needs no state is early.
void groupSummands(const ScanDependences &dependences);

} // namespace rondo

#endif // RONDO_PASSES_SPLIT_GROUPSUMMANDS_H
