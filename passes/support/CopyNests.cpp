// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Copies of buffers as nests like others.

#include "passes/support/CopyNests.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"

using namespace mlir;

Operation *rondo::makeNestOfCopy(memref::CopyOp copy) {
  OpBuilder b(copy);
  Operation *nest = nullptr;
  if (copy.getSource() != copy.getTarget())
    nest = linalg::makeMemRefCopyOp(b, copy.getLoc(), copy.getSource(), copy.getTarget());
  copy.erase();
  return nest;
}

void rondo::makeNestsOfCopies(Operation *root) {
  SmallVector<memref::CopyOp> copies;
  root->walk([&](memref::CopyOp copy) { copies.push_back(copy); });
  for (memref::CopyOp copy : copies)
    makeNestOfCopy(copy);
}
