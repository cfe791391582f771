// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-stream: model -> (state, window) -> (state', results).

#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_STREAM
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// A state that goes from window to window.
struct Carried {
  ScanOp scan;
  unsigned index;
  StringAttr name;
};

bool isZero(Value value) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    return isZero(broadcast.getOperand());
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

bool hasNamedState(ScanOp scan) {
  for (unsigned i = 0; i < scan.getNumStates(); ++i)
    if (!scan.getStateName(i).empty())
      return true;
  return false;
}

/// Whether a value without time is used at every position: by a scan, or where the user's result has a leading
/// dimension that the value has not.
bool isUsedOverTime(OpOperand &use) {
  Operation *user = use.getOwner();
  if (isa<ScanOp>(user) || user->getParentOfType<ScanOp>())
    return true;
  if (auto broadcast = dyn_cast<BroadcastOp>(user))
    return !llvm::is_contained(broadcast.getDims(), 0);
  if (auto contract = dyn_cast<ContractOp>(user)) {
    StringRef own = use.getOperandNumber() == 0 ? contract.getLhsTerm() : contract.getRhsTerm();
    StringRef result = contract.getResultTerm();
    return !result.empty() && !own.contains(result.front());
  }
  return false;
}

/// Whether anything that follows from the scan's final states is used over time.
bool usesFinalsOverTime(ScanOp scan) {
  llvm::SetVector<Value> following(scan.getFinals().begin(), scan.getFinals().end());
  for (size_t i = 0; i < following.size(); ++i)
    for (OpOperand &use : following[i].getUses()) {
      if (isUsedOverTime(use))
        return true;
      following.insert_range(use.getOwner()->getResults());
    }
  return false;
}

/// The first carrying scan of the function's own block that makes a value at some position depend on a later one: one
/// that runs backward, or one whose final state is used over time. Null if there is none. The front end names no states
/// of such a model (frontend/Graph.h has its rule, on the program's axes). A scan without names may run over another
/// axis.
ScanOp findLookAhead(func::FuncOp func) {
  for (auto scan : func.getOps<ScanOp>())
    if (hasNamedState(scan) && (scan.getBackward() || usesFinalsOverTime(scan)))
      return scan;
  return {};
}

/// The carried states in the order of scans and of their states; checks that they can be carried.
FailureOr<SmallVector<Carried>> collect(func::FuncOp func) {
  SmallVector<Carried> carried;
  llvm::StringMap<Location> seen;
  WalkResult walk = func.walk<WalkOrder::PreOrder>([&](ScanOp scan) -> WalkResult {
    if (scan->getParentOp() != func && hasNamedState(scan))
      return scan.emitError() << "a scan within a scan begins anew at each position, so its states cannot be carried";
    for (unsigned i = 0; i < scan.getNumStates(); ++i) {
      StringRef name = scan.getStateName(i);
      if (name.empty())
        continue;
      auto [entry, isNew] = seen.try_emplace(name, scan.getLoc());
      if (!isNew) {
        InFlightDiagnostic error = scan.emitError() << "a second carried state has the name \"" << name << "\"";
        error.attachNote(entry->second) << "the first is here";
        return error;
      }
      carried.push_back({scan, i, StringAttr::get(scan.getContext(), name)});
    }
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  if (ScanOp scan = carried.empty() ? ScanOp() : findLookAhead(func))
    return scan.emitError() << (scan.getBackward() ? "a backward scan" : "a scan whose final state is used over time")
                            << " looks ahead over the end of a window and cannot be streamed";
  return carried;
}

/// Where the model's state begins: `init` if this window is the first, else `argument`.
Value selectInit(OpBuilder &builder, ScanOp scan, Value start, Value init, Value argument) {
  auto type = cast<RankedTensorType>(init.getType());
  auto conditionType = RankedTensorType::get(type.getShape(), builder.getI1Type());
  Value condition = BroadcastOp::create(builder, scan.getLoc(), conditionType, start, ArrayRef<int64_t>());
  return arith::SelectOp::create(builder, scan.getLoc(), condition, init, argument);
}

void carry(func::FuncOp func, ArrayRef<Carried> states) {
  OpBuilder builder(func);
  auto named = [&](StringRef attribute, Attribute value) {
    return builder.getDictionaryAttr(builder.getNamedAttr(attribute, value));
  };
  bool needsStart = llvm::any_of(states, [](Carried c) { return !isZero(c.scan.getInits()[c.index]); });
  unsigned argument = argumentsWith(func, Role::parameter).size();
  // All at once: every function type in between would stay in the context, as long as the model has parameters.
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<Location> locations;
  for (Carried state : states) {
    types.push_back(state.scan.getInits()[state.index].getType());
    attributes.push_back(named(attributeOf(Role::state), state.name));
    locations.push_back(state.scan.getLoc());
  }
  (void)func.insertArguments(SmallVector<unsigned>(states.size(), argument), types, attributes, locations);
  Value start;
  if (needsStart) {
    (void)func.insertArgument(func.getNumArguments(), RankedTensorType::get({}, builder.getI1Type()),
                              named(attributeOf(Role::start), builder.getUnitAttr()), func.getLoc());
    start = func.getArguments().back();
  }

  SmallVector<Value> finals;
  unsigned result = 0;
  for (Role before : {Role::loss, Role::loss_part, Role::output})
    result += resultsWith(func, before).size();
  for (Carried state : states) {
    OpOperand &init = state.scan.getInitsMutable()[state.index];
    Value carriedIn = func.getArgument(argument++);
    builder.setInsertionPoint(state.scan);
    init.set(isZero(init.get()) ? carriedIn : selectInit(builder, state.scan, start, init.get(), carriedIn));
    finals.push_back(state.scan.getFinals()[state.index]);
  }
  (void)func.insertResults(SmallVector<unsigned>(states.size(), result), types, attributes);
  getReturn(func).getOperandsMutable().slice(result, 0).append(finals);
  for (Carried state : states)
    state.scan.removeStatesAttr();
}

/// Gives random numbers along time the position that the window begins at, and those that no row has, which are drawn
/// anew in each window: an argument for each type of seed.
void position(func::FuncOp func) {
  Builder builder(func);
  llvm::SmallDenseMap<Type, Value> firsts;
  func.walk([&](RandomOp random) {
    if (random.getFirst() || (random.getRows() && !random.getTime()))
      return;
    Type type = random.getSeed().getType();
    Value &first = firsts[type];
    if (!first) {
      NamedAttribute role = builder.getNamedAttr(attributeOf(Role::position), builder.getUnitAttr());
      (void)func.insertArgument(func.getNumArguments(), type, builder.getDictionaryAttr(role), func.getLoc());
      first = func.getArguments().back();
    }
    random.getFirstMutable().assign(first);
  });
}

struct StreamPass : rondo::impl::StreamBase<StreamPass> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      bool isModel = !resultsWith(func, Role::loss).empty() || !resultsWith(func, Role::output).empty();
      if (!isModel || !isStraightLine(func))
        continue;
      FailureOr<SmallVector<Carried>> states = collect(func);
      if (failed(states))
        return signalPassFailure();
      if (!states->empty())
        carry(func, *states);
      position(func);
    }
  }
};

} // namespace
