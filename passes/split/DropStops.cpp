// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-drop-stops: x for rondo.stop x.

#include "passes/Passes.h"

#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_DROPSTOPS
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

struct DropStops : rondo::impl::DropStopsBase<DropStops> {
  void runOnOperation() override {
    getOperation().walk([](StopOp op) {
      op.getResult().replaceAllUsesWith(op.getOperand());
      op.erase();
    });
  }
};

} // namespace
