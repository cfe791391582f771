// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The time loop.

#include "frontend/IRGen.h"

using namespace llvm;
using namespace mlir;
using namespace rondo;

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
    sequences.push_back(lift(sequence, sequence->type));
  }
  ValueType resultType = scan.result->type;
  resultType.axes = node->type.axes & ~setOf(scan.axis);
  // A name asks for the state to be carried from window to window, which a model that looks ahead cannot do.
  bool isCarried = graph.info.streamable && scan.axis == graph.info.windowAxis();
  auto op = ScanOp::create(builder, node->loc, inits, sequences, sizeOf(scan.axis), scan.backward,
                           tensorType(resultType), isCarried ? builder.getArrayAttr(names) : ArrayAttr());
  scans[&scan] = op;
  for (auto [state, argument] : zip(scan.states, op.getStateArguments()))
    values[state->before] = argument;
  for (auto [position, argument] : zip(positions, op.getSequenceArguments()))
    values[position] = argument;

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&op.getBlock());
  for (Node *inner : regions[&scan])
    if (!values.count(inner))
      values[inner] = emit(inner);
  SmallVector<Value> next;
  for (const auto &state : scan.states)
    next.push_back(lift(state->after, state->before->type));
  Value emitted = lift(scan.result, resultType);
  YieldOp::create(builder, node->loc, next, emitted);
  return op.getEmitted().front();
}
