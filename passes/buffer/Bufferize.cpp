// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Tensors -> memrefs: first the functions' interfaces, then the bodies by upstream's one-shot bufferisation.
//
// A result that has the same rondo.state, rondo.parameter, rondo.gradient or rondo.moment name as an argument is
// written into that argument's buffer. Every other result becomes a buffer argument at the end. Every buffer of a call
// is a different one, which is what `restrict` says to the analysis.

#include "dialect/AppendOps.h"
#include "passes/Passes.h"
#include "passes/support/Machine.h"
#include "passes/support/PhaseShape.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_BUFFERIZE
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using rondo::AppendOp;
using rondo::PhaseOp;

namespace {

/// The interface attribute (rondo.*) among `attributes`, if any.
std::optional<NamedAttribute> interfaceAttribute(DictionaryAttr attributes) {
  if (attributes)
    for (NamedAttribute attribute : attributes)
      if (attribute.getName().strref().starts_with("rondo."))
        return attribute;
  return std::nullopt;
}

/// By interface attribute, the argument that a result with it is written to.
llvm::DenseMap<Attribute, unsigned> findUpdated(func::FuncOp function) {
  llvm::DenseMap<Attribute, unsigned> updated;
  Builder b(function.getContext());
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto attribute = interfaceAttribute(function.getArgAttrDict(i));
        attribute && isa<StringAttr>(attribute->getValue()))
      updated.try_emplace(b.getDictionaryAttr(*attribute), i);
  return updated;
}

