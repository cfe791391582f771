// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The tables of functions and initialisers.

#include "frontend/Functions.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <climits>

using namespace llvm;
using namespace rondo;

static ArrayRef<FunctionInfo> allFunctions() {
  static const FunctionInfo functions[] = {
#define RONDO_FUNCTION(op, name, operands, ...) {name, Function::Elementwise, operands, operands, 0, false, NodeOp::op},
      RONDO_ELEMENTWISE(RONDO_FUNCTION)
#undef RONDO_FUNCTION
          {"relu", Function::Elementwise, 1, 1, 0, false, NodeOp::Relu},
      {"ahead", Function::Ahead, 2, 2},
      {"argmax", Function::ArgMax, 1, 1},
      {"batch_norm", Function::BatchNorm, 1, 1, 0, true, NodeOp::Constant, false, true},
      {"bernoulli", Function::Bernoulli, 1, 1, 0, false, NodeOp::Random, true},
      {"clamp", Function::Clamp, 3, 3},
      {"concat", Function::Concat, 2, UINT_MAX},
      {"cross_entropy", Function::CrossEntropy, 2, 2, 0, false, NodeOp::CrossEntropy, true},
      {"cumsum", Function::CumulativeSum, 1, 1, 0, false, NodeOp::Scan, true},
      {"diag", Function::Diagonal, 1, 1},
      {"dot", Function::Dot, 2, 2},
      {"dropout", Function::Dropout, 2, 2},
      {"elu", Function::Elu, 1, 2},
      {"embedding", Function::Embedding, 1, 1, 1, true},
      {"expand", Function::Expand, 2, UINT_MAX},
      {"gelu", Function::Gelu, 1, 1},
      {"gumbel", Function::Gumbel, 1, 1, 0, false, NodeOp::Random, true},
      {"index", Function::Index, 1, 1},
      {"last", Function::Last, 1, 1, 0, false, NodeOp::Last, true},
      {"layer_norm", Function::LayerNorm, 1, 1, 0, true},
      {"length", Function::Length, 1, 1},
      {"linear", Function::Linear, 0, UINT_MAX, 1, true},
      {"logsumexp", Function::LogSumExp, 1, UINT_MAX, 0, false, NodeOp::Max, true},
      {"max", Function::Max, 1, 2, 0, false, NodeOp::Max, true, true},
      {"mean", Function::Mean, 1, 1, 0, false, NodeOp::Mean, true, true},
      {"normal", Function::Normal, 1, 1, 0, false, NodeOp::Random, true},
      {"one_hot", Function::OneHot, 1, 1},
      {"outer", Function::Outer, 2, 2},
      {"pick", Function::Pick, 2, 2, 0, false, NodeOp::Pick, true},
      {"pow", Function::Pow, 2, 2},
      {"range", Function::Range, 1, 1},
      {"rename", Function::Rename, 1, 1},
      {"reshape", Function::Reshape, 2, UINT_MAX},
      {"sample", Function::Sample, 1, 1, 0, false, NodeOp::Random, true},
      {"select", Function::Select, 3, 3},
      {"shift", Function::Shift, 1, 2, 0, false, NodeOp::Shift, true},
      {"sign", Function::Sign, 1, 1},
      {"silu", Function::Silu, 1, 1},
      {"softmax", Function::Softmax, 1, 1, 0, false, NodeOp::Softmax, true},
      {"softplus", Function::Softplus, 1, 1},
      {"split", Function::Split, 1, UINT_MAX},
      {"square", Function::Square, 1, 1},
      {"squared_error", Function::SquaredError, 2, 2},
      {"stop", Function::Stop, 1, 1},
      {"sum", Function::Sum, 1, 1, 0, false, NodeOp::Sum, true, true},
      {"transpose", Function::Transpose, 1, 1},
      {"uniform", Function::Uniform, 1, 1, 0, false, NodeOp::Random, true},
      {"window", Function::Window, 1, 1, 0, false, NodeOp::Window, true},
  };
  return functions;
}

const FunctionInfo *rondo::findFunction(StringRef name) {
  const auto *info = find_if(allFunctions(), [&](const FunctionInfo &info) { return info.name == name; });
  return name.empty() || info == allFunctions().end() ? nullptr : info;
}

std::string rondo::spellFunctions(bool FunctionInfo::*property) {
  SmallVector<StringRef> names;
  for (const FunctionInfo &info : allFunctions())
    if (info.*property)
      names.push_back(info.name);
  return join(drop_end(names), ", ") + " or " + names.back().str();
}

bool rondo::isFutureFunction(StringRef name) {
  static const StringRef future[] = {"attention", "gather"};
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
