// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimisers' equations.

#ifndef RONDO_PASSES_TRAINING_OPTIMIZERS_H
#define RONDO_PASSES_TRAINING_OPTIMIZERS_H

#include "dialect/OptimizerTable.h"
#include "passes/training/Equation.h"

#include <functional>

namespace rondo {

/// One element of a parameter with its gradient and moments, before or after the update.
struct Slot {
  Term parameter, gradient;
  llvm::SmallVector<Term, 3> moments;
  /// What Optimizer::gather made, of one that has it.
  llvm::SmallVector<Term, 2> gathered = {};
  /// The factor of the parameter that is added to its gradient, or if Optimizer::decouplesDecay subtracted times the
  /// rate.
  double decay = 0;
};

using Terms = llvm::ArrayRef<Term>;

class UpdateBuilder;

/// The equations of one optimiser. All numbers are of one element type, but for the powers, which are f64.
struct Optimizer {
  unsigned numMoments = 0;
  /// Gives `slot` its new parameter and moments, by what prepare() built; the gradient is clipped already, and has the
  /// decay unless that is decoupled.
  std::function<void(Terms shared, Slot &slot)> update;
  /// Whether the parameter decays beside its moments, by Slot::decay, and not through its gradient.
  bool decouplesDecay = false;
  /// The numbers whose powers to the number of the step (from 1) the optimiser needs.
  llvm::SmallVector<double> bases = {};
  /// How many values all elements share, and what builds them from the rate and these powers.
  unsigned numShared = 1;
  std::function<llvm::SmallVector<Term>(Term rate, Terms powers)> prepare = [](Term rate, Terms) {
    return llvm::SmallVector<Term>{rate};
  };
  /// Of one that looks at a whole parameter: direction() comes before update(), which changes the parameter alone, and
  /// gives the moments their new values; of what it returns for all elements gather() makes Slot::gathered: tensors of
  /// the parameter's shape, or scalars.
  std::function<Term(Terms shared, Slot &slot)> direction = {};
  std::function<llvm::SmallVector<mlir::Value>(UpdateBuilder &, mlir::Value parameter, mlir::Value direction)> gather =
      {};
};

/// The optimiser of this kind with these numbers, which are those of the kind. Where there are two the second one is
/// for parameters that are no matrices.
std::vector<Optimizer> makeOptimizers(const OptimizerKind &kind, llvm::ArrayRef<OptimizerNumber> numbers);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_OPTIMIZERS_H
