// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Indices as sums.

#include "passes/support/LinearSum.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace rondo;

void LinearSum::add(Value value, int64_t factor) {
  auto *known = llvm::find_if(terms, [&](auto &term) { return term.first == value; });
  if (known == terms.end()) {
    if (factor != 0)
      terms.push_back({value, factor});
    return;
  }
  known->second += factor;
  if (known->second == 0)
    terms.erase(known);
}

void LinearSum::add(const LinearSum &other, int64_t factor) {
  constant += other.constant * factor;
  for (auto &[value, own] : other.terms)
    add(value, own * factor);
}

LinearSum rondo::linearSum(OpFoldResult position) {
  LinearSum sum;
  if (std::optional<int64_t> value = getConstantIntValue(position)) {
    sum.constant = *value;
    return sum;
  }
  auto index = cast<Value>(position);
  Operation *op = index.getDefiningOp();
  if (isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op)) {
    sum.add(linearSum(op->getOperand(0)), 1);
    sum.add(linearSum(op->getOperand(1)), isa<arith::SubIOp>(op) ? -1 : 1);
    return sum;
  }
  if (isa_and_nonnull<arith::MulIOp>(op))
    for (unsigned i : {0, 1})
      if (std::optional<int64_t> factor = getConstantIntValue(op->getOperand(i))) {
        sum.add(linearSum(op->getOperand(1 - i)), *factor);
        return sum;
      }
  sum.add(index, 1);
  return sum;
}
