// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimisers' equations, as PyTorch has them, for one element.

#ifndef RONDO_PASSES_TRAINING_OPTIMIZERS_H
#define RONDO_PASSES_TRAINING_OPTIMIZERS_H

#include "passes/support/TensorBuilder.h"
#include <memory>

namespace rondo {

/// One element of a parameter with its gradient and moments, before or after the update.
struct Slot {
  mlir::Value parameter, gradient;
  llvm::SmallVector<mlir::Value, 2> moments;
  /// The factor of the parameter that is added to its gradient, or if Optimizer::decouplesDecay() subtracted times the
  /// rate.
  double decay = 0;
};

/// The equations of one optimiser. All values are scalars of one element type, but for the powers, which are f64.
class Optimizer {
public:
  virtual ~Optimizer() = default;
  virtual unsigned numMoments() const = 0;
  /// The numbers whose powers to the number of the step (from 1) the optimiser needs.
  virtual llvm::SmallVector<double> bases() const { return {}; }
  /// How many values all elements share.
  virtual unsigned numShared() const = 0;
  /// Builds these values from the rate and the powers of bases().
  virtual llvm::SmallVector<mlir::Value> prepare(TensorBuilder &b, mlir::Value rate, mlir::ValueRange powers) const = 0;
  /// Whether the parameter decays beside its moments, by Slot::decay, and not through its gradient.
  virtual bool decouplesDecay() const { return false; }
  /// Gives `slot` its new parameter and moments, by what prepare() built; the gradient is clipped already, and has the
  /// decay unless that is decoupled.
  virtual void update(TensorBuilder &b, mlir::ValueRange shared, Slot &slot) const = 0;
};

/// Stochastic gradient descent; without momentum if that is 0.
std::unique_ptr<Optimizer> makeSGD(double momentum);
std::unique_ptr<Optimizer> makeAdam(double beta1, double beta2, double epsilon);
/// Adam with decoupled decay (Loshchilov & Hutter 2019).
std::unique_ptr<Optimizer> makeAdamW(double beta1, double beta2, double epsilon);

} // namespace rondo

#endif // RONDO_PASSES_TRAINING_OPTIMIZERS_H