/// Whether `value` is the buffer of `argument` with parts of it overwritten.
bool updatesInPlace(Value value, Value argument) {
  while (value != argument) {
    Operation *op = value.getDefiningOp();
    if (auto insert = dyn_cast_or_null<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (auto insert = dyn_cast_or_null<tensor::InsertOp>(op))
      value = insert.getDest();
    else if (auto loop = dyn_cast_or_null<scf::ForOp>(op))
      value = loop.getInits()[cast<OpResult>(value).getResultNumber()];
    else if (auto update = dyn_cast_or_null<bufferization::MaterializeInDestinationOp>(op))
      value = update.getDest();
    else if (auto append = dyn_cast_or_null<AppendOp>(op))
      value = append.getSlots();
    else
      return false;
  }
  return true;
}

/// Whether the op that makes `value` may write it straight into the buffer of `target`: nothing reads `target` later.
bool mayOverwrite(Value target, Value value) {
  Operation *producer = value.getDefiningOp();
  if (!producer)
    return false;
  if (updatesInPlace(value, target))
    return true;
  for (OpOperand &use : target.getUses()) {
    Operation *user = producer->getBlock()->findAncestorOpInBlock(*use.getOwner());
    if (user == producer && user == use.getOwner()) {
      if (!rondo::readsAtWrittenPoint(use))
        return false;
    } else if (!user || user == producer || !user->isBeforeInBlock(producer)) {
      return false;
    }
  }
  return true;
}

/// Which states: those that their producers may write to their buffers directly, or whatever is left.
enum class States { writtenDirectly, others };

/// Writes the loop's states back to their own buffers at the end of each iteration: the analysis wants to see that.
/// Those that may be written directly must be written back before the elimination of empty tensors, which makes their
/// producers do so and does not check; the others after it, as copies.
void writeBackStates(scf::ForOp loop, States states) {
  OpBuilder b(loop.getBody()->getTerminator());
  for (OpOperand &next : loop.getBody()->getTerminator()->getOpOperands()) {
    Value argument = loop.getRegionIterArg(next.getOperandNumber()), value = next.get();
    if (!isa<RankedTensorType>(argument.getType()) || updatesInPlace(value, argument))
      continue;
    bool shared = !value.hasOneUse() && llvm::count(loop.getYieldedValues(), value) > 1;
    if (states == States::writtenDirectly && (shared || !mayOverwrite(argument, value)))
      continue;
    if (auto other = dyn_cast<BlockArgument>(value); other && other.getOwner() == loop.getBody()) {
      // A state that becomes another one is read before anything overwrites it.
      OpBuilder start = OpBuilder::atBlockBegin(loop.getBody());
      value = bufferization::AllocTensorOp::create(start, loop.getLoc(), cast<RankedTensorType>(other.getType()),
                                                   ValueRange(), /*copy=*/other);
    }
    next.set(bufferization::MaterializeInDestinationOp::create(b, loop.getLoc(), value, argument).getResult());
  }
}

/// The tensor that stands for an argument's buffer.
Value tensorOf(BlockArgument argument) { return *argument.user_begin()->result_begin(); }

MemRefType bufferType(RankedTensorType type) { return MemRefType::get(type.getShape(), type.getElementType()); }

/// Gives the function buffers for tensors. The body keeps working on tensors, between bufferization.to_tensor and
/// bufferization.materialize_in_destination.
/// Appends to `updates` each tensor that must end up in an argument's buffer.
LogicalResult bufferizeInterface(func::FuncOp function, SmallVectorImpl<std::pair<Value, BlockArgument>> &updates) {
  Location loc = function.getLoc();
  for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
    if (!isa<RankedTensorType>(type) || !cast<RankedTensorType>(type).hasStaticShape())
      return function.emitOpError() << "expected arguments and results that are tensors of static shape, found "
                                    << type;
  if (!function.getBody().hasOneBlock())
    return function.emitOpError() << "expected one block";
  // It would become a variable of the module, and other functions are at work at the same time.
  WalkResult walk = function.walk([](arith::ConstantOp constant) {
    if (!isa<TensorType>(constant.getType()))
      return WalkResult::advance();
    constant.emitError() << "expected no constant tensor (rondo-fill-constants makes fills of them), found one of "
                         << constant.getType();
    return WalkResult::interrupt();
  });
  if (walk.wasInterrupted())
    return failure();

  auto returned = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  SmallVector<std::optional<unsigned>> updated;
  SmallVector<bool> written(function.getNumArguments(), false);
  SmallVector<DictionaryAttr> attributes;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    attributes.push_back(function.getArgAttrDict(i));
  llvm::DenseMap<Attribute, unsigned> argumentOf = findUpdated(function);
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    auto attribute = interfaceAttribute(function.getResultAttrDict(i));
    auto known =
        attribute ? argumentOf.find(Builder(function.getContext()).getDictionaryAttr(*attribute)) : argumentOf.end();
    updated.push_back(known == argumentOf.end() ? std::nullopt : std::optional<unsigned>(known->second));
    if (updated.back())
      written[*updated.back()] = true;
    else
      attributes.push_back(function.getResultAttrDict(i));
  }

  OpBuilder b(function.getContext());
  Block &body = function.getBody().front();
  b.setInsertionPointToStart(&body);
  for (BlockArgument argument : body.getArguments()) {
    auto type = cast<RankedTensorType>(argument.getType());
    argument.setType(bufferType(type));
    bool writable = written[argument.getArgNumber()];
    auto tensor = bufferization::ToTensorOp::create(b, loc, type, argument, /*restrict=*/true, writable);
    argument.replaceAllUsesExcept(tensor, tensor);
  }
  b.setInsertionPoint(returned);
  SmallVector<std::pair<Value, BlockArgument>> made;
  for (auto [i, value] : llvm::enumerate(returned.getOperands())) {
    if (updated[i]) {
      // As a tensor for now: the argument is read as one too, and the analysis must see that both are one buffer.
      BlockArgument argument = body.getArgument(*updated[i]);
      Value tensor = tensorOf(argument);
      if (mayOverwrite(tensor, value))
        value = bufferization::MaterializeInDestinationOp::create(b, loc, value, tensor).getResult();
      updates.push_back({value, argument});
      continue;
    }
    made.push_back({value, body.addArgument(bufferType(cast<RankedTensorType>(value.getType())), loc)});
  }
  // In the order in which they are made: where one is another one with parts overwritten, the latter is in its place
  // before the former is written to its own.
  llvm::DenseMap<Operation *, unsigned> positions;
  for (auto [i, op] : llvm::enumerate(body))
    positions[&op] = i + 1;
  auto position = [&](const std::pair<Value, BlockArgument> &result) {
    return std::make_pair(positions.lookup(result.first.getDefiningOp()), result.second.getArgNumber());
  };
  llvm::sort(made, [&](auto &a, auto &b) { return position(a) < position(b); });
  for (auto [value, destination] : made)
    bufferization::MaterializeInDestinationOp::create(b, loc, TypeRange{}, value, destination, /*restrict=*/true,
                                                      /*writable=*/true);
  returned->setOperands({});
  function.removeArgAttrsAttr();
  function.setFunctionType(FunctionType::get(function.getContext(), body.getArgumentTypes(), {}));
  function.setAllResultAttrs(ArrayRef<DictionaryAttr>{});
  Builder builder(function.getContext());
  for (auto [i, dictionary] : llvm::enumerate(attributes)) {
    NamedAttrList list(dictionary);
    // What the caller reads and writes is part of the interface from here on.
    StringRef access = i >= written.size() ? "out" : written[i] ? "inout" : "in";
    list.set(rondo::accessAttribute, builder.getStringAttr(access));
    dictionary = list.getDictionary(function.getContext());
  }
  function.setAllArgAttrs(attributes);
  return success();
}

/// Whether the op reads its operand and writes it nowhere.
bool isOnlyRead(OpOperand &use) {
  auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
  return op && isa<linalg::LinalgOp, PhaseOp>(use.getOwner()) && op.isDpsInput(&use);
}

