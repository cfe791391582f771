// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Replacing a scan by one with other states, sequences or results.

#include "dialect/ScanParts.h"

using namespace mlir;
using namespace rondo;

ScanParts::ScanParts(ScanOp scan)
    : inits(scan.getInits()), sequences(scan.getSequences()), emitted(scan.getYield().getEmitted().getTypes()),
      length(scan.getLength()), scan(scan) {
  for (unsigned i = 0; i < scan.getNumStates(); ++i)
    names.push_back(scan.getStateName(i));
}

ScanOp ScanParts::create(OpBuilder &builder) const {
  ScanOp old = scan;
  auto result = ScanOp::create(builder, old.getLoc(), inits, sequences, length, old.getBackward(), emitted,
                               old.getStatesAttr() ? builder.getStrArrayAttr(names) : ArrayAttr(), old.getLimit());
  result->setDiscardableAttrs(old->getDiscardableAttrDictionary());
  return result;
}
