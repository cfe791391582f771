// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifiers and type inference of the tensor ops.

#include "dialect/AttentionTerms.h"
#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

/// `leading` followed by `trailing`, with an element type.
static RankedTensorType joinShapes(ArrayRef<int64_t> leading, ArrayRef<int64_t> trailing, Type element) {
  SmallVector<int64_t> shape(leading);
  llvm::append_range(shape, trailing);
  return RankedTensorType::get(shape, element);
}

static LogicalResult expectType(Operation *op, StringRef what, Type expected, Type found) {
  if (expected == found)
    return success();
  return op->emitOpError() << "expected " << what << " of type " << expected << ", found " << found;
}

static LogicalResult verifyIncreasing(Operation *op, ArrayRef<int64_t> dims, int64_t rank) {
  for (auto [i, dim] : llvm::enumerate(dims))
    if (dim < 0 || dim >= rank || (i > 0 && dim <= dims[i - 1]))
      return op->emitOpError() << "expected strictly increasing dims below " << rank << ", found [" << dims << "]";
  return success();
}

//===-- contract ---------------------------------------------------------------------------------------------===//

StringRef ContractOp::getLhsTerm() { return getSpec().split(",").first; }
StringRef ContractOp::getRhsTerm() { return getSpec().split(",").second.split("->").first; }
StringRef ContractOp::getResultTerm() { return getSpec().split("->").second; }

LogicalResult ContractOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, ValueRange operands,
                                           DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto error = [&] { return mlir::emitError(location.value_or(UnknownLoc::get(context))); };
  auto einsum = Einsum::parse(adaptor.getSpec(), error);
  if (failed(einsum))
    return failure();
  auto type = einsum->inferType(cast<RankedTensorType>(adaptor.getLhs().getType()),
                                cast<RankedTensorType>(adaptor.getRhs().getType()), error);
  if (failed(type))
    return failure();
  types.push_back(*type);
  return success();
}

LogicalResult ContractOp::verify() {
  auto error = [&] { return emitOpError(); };
  auto einsum = Einsum::parse(getSpec(), error); // contract_c1, contract_c3
  if (failed(einsum))
    return failure();
  auto type = einsum->inferType(getLhs().getType(), getRhs().getType(), error); // contract_c2, contract_c4
  return failed(type) ? failure() : expectType(*this, "a result", *type, getType());
}

//===-- attention --------------------------------------------------------------------------------------------===//

LogicalResult AttentionOp::verify() {
  auto error = [&] { return emitOpError(); };
  auto terms = verifyAttention(error, getSpec(), getQuery().getType(), getKeys().getType(), getValues().getType(),
                               getType(), getFirst());
  LetterSizes sizes;
  if (failed(terms) || failed(sizes.add(terms->query, getQuery().getType().getShape(), error)))
    return failure();
  return verifyAttentionBounds(error, *terms, sizes, getFirsts(), getLengths(), getFirst(), getRows());
}

//===-- broadcast --------------------------------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  auto operand = cast<RankedTensorType>(getOperand().getType()), result = cast<RankedTensorType>(getType());
  if (static_cast<int64_t>(getDims().size()) != operand.getRank()) // broadcast_c1
    return emitOpError() << "expected " << operand.getRank() << " dims for the operand, found " << getDims().size();
  SmallVector<int64_t> shape;
  for (auto [i, dim] : llvm::enumerate(getDims()))
    if (dim < 0 || dim >= result.getRank() || llvm::is_contained(getDims().take_front(i), dim))
      return emitOpError() << "expected different dims below " << result.getRank() << ", found [" << getDims() << "]";
    else
      shape.push_back(result.getDimSize(dim));
  return expectType(*this, "an operand", RankedTensorType::get(shape, result.getElementType()), operand); // _c2
}

//===-- reduce -----------------------------------------------------------------------------------------------===//

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto operand = cast<RankedTensorType>(adaptor.getOperand().getType());
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(operand.getShape()))
    if (!llvm::is_contained(adaptor.getDims(), static_cast<int64_t>(i)))
      shape.push_back(size);
  types.push_back(RankedTensorType::get(shape, operand.getElementType()));
  return success();
}

LogicalResult ReduceOp::verify() {
  if (getDims().empty()) // reduce_c1; reduce_c2 is checked by type inference
    return emitOpError() << "expected at least one dimension to reduce";
  return verifyIncreasing(*this, getDims(), getOperand().getType().getRank());
}

//===-- softmax, positions, cross entropy, tokens -----------------------------------------------------------------===//

static LogicalResult verifyDimension(Operation *op, int64_t dim, RankedTensorType type) {
  if (dim >= 0 && dim < type.getRank())
    return success();
  return op->emitOpError() << "expected a dimension of " << type << ", found " << dim;
}

LogicalResult SoftmaxOp::verify() { return verifyDimension(*this, getDim(), getType()); } // softmax_c1

