// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Moves what depends on parameters and constants alone out of the entries, into functions that run once for each set
// of weights.
//
// Which values the entries share is found in one function beside the module: every entry's are copied there, and the
// elimination of common subexpressions makes one of equal ones. The order in which they stand there numbers them.

#include "passes/Passes.h"
#include "passes/support/ModelFunction.h"
#include "passes/support/Reads.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"
#include <map>

using namespace mlir;
using namespace rondo;

namespace rondo {
#define GEN_PASS_DEF_PREPAREPARAMETERS
#include "passes/Passes.h.inc"
} // namespace rondo

namespace {

/// Whether the op repeats what it reads along a dimension: its result is larger than that and as quickly made again.
bool repeats(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return false;
  llvm::SmallBitVector read(linalgOp.getNumLoops());
  for (OpOperand &operand : op->getOpOperands())
    if (linalgOp.payloadUsesValueFromOperand(&operand))
      for (AffineExpr result : linalgOp.getMatchingIndexingMap(&operand).getResults())
        result.walk([&](AffineExpr part) {
          if (auto dim = dyn_cast<AffineDimExpr>(part))
            read.set(dim.getPosition());
        });
  SmallVector<int64_t> ranges = linalgOp.getStaticLoopRanges();
  for (auto [i, iterator] : llvm::enumerate(linalgOp.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::parallel && ranges[i] != 1 && !read[i])
      return true;
  return false;
}

/// Whether the op copies elements in the order in which they are in memory.
bool copiesInOrder(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || op->getNumResults() != 1)
    return false;
  auto copied = dyn_cast<BlockArgument>(linalgOp.getBlock()->getTerminator()->getOperand(0));
  if (!copied || copied.getOwner() != linalgOp.getBlock())
    return false;
  SmallVector<int64_t> ranges = linalgOp.getStaticLoopRanges();
  SmallVector<unsigned> order;
  for (AffineExpr result : linalgOp.getMatchingIndexingMap(linalgOp.getMatchingOpOperand(copied)).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim)
      return false;
    if (ranges[dim.getPosition()] != 1)
      order.push_back(dim.getPosition());
  }
  return llvm::is_sorted(order) && linalgOp.getIndexingMapsArray().back().isIdentity();
}

/// Whether the value, which depends on parameters alone, would be the same numbers in memory a second time: a part or
/// another shape of what is there already, a repetition, or no tensor. What an op costs (OpCost.h) does not decide: it
/// runs once for many calls, so that only the memory that every call reads matters.
bool repeatsMemory(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  Operation *op = value.getDefiningOp();
  return !type || !type.hasStaticShape() || repeats(op) || copiesInOrder(op) ||
         isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op);
}

/// Finds the values of one entry that are to be prepared.
class Finder {
public:
  /// The values, in the order in which the entry needs them.
  llvm::SetVector<Value> prepared;

  explicit Finder(func::FuncOp function) {
    for (unsigned i : argumentsWith(function, Role::parameter))
      fromParameters.insert(function.getArgument(i));
    for (Operation &op : function.front().without_terminator())
      classify(&op);
    for (Operation &op : function.front())
      if (!fixed.contains(&op))
        for (Value input : readsOf(&op))
          require(input);
  }

private:
  void classify(Operation *op) {
    bool reads = false;
    if (!isMemoryEffectFree(op))
      return;
    for (Value input : readsOf(op)) {
      Operation *producer = input.getDefiningOp();
      if (fromParameters.contains(input))
        reads = true;
      else if (!producer || !fixed.contains(producer))
        return;
    }
    fixed.insert(op);
    if (reads)
      fromParameters.insert(op->result_begin(), op->result_end());
  }

  /// What stays needs `value`: prepares it, or what it is made of where it is as well made again.
  void require(Value value) {
    if (!fromParameters.contains(value) || isa<BlockArgument>(value) || prepared.contains(value))
      return;
    if (!repeatsMemory(value)) {
      prepared.insert(value);
      return;
    }
    for (Value input : readsOf(value.getDefiningOp()))
      require(input);
  }

  llvm::DenseSet<Value> fromParameters; // and from constants, but not from constants alone
  llvm::DenseSet<Operation *> fixed;    // depend on parameters and constants alone
};

/// A function under construction whose arguments are parameters.
class Preparation {
public:
  func::FuncOp function;

  Preparation(OpBuilder &builder, Location loc, StringRef name) : builder(builder) {
    function = func::FuncOp::create(builder, loc, name, builder.getFunctionType({}, {}));
    function.addEntryBlock();
  }

  /// Copies what `value` of `from` is computed by, but what `copies` of values of `from` has already.
  Value copy(func::FuncOp from, Value value, IRMapping &copies) {
    if (Value known = copies.lookupOrNull(value))
      return known;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      copies.map(value, parameter(from, argument));
      return copies.lookup(value);
    }
    Operation *op = value.getDefiningOp();
    for (Value input : readsOf(op))
      copy(from, input, copies);
    builder.setInsertionPointToEnd(&function.front());
    builder.clone(*op, copies);
    return copies.lookup(value);
  }

  /// Ends the function.
  void finish(ValueRange results) {
    builder.setInsertionPointToEnd(&function.front());
    func::ReturnOp::create(builder, function.getLoc(), results);
    function.setFunctionType(builder.getFunctionType(function.front().getArgumentTypes(), results.getTypes()));
    function.setAllArgAttrs(attributes);
  }

