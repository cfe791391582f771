// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifiers and effects of phases, packed weights and attention with them.

#include "dialect/KernelOps.h"
#include "dialect/AttentionTerms.h"
#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"

using namespace mlir;
using namespace rondo;

//===-- effects ----------------------------------------------------------------------------------------------===//

void PhaseOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addKernelEffects(*this, effects);
  if (getAccumulate())
    for (OpOperand &output : getOutputsMutable())
      if (isa<MemRefType>(output.get().getType()))
        effects.emplace_back(MemoryEffects::Read::get(), &output);
}

void PackOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addKernelEffects(*this, effects);
}

void AttendOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  addKernelEffects(*this, effects);
}

//===-- phase ------------------------------------------------------------------------------------------------===//

unsigned PhaseOp::getNumSums() { return getSums().front().getTerminator()->getNumOperands(); }

AffineMap PhaseOp::getMap(unsigned index) { return cast<AffineMapAttr>(getMaps()[index]).getValue(); }

bool PhaseOp::readsInSums(unsigned input) { return !getSums().getArgument(input).use_empty(); }

bool PhaseOp::readsAtPoint(unsigned input) {
  return !readsInSums(input) && getMap(input) == getMap(getInputs().size());
}

/// The smallest and the largest value of a map's result over loops of these extents (an upper bound of it, behind a
/// `mod`), or none for an expression of another form.
static std::optional<std::pair<int64_t, int64_t>> rangeOf(AffineExpr expr, ArrayRef<int64_t> bounds) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return std::make_pair(int64_t(0), bounds[dim.getPosition()] - 1);
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::make_pair(constant.getValue(), constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto left = rangeOf(binary.getLHS(), bounds), right = rangeOf(binary.getRHS(), bounds);
  if (!left || !right)
    return std::nullopt;
  int64_t first = 0, last = 0, number = right->first;
  if (expr.getKind() == AffineExprKind::Add)
    return llvm::AddOverflow(left->first, right->first, first) || llvm::AddOverflow(left->second, right->second, last)
               ? std::nullopt
               : std::optional(std::make_pair(first, last));
  if (!isa<AffineDimExpr>(binary.getLHS()) || !isa<AffineConstantExpr>(binary.getRHS()) || number < 1)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mul)
    return llvm::MulOverflow(left->second, number, last) ? std::nullopt : std::optional(std::make_pair(first, last));
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return std::make_pair(int64_t(0), llvm::divideFloorSigned(left->second, number));
  if (expr.getKind() == AffineExprKind::Mod)
    return std::make_pair(int64_t(0), std::min(left->second, number - 1));
  return std::nullopt;
}

static LogicalResult verifyMap(PhaseOp op, unsigned index) {
  AffineMap map = op.getMap(index);
  auto type = dyn_cast<ShapedType>(op->getOperand(index).getType());
  ArrayRef<int64_t> shape = type ? type.getShape() : ArrayRef<int64_t>();
  if (map.getNumDims() != op.getBounds().size() || map.getNumSymbols() != 0 || map.getNumResults() != shape.size())
    return op.emitOpError() << "expected a map of " << op.getBounds().size() << " loops to " << shape.size()
                            << " dimensions for operand " << index << ", found " << AffineMapAttr::get(map);
  for (auto [expr, size] : llvm::zip(map.getResults(), shape)) {
    auto range = rangeOf(expr, op.getBounds());
    if (!range)
      return op.emitOpError()
             << "expected loops, 'loop * n', 'loop floordiv n', 'loop mod n', sums of them and constants in the map of "
                "operand "
             << index << ", found " << AffineMapAttr::get(map);
    auto [first, last] = *range;
    if (first < 0 || last >= size)
      return op.emitOpError() << "expected operand " << index << " to be read inside of " << type
                              << ", found the index " << (first < 0 ? first : last) << " by "
                              << AffineMapAttr::get(map);
  }
  return success();
}

