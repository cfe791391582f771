// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of matrices of which each has a vector of its own.

#include "passes/support/MatrixProducts.h"

#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

Value rondo::matricesOf(Operation *op) {
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract)
    return nullptr;
  Einsum einsum = Einsum::ofVerified(contract.getSpec());
  auto isIn = [](StringRef term) { return [term](char letter) { return term.contains(letter); }; };
  // One of the matrices' last two dimensions is summed over, the other one is the result's own.
  auto areMatrices = [&](StringRef matrices, StringRef vectors) {
    std::string summed = einsum.contracted();
    if (matrices.size() < 2 || summed.size() != 1 || vectors.size() + 1 != matrices.size() ||
        !llvm::all_of(vectors, isIn(matrices)))
      return false;
    char row = matrices[matrices.size() - 2], lane = matrices.back();
    char own = summed[0] == row ? lane : row;
    return (summed[0] == row || summed[0] == lane) && !vectors.contains(own) && einsum.result.back() == own &&
           einsum.result.size() + 1 == matrices.size();
  };
  if (areMatrices(einsum.lhs, einsum.rhs))
    return contract.getLhs();
  return areMatrices(einsum.rhs, einsum.lhs) ? contract.getRhs() : Value();
}

bool rondo::makesMatrices(Operation *op) {
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract)
    return false;
  Einsum einsum = Einsum::ofVerified(contract.getSpec());
  auto isVector = [&](StringRef term) { return term.size() + 1 == einsum.result.size(); };
  return einsum.contracted().empty() && isVector(einsum.lhs) && isVector(einsum.rhs);
}
