// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The optimizers by name: what numbers each takes, and what these are where neither a program nor an option says
// anything. Their equations are in passes/training/Optimizers.cpp.

#ifndef RONDO_DIALECT_OPTIMIZERTABLE_H
#define RONDO_DIALECT_OPTIMIZERTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace rondo {

/// A number of an optimizer, of that value.
struct OptimizerNumber {
  llvm::StringRef name;
  double value;
};

struct OptimizerKind {
  llvm::StringRef name;
  double rate, weightDecay;
  /// Beside these two, in alphabetical order.
  std::vector<OptimizerNumber> numbers;

  const OptimizerNumber *find(llvm::StringRef number) const;
};

/// All of them, in alphabetical order.
llvm::ArrayRef<OptimizerKind> optimizerKinds();

/// The one of this name, or null.
const OptimizerKind *findOptimizer(llvm::StringRef name);

} // namespace rondo

#endif // RONDO_DIALECT_OPTIMIZERTABLE_H