static LogicalResult verifyRegion(PhaseOp op, StringRef name, Block &block, TypeRange arguments,
                                  std::optional<TypeRange> results) {
  if (block.getArgumentTypes() != arguments)
    return op.emitOpError() << "expected '" << name << "' to take (" << arguments << "), found ("
                            << block.getArgumentTypes() << ")";
  auto yield = block.empty() ? PhaseYieldOp() : dyn_cast<PhaseYieldOp>(block.back());
  if (!yield)
    return op.emitOpError() << "expected '" << name << "' to end with rondo.phase_yield";
  if (results ? yield.getOperandTypes() != *results : yield.getNumOperands() == 0)
    return op.emitOpError() << "expected '" << name << "' to yield "
                            << (results ? "one number per output" : "at least one number") << ", found ("
                            << yield.getOperandTypes() << ")";
  return success();
}

LogicalResult rondo::verifyResults(Operation *op, ValueRange outputs) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  auto isBuffer = [](Type type) { return isa<MemRefType>(type); };
  if (llvm::any_of(op->getOperandTypes(), isTensor) && llvm::any_of(op->getOperandTypes(), isBuffer))
    return op->emitOpError() << "expected tensors only or buffers only, found " << op->getOperandTypes();
  SmallVector<Type> expected;
  if (llvm::all_of(outputs.getTypes(), isTensor))
    llvm::append_range(expected, outputs.getTypes());
  if (op->getResultTypes() != TypeRange(expected))
    return op->emitOpError() << "expected one result for each output that is a tensor, of its type (" << expected
                             << "), found (" << op->getResultTypes() << ")";
  return success();
}

LogicalResult PhaseOp::verify() {
  int64_t loops = getBounds().size(), parallel = getParallel();
  if (parallel < 1 || parallel >= loops) // phase_c4
    return emitOpError() << "expected at least one parallel loop and one that is summed over, found " << parallel
                         << " parallel ones of " << loops;
  if (llvm::any_of(getBounds(), [](int64_t bound) { return bound < 0; }))
    return emitOpError() << "expected extents that are not negative, found [" << getBounds() << "]";
  if (getInputs().empty() || getOutputs().empty()) // phase_c1, phase_c2
    return emitOpError("expected at least one input and one output");
  if (getMaps().size() != getInputs().size() + getOutputs().size()) // phase_c1
    return emitOpError() << "expected one map for each of " << getInputs().size() + getOutputs().size()
                         << " operands, found " << getMaps().size();
  for (unsigned i = 0; i < getMaps().size(); ++i)
    if (failed(verifyMap(*this, i)))
      return failure();
  AffineMap points = AffineMap::getMultiDimIdentityMap(loops, getContext()).getMajorSubMap(getParallel());
  for (unsigned i = getInputs().size(); i < getMaps().size(); ++i)
    if (getMap(i) != points) // phase_c2
      return emitOpError() << "expected outputs indexed by the parallel loops, found " << AffineMapAttr::get(getMap(i));
  for (Type type : getOutputs().getTypes())
    if (cast<ShapedType>(type).getShape() != getBounds().take_front(parallel))
      return emitOpError() << "expected outputs of the parallel loops' extents [" << getBounds().take_front(parallel)
                           << "], found " << type;
  SmallVector<Type> elements, results;
  for (Type type : getInputs().getTypes())
    elements.push_back(getElementTypeOrSelf(type));
  for (Type type : getOutputs().getTypes())
    results.push_back(getElementTypeOrSelf(type));
  if (failed(verifyRegion(*this, "sums", getSums().front(), elements, std::nullopt))) // phase_c3
    return failure();
  TypeRange sums = getSums().front().getTerminator()->getOperandTypes();
  if (!llvm::all_equal(sums) || !(sums.front().isF32() || sums.front().isF64()))
    return emitOpError() << "expected 'sums' to yield f32 or f64 only, found (" << sums << ")";
  SmallVector<Type> arguments(sums);
  llvm::append_range(arguments, elements);
  if (failed(verifyRegion(*this, "epilogue", getEpilogue().front(), arguments, TypeRange(results))))
    return failure();
  for (unsigned i = 0; i < getInputs().size(); ++i)
    for (int64_t loop = parallel; loop < loops; ++loop)
      if (!getEpilogue().getArgument(getNumSums() + i).use_empty() && getMap(i).isFunctionOfDim(loop))
        return emitOpError() << "expected input " << i << ", which 'epilogue' reads, not to vary along the summed loop "
                             << loop;
  if (getAccumulate() && !llvm::equal(getEpilogue().front().getTerminator()->getOperands(),
                                      getEpilogue().getArguments().take_front(getNumSums()))) // phase_c5
    return emitOpError("expected 'epilogue' to yield the sums in their order, since they begin with the outputs");
  return verifyResults(*this, getOutputs()); // phase_c6
}

