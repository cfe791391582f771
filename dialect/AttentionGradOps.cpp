// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifiers and effects of the derivative of attention.

#include "dialect/AttentionGradOps.h"

#include "dialect/AttentionTerms.h"
#include "dialect/KernelOps.h"

using namespace mlir;
using namespace rondo;

#define GET_OP_CLASSES
#include "dialect/AttentionGradOps.cpp.inc"

static ShapedType typeOf(Value value) { return cast<ShapedType>(value.getType()); }

/// Terms and features come last (attention_grad_c2).
static LogicalResult verifyTerms(Operation *op, const AttentionTerms &terms) {
  if (!terms.hasSumsLast())
    return op->emitOpError() << "expected '" << terms.term << "' as the last letter of queries and keys, and '"
                             << terms.feature << "' as that of values, found \"" << terms.str() << "\"";
  return success();
}

/// The number of keys of each row (attention_c5).
template <typename Op> static LogicalResult verifyLengths(Op op, const AttentionTerms &terms) {
  auto error = [&] { return op.emitOpError(); };
  LetterSizes sizes;
  if (failed(sizes.add(terms.query, typeOf(op->getOperand(0)).getShape(), error)))
    return failure();
  return verifyAttentionBounds(error, terms, sizes, nullptr, op.getLengths(), op.getFirst(), op.getRows());
}

LogicalResult AttentionGradOp::verify() {
  auto terms = verifyAttention([&] { return emitOpError(); }, getSpec(), typeOf(getQuery()), typeOf(getKeys()),
                               typeOf(getValues()), typeOf(getResult()), getFirst());
  return failed(terms) || failed(verifyLengths(*this, *terms)) ? failure() : verifyTerms(*this, *terms);
}

void AttendGradOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addKernelEffects(*this, effects);
}

/// The type of one part of `output`, or of all where there are no parts.
static ShapedType typeOfPart(AttendGradOp op, Value output) {
  ShapedType type = typeOf(output);
  if (!op.getPart())
    return type;
  return RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
}

ShapedType AttendGradOp::getKeysType() { return typeOfPart(*this, getOutputs()[1]); }
ShapedType AttendGradOp::getValuesType() { return typeOfPart(*this, getOutputs()[2]); }

LogicalResult AttendGradOp::verify() {
  if (getInputs().size() != 6 || getOutputs().size() != 3) // attend_grad_c1
    return emitOpError() << "expected queries, three packed operands, a result and its cotangent, and three outputs, "
                            "found "
                         << getInputs().size() << " inputs and " << getOutputs().size() << " outputs";
  if (getPart() && int64_t(*getPart()) < 1) // attend_grad_c3
    return emitOpError() << "expected a positive number of queries in a part, found " << int64_t(*getPart());
  for (Value output : getOutputs().drop_front())
    if (getPart() && typeOf(output).getRank() == 0)
      return emitOpError() << "expected outputs of keys and values with a dimension for parts, found "
                           << output.getType();
  ShapedType query = typeOf(getInputs()[0]), result = typeOf(getInputs()[4]), keys = getKeysType(),
             values = getValuesType();
  auto terms = verifyAttention([&] { return emitOpError(); }, getSpec(), query, keys, values, result, getFirst());
  if (failed(terms) || failed(verifyLengths(*this, *terms)) || failed(verifyTerms(*this, *terms)))
    return failure();
  if (getPart()) {
    int64_t parts = llvm::divideCeil(query.getDimSize(terms->query.find(terms->position)), *getPart());
    for (Value output : getOutputs().drop_front())
      if (typeOf(output).getDimSize(0) != parts)
        return emitOpError() << "expected " << parts << " parts, found " << output.getType();
  }
  auto expectShape = [&](Value value, ArrayRef<int64_t> shape, StringRef name) -> LogicalResult {
    if (typeOf(value).getShape() == shape && typeOf(value).getElementType() == result.getElementType())
      return success();
    return emitOpError() << "expected " << name << " of shape [" << shape << "] and element type "
                         << result.getElementType() << ", found " << value.getType();
  };
  auto expectPacked = [&](Value value, ShapedType type, StringRef term, char lanes, char summed,
                          StringRef name) -> LogicalResult {
    int64_t width = typeOf(value).getRank() ? typeOf(value).getShape().back() : 0;
    if (width < 1)
      return emitOpError() << "expected " << name << ", found " << value.getType();
    return expectShape(value, PackOp::shapeOf(type.getShape(), 1, term.find(lanes), term.find(summed), width, false),
                       name);
  };
  if (failed(expectPacked(getInputs()[1], keys, terms->keys, terms->key, terms->term, "packed keys")) ||
      failed(expectPacked(getInputs()[2], values, terms->values, terms->key, terms->feature, "packed values")) ||
      failed(expectPacked(getInputs()[3], keys, terms->keys, terms->term, terms->key, "keys packed along terms")) ||
      failed(expectShape(getInputs()[5], result.getShape(), "a cotangent")) ||
      failed(expectShape(getOutputs()[0], query.getShape(), "the queries' output")))
    return failure();
  return verifyResults(*this, getOutputs()); // attend_grad_c2
}