LogicalResult IotaOp::verify() { // iota_c1
  return verifyDimension(*this, getDim(), cast<RankedTensorType>(getType()));
}

LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, ValueRange operands,
                                               DictionaryAttr attributes, OpaqueProperties properties,
                                               RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto logits = cast<RankedTensorType>(adaptor.getLogits().getType());
  if (logits.getRank() == 0)
    return emitOptionalError(location, "expected logits with at least one dimension");
  types.push_back(RankedTensorType::get(logits.getShape().drop_back(), logits.getElementType()));
  return success();
}

LogicalResult CrossEntropyOp::verify() { // cross_entropy_c1
  if (getLogits().getType().getRank() == 0)
    return emitOpError() << "expected logits with at least one dimension, found " << getLogits().getType();
  auto tokens = cast<RankedTensorType>(getTokens().getType());
  return expectType(*this, "tokens",
                    joinShapes(getLogits().getType().getShape().drop_back(), {}, tokens.getElementType()), tokens);
}

LogicalResult OneHotOp::verify() { // one_hot_c1
  auto result = cast<RankedTensorType>(getType());
  if (result.getRank() == 0)
    return emitOpError() << "expected a result with at least one dimension, found " << result;
  auto tokens = cast<RankedTensorType>(getTokens().getType());
  return expectType(*this, "tokens", joinShapes(result.getShape().drop_back(), {}, tokens.getElementType()), tokens);
}

/// The type of what is gathered from a table of this type, or what is wrong with it.
static FailureOr<RankedTensorType> typeOfGathered(RankedTensorType table, RankedTensorType tokens,
                                                  std::optional<StringRef> spec,
                                                  function_ref<InFlightDiagnostic()> emitError) {
  if (table.getRank() == 0) // gather_c1
    return emitError() << "expected a table with at least one dimension, found " << table;
  if (!spec)
    return joinShapes(tokens.getShape(), table.getShape().drop_front(), table.getElementType());
  FailureOr<Einsum> terms = Einsum::parse(*spec, emitError); // gather_c2
  if (failed(terms))
    return failure();
  std::string indexed = terms->contracted();
  if (indexed.size() != 1 || terms->rhs.find(indexed) != std::string::npos)
    return emitError() << "expected one letter that the result lacks, of the table and not of the tokens, in \""
                       << *spec << "\"";
  if (terms->rowOf(terms->lhs) != terms->rowOf(terms->result))
    return emitError() << "expected the letters that the tokens lack in one order in table and result of \"" << *spec
                       << "\"";
  return terms->inferType(table, tokens.clone(table.getElementType()), emitError);
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = typeOfGathered(cast<RankedTensorType>(adaptor.getTable().getType()),
                             cast<RankedTensorType>(adaptor.getTokens().getType()), adaptor.getSpec(),
                             [&] { return mlir::emitError(location.value_or(UnknownLoc::get(context))); });
  if (failed(type))
    return failure();
  types.push_back(*type);
  return success();
}

LogicalResult GatherOp::verify() { // gather_c1 and gather_c2, the result by type inference
  return typeOfGathered(getTable().getType(), getTokens().getType(), getSpec(), [&] { return emitOpError(); });
}

LogicalResult ScatterAddOp::verify() { // scatter_add_c1
  RankedTensorType result = getType();
  if (result.getRank() == 0)
    return emitOpError() << "expected a result with at least one dimension, found " << result;
  auto updates = typeOfGathered(result, getTokens().getType(), getSpec(), [&] { return emitOpError(); });
  return failed(updates) ? failure() : expectType(*this, "updates", *updates, getUpdates().getType());
}

LogicalResult RandomOp::verify() {
  RankedTensorType result = getType();
  std::optional<int64_t> rows = getRows(), time = getTime();
  for (auto [name, dim] : {std::pair("rows", rows), std::pair("time", time)}) // random_c2
    if (dim && (*dim < 0 || *dim >= result.getRank()))
      return emitOpError() << "expected " << name << " below " << result.getRank() << ", found " << *dim;
  if (rows && rows == time)
    return emitOpError() << "expected rows and time along different dimensions, found " << *rows << " for both";
  SmallVector<int64_t> seeds;
  if (rows)
    seeds.push_back(result.getDimSize(*rows));
  Type seed = getSeed().getType();
  if (failed(expectType(*this, "a seed", RankedTensorType::get(seeds, getElementTypeOrSelf(seed)), seed))) // random_c3
    return failure();
  int64_t elements = 1; // random_c1
  for (auto [dim, size] : llvm::enumerate(result.getShape())) {
    if (static_cast<int64_t>(dim) == rows || static_cast<int64_t>(dim) == time || result.getNumElements() == 0)
      continue;
    if (size > int64_t(UINT32_MAX) / elements)
      return emitOpError() << "expected fewer than 2^32 elements at one position of one row, found " << result;
    elements *= size;
  }
  return success();
}