//===-- pack -------------------------------------------------------------------------------------------------===//

SmallVector<int64_t> PackOp::shapeOf(ArrayRef<int64_t> weight, int64_t count, int64_t lanes, int64_t terms,
                                     int64_t width, bool apart) {
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(weight))
    if (int64_t(dim) != lanes && int64_t(dim) != terms)
      shape.push_back(size);
  shape.push_back(llvm::divideCeil(weight[lanes], width));
  if (apart)
    shape.push_back(count);
  shape.push_back(weight[terms]);
  shape.push_back(apart ? width : count * width);
  return shape;
}

SmallVector<int64_t> PackOp::getOuterDims() {
  SmallVector<int64_t> dims;
  for (int64_t dim = 0; dim < cast<ShapedType>(getInputs()[0].getType()).getRank(); ++dim)
    if (dim != int64_t(getLanes()) && dim != int64_t(getTerms()))
      dims.push_back(dim);
  return dims;
}

/// Where the weights end (pack_c5).
static LogicalResult verifyEnds(PackOp op, ShapedType weight) {
  std::optional<uint64_t> along = op.getAlong(), rows = op.getRows();
  if (!op.getEnds()) {
    if (along || rows || op.getPlus())
      return op.emitOpError("expected 'along', 'rows' and 'plus' beside 'ends' only");
    return success();
  }
  if (!along || !op.getPlus() || (*along != op.getLanes() && *along != op.getTerms()))
    return op.emitOpError() << "expected ends along lanes or terms, plus a number";
  auto ends = cast<ShapedType>(op.getEnds().getType());
  bool isRow = rows && *rows < uint64_t(weight.getRank()) && *rows != op.getLanes() && *rows != op.getTerms();
  if (rows && !isRow)
    return op.emitOpError() << "expected rows along another dimension of " << weight << ", found " << *rows;
  if (ends.getShape() != (rows ? weight.getShape().slice(*rows, 1) : ArrayRef<int64_t>()))
    return op.emitOpError() << "expected " << (rows ? "one end for each row" : "one end") << ", found " << ends;
  return success();
}

LogicalResult PackOp::verify() {
  if (getInputs().empty()) // pack_c1
    return emitOpError("expected at least one weight");
  auto weight = cast<ShapedType>(getInputs()[0].getType());
  for (Type type : getInputs().getTypes())
    if (cast<ShapedType>(type).getShape() != weight.getShape() ||
        cast<ShapedType>(type).getElementType() != weight.getElementType())
      return emitOpError() << "expected weights of one type, found " << getInputs().getTypes();
  int64_t lanes = getLanes(), terms = getTerms(), width = getWidth();
  auto isDimension = [&](int64_t dim) { return dim >= 0 && dim < weight.getRank(); };
  if (!isDimension(lanes) || !isDimension(terms) || lanes == terms || width < 1) // pack_c2
    return emitOpError() << "expected lanes and terms along two dimensions of " << weight
                         << " and a width of at least 1, found lanes " << lanes << ", terms " << terms << " and width "
                         << width;
  SmallVector<int64_t> shape = shapeOf(weight.getShape(), getInputs().size(), lanes, terms, width, getApart());
  if (getOutputs().size() != 1 || cast<ShapedType>(getOutputs()[0].getType()).getShape() != ArrayRef(shape) ||
      cast<ShapedType>(getOutputs()[0].getType()).getElementType() != weight.getElementType()) // pack_c3
    return emitOpError() << "expected one output of shape [" << shape << "], found " << getOutputs().getTypes();
  if (failed(verifyEnds(*this, weight)))
    return failure();
  return verifyResults(*this, getOutputs()); // pack_c4
}

