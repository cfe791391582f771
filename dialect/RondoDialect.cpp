// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Registration, constants, and the verification of the attributes on a model function's arguments and results, and on
// nests.

#include "dialect/RondoDialect.h"
#include "dialect/DirectionAttributes.h"

#include "dialect/AppendOps.h"
#include "dialect/AttentionGradOps.h"
#include "dialect/FrozenAttribute.h"
#include "dialect/HistoryAttribute.h"
#include "dialect/SegmentsAttribute.h"
#include "dialect/SumAttributes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

#include "dialect/RondoDialect.cpp.inc"
#include "dialect/RondoEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/RondoAttributes.cpp.inc"

void RondoDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/RondoOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/AttentionGradOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/AppendOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/RondoAttributes.cpp.inc"
      >();
}

Operation *RondoDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

std::optional<NamedRole> rondo::roleOf(DictionaryAttr attributes) {
  if (attributes)
    for (NamedAttribute attribute : attributes)
      if (std::optional<Role> role = symbolizeRole(attribute.getName().strref())) {
        auto name = dyn_cast<StringAttr>(attribute.getValue());
        return NamedRole{*role, name ? name.getValue() : StringRef()};
      }
  return std::nullopt;
}

LogicalResult EntryAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, EntryKind, int64_t batch,
                                int64_t length, Type element) {
  if (batch < 1 || length < 1)
    return emitError() << "expected a batch and a length of at least 1, found " << batch << " and " << length;
  if (!element.isF32() && !element.isF64())
    return emitError() << "expected the element type f32 or f64, found " << element;
  return success();
}

/// Whether results have the role. After bufferisation every result is an argument.
static bool isOfResults(Role role) {
  return !llvm::is_contained({Role::input, Role::target, Role::lengths, Role::seed, Role::position, Role::length,
                              Role::start, Role::step, Role::rate, Role::arena, Role::cotangent, Role::state_cotangent},
                             role);
}

/// Whether there may be several of the role, each with a name.
static bool isNamed(Role role) {
  return !llvm::is_contained({Role::seed, Role::position, Role::length, Role::start, Role::loss, Role::step, Role::rate,
                              Role::norm, Role::arena},
                             role);
}

namespace {
enum class Side { argument, result };
}

static LogicalResult verifyInterfaceAttribute(Operation *op, NamedAttribute attribute, Side side) {
  bool onArgument = side == Side::argument;
  StringRef name = attribute.getName();
  std::optional<Role> role = symbolizeRole(name);
  using Names = std::initializer_list<llvm::StringLiteral>;
  bool ofResults = llvm::is_contained(Names{primedAttribute, slopeAttribute, productAttribute}, name),
       ofArguments = llvm::is_contained(
           Names{accessAttribute, loopStepAttribute, withinAttribute, frozenAttribute, directionAttribute}, name);
  if (role ? !onArgument && !isOfResults(*role) : !ofResults && !(onArgument && ofArguments))
    return op->emitOpError() << "has the attribute '" << name << "' on " << (onArgument ? "an argument" : "a result")
                             << ", where none of this name is known";
  bool named =
      role ? isNamed(*role)
           : llvm::is_contained(Names{accessAttribute, primedAttribute, directionAttribute, productAttribute}, name);
  if (named && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError() << "expected a name as the value of '" << name << "', found " << attribute.getValue();
  if (!named && !isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError() << "expected no value for '" << name << "', found " << attribute.getValue();
  return success();
}

/// A nest's share of a loop is in units of at least one iteration.
static LogicalResult verifySplit(Operation *op, Attribute value) {
  auto split = dyn_cast<DenseI64ArrayAttr>(value);
  if (split && split.size() == 2 && split[0] >= 0 && split[1] >= 1)
    return success();
  return op->emitOpError()
         << "expected a loop and a unit of at least 1 in 'rondo.split', array<i64: loop, unit>, found " << value;
}

/// A nest's loop that ends early has at least one row for each position, of which its function knows the number.
static LogicalResult verifyLimit(Operation *op, Attribute value) {
  auto limit = dyn_cast<DenseI64ArrayAttr>(value);
  bool isValid = limit && !limit.empty() && limit.size() % 2 == 0;
  for (int64_t i = 0; isValid && i < limit.size(); i += 2)
    isValid = limit[i] >= 0 && limit[i + 1] >= 1;
  if (!isValid)
    return op->emitOpError() << "expected a loop and at least 1 row in 'rondo.limit', array<i64: loop, rows>, found "
                             << value;
  auto function = op->getParentOfType<FunctionOpInterface>();
  for (unsigned i = 0, n = function ? function.getNumArguments() : 0; i < n; ++i)
    if (function.getArgAttr(i, attributeOf(Role::length)))
      return success();
  return op->emitOpError() << "expected 'rondo.limit' in a function with an argument 'rondo.length'";
}

/// A nest's loop that ends at one of its operands.
static LogicalResult verifyEnd(Operation *op, Attribute value) {
  auto end = dyn_cast<DenseI64ArrayAttr>(value);
  if (end && end.size() == 2 && end[0] >= 0 && end[1] >= 0 && end[1] < int64_t(op->getNumOperands()) &&
      op->getOperand(end[1]).getType().isInteger(64))
    return success();
  return op->emitOpError()
         << "expected a loop and the number of an operand i64 in 'rondo.end', array<i64: loop, operand>, found "
         << value;
}

/// The number of a call's positions is one number, which a private function takes as an index.
static LogicalResult verifyLength(Operation *op, unsigned index) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitOpError() << "expected 'rondo.length' on an argument of a function";
  Type type = function.getArgumentTypes()[index];
  auto shaped = dyn_cast<ShapedType>(type);
  bool isNumber = shaped && shaped.hasRank() && shaped.getRank() == 0 && shaped.getElementType().isInteger(64);
  bool isLowered = op->getName().getDialectNamespace() == "llvm";
  if (isNumber || isLowered || (type.isIndex() && function.isPrivate()))
    return success();
  return op->emitOpError() << "expected 'rondo.length' on an argument tensor<i64> or memref<i64>, or on an index of a "
                              "private function, found "
                           << type;
}

/// The positions of an argument that a call may have fewer of are one of its dimensions, in a function that knows how
/// many they are.
static LogicalResult verifyPositions(Operation *op, unsigned index, Attribute value) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  auto type = function ? dyn_cast<ShapedType>(function.getArgumentTypes()[index]) : ShapedType();
  auto dimension = dyn_cast<IntegerAttr>(value);
  bool isLowered = op->getName().getDialectNamespace() == "llvm";
  if (isLowered ||
      (type && type.hasRank() && dimension && dimension.getInt() >= 0 && dimension.getInt() < type.getRank()))
    return success();
  return op->emitOpError() << "expected the number of a dimension in 'rondo.positions' of an argument, found " << value;
}