/// Whether the tensor's buffer is made for it alone, of a tensor.empty that nothing else leads from.
bool isOnItsOwn(OpResult result) {
  while (auto op = dyn_cast<linalg::LinalgOp>(result.getOwner())) {
    Value init = op.getTiedOpOperand(result)->get();
    if (!init.hasOneUse() || !init.getDefiningOp())
      return false;
    if (init.getDefiningOp<tensor::EmptyOp>())
      return true;
    result = cast<OpResult>(init);
  }
  return false;
}

/// The analysis asks for each reader of a tensor about all others. What many ops only read, as the factors of an update
/// of many parameters, is in a buffer that nothing else can get: each of them reads it as a tensor of its own.
void separateReaders(func::FuncOp function) {
  constexpr unsigned many = 32;
  function.walk([](linalg::LinalgOp op) {
    for (OpResult result : op->getResults()) {
      if (!result.hasNUsesOrMore(many) || !llvm::all_of(result.getUses(), isOnlyRead) || !isOnItsOwn(result))
        continue;
      OpBuilder b(op->getContext());
      b.setInsertionPointAfter(op);
      auto type = cast<RankedTensorType>(result.getType());
      SmallVector<OpOperand *> uses = llvm::to_vector(llvm::make_pointer_range(result.getUses()));
      Value buffer = bufferization::ToBufferOp::create(b, op.getLoc(), bufferType(type), result, /*read_only=*/true);
      for (OpOperand *use : uses)
        use->set(bufferization::ToTensorOp::create(b, op.getLoc(), type, buffer, /*restrict=*/true));
    }
  });
}

/// The argument in whose buffer `value` may lie, being the argument, a part of it, or it with parts overwritten.
BlockArgument argumentBehind(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto tensor = dyn_cast<bufferization::ToTensorOp>(op))
      return dyn_cast<BlockArgument>(tensor.getBuffer());
    if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      value = op->getOperand(0);
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (auto insert = dyn_cast<tensor::InsertOp>(op))
      value = insert.getDest();
    else if (auto update = dyn_cast<bufferization::MaterializeInDestinationOp>(op))
      value = update.getDest();
    else if (auto append = dyn_cast<AppendOp>(op))
      value = append.getSlots();
    else if (auto loop = dyn_cast<scf::ForOp>(op))
      value = loop.getInits()[cast<OpResult>(value).getResultNumber()];
    else
      return {};
  }
  return {};
}

/// What the elimination of empty tensors asks, where everything that is written to another tensor is so in place.
struct InPlaceState : bufferization::OneShotAnalysisState {
  using OneShotAnalysisState::OneShotAnalysisState;
  bool isInPlace(OpOperand &) const override { return true; }
};

/// Without loops results are written to arguments' buffers only where mayOverwrite() says so: that needs no analysis,
/// which takes as long again as the one that follows.
LogicalResult eliminateEmptyTensors(IRRewriter &rewriter, func::FuncOp function,
                                    const bufferization::OneShotBufferizationOptions &options) {
  if (function.walk([](LoopLikeOpInterface) { return WalkResult::interrupt(); }).wasInterrupted())
    return bufferization::eliminateEmptyTensors(rewriter, function);
  InPlaceState state(function, options);
  return bufferization::eliminateEmptyTensors(rewriter, function, state);
}

struct Bufferize : rondo::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    SmallVector<std::pair<Value, BlockArgument>> updates;
    if (failed(bufferizeInterface(function, updates)))
      return signalPassFailure();

    separateReaders(function);
    function.walk([](scf::ForOp loop) { writeBackStates(loop, States::writtenDirectly); });
    bufferization::OneShotBufferizationOptions options;
    options.bufferAlignment = rondo::Machine::line;
    IRRewriter rewriter(&getContext());
    bufferization::BufferizationState state;
    // An empty tensor that is inserted into another one later is a slice of that one from the start.
    if (failed(eliminateEmptyTensors(rewriter, function, options)))
      return signalPassFailure();
    function.walk([](scf::ForOp loop) { writeBackStates(loop, States::others); });
    // The arguments are written one after another at the end: what is still in another one's buffer then (states that
    // swap, or move on by a step) is copied out before the first is written.
    for (auto &[value, argument] : updates)
      if (argumentBehind(value) && !updatesInPlace(value, tensorOf(argument))) {
        rewriter.setInsertionPoint(argument.getOwner()->getTerminator());
        value = bufferization::AllocTensorOp::create(rewriter, value.getLoc(), cast<RankedTensorType>(value.getType()),
                                                     ValueRange(), /*copy=*/value);
      }
    // Only now: it would make an empty tensor a second view of the argument's buffer, said not to alias the first.
    for (auto [value, argument] : updates) {
      rewriter.setInsertionPoint(argument.getOwner()->getTerminator());
      bufferization::MaterializeInDestinationOp::create(rewriter, value.getLoc(), TypeRange{}, value, argument,
                                                        /*restrict=*/true, /*writable=*/true);
    }
    if (failed(bufferization::runOneShotBufferize(function, options, state)))
      return signalPassFailure();
  }
};

} // namespace
