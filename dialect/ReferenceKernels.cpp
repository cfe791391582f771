// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on rondo.phase, rondo.pack and rondo.append, on tensors.

#include "dialect/AppendOps.h"
#include "dialect/ReferenceInterpreter.h"
#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

/// Where `map` puts an operand of this shape at every point of the loops `first` to `last`, the others being at 0.
static std::vector<int64_t> placesOf(AffineMap map, ArrayRef<int64_t> shape, ArrayRef<int64_t> bounds, unsigned first,
                                     unsigned last) {
  std::vector<int64_t> strides = stridesOf(shape), places;
  SmallVector<int64_t> position(bounds.size(), 0);
  forEachIndex(bounds.slice(first, last - first), [&](ArrayRef<int64_t> point) {
    llvm::copy(point, position.begin() + first);
    int64_t place = 0;
    for (auto [index, stride] : llvm::zip(map.compose(position), strides))
      place += index * stride;
    places.push_back(place);
  });
  return places;
}

/// The elements of `source` at `places` + `offset`, as a tensor over `points`. Of an empty sum's inputs some may have
/// no such element: nothing reads it.
static Tensor pickElements(const Tensor &source, ArrayRef<int64_t> places, int64_t offset, ArrayRef<int64_t> points) {
  Tensor result = Tensor::zeros(source.kind, points);
  withElementType(source.kind, [&](auto zero) {
    using T = decltype(zero);
    for (auto [element, place] : llvm::zip(elements<T>(result), places))
      if (place + offset < source.numElements())
        element = elements<T>(source)[place + offset];
  });
  return result;
}

/// A map's result depends on parallel or on summed loops, never on both, so an element's place is the sum of both
/// parts.
static LogicalResult runPhase(Interpreter &in, PhaseOp op) {
  if (op.getNumResults() != op.getOutputs().size())
    return op.emitOpError() << "on buffers is not known to the reference interpreter";
  ArrayRef<int64_t> bounds = op.getBounds();
  unsigned parallel = op.getNumParallel(), inputs = op.getInputs().size();
  ArrayRef<int64_t> points = bounds.take_front(parallel);
  std::vector<std::vector<int64_t>> atPoint, atTerm;
  for (unsigned i = 0; i < inputs; ++i) {
    const Tensor &source = in.get(op.getInputs()[i]);
    atPoint.push_back(placesOf(op.getMap(i), source.shape, bounds, 0, parallel));
    atTerm.push_back(placesOf(op.getMap(i), source.shape, bounds, parallel, bounds.size()));
    // The place of the first point is in the first part already.
    if (!atTerm[i].empty())
      llvm::for_each(atTerm[i], [first = atTerm[i].front()](int64_t &place) { place -= first; });
  }
  auto argumentsAt = [&](size_t term) {
    std::vector<Tensor> arguments;
    for (unsigned i = 0; i < inputs; ++i)
      arguments.push_back(
          pickElements(in.get(op.getInputs()[i]), atPoint[i], atTerm[i].empty() ? 0 : atTerm[i][term], points));
    return arguments;
  };
  std::vector<Tensor> sums;
  for (auto [i, type] : llvm::enumerate(op.getSums().front().getTerminator()->getOperandTypes()))
    sums.push_back(op.getAccumulate() ? in.get(op.getOutputs()[i]) : Tensor::zeros(*Tensor::kindOf(type), points));
  size_t terms = 1;
  for (int64_t bound : bounds.drop_front(parallel))
    terms *= bound;
  for (size_t term = 0; term < terms; ++term) {
    size_t at = op.getDescending() ? terms - 1 - term : term;
    FailureOr<std::vector<Tensor>> summands = in.runBody(op.getSums().front(), argumentsAt(at), {}, points);
    if (failed(summands))
      return failure();
    for (auto [sum, summand] : llvm::zip(sums, *summands))
      sum = mapFloats([](auto a, auto b) { return a + b; }, sum, summand);
  }
  std::vector<Tensor> arguments = std::move(sums);
  llvm::move(argumentsAt(0), std::back_inserter(arguments));
  FailureOr<std::vector<Tensor>> results = in.runBody(op.getEpilogue().front(), std::move(arguments), {}, points);
  if (failed(results))
    return failure();
  for (auto [result, tensor] : llvm::zip(op.getResults(), *results))
    in.set(result, std::move(tensor));
  return success();
}

/// Whether nothing is said of the weights' elements at `index`.
static bool isBehindEnd(Interpreter &in, PackOp op, ArrayRef<int64_t> index) {
  if (!op.getEnds())
    return false;
  double end = in.get(op.getEnds()).at(op.getRows() ? index[*op.getRows()] : 0);
  return double(index[*op.getAlong()]) >= end + double(*op.getPlus());
}

static LogicalResult runPack(Interpreter &in, PackOp op) {
  if (op.getNumResults() != 1)
    return op.emitOpError() << "on buffers is not known to the reference interpreter";
  Tensor result = in.get(op.getOutputs()[0]);
  int64_t width = op.getWidth(), weights = op.getInputs().size();
  for (auto [gate, weight] : llvm::enumerate(op.getInputs())) {
    const Tensor &source = in.get(weight);
    int64_t terms = source.shape[op.getTerms()], blocks = llvm::divideCeil(source.shape[op.getLanes()], width),
            next = 0;
    forEachIndex(source.shape, [&, gate = int64_t(gate)](ArrayRef<int64_t> index) {
      if (isBehindEnd(in, op, index)) {
        ++next;
        return;
      }
      int64_t n = index[op.getLanes()], k = index[op.getTerms()], outer = 0;
      for (int64_t dim : op.getOuterDims())
        outer = outer * source.shape[dim] + index[dim];
      int64_t block = outer * blocks + n / width;
      int64_t place = op.getApart() ? (block * weights + gate) * terms + k : (block * terms + k) * weights + gate;
      result.set(place * width + n % width, source.at(next++));
    });
  }
  return in.finish(op, std::move(result));
}

static LogicalResult runAppend(Interpreter &in, AppendOp op) {
  if (op.getNumResults() != 1)
    return op.emitOpError() << "on buffers is not known to the reference interpreter";
  const Tensor &window = in.get(op.getWindow());
  Tensor result = in.get(op.getSlots());
  const Tensor *first = op.getFirst() ? &in.get(op.getFirst()) : nullptr;
  std::vector<int64_t> strides = stridesOf(result.shape);
  int64_t dim = op.getDim(), next = 0;
  SmallVector<int64_t> negative;
  forEachIndex(window.shape, [&](ArrayRef<int64_t> index) {
    int64_t slot = index[dim] + (first ? first->i[index[op.getRows()]] : 0), place = 0;
    for (auto [d, stride] : llvm::enumerate(strides))
      place += stride * (int64_t(d) == dim ? slot : index[d]);
    if (slot < 0)
      negative.push_back(slot);
    else if (slot < result.shape[dim])
      result.set(place, window.at(next));
    ++next;
  });
  if (!negative.empty())
    return op.emitOpError() << "expected positions from 0 on, found " << negative.front();
  return in.finish(op, std::move(result));
}

LogicalResult reference::runKernel(Interpreter &in, Operation *op) {
  if (auto phase = dyn_cast<PhaseOp>(op))
    return runPhase(in, phase);
  if (auto append = dyn_cast<AppendOp>(op))
    return runAppend(in, append);
  return runPack(in, cast<PackOp>(op));
}
