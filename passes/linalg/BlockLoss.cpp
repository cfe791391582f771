// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-block-loss: the products of a vocabulary, its cross-entropy and their derivatives, panel by panel.

#include "passes/Passes.h"

#include "passes/linalg/LossPanels.h"
#include "passes/support/Machine.h"
#include "passes/support/Remarks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_BLOCKLOSS
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// The tokens of one panel: as many as fill half of a core's own cache with a number for each row, the fewest products
/// that are worth a panel at least, and an equal part of all where there is one; or 0 where all are better at once.
int64_t panelFor(VocabularyLoss &loss, const Machine &machine) {
  constexpr int64_t least = 256;
  Type element = getElementTypeOrSelf(loss.logits.getType());
  int64_t row = loss.rows() * element.getIntOrFloatBitWidth() / 8, lanes = machine.lanesOf(element);
  int64_t vocabulary = loss.vocabulary();
  // What the caches hold goes through them as a whole; of panels that they do not hold nothing would be gained.
  if (loss.rows() < Machine::rowsWorthPacking || row * vocabulary <= 2 * machine.l2 || vocabulary < 4 * least ||
      row * least > 4 * machine.l2)
    return 0;
  int64_t most = std::max(least, machine.l2 * 5 / 8 / row / lanes * lanes);
  for (int64_t panel = most; 2 * panel > most; panel -= lanes)
    if (vocabulary % panel == 0)
      return panel;
  return most;
}

struct BlockLoss : rondo::impl::BlockLossBase<BlockLoss> {
  using BlockLossBase::BlockLossBase;

  void runOnOperation() override {
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(getOperation())))
      return signalPassFailure();
    SmallVector<CrossEntropyOp> losses;
    getOperation()->walk([&](CrossEntropyOp op) { losses.push_back(op); });
    for (CrossEntropyOp op : losses) {
      std::optional<VocabularyLoss> loss = VocabularyLoss::find(op);
      if (!loss)
        continue;
      int64_t size = panel > 0 ? panel : panelFor(*loss, machine);
      if (size <= 0 || size > loss->vocabulary())
        continue;
      reportDone(op, "panels", [&] {
        return (Twine(loss->vocabulary()) + " tokens in panels of " + Twine(size) +
                ", with the products of each and their derivatives")
            .str();
      });
      loss->block(size);
    }
  }
};

} // namespace
