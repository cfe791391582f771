// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions that the language has built in, and the initialisers of parameters: names and arities. What they
// mean is in ElaboratorCalls.cpp and ElaboratorParameters.cpp; those that work on each element are listed in NodeOp.h.

#ifndef RONDO_FRONTEND_FUNCTIONS_H
#define RONDO_FRONTEND_FUNCTIONS_H

#include "frontend/NodeOp.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace rondo {

enum class Function {
  Ahead,
  ArgMax,
  BatchNorm,
  Bernoulli,
  Clamp,
  Concat,
  CrossEntropy,
  CumulativeSum,
  Diagonal,
  Dot,
  Dropout,
  Elementwise, // those that are one operation on each element
  Elu,
  Embedding,
  Expand,
  Gelu,
  Gumbel,
  Index,
  Last,
  LayerNorm,
  Length,
  Linear,
  LogSumExp,
  Max,
  Mean,
  Normal,
  OneHot,
  Outer,
  Pick,
  Pow,
  Range,
  Rename,
  Reshape,
  Sample,
  Select,
  Shift,
  Sign,
  Silu,
  Softmax,
  Softplus,
  Split,
  Square,
  SquaredError,
  Stop,
  Sum,
  Transpose,
  Uniform,
  Window,
};

struct FunctionInfo {
  llvm::StringRef name;
  Function function;
  unsigned minimalArguments, maximalArguments; // the unnamed ones
  unsigned sizes = 0;                          // in brackets; of what draws, any shape
  bool ownsParameters = false;
  NodeOp op = NodeOp::Constant; // of Elementwise, and of what works over an axis
  bool worksOverAxis = false;   // f(x over N)
  bool worksOverBatch = false;  // f(x over batch), f(x over (batch, N))
};

/// Whether the function draws: f[H](x over T, per: ..).
inline bool isDraw(Function function) {
  return function == Function::Bernoulli || function == Function::Gumbel || function == Function::Normal ||
         function == Function::Sample || function == Function::Uniform;
}

/// The function of this name, or null.
const FunctionInfo *findFunction(llvm::StringRef name);

/// The names of the functions that have this, "a, b or c".
std::string spellFunctions(bool FunctionInfo::*property);

/// Whether the name is that of a function that the design has and this version has not.
bool isFutureFunction(llvm::StringRef name);

enum class Initialiser { Constant, Identity, Normal, Ones, Orthogonal, Uniform, Zeros };

struct InitialiserInfo {
  llvm::StringRef name;
  Initialiser initialiser;
  unsigned minimalArguments, maximalArguments;
};

/// The initialiser of this name, or null.
const InitialiserInfo *findInitialiser(llvm::StringRef name);

} // namespace rondo

#endif // RONDO_FRONTEND_FUNCTIONS_H
