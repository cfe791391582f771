// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Verifiers, type inference and the textual form of the scan.

#include "dialect/RondoDialect.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rondo;

#define GET_OP_CLASSES
#include "dialect/RondoOps.cpp.inc"

static RankedTensorType withLeading(int64_t length, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{length};
  llvm::append_range(shape, tensor.getShape());
  return RankedTensorType::get(shape, tensor.getElementType());
}

static RankedTensorType withoutLeading(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape().drop_front(), tensor.getElementType());
}

void ScanOp::build(OpBuilder &builder, OperationState &state, ValueRange inits, ValueRange sequences, int64_t length,
                   bool backward, TypeRange emittedTypes, ArrayAttr states, Value limit) {
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.length = builder.getI64IntegerAttr(length);
  if (backward)
    properties.backward = builder.getUnitAttr();
  properties.states = states;
  properties.operandSegmentSizes = {static_cast<int>(inits.size()), static_cast<int>(sequences.size()), limit ? 1 : 0};
  state.addOperands(inits);
  state.addOperands(sequences);
  if (limit)
    state.addOperands(limit);
  state.addTypes(inits.getTypes());
  for (Type type : emittedTypes)
    state.addTypes(withLeading(length, type));
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(state.addRegion());
  for (Value init : inits)
    block->addArgument(init.getType(), state.location);
  for (Value sequence : sequences)
    block->addArgument(withoutLeading(sequence.getType()), state.location);
}

YieldOp ScanOp::getYield() { return cast<YieldOp>(getBlock().getTerminator()); }

StringRef ScanOp::getStateName(unsigned i) {
  if (ArrayAttr names = getStatesAttr())
    return cast<StringAttr>(names[i]).getValue();
  return {};
}

SmallVector<Value> ScanOp::getCaptures() {
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(getBody(), captures);
  return captures.takeVector();
}

LogicalResult ScanOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, ValueRange operands,
                                       DictionaryAttr, OpaqueProperties properties, RegionRange regions,
                                       SmallVectorImpl<Type> &types) {
  auto &scan = *properties.as<Properties *>();
  llvm::append_range(types, operands.take_front(scan.operandSegmentSizes[0]).getTypes());
  if (regions.empty() || regions.front()->empty() || regions.front()->front().empty())
    return emitOptionalError(location, "expected a body");
  auto yield = dyn_cast<YieldOp>(regions.front()->front().back());
  if (!yield)
    return emitOptionalError(location, "expected a body that ends with rondo.yield");
  for (Type type : yield.getEmitted().getTypes())
    types.push_back(withLeading(scan.length.getInt(), type));
  return success();
}

// The checks of the operands come before those of the region, which rely on them.
LogicalResult ScanOp::verify() {
  int64_t length = getLength();
  for (auto [i, type] : llvm::enumerate(getSequences().getTypes())) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() == 0 || tensor.getDimSize(0) != length) // scan_c1
      return emitOpError() << "expected a leading dimension of " << length << " in sequence " << i << ", found "
                           << type;
  }
  if (ArrayAttr names = getStatesAttr(); names && names.size() != getNumStates()) // scan_c5
    return emitOpError() << "expected " << getNumStates() << " names in 'states', found " << names.size();
  return success();
}

LogicalResult ScanOp::verifyRegions() {
  SmallVector<Type> expected(getInits().getTypes());
  for (Type type : getSequences().getTypes())
    expected.push_back(withoutLeading(type));
  if (getBlock().getArgumentTypes() != TypeRange(expected)) // scan_c2
    return emitOpError() << "expected region arguments of types " << TypeRange(expected) << ", found "
                         << getBlock().getArgumentTypes();
  YieldOp yield = getYield();
  if (yield.getNext().getTypes() != getInits().getTypes()) { // scan_c3
    InFlightDiagnostic error = emitOpError() << "expected next states of types " << getInits().getTypes() << ", found "
                                             << yield.getNext().getTypes();
    error.attachNote(yield.getLoc()) << "yielded here";
    return error;
  }
  SmallVector<Type> results(getInits().getTypes());
  for (Type type : yield.getEmitted().getTypes())
    results.push_back(withLeading(getLength(), type));
  if (getResultTypes() != TypeRange(results)) // scan_c4
    return emitOpError() << "expected results of types " << TypeRange(results) << ", found " << getResultTypes();
  return success();
}

