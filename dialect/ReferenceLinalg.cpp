// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on structured `linalg` ops on tensors: any op that is a body with indexing maps.
//
// The reduction loops run in order (or all from their ends, where the op says so), outermost, and the body runs once in
// each iteration for all points of the parallel loops: a value of the body is a tensor over these. Every element of an
// output is so one sequential chain.

#include "dialect/ReferenceInterpreter.h"
#include "dialect/SumAttributes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AffineMap.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

namespace {
/// Where an operand's elements are: place = offset + sum over loops l of iteration[l] * strides[l].
struct Access {
  std::vector<int64_t> strides;
  int64_t offset;
};
} // namespace

static bool isLinear(AffineMap map) {
  bool linear = true;
  map.walkExprs([&](AffineExpr expr) {
    linear &= expr.getKind() == AffineExprKind::Add || expr.getKind() == AffineExprKind::Mul ||
              expr.getKind() == AffineExprKind::DimId || expr.getKind() == AffineExprKind::Constant;
  });
  return linear;
}

/// The access by a linear map: its value at the origin, and its change along each loop.
static Access accessOf(AffineMap map, const Tensor &tensor) {
  std::vector<int64_t> dims = stridesOf(tensor.shape);
  auto placeAt = [&](ArrayRef<int64_t> iteration) {
    int64_t place = 0;
    for (auto [index, stride] : llvm::zip(map.compose(iteration), dims))
      place += index * stride;
    return place;
  };
  SmallVector<int64_t> iteration(map.getNumDims(), 0);
  Access access{{}, placeAt(iteration)};
  for (int64_t &loop : iteration) {
    loop = 1;
    access.strides.push_back(placeAt(iteration) - access.offset);
    loop = 0;
  }
  return access;
}

/// The entries of `values` for these loops.
static std::vector<int64_t> pick(ArrayRef<int64_t> values, ArrayRef<unsigned> loops) {
  std::vector<int64_t> picked;
  for (unsigned loop : loops)
    picked.push_back(values[loop]);
  return picked;
}

static LogicalResult runStructured(Interpreter &in, linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return op.emitOpError() << "on buffers is not known to the reference interpreter";
  Block &body = op->getRegion(0).front();
  std::vector<Access> accesses;
  SmallVector<int64_t> sizes;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isLinear(op.getMatchingIndexingMap(&operand)))
      return op.emitOpError() << "has an indexing map that the reference interpreter does not know: "
                              << AffineMapAttr::get(op.getMatchingIndexingMap(&operand));
    accesses.push_back(accessOf(op.getMatchingIndexingMap(&operand), in.get(operand.get())));
    llvm::append_range(sizes, in.get(operand.get()).shape);
  }
  SmallVector<int64_t> ranges = op.getShapesToLoopsMap().compose(sizes);
  SmallVector<unsigned> parallel, reduction;
  op.getParallelDims(parallel);
  op.getReductionDims(reduction);
  std::vector<int64_t> points = pick(ranges, parallel);
  unsigned numInputs = op.getNumDpsInputs();
  // Some ops' bodies (linalg.map) have arguments for the inputs only.
  unsigned numArguments = body.getNumArguments();
  if (numArguments != op->getNumOperands() && numArguments != numInputs)
    return unknownOp(op);

  std::vector<Tensor> indices, outputs;
  for (unsigned loop = 0; loop < ranges.size(); ++loop)
    indices.push_back(Tensor::zeros(Tensor::Kind::Index, {}));
  for (auto [n, loop] : llvm::enumerate(parallel))
    indices[loop] = coordinates(points, n);
  for (auto [access, value] : llvm::zip(llvm::drop_begin(accesses, numInputs), op.getDpsInits()))
    outputs.push_back(readView(in.get(value), points, pick(access.strides, parallel), access.offset));

  LogicalResult status = success();
  bool descends = op->hasAttr(descendingAttribute);
  forEachIndex(pick(ranges, reduction), [&](ArrayRef<int64_t> counted) {
    if (failed(status))
      return;
    SmallVector<int64_t> iteration(counted);
    if (descends)
      for (auto [loop, position] : llvm::zip(reduction, iteration))
        position = ranges[loop] - 1 - position;
    for (auto [loop, position] : llvm::zip(reduction, iteration))
      indices[loop].i[0] = position;
    std::vector<Tensor> arguments;
    for (unsigned n = 0; n < numInputs; ++n) {
      int64_t offset = accesses[n].offset;
      for (auto [loop, position] : llvm::zip(reduction, iteration))
        offset += position * accesses[n].strides[loop];
      arguments.push_back(readView(in.get(op->getOperand(n)), points, pick(accesses[n].strides, parallel), offset));
    }
    if (numArguments > numInputs)
      std::move(outputs.begin(), outputs.end(), std::back_inserter(arguments));
    FailureOr<std::vector<Tensor>> yielded = in.runBody(body, std::move(arguments), indices, points);
    status = yielded;
    if (succeeded(yielded))
      outputs = std::move(*yielded);
  });
  if (failed(status))
    return failure();
  for (auto [n, result] : llvm::enumerate(op->getResults())) {
    const Access &access = accesses[numInputs + n];
    Tensor whole = in.get(op.getDpsInits()[n]);
    writeView(whole, outputs[n], pick(access.strides, parallel), access.offset);
    in.set(result, std::move(whole));
  }
  return success();
}

LogicalResult reference::runLinalg(Interpreter &in, Operation *op) {
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return in.finish(op, in.getIndices()[index.getDim()]);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return runStructured(in, structured);
  return unknownOp(op);
}
