// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A cross-entropy of a product with a vocabulary's weights, and the products that are its derivatives.

#ifndef RONDO_PASSES_LINALG_LOSSPANELS_H
#define RONDO_PASSES_LINALG_LOSSPANELS_H

#include "passes/linalg/LossDerivative.h"

namespace rondo {

/// logits = x W^T + bias, their cross-entropy, and with d, its derivative by them, what is made of d: d W, d^T x and
/// the sum of d over rows. Nobody else reads the logits or d.
struct VocabularyLoss {
  CrossEntropyOp loss;
  LossDerivative derivative;
  ContractOp logits;
  mlir::Value bias;    // or null
  ContractOp byInput;  // or null
  ContractOp byWeight; // or null
  ReduceOp byBias;     // or null

  static std::optional<VocabularyLoss> find(CrossEntropyOp op);

  int64_t rows();
  int64_t vocabulary();

  /// Computes all of it in two loops over panels of so many tokens.
  void block(int64_t panel);

private:
  bool takeLogits();
  bool takeDerivatives();
};

} // namespace rondo

#endif // RONDO_PASSES_LINALG_LOSSPANELS_H
