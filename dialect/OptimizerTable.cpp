// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of optimizers. Numbers that no paper is named for are PyTorch's.

#include "dialect/OptimizerTable.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace rondo;

ArrayRef<OptimizerKind> rondo::optimizerKinds() {
  static const OptimizerKind kinds[] = {
      {"adadelta", 1, 0, {{"epsilon", 1e-6}, {"rho", 0.9}}},
      {"adagrad", 1e-2, 0, {{"epsilon", 1e-10}}},
      // Kingma & Ba 2015.
      {"adam", 1e-3, 0, {{"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-8}}},
      {"adamw", 1e-3, 1e-2, {{"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-8}}},
      // Martens 2010.
      {"hessian_free", 1, 0, {{"cg_decay", 0.95}, {"cg_steps", 250}, {"damping", 1}}},
      // You et al. 2020.
      {"lamb", 1e-3, 1e-2, {{"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-6}}},
      // Chen et al. 2023.
      {"lion", 1e-4, 0, {{"beta1", 0.9}, {"beta2", 0.99}}},
      // Jordan et al. 2024; of what is no matrix adamw's.
      {"muon", 1e-3, 0.1, {{"beta1", 0.9}, {"beta2", 0.999}, {"epsilon", 1e-8}, {"iterations", 5}, {"momentum", 0.95}}},
      {"nesterov", 1e-2, 0, {{"momentum", 0.9}}},
      {"rmsprop", 1e-2, 0, {{"alpha", 0.99}, {"centered", 0}, {"epsilon", 1e-8}, {"momentum", 0}}},
      {"sgd", 1e-2, 0, {{"momentum", 0}}},
  };
  return kinds;
}

const OptimizerKind *rondo::findOptimizer(StringRef name) {
  const auto *kind = find_if(optimizerKinds(), [&](const OptimizerKind &kind) { return kind.name == name; });
  return kind == optimizerKinds().end() ? nullptr : kind;
}

const OptimizerNumber *OptimizerKind::find(StringRef number) const {
  auto found = find_if(numbers, [&](const OptimizerNumber &own) { return own.name == number; });
  return found == numbers.end() ? nullptr : &*found;
}
