// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the passes report of their decisions, by source line.

#include "passes/Remarks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

static remark::RemarkOpts optionsOf(Operation *op, StringRef kind) {
  auto function = dyn_cast<func::FuncOp>(op);
  if (!function)
    function = op->getParentOfType<func::FuncOp>();
  return remark::RemarkOpts::name(kind).category("rondo").function(function ? function.getName() : StringRef());
}

void rondo::reportDone(Operation *op, StringRef kind, llvm::function_ref<std::string()> text) {
  if (op->getContext()->getRemarkEngine())
    remark::passed(op->getLoc(), optionsOf(op, kind)) << text();
}

void rondo::reportMissed(Operation *op, StringRef kind, llvm::function_ref<std::string()> text) {
  if (op->getContext()->getRemarkEngine())
    remark::missed(op->getLoc(), optionsOf(op, kind)) << text();
}
