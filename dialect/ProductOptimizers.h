// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which optimizers multiply by the Gauss-Newton matrix.

#ifndef RONDO_DIALECT_PRODUCTOPTIMIZERS_H
#define RONDO_DIALECT_PRODUCTOPTIMIZERS_H

#include "dialect/OptimizerTable.h"

namespace rondo {

/// The function of which such an optimizer searches the loss and has the products: with the outputs, at which the
/// Gauss-Newton matrix cuts the loss.
constexpr llvm::StringLiteral searchedTrainName = "train_searched";

/// Whether it makes steps of conjugate gradients. It takes the gradients of one batch as they are then.
inline bool takesProducts(const OptimizerKind &kind) { return kind.find("cg_steps") != nullptr; }

} // namespace rondo

#endif // RONDO_DIALECT_PRODUCTOPTIMIZERS_H
