// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The tables of functions and initialisers.

#include "frontend/Functions.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"

#include <climits>

using namespace llvm;
using namespace rondo;

const FunctionInfo *rondo::findFunction(StringRef name) {
  static const FunctionInfo functions[] = {
      {"abs", Function::Abs, 1, 1},
      {"ahead", Function::Ahead, 2, 2},
      {"concat", Function::Concat, 2, UINT_MAX},
      {"cos", Function::Cos, 1, 1},
      {"cross_entropy", Function::CrossEntropy, 2, 2},
      {"dot", Function::Dot, 2, 2},
      {"dropout", Function::Dropout, 2, 2},
      {"embedding", Function::Embedding, 1, 1, 1, true},
      {"exp", Function::Exp, 1, 1},
      {"floor", Function::Floor, 1, 1},
      {"layer_norm", Function::LayerNorm, 1, 1, 0, true},
      {"linear", Function::Linear, 0, UINT_MAX, 1, true},
      {"log", Function::Log, 1, 1},
      {"max", Function::Max, 1, 2},
      {"mean", Function::Mean, 1, 1},
      {"min", Function::Min, 2, 2},
      {"one_hot", Function::OneHot, 1, 1},
      {"pow", Function::Pow, 2, 2},
      {"relu", Function::Relu, 1, 1},
      {"select", Function::Select, 3, 3},
      {"sigmoid", Function::Sigmoid, 1, 1},
      {"sin", Function::Sin, 1, 1},
      {"softmax", Function::Softmax, 1, 1},
      {"softplus", Function::Softplus, 1, 1},
      {"split", Function::Split, 1, UINT_MAX},
      {"sqrt", Function::Sqrt, 1, 1},
      {"square", Function::Square, 1, 1},
      {"squared_error", Function::SquaredError, 2, 2},
      {"sum", Function::Sum, 1, 1},
      {"tanh", Function::Tanh, 1, 1},
  };
  const auto *info = find_if(functions, [&](const FunctionInfo &info) { return info.name == name; });
  return info == std::end(functions) ? nullptr : info;
}

bool rondo::isFutureFunction(StringRef name) {
  static const StringRef future[] = {"attention", "bernoulli", "ctc",    "gather", "index", "last",
                                     "outer",     "pick",      "rename", "sample", "shift", "window"};
  return is_contained(future, name);
}

const InitialiserInfo *rondo::findInitialiser(StringRef name) {
  static const InitialiserInfo initialisers[] = {
      {"constant", Initialiser::Constant, 1, 1},     {"identity", Initialiser::Identity, 0, 1},
      {"normal", Initialiser::Normal, 1, 1},         {"ones", Initialiser::Ones, 0, 0},
      {"orthogonal", Initialiser::Orthogonal, 0, 1}, {"uniform", Initialiser::Uniform, 1, 1},
      {"zeros", Initialiser::Zeros, 0, 0},
  };
  const auto *info = find_if(initialisers, [&](const InitialiserInfo &info) { return info.name == name; });
  return info == std::end(initialisers) ? nullptr : info;
}
