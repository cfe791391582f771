// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an optimizer takes where neither a program nor an option says anything.

#ifndef RONDO_DIALECT_OPTIMIZERDEFAULTS_H
#define RONDO_DIALECT_OPTIMIZERDEFAULTS_H

namespace rondo {

/// Kingma & Ba 2015.
constexpr double adamRate = 1e-3, adamBeta1 = 0.9, adamBeta2 = 0.999, adamEpsilon = 1e-8;
constexpr double sgdRate = 1e-2;
/// That of PyTorch, whose adamw has the rest as adam.
constexpr double adamwDecay = 1e-2;

} // namespace rondo

#endif // RONDO_DIALECT_OPTIMIZERDEFAULTS_H
