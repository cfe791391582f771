// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The optimizer hessian_free: of each batch a quadratic model of the loss is minimised by conjugate gradients, which
// multiply by the Gauss-Newton matrix (Martens 2010; Martens & Sutskever 2012, "Training deep and recurrent networks
// with Hessian-free optimization"). Per update, with the loss f and the gradient g at the parameters p, G the matrix
// and a the damping:
//
//   x, which begins as cg_decay times that of the update before, goes to the solution of (G + a I) x = -g; after i
//   steps the model is phi(x) = x.(G + a I)x / 2 + g.x. It ends behind step i > k, k = max(10, i / 10), where phi < 0
//   and phi(x_i) - phi(x_i-k) is a part of phi(x_i) of less than 5e-4 k; or behind cg_steps.
//   d is the last x; of those behind steps 1, 2, 3, 4, 6, .. (each 1.3 times the one before), from the last one down,
//   an earlier one takes its place as long as f(p + x) is less.
//   rho = (f(p + d) - f(p)) / (d.G d / 2 + g.d). Where it is below 1/4, or the loss is no less or the model is not,
//   `a` is 3/2 times what it was in the next update, above 3/4 2/3 times; 3/2 times too where no step is made though
//   there is a gradient, as G + a I is not positive along it.
//   The step is s d with the first s of rate, 0.8 rate, 0.64 rate, .. (60 of them) of which
//   f(p + s d) <= f(p) + 0.01 s min(g.d, 0); if there is none, no step is made.
#ifndef RONDO_RUNTIME_HESSIANFREE_H
#define RONDO_RUNTIME_HESSIANFREE_H

#include "runtime/Checkpoint.h"

namespace rondo {

/// What an update of it says of itself: the damping that it was made with, the steps of conjugate gradients, the
/// reduction ratio (not a number where no step of these was possible) and the factor of the direction.
struct SearchNumbers {
  double damping = 0, rho = 0, factor = 0;
  int64_t iterations = 0;
};

class HessianFree {
public:
  HessianFree() = default;
  HessianFree(const HessianFree &) = delete;
  HessianFree &operator=(const HessianFree &) = delete;

  /// Whether the program trains by it. All else is for such a program alone.
  static bool isUsedBy(const Model &model) { return model.train.search.steps > 0; }
  /// Binds the entries train_searched and train_searched_gauss_newton to the data of `gradients`, and takes the memory
  /// of its vectors; the calls must outlive this. Errors: an entry lacks; not enough memory.
  bool open(Workspace &workspace, const Call &gradients, const Call &update, Error &error);
  /// Behind that: what goes into checkpoints beside the update's moments.
  void addKept(List<NamedTensor> &kept) const { kept.add({"checkpoint/damping", damping}); }
  /// Before the gradients of a batch are computed: notes the states that it begins with.
  void begin();
  /// Behind them: finds the step of the update, which takes it as its moment.
  SearchNumbers search(double rate);

private:
  /// A buffer for each parameter that is trained.
  using Vector = List<Buffer>;
  /// An x, behind how many steps it came, and phi of it.
  struct Iterate {
    int64_t step;
    double model;
    const Vector *x;
  };
  /// A state of the gradients, what the batch begins with, and the same states of the two entries.
  struct Saved {
    Buffer now, kept, ofLoss, ofProducts;
  };

  bool findVectors(const Call &gradients, const Call &update, Error &error);
  bool makeVector(Vector &vector, Error &error);
  bool saveState(const Call &gradients, const Text &name, Error &error);
  void multiply(double damped);
  int64_t solve(double damped);
  double lossAt(const Vector &direction, double factor);
  double lossNow();
  Iterate backtrack(double &least);
  double searchLine(const Vector &direction, double start, double rate);

  Parameters *parameters = nullptr;
  const Model *model = nullptr;
  Blocks blocks;
  Call loss, products;
  Vector gradient, solution, step, direction, product, residual, before;
  List<const Parameter *> trained;
  List<Vector> memory;
  List<Iterate> iterates;
  List<double> models;
  List<Saved> states;
  Buffer damping;
};

} // namespace rondo

#endif
