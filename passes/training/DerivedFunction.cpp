// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions of derivatives.

#include "passes/training/DerivedFunction.h"

#include "dialect/DirectionAttributes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/TrainedParameters.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace rondo;

LogicalResult rondo::deriveFunction(func::FuncOp func, StringRef name, EntryKind kind,
                                    llvm::function_ref<LogicalResult(func::FuncOp)> make) {
  if (SymbolTable::lookupSymbolIn(func->getParentOp(), name))
    return func.emitOpError() << "cannot be differentiated into @" << name << ", which exists";
  func::FuncOp derived = func.clone();
  derived.setName(name);
  setEntryKind(func, derived, kind);
  func->getBlock()->getOperations().insert(std::next(func->getIterator()), derived);
  if (succeeded(make(derived)))
    return success();
  derived.erase();
  return failure();
}

FailureOr<SmallVector<Value>> rondo::trainedValues(func::FuncOp func) {
  SmallVector<Value> parameters;
  for (unsigned i : trainedParameters(func)) {
    parameters.push_back(func.getArgument(i));
    if (!isDifferentiable(parameters.back()))
      return func.emitOpError() << "expected floating-point parameters, found " << parameters.back().getType();
  }
  return parameters;
}

void rondo::addDirections(func::FuncOp func, ArrayRef<Value> parameters, ForwardMode &forward) {
  for (Value parameter : parameters) {
    (void)func.insertArgument(func.getNumArguments(), parameter.getType(), attributesFor(directionAttribute, parameter),
                              parameter.getLoc());
    forward.setTangent(parameter, func.getArguments().back());
  }
}

DictionaryAttr rondo::attributesFor(StringRef attribute, Value parameter) {
  auto argument = cast<BlockArgument>(parameter);
  auto func = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  Builder builder(func.getContext());
  return builder.getDictionaryAttr(
      builder.getNamedAttr(attribute, func.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter))));
}
