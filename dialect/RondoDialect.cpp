// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Registration, constants, and the verification of the attributes on a model function's arguments and results, and on
// nests.

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/RondoAttributes.cpp.inc"
      >();
}

Operation *RondoDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

namespace {
/// What an interface attribute stands on, and whether it carries a name. After bufferisation every result is an
/// argument.
struct InterfaceAttribute {
  StringRef name;
  bool onResult, named;
};
constexpr InterfaceAttribute interfaceAttributes[] = {
    {"rondo.parameter", true, true}, {"rondo.state", true, true},   {"rondo.input", false, true},
    {"rondo.target", false, true},   {"rondo.seed", false, false},  {"rondo.start", false, false},
    {"rondo.loss", true, false},     {"rondo.output", true, true},  {"rondo.gradient", true, true},
    {"rondo.moment1", true, true},   {"rondo.moment2", true, true}, {"rondo.step", false, false},
    {"rondo.rate", false, false},    {"rondo.norm", true, false},   {"rondo.access", false, true},
    {"rondo.packed", true, true},    {"rondo.arena", false, false}, {"rondo.loop_step", false, false},
};
} // namespace

static LogicalResult verifyInterfaceAttribute(Operation *op, NamedAttribute attribute, bool onArgument) {
  StringRef place = onArgument ? "an argument" : "a result";
  const InterfaceAttribute *known =
      llvm::find_if(interfaceAttributes, [&](const InterfaceAttribute &a) { return a.name == attribute.getName(); });
  if (known == std::end(interfaceAttributes) || !(onArgument || known->onResult))
    return op->emitOpError() << "has the attribute '" << attribute.getName().getValue() << "' on " << place
                             << ", where none of this name is known";
  if (known->named && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError() << "expected a name as the value of '" << known->name << "', found "
                             << attribute.getValue();
  if (!known->named && !isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError() << "expected no value for '" << known->name << "', found " << attribute.getValue();
  return success();
}

/// A nest's share of a loop (`rondo.split`) is in units of at least one iteration.
LogicalResult RondoDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != "rondo.split")
    return success();
  auto split = dyn_cast<DenseI64ArrayAttr>(attribute.getValue());
  if (split && split.size() == 2 && split[0] >= 0 && split[1] >= 1)
    return success();
  return op->emitOpError()
         << "expected a loop and a unit of at least 1 in 'rondo.split', array<i64: loop, unit>, found "
         << attribute.getValue();
}

/// The step of the loop around a function's calls is known only where all calls are.
static LogicalResult verifyLoopStep(Operation *op, unsigned index) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || !function.isPrivate() || !function.getArgumentTypes()[index].isIntOrIndex())
    return op->emitOpError() << "expected 'rondo.loop_step' on an index argument of a private function";
  return success();
}

LogicalResult RondoDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  if (attribute.getName() == "rondo.loop_step" && failed(verifyLoopStep(op, index)))
    return failure();
  return verifyInterfaceAttribute(op, attribute, /*onArgument=*/true);
}

LogicalResult RondoDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyInterfaceAttribute(op, attribute, /*onArgument=*/false);
}