private:
  /// The argument that is the same parameter as that of `from`.
  Value parameter(func::FuncOp from, BlockArgument argument) {
    Attribute path = from.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter));
    Value &known = parameters[{path, argument.getType()}];
    if (!known) {
      known = function.front().addArgument(argument.getType(), function.getLoc());
      attributes.push_back(builder.getDictionaryAttr(builder.getNamedAttr(attributeOf(Role::parameter), path)));
    }
    return known;
  }

  llvm::DenseMap<std::pair<Attribute, Type>, Value> parameters; // of `function`, by path and type
  SmallVector<DictionaryAttr> attributes;                       // of its arguments
  OpBuilder &builder;
};

struct PrepareParameters : rondo::impl::PrepareParametersBase<PrepareParameters> {
  struct Entry {
    func::FuncOp function;
    SmallVector<Value> values;     // in `function`
    SmallVector<unsigned> numbers; // of the values
  };

  void runOnOperation() override {
    SmallVector<Entry> entries;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      // What changes the parameters runs once for each set of them already, as does what was split off.
      if (!isStraightLine(function) || argumentsWith(function, Role::parameter).empty() ||
          !resultsWith(function, Role::parameter).empty() || !resultsWith(function, Role::packed).empty())
        continue;
      Finder finder(function);
      if (!finder.prepared.empty())
        entries.push_back({function, finder.prepared.takeVector(), {}});
    }
    if (entries.empty())
      return;

    numberValues(entries);
    std::map<SmallVector<unsigned>, StringAttr> functions; // by the numbers of their results
    for (Entry &entry : entries) {
      StringAttr &name = functions[entry.numbers];
      if (!name)
        name = build(entry).getNameAttr();
      replace(entry, name);
    }
  }

  /// Gives each value its number; equal ones get the same.
  void numberValues(MutableArrayRef<Entry> entries) {
    OpBuilder builder(&getContext());
    Preparation all(builder, getOperation().getLoc(), "all");
    OwningOpRef<func::FuncOp> owned(all.function);
    SmallVector<Value> copied;
    for (Entry &entry : entries) {
      IRMapping copies;
      for (Value value : entry.values)
        copied.push_back(all.copy(entry.function, value, copies));
    }
    all.finish(copied);
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(all.function);
    eliminateCommonSubExpressions(rewriter, dominance, all.function);

    llvm::DenseMap<Value, unsigned> numbers;
    auto results = getReturn(all.function).getOperands().begin();
    for (Entry &entry : entries)
      for (unsigned i = 0; i < entry.values.size(); ++i)
        entry.numbers.push_back(numbers.try_emplace(*results++, numbers.size()).first->second);
  }

  DictionaryAttr numberAttribute(unsigned number) {
    Builder builder(&getContext());
    return builder.getDictionaryAttr(
        builder.getNamedAttr(attributeOf(Role::packed), builder.getStringAttr(std::to_string(number))));
  }

  /// Makes the function that computes the entry's values.
  func::FuncOp build(Entry &entry) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(entry.function);
    Preparation pack(builder, entry.function.getLoc(), (entry.function.getName() + "_pack").str());
    IRMapping copies;
    SmallVector<Value> results;
    SmallVector<DictionaryAttr> attributes;
    for (auto [value, number] : llvm::zip(entry.values, entry.numbers)) {
      results.push_back(pack.copy(entry.function, value, copies));
      attributes.push_back(numberAttribute(number));
    }
    pack.finish(results);
    pack.function.setAllResultAttrs(attributes);
    setEntryKind(entry.function, pack.function, EntryKind::pack);
    return pack.function;
  }

  /// Makes the entry read what `pack` computes.
  void replace(Entry &entry, StringAttr pack) {
    func::FuncOp function = entry.function;
    SmallVector<unsigned> parameters = argumentsWith(function, Role::parameter);
    llvm::SmallBitVector read(function.getNumArguments());
    for (unsigned i : parameters)
      read[i] = !function.getArgument(i).use_empty();
    unsigned index = parameters.back() + 1;
    SmallVector<DictionaryAttr> attributes =
        llvm::map_to_vector(entry.numbers, [&](unsigned number) { return numberAttribute(number); });
    (void)function.insertArguments(SmallVector<unsigned>(entry.values.size(), index),
                                   llvm::to_vector(ValueRange(entry.values).getTypes()), attributes,
                                   llvm::map_to_vector(entry.values, [](Value value) { return value.getLoc(); }));
    for (Value value : entry.values)
      value.replaceAllUsesWith(function.getArgument(index++));
    eraseDead(function.front());
    // Parameters that only the function `pack` reads now.
    llvm::BitVector unused(function.getNumArguments());
    for (unsigned i : parameters)
      unused[i] = read[i] && function.getArgument(i).use_empty();
    (void)function.eraseArguments(unused);
    function->setAttr(packedByAttribute, pack);
  }
};

} // namespace
