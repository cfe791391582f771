// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The time loop.

#include "frontend/IRGen.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

/// A sequence over the positions of its dimension `dim`, which comes first; or, `back`, of one that has it first.
Value IRGen::leadWith(Value sequence, int64_t dim, bool back) {
  if (dim == 0)
    return sequence;
  auto type = cast<RankedTensorType>(sequence.getType());
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::rotate(dims.begin(), dims.begin() + (back ? 1 : dim), dims.begin() + dim + 1); // before, of each after
  SmallVector<int64_t> shape, places(dims.size());
  for (auto [after, before] : llvm::enumerate(dims)) {
    shape.push_back(type.getDimSize(before));
    places[before] = after;
  }
  auto result = RankedTensorType::get(shape, type.getElementType());
  return BroadcastOp::create(builder, sequence.getLoc(), result, sequence, places);
}

/// Whether the position is within each row's length.
Value IRGen::emitWithinStep(AxisIndex axis, Value position, Location loc) {
  Value end = emitEnd(axis, loc);
  position = BroadcastOp::create(builder, loc, end.getType(), position, ArrayRef<int64_t>());
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, position, end);
}

/// The returned sequence. The body holds what its results need; everything from outside without the scan's axis is
/// used as it is, everything over it is a sequence of the scan.
Value IRGen::emitScan(Node *node) {
  Scan &scan = *node->scan;
  SmallVector<Value> inits, sequences;
  SmallVector<Node *> positions;
  SmallVector<Attribute> names;
  for (const auto &state : scan.states) {
    const ValueType &type = state->before->type;
    inits.push_back(state->init ? lift(state->init, type) : constant(node->loc, state->initNumber, tensorType(type)));
    names.push_back(builder.getStringAttr(state->name));
  }
  for (Node *inner : regions[&scan]) {
    if (inner->op != NodeOp::Position)
      continue;
    Node *sequence = inner->operands.front();
    positions.push_back(inner);
    sequences.push_back(leadWith(lift(sequence, sequence->type), dimensionOf(scan.axis, sequence->type)));
  }
  bool ends = endsWithRow(scan.axis);
  if (ends)
    sequences.push_back(IotaOp::create(builder, node->loc,
                                       RankedTensorType::get({sizeOf(scan.axis)}, builder.getI32Type()), /*dim=*/0));
  SmallVector<Node *> emitted = {node};
  for (Node *other : regions[scan.parent])
    if ((other->op == NodeOp::StateSequence || other->op == NodeOp::BodySequence) && other->scan == &scan)
      emitted.push_back(other);
  SmallVector<ValueType> emittedTypes;
  SmallVector<Type> tensorTypes;
  for (Node *sequence : emitted) {
    ValueType type = sequence->type;
    type.axes &= ~setOf(scan.axis);
    tensorTypes.push_back(tensorType(type));
    emittedTypes.push_back(std::move(type));
  }
  // A name asks for the state to be carried from window to window, which a model that looks ahead cannot do.
  bool isCarried = streams && scan.axis == graph.info.windowAxis();
  auto op = ScanOp::create(builder, node->loc, inits, sequences, sizeOf(scan.axis), scan.backward, tensorTypes,
                           isCarried ? builder.getArrayAttr(names) : ArrayAttr(),
                           isCarried || endsWithCall(scan.axis) ? length : Value());
  scans[&scan] = op;
  for (auto [state, argument] : zip(scan.states, op.getStateArguments()))
    values[state->before] = argument;
  for (auto [position, argument] : zip(positions, op.getSequenceArguments()))
    values[position] = argument;

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&op.getBlock());
  Value within;
  if (ends)
    scanWithins[&scan] = within = emitWithinStep(scan.axis, op.getSequenceArguments().back(), node->loc);
  for (Node *inner : regions[&scan])
    if (!values.count(inner))
      values[inner] = emit(inner);
  SmallVector<Value> next;
  for (const auto &state : scan.states) {
    const ValueType &type = state->before->type;
    next.push_back(lift(state->after, type));
    if (ends) // behind a row's end its states stay
      next.back() = arith::SelectOp::create(builder, node->loc, liftCondition(within, batchAxis, next.back(), type),
                                            next.back(), values[state->before]);
  }
  SmallVector<Value> results;
  for (auto [sequence, type] : llvm::zip(emitted, emittedTypes)) {
    Node *result = sequence == node                       ? scan.result
                   : sequence->op == NodeOp::BodySequence ? sequence->body
                                                          : scan.states[sequence->index]->after;
    // A state as it is handed on, so that one sequence holds it.
    auto same = llvm::find_if(scan.states, [&](const auto &state) { return ends && state->after == result; });
    Value held = same == scan.states.end() ? Value() : next[same - scan.states.begin()];
    results.push_back(held && held.getType() == tensorType(type) ? held : lift(result, type));
  }
  YieldOp::create(builder, node->loc, next, results);
  builder.setInsertionPointAfter(op);
  for (auto [sequence, result] : llvm::zip(emitted, op.getEmitted()))
    values[sequence] = leadWith(result, dimensionOf(scan.axis, sequence->type), /*back=*/true);
  return values[node];
}