//===-- attend -----------------------------------------------------------------------------------------------===//

int64_t AttendOp::getKeyLanes() { return cast<ShapedType>(getInputs()[1].getType()).getShape().back(); }

int64_t AttendOp::getValueLanes() { return cast<ShapedType>(getInputs()[2].getType()).getShape().back(); }

LogicalResult AttendOp::verify() { // attend_c1
  if (getInputs().size() != 3 || getOutputs().size() != 1)
    return emitOpError() << "expected queries, packed keys and packed values, and one output, found "
                         << getInputs().size() << " inputs and " << getOutputs().size() << " outputs";
  auto error = [&] { return emitOpError(); };
  auto terms = AttentionTerms::parse(getSpec(), error);
  if (failed(terms))
    return failure();
  auto output = cast<ShapedType>(getOutputs()[0].getType());
  for (Type type : getInputs().getTypes())
    if (cast<ShapedType>(type).getElementType() != output.getElementType())
      return emitOpError() << "expected inputs of element type " << output.getElementType() << ", found " << type;
  auto typeOf = [&](unsigned input) { return cast<ShapedType>(getInputs()[input].getType()); };
  LetterSizes sizes;
  if (failed(sizes.add(terms->query, typeOf(0), "queries", error)) ||
      failed(sizes.add(terms->result, output, "the output", error)))
    return failure();
  // Of keys and values what lies around the blocks, then [blocks][terms][lanes].
  for (auto [input, term, ofTerms] :
       {std::tuple(1, terms->keys, terms->term), std::tuple(2, terms->values, terms->key)}) {
    std::string outer = terms->outerOf(term);
    ArrayRef<int64_t> shape = typeOf(input).getShape();
    if (shape.size() != outer.size() + 3 || shape.back() < 1)
      return emitOpError() << "expected " << outer.size() + 3 << " dimensions of packed "
                           << (input == 1 ? "keys" : "values") << ", found " << typeOf(input);
    if (failed(sizes.add(outer, shape, error)) || failed(sizes.add({&ofTerms, 1}, shape.drop_back().back(), error)))
      return failure();
  }
  for (auto [input, lanes] : {std::pair(1, terms->key), std::pair(2, terms->feature)})
    if (ArrayRef<int64_t> shape = typeOf(input).getShape();
        shape.drop_back(2).back() != int64_t(llvm::divideCeil(sizes[lanes], shape.back())))
      return emitOpError() << "expected blocks for " << sizes[lanes] << " lanes, found " << typeOf(input);
  if (sizes[terms->key] == 0 || sizes[terms->term] == 0)
    return emitOpError() << "expected at least one key and one term of its scores, found " << sizes[terms->key]
                         << " and " << sizes[terms->term];
  if (int64_t(getFirst().value_or(0)) < 0)
    return emitOpError() << "expected a number of keys before the first query that is not negative, found "
                         << int64_t(*getFirst());
  if (failed(verifyAttentionBounds(error, *terms, sizes, getFirsts(), getLengths(), getFirst(), getRows())))
    return failure();
  return verifyResults(*this, getOutputs()); // attend_c2
}
