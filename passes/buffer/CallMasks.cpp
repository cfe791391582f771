// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Masks of what lies behind a call's positions, in nests whose loops end there.

#include "passes/buffer/CallMasks.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace rondo;

/// The input whose element an argument of a nest's body is, if it is one.
static OpOperand *inputBehind(Operation *nest, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner()->getParentOp() != nest)
    return nullptr;
  unsigned index = argument.getArgNumber();
  if (auto phase = dyn_cast<PhaseOp>(nest)) {
    unsigned sums = argument.getOwner() == &phase.getEpilogue().front() ? phase.getNumSums() : 0;
    return index < sums ? nullptr : &phase.getInputsMutable()[index - sums];
  }
  auto generic = dyn_cast<linalg::GenericOp>(nest);
  return generic && index < generic.getInputs().size() ? &generic.getInputsMutable()[index] : nullptr;
}

/// Where a nest reads or writes an operand.
static AffineMap mapOf(OpOperand &operand) {
  if (auto phase = dyn_cast<PhaseOp>(operand.getOwner()))
    return phase.getMap(operand.getOperandNumber() - phase.getInputs().getBeginOperandIndex());
  return cast<linalg::GenericOp>(operand.getOwner()).getMatchingIndexingMap(&operand);
}

/// The nest that alone writes an allocated buffer, as its output, where all others read it as an input of theirs.
static linalg::GenericOp writerOf(Value buffer) {
  linalg::GenericOp writer;
  for (OpOperand &use : buffer.getUses()) {
    auto nest = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
    if (!nest || (writer && nest.isDpsInit(&use)))
      return nullptr;
    if (nest.isDpsInit(&use) && !(writer = dyn_cast<linalg::GenericOp>(use.getOwner())))
      return nullptr;
  }
  return buffer.getDefiningOp<memref::AllocOp>() ? writer : nullptr;
}

/// What a nest writes into the buffer at each of its points.
static Value writtenBy(linalg::GenericOp writer, Value buffer) {
  OpOperand *init = llvm::find_if(writer.getDpsInitsMutable(), [&](OpOperand &init) { return init.get() == buffer; });
  return writer.getMatchingIndexingMap(init).isIdentity() ? writer.getMatchingYieldValue(init)->get() : Value();
}

/// Whether the buffer holds the call's number of positions.
bool CallMasks::isNumber(Value buffer) {
  if (buffer == length)
    return true;
  linalg::GenericOp writer = writerOf(buffer);
  Value written = writer && writer.getNumLoops() == 0 ? writtenBy(writer, buffer) : Value();
  auto number = written ? written.getDefiningOp<arith::TruncIOp>() : arith::TruncIOp();
  OpOperand *input = number ? inputBehind(writer, number.getIn()) : nullptr;
  return input && isNumber(input->get());
}

/// The loop of which a condition in a nest's body says that its index is less than the call's number of positions.
std::optional<unsigned> CallMasks::loopWithin(Operation *nest, Value condition) {
  if (OpOperand *input = inputBehind(nest, condition)) { // it was made for all of the loop
    AffineMap map = mapOf(*input);
    auto dim = map.getNumResults() == 1 ? dyn_cast<AffineDimExpr>(map.getResult(0)) : AffineDimExpr(nullptr);
    linalg::GenericOp writer = dim ? writerOf(input->get()) : linalg::GenericOp();
    Value written = writer ? writtenBy(writer, input->get()) : Value();
    return written && loopWithin(writer, written) == 0u ? std::optional(dim.getPosition()) : std::nullopt;
  }
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::slt)
    return std::nullopt;
  auto cast = compare.getLhs().getDefiningOp<arith::IndexCastOp>();
  auto index = cast ? cast.getIn().getDefiningOp<linalg::IndexOp>() : linalg::IndexOp();
  OpOperand *number = inputBehind(nest, compare.getRhs());
  return index && number && isNumber(number->get()) ? std::optional(unsigned(index.getDim())) : std::nullopt;
}

void CallMasks::fold(Operation *nest) {
  if (!isa<PhaseOp, linalg::GenericOp>(nest))
    return;
  for (Region &region : nest->getRegions())
    foldIn(nest, region.front());
  dropUnusedInputs(nest);
}

void CallMasks::foldIn(Operation *nest, Block &body) {
  SmallVector<Value> conditions(body.getArguments());
  for (Operation &op : body)
    llvm::append_range(conditions, op.getResults());
  OpBuilder b(nest);
  Value holds;
  for (Value condition : conditions) {
    std::optional<unsigned> loop = condition.getType().isInteger(1) ? loopWithin(nest, condition) : std::nullopt;
    std::optional<LoopLimit> limit = loop ? limitOf(nest, *loop) : std::nullopt;
    if (!limit || limit->rows != 1 || condition.use_empty())
      continue;
    if (!holds)
      holds = arith::ConstantIntOp::create(b, nest->getLoc(), true, /*width=*/1);
    condition.replaceAllUsesWith(holds);
  }
  if (!holds)
    return;
  for (Operation &op : body.without_terminator()) {
    SmallVector<OpFoldResult> results;
    if (succeeded(op.fold(results)) && results.size() == 1 && isa<Value>(results[0]))
      op.getResult(0).replaceAllUsesWith(cast<Value>(results[0]));
  }
  SmallVector<Operation *> ops(llvm::make_pointer_range(body.without_terminator()));
  for (Operation *op : llvm::reverse(ops))
    if (isOpTriviallyDead(op))
      op->erase();
  if (holds.use_empty())
    holds.getDefiningOp()->erase();
}

/// Inputs of which nothing in the nest's bodies reads an element, where the nest's loops follow from the others.
void CallMasks::dropUnusedInputs(Operation *nest) {
  auto generic = dyn_cast<linalg::GenericOp>(nest);
  auto phase = dyn_cast<PhaseOp>(nest);
  MutableOperandRange inputs = phase ? phase.getInputsMutable() : generic.getInputsMutable();
  for (unsigned i = inputs.size(); i-- > 0;) {
    SmallVector<BlockArgument> elements;
    for (Region &region : nest->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (OpOperand *input = inputBehind(nest, argument); input && input == &inputs[i])
          elements.push_back(argument);
    Value buffer = inputs[i].get();
    bool isOfMask = getElementTypeOrSelf(buffer.getType()).isInteger();
    SmallVector<Attribute> maps(phase ? phase.getMaps().getValue() : generic.getIndexingMaps().getValue());
    maps.erase(maps.begin() + i);
    auto remaining = llvm::map_to_vector(maps, [](Attribute map) { return cast<AffineMapAttr>(map).getValue(); });
    if (!isOfMask || !llvm::all_of(elements, [](BlockArgument element) { return element.use_empty(); }) ||
        (generic && !inversePermutation(concatAffineMaps(remaining, nest->getContext()))))
      continue;
    for (BlockArgument element : elements)
      element.getOwner()->eraseArgument(element.getArgNumber());
    inputs.erase(i);
    nest->setAttr(phase ? phase.getMapsAttrName() : generic.getIndexingMapsAttrName(),
                  ArrayAttr::get(nest->getContext(), maps));
    dropped.insert(buffer);
  }
}

void CallMasks::eraseUnused() {
  for (size_t i = 0; i < dropped.size(); ++i) { // grows by what these read
    Value buffer = dropped[i];
    linalg::GenericOp writer = writerOf(buffer);
    if (!writer || !buffer.hasOneUse() || writer.getOutputs().size() != 1)
      continue;
    dropped.insert(writer.getInputs().begin(), writer.getInputs().end());
    writer.erase();
    buffer.getDefiningOp()->erase();
  }
}
