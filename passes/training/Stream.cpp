// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-stream: model -> (state, window) -> (state', results).

#include "dialect/AppendOps.h"
#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/training/StreamRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_STREAM
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

bool isZero(Value value) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    return isZero(broadcast.getOperand());
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
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
    if (!carriedBy(scan).empty() && (scan.getBackward() || usesFinalsOverTime(scan)))
      return scan;
  return {};
}

/// The ops that carry something, in their order; checks that it can be carried.
FailureOr<SmallVector<Operation *>> collect(func::FuncOp func) {
  SmallVector<Operation *> ops;
  llvm::StringMap<Location> seen;
  WalkResult walk = func.walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    SmallVector<StringAttr> names = carriedBy(op);
    if (names.empty())
      return WalkResult::advance();
    if (op->getParentOp() != func)
      return op->emitError() << (isa<ScanOp>(op) ? "a scan" : "a history")
                             << " within a scan begins anew at each position, so its states cannot be carried";
    for (StringAttr name : names) {
      auto [entry, isNew] = seen.try_emplace(name, op->getLoc());
      if (isNew)
        continue;
      InFlightDiagnostic error = op->emitError() << "a second carried state has the name " << name;
      error.attachNote(entry->second) << "the first is here";
      return error;
    }
    ops.push_back(op);
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  if (ScanOp scan = findLookAhead(func))
    return scan.emitError() << (scan.getBackward() ? "a backward scan" : "a scan whose final state is used over time")
                            << " looks ahead over the end of a window and cannot be streamed";
  return ops;
}

/// Where the model's state begins: `init` if this window is the first, else `argument`.
Value selectInit(OpBuilder &builder, Location loc, Value start, Value init, Value argument) {
  auto type = cast<RankedTensorType>(init.getType());
  auto conditionType = RankedTensorType::get(type.getShape(), builder.getI1Type());
  Value condition = BroadcastOp::create(builder, loc, conditionType, start, ArrayRef<int64_t>());
  return arith::SelectOp::create(builder, loc, condition, init, argument);
}

void carry(func::FuncOp func, ArrayRef<Operation *> ops) {
  OpBuilder builder(func);
  auto named = [&](StringRef attribute, Attribute value) {
    return builder.getDictionaryAttr(builder.getNamedAttr(attribute, value));
  };
  SmallVector<Carried> states;
  for (Operation *op : ops)
    llvm::append_range(states, buildWindow(op));
  bool needsStart = llvm::any_of(states, [](const Carried &state) { return !isZero(state.before->get()); });
  unsigned argument = argumentsWith(func, Role::parameter).size();
  // All at once: every function type in between would stay in the context, as long as the model has parameters.
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<Location> locations;
  for (const Carried &state : states) {
    types.push_back(state.type());
    attributes.push_back(named(attributeOf(Role::state), state.name));
    locations.push_back(state.loc);
  }
  (void)func.insertArguments(SmallVector<unsigned>(states.size(), argument), types, attributes, locations);
  Value start;
  if (needsStart) {
    (void)func.insertArgument(func.getNumArguments(), RankedTensorType::get({}, builder.getI1Type()),
                              named(attributeOf(Role::start), builder.getUnitAttr()), func.getLoc());
    start = func.getArguments().back();
  }

  SmallVector<Value> lasts;
  unsigned result = 0;
  for (Role before : {Role::loss, Role::loss_part, Role::output})
    result += resultsWith(func, before).size();
  for (const Carried &state : states) {
    Value first = state.before->get(), carriedIn = func.getArgument(argument++);
    builder.setInsertionPoint(state.before->getOwner());
    state.before->set(isZero(first) ? carriedIn : selectInit(builder, state.loc, start, first, carriedIn));
    lasts.push_back(state.after);
  }
  (void)func.insertResults(SmallVector<unsigned>(states.size(), result), types, attributes);
  getReturn(func).getOperandsMutable().slice(result, 0).append(lasts);
}

/// Where a window begins in its sequences: an argument for each type of it.
class Positions {
public:
  explicit Positions(func::FuncOp func) : func(func) {}

  Value of(Type type) {
    Value &first = firsts[type];
    if (!first) {
      Builder builder(func);
      NamedAttribute role = builder.getNamedAttr(attributeOf(Role::position), builder.getUnitAttr());
      (void)func.insertArgument(func.getNumArguments(), type, builder.getDictionaryAttr(role), func.getLoc());
      first = func.getArguments().back();
    }
    return first;
  }

private:
  func::FuncOp func;
  llvm::SmallDenseMap<Type, Value> firsts;
};

/// Gives random numbers along time the position that the window begins at, and those that no row has, or that say so,
/// which are drawn anew in each window; and lets what counts positions, [time, rows], and what is kept of them go on
/// from there.
void position(func::FuncOp func) {
  Positions positions(func);
  func.walk([&](RandomOp random) {
    bool isAnew = random->removeAttr(attributeOf(Role::position)) != nullptr;
    if (!random.getFirst() && (!random.getRows() || random.getTime() || isAnew))
      random.getFirstMutable().assign(positions.of(random.getSeed().getType()));
  });
  func.walk([&](AppendOp append) {
    if (append.getFirst() || !append->removeAttr(attributeOf(Role::position)))
      return;
    int64_t rows = cast<ShapedType>(append.getWindow().getType()).getDimSize(append.getRows());
    Type type = RankedTensorType::get(rows, IntegerType::get(func.getContext(), 64));
    append.getFirstMutable().assign(positions.of(type));
  });
  func.walk([&](IotaOp count) {
    if (!count->removeAttr(attributeOf(Role::position)))
      return;
    OpBuilder builder(count);
    builder.setInsertionPointAfter(count);
    Location loc = count.getLoc();
    auto type = cast<RankedTensorType>(count.getType());
    auto rows = RankedTensorType::get(type.getDimSize(1), type.getElementType());
    Value first = positions.of(rows.clone(builder.getI64Type()));
    Value number = arith::TruncIOp::create(builder, loc, rows, first);
    Value firsts = BroadcastOp::create(builder, loc, type, number, ArrayRef<int64_t>{1});
    auto sum = arith::AddIOp::create(builder, loc, count, firsts);
    count.getResult().replaceAllUsesExcept(sum, sum);
  });
}

struct StreamPass : rondo::impl::StreamBase<StreamPass> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      bool isModel = !resultsWith(func, Role::loss).empty() || !resultsWith(func, Role::output).empty();
      if (!isModel || !isStraightLine(func))
        continue;
      FailureOr<SmallVector<Operation *>> ops = collect(func);
      if (failed(ops))
        return signalPassFailure();
      if (!ops->empty())
        carry(func, *ops);
      position(func);
    }
  }
};

} // namespace
