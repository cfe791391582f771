// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an op reads.

#include "passes/support/Reads.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

llvm::SetVector<Value> rondo::readsOf(Operation *op) {
  llvm::SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads;
}
