// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "passes/training/InvariantFunctions.h"

#include "dialect/RondoDialect.h"
#include "passes/support/OpCost.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

void rondo::hoistInvariants(func::FuncOp func) {
  func.walk([](ScanOp scan) {
    auto isOutside = [&](Value value) { return !scan.getRegion().isAncestor(value.getParentRegion()); };
    llvm::DenseSet<Operation *> invariant, hoisted;
    for (Operation &op : scan.getBlock().without_terminator())
      if (op.getNumRegions() == 0 && isMemoryEffectFree(&op) && llvm::all_of(op.getOperands(), [&](Value operand) {
            return isOutside(operand) || invariant.contains(operand.getDefiningOp());
          }))
        invariant.insert(&op);
    for (Operation &op : llvm::reverse(scan.getBlock()))
      if (invariant.contains(&op) &&
          (!isCheap(&op) || llvm::any_of(op.getUsers(), [&](Operation *user) { return hoisted.contains(user); })))
        hoisted.insert(&op);
    for (Operation &op : llvm::make_early_inc_range(scan.getBlock()))
      if (hoisted.contains(&op))
        op.moveBefore(scan);
  });
}