/// An entry can be called from outside.
static LogicalResult verifyEntry(Operation *op, Attribute value) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || function.isPrivate())
    return op->emitOpError() << "expected 'rondo.entry' on a public function";
  if (!isa<EntryAttr>(value))
    return op->emitOpError() << "expected #rondo.entry<..> in 'rondo.entry', found " << value;
  return success();
}

/// What lies before a window stands before it, or is in slots.
static LogicalResult verifyHistory(Operation *op, Attribute attribute) {
  auto name = dyn_cast<StringAttr>(attribute);
  bool isHistory = isa<AppendOp>(op) || (isa<tensor::ConcatOp>(op) && op->getNumOperands() == 2);
  if (!isHistory || !name || name.empty())
    return op->emitOpError() << "expected '" << historyAttribute
                             << "', the name of a state, on a concatenation of two tensors or on rondo.append";
  return success();
}

static LogicalResult verifySegments(Operation *op, Attribute attribute) {
  auto text = dyn_cast<StringAttr>(attribute);
  bool isMode = text && (text.getValue() == storeSegments || text.getValue() == recomputeSegments);
  bool isAxis = text && !text.empty() && isa<FunctionOpInterface>(op);
  if (isAxis || (isMode && isa<ScanOp, LoopLikeOpInterface>(op)))
    return success();
  return op->emitOpError() << "expected '" << segmentsAttribute << "', \"" << storeSegments << "\" or \""
                           << recomputeSegments << "\", on rondo.scan, or the name of an axis on a function";
}

/// In which order sums add up (SumAttributes.h).
static LogicalResult verifySumOrder(Operation *op, NamedAttribute attribute, bool isPlace, StringRef place) {
  if (isPlace && isa<UnitAttr>(attribute.getValue()))
    return success();
  return op->emitOpError() << "expected '" << attribute.getName().getValue() << "' without a value, on " << place;
}

LogicalResult RondoDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == chainAttribute || attribute.getName() == roundedAttribute)
    return verifySumOrder(op, attribute, isa<arith::AddFOp>(op), "arith.addf");
  if (attribute.getName() == descendingAttribute)
    return verifySumOrder(op, attribute, op->getName().getStringRef().starts_with("linalg."), "an op of linalg");
  if (attribute.getName() == splitAttribute)
    return verifySplit(op, attribute.getValue());
  if (attribute.getName() == limitAttribute)
    return verifyLimit(op, attribute.getValue());
  if (attribute.getName() == endAttribute)
    return verifyEnd(op, attribute.getValue());
  if (attribute.getName() == entryAttribute)
    return verifyEntry(op, attribute.getValue());
  if (attribute.getName() == historyAttribute)
    return verifyHistory(op, attribute.getValue());
  if (attribute.getName() == segmentsAttribute)
    return verifySegments(op, attribute.getValue());
  return success();
}

/// The step of the loop around a function's calls is known only where all calls are.
static LogicalResult verifyLoopStep(Operation *op, unsigned index) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || !function.isPrivate() || !function.getArgumentTypes()[index].isIntOrIndex())
    return op->emitOpError() << "expected 'rondo.loop_step' on an index argument of a private function";
  return success();
}

/// Training leaves parameters alone, nothing else.
static LogicalResult verifyFrozen(Operation *op, unsigned index) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (function && function.getArgAttr(index, attributeOf(Role::parameter)))
    return success();
  return op->emitOpError() << "expected '" << frozenAttribute << "' on a parameter";
}

LogicalResult RondoDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  if (attribute.getName() == loopStepAttribute && failed(verifyLoopStep(op, index)))
    return failure();
  if (attribute.getName() == attributeOf(Role::length) && failed(verifyLength(op, index)))
    return failure();
  if (attribute.getName() == positionsAttribute)
    return verifyPositions(op, index, attribute.getValue());
  if (attribute.getName() == frozenAttribute && failed(verifyFrozen(op, index)))
    return failure();
  return verifyInterfaceAttribute(op, attribute, Side::argument);
}

LogicalResult RondoDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyInterfaceAttribute(op, attribute, Side::result);
}
