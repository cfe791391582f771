// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A model's function through its interface.

#include "passes/support/ModelFunction.h"

using namespace mlir;
using namespace rondo;

SmallVector<unsigned> rondo::argumentsWith(func::FuncOp func, Role role) {
  return argumentsWith(func, attributeOf(role));
}

SmallVector<unsigned> rondo::resultsWith(func::FuncOp func, Role role) { return resultsWith(func, attributeOf(role)); }

SmallVector<unsigned> rondo::argumentsWith(func::FuncOp func, StringRef attribute) {
  SmallVector<unsigned> indices;
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    if (func.getArgAttr(i, attribute))
      indices.push_back(i);
  return indices;
}

SmallVector<unsigned> rondo::resultsWith(func::FuncOp func, StringRef attribute) {
  SmallVector<unsigned> indices;
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    if (func.getResultAttr(i, attribute))
      indices.push_back(i);
  return indices;
}

bool rondo::computesOutputs(func::FuncOp func) {
  auto entry = func->getAttrOfType<EntryAttr>(entryAttribute);
  return entry && (entry.getKind() == EntryKind::run || entry.getKind() == EntryKind::score);
}

void rondo::setEntryKind(func::FuncOp from, func::FuncOp func, EntryKind kind) {
  auto entry = from->getAttrOfType<EntryAttr>(entryAttribute);
  if (!entry)
    return;
  bool update = kind == EntryKind::update;
  func->setAttr(entryAttribute, EntryAttr::get(func.getContext(), kind, update ? 1 : entry.getBatch(),
                                               update ? 1 : entry.getLength(), entry.getElement()));
}

bool rondo::isStraightLine(func::FuncOp func) {
  return !func.isExternal() && func.getBody().hasOneBlock() && isa<func::ReturnOp>(func.front().getTerminator());
}

func::ReturnOp rondo::getReturn(func::FuncOp func) { return cast<func::ReturnOp>(func.front().getTerminator()); }

void rondo::setResults(func::FuncOp func, ValueRange values, ArrayRef<DictionaryAttr> attributes) {
  getReturn(func).getOperandsMutable().assign(values);
  func.removeResAttrsAttr(); // They belong to the old results, of which there may be more.
  func.setFunctionType(FunctionType::get(func.getContext(), func.getArgumentTypes(), values.getTypes()));
  func.setAllResultAttrs(attributes);
}

FailureOr<SmallVector<func::FuncOp>> rondo::chooseFunctions(ModuleOp module, StringRef name, Role role) {
  SmallVector<func::FuncOp> chosen;
  for (auto func : module.getOps<func::FuncOp>())
    if (name.empty() ? !resultsWith(func, role).empty() : func.getName() == name)
      chosen.push_back(func);
  if (!name.empty() && chosen.empty())
    return module.emitError() << "expected a function @" << name << ", found none";
  for (func::FuncOp func : chosen) {
    if (resultsWith(func, role).empty())
      return func.emitOpError() << "expected a result with the attribute '" << attributeOf(role) << "', found none";
    if (!isStraightLine(func))
      return func.emitOpError() << "expected a body of one block that returns";
  }
  return chosen;
}

FailureOr<unsigned> rondo::findScalarResult(func::FuncOp func, StringRef attribute) {
  SmallVector<unsigned> found = resultsWith(func, attribute);
  if (found.size() != 1)
    return func.emitOpError() << "expected one result with the attribute '" << attribute << "', found " << found.size();
  auto type = dyn_cast<RankedTensorType>(func.getResultTypes()[found.front()]);
  if (!type || type.getRank() != 0 || !isa<FloatType>(type.getElementType()))
    return func.emitOpError() << "expected a " << attribute.split('.').second
                              << " that is a floating-point tensor of rank 0, found "
                              << func.getResultTypes()[found.front()];
  return found.front();
}

void rondo::eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void rondo::eraseDead(func::FuncOp func) {
  func.walk([](ScanOp scan) { eraseDead(scan.getBlock()); });
  eraseDead(func.front());
}
