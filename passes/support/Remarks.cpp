// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the passes report of their decisions, by source line.

#include "passes/support/Remarks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

/// Calls `report` with the place and the function that `op` comes from; with each of them if it stands in a function
/// for several equal ones (rondo-share-kernels).
static void forEachOrigin(Operation *op, llvm::function_ref<void(Location, StringRef)> report) {
  auto function = dyn_cast<func::FuncOp>(op);
  if (!function)
    function = op->getParentOfType<func::FuncOp>();
  if (!function || !function.isPrivate())
    return report(op->getLoc(), function ? function.getName() : StringRef());
  Location own = op->getLoc();
  auto several = dyn_cast<FusedLoc>(own);
  for (Location place : several ? several.getLocations() : ArrayRef<Location>(own))
    if (auto origin = dyn_cast<NameLoc>(place))
      report(origin.getChildLoc(), origin.getName());
}

static remark::RemarkOpts optionsOf(StringRef kind, StringRef function) {
  return remark::RemarkOpts::name(kind).category("rondo").function(function);
}

void rondo::reportDone(Operation *op, StringRef kind, llvm::function_ref<std::string()> text) {
  if (op->getContext()->getRemarkEngine())
    forEachOrigin(
        op, [&](Location place, StringRef function) { remark::passed(place, optionsOf(kind, function)) << text(); });
}

void rondo::reportMissed(Operation *op, StringRef kind, llvm::function_ref<std::string()> text) {
  if (op->getContext()->getRemarkEngine())
    forEachOrigin(
        op, [&](Location place, StringRef function) { remark::missed(place, optionsOf(kind, function)) << text(); });
}