// `(` %arg = %operand : type, ... `)`
static ParseResult parseBindings(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::Argument> &arguments,
                                 SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                                 SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) || parser.parseColonType(types.emplace_back()));
  });
}

// scan `(` bindings `)` [`over` `(` bindings `)`] `length` T [`limit` n] [`backward`] [`states` [..]] attr-dict region
// `->` `(` types `)`
ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inits, sequences, limit;
  SmallVector<Type> initTypes, sequenceTypes;
  if (parseBindings(parser, arguments, inits, initTypes))
    return failure();
  for (auto [argument, type] : llvm::zip(arguments, initTypes))
    argument.type = type;
  if (succeeded(parser.parseOptionalKeyword("over"))) {
    size_t first = arguments.size();
    SMLoc location = parser.getCurrentLocation();
    if (parseBindings(parser, arguments, sequences, sequenceTypes))
      return failure();
    for (auto [argument, type] : llvm::zip(llvm::drop_begin(arguments, first), sequenceTypes)) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || tensor.getRank() == 0)
        return parser.emitError(location) << "expected a tensor with a leading dimension, found " << type;
      argument.type = withoutLeading(tensor);
    }
  }
  Builder &builder = parser.getBuilder();
  Properties &properties = result.getOrAddProperties<Properties>();
  int64_t length;
  if (parser.parseKeyword("length") || parser.parseInteger(length))
    return failure();
  properties.length = builder.getI64IntegerAttr(length);
  if (succeeded(parser.parseOptionalKeyword("limit")) && parser.parseOperand(limit.emplace_back()))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("backward")))
    properties.backward = builder.getUnitAttr();
  if (succeeded(parser.parseOptionalKeyword("states"))) {
    ArrayAttr names;
    if (parser.parseAttribute(names))
      return failure();
    properties.states = names;
  }
  properties.operandSegmentSizes = {static_cast<int>(inits.size()), static_cast<int>(sequences.size()),
                                    static_cast<int>(limit.size())};
  Type limitType = RankedTensorType::get({}, builder.getI64Type());
  SMLoc location = parser.getCurrentLocation();
  return failure(
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.resolveOperands(inits, initTypes, location, result.operands) ||
      parser.resolveOperands(sequences, sequenceTypes, location, result.operands) ||
      parser.resolveOperands(limit, limitType, result.operands) || parser.parseRegion(*result.addRegion(), arguments) ||
      parser.parseArrow() || parser.parseLParen() ||
      (failed(parser.parseOptionalRParen()) && (parser.parseTypeList(result.types) || parser.parseRParen())));
}

void ScanOp::print(OpAsmPrinter &printer) {
  auto printBindings = [&](auto arguments, OperandRange operands) {
    printer << '(';
    llvm::interleaveComma(llvm::zip(arguments, operands), printer, [&](auto binding) {
      auto [argument, operand] = binding;
      printer << argument << " = " << operand << " : " << operand.getType();
    });
    printer << ')';
  };
  printer << ' ';
  printBindings(getStateArguments(), getInits());
  if (!getSequences().empty()) {
    printer << " over ";
    printBindings(getSequenceArguments(), getSequences());
  }
  printer << " length " << getLength();
  if (getLimit())
    printer << " limit " << getLimit();
  if (getBackward())
    printer << " backward";
  if (ArrayAttr names = getStatesAttr())
    printer << " states " << names;
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {"length", "backward", "states", "operandSegmentSizes"});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer << " -> (";
  llvm::interleaveComma(getResultTypes(), printer);
  printer << ')';
}
