// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Several time steps in one iteration.

#include "passes/linalg/Unroll.h"

#include "passes/Passes.h"
#include "passes/support/ScanLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"

namespace rondo {
#define GEN_PASS_DEF_UNROLL
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

struct Unroll : rondo::impl::UnrollBase<Unroll> {
  using UnrollBase::UnrollBase;

  void runOnOperation() override {
    if (factor < 1 || factor > mostUnrolledSteps) {
      getOperation()->emitError() << "expected an unroll factor from 1 to " << mostUnrolledSteps << ", found "
                                  << int64_t(factor);
      return signalPassFailure();
    }
    for (scf::ForOp loop : scanLoops(getOperation())) {
      // The mark comes off first: it would be copied to the loop of the remaining steps.
      loop->removeAttr(scanAttribute);
      if (factor > 1 && failed(loopUnrollByFactor(loop, factor))) {
        loop->emitError() << "could not be unrolled by " << int64_t(factor);
        return signalPassFailure();
      }
    }
  }
};

} // namespace
