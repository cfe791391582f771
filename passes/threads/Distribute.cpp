// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// One function, run by all threads of a team: which thread does what, and barriers where one needs what another one
// did.
//
// The ops are visited in order with what was touched since the last barrier. Where an op touches something of that on
// another thread, and one of both writes, there is a barrier before it. A loop is visited twice, the second time with
// what its first iteration left behind. What only its first iteration would have to wait for is waited for before it.

#include "passes/Passes.h"

#include "dialect/AppendOps.h"
#include "passes/support/CopyNests.h"
#include "passes/threads/OwnShares.h"
#include "passes/threads/ShareCost.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <map>

namespace rondo {
#define GEN_PASS_DEF_DISTRIBUTE
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// What was touched of one buffer. Long functions touch thousands of places in the arena: those near an access are
/// found by where they begin.
class Touched {
public:
  void add(const Access &access) {
    SmallVector<Access> &same = isAnywhere(access) ? anywhere : byFirst[access.first];
    if (llvm::is_contained(same, access))
      return;
    same.push_back(access);
    if (!isAnywhere(access))
      longest = std::max(longest, access.end - access.first);
  }

  bool conflictsWith(const Access &access) const {
    auto meets = [&](const Access &other) { return access.conflictsWith(other); };
    auto begin = byFirst.begin(), end = byFirst.end();
    if (!isAnywhere(access)) {
      begin = byFirst.lower_bound(access.first - longest);
      end = byFirst.lower_bound(access.end);
    }
    return llvm::any_of(anywhere, meets) ||
           std::any_of(begin, end, [&](auto &place) { return llvm::any_of(place.second, meets); });
  }

  void forEach(llvm::function_ref<void(const Access &)> visit) const {
    llvm::for_each(anywhere, visit);
    for (auto &[first, accesses] : byFirst)
      llvm::for_each(accesses, visit);
  }

private:
  static bool isAnywhere(const Access &access) { return access.end == std::numeric_limits<int64_t>::max(); }

  SmallVector<Access> anywhere;                   // places that are not known
  std::map<int64_t, SmallVector<Access>> byFirst; // the others, by the first byte of their buffers
  int64_t longest = 0;                            // of their buffers, in bytes
};

/// What was touched since the last barrier.
class Pending {
public:
  bool conflictsWith(ArrayRef<Access> accesses) const {
    return llvm::any_of(accesses, [&](const Access &access) {
      auto meets = [&](Value root) {
        auto touched = byRoot.find(root);
        return touched != byRoot.end() && touched->second.conflictsWith(access);
      };
      if (access.root)
        return meets(access.root) || meets(Value());
      return llvm::any_of(byRoot, [&](auto &touched) { return touched.second.conflictsWith(access); });
    });
  }
  void add(ArrayRef<Access> accesses) {
    for (const Access &access : accesses)
      byRoot[access.root].add(access);
  }
  void add(const Pending &other) {
    for (auto &[root, touched] : other.byRoot)
      touched.forEach([&](const Access &access) { add(access); });
  }
  void clear() { byRoot.clear(); }

  /// Values inside of `loop` are those of an earlier iteration from now on.
  void age(scf::ForOp loop) {
    llvm::MapVector<Value, Touched> before = std::move(byRoot);
    byRoot.clear();
    for (auto &[root, touched] : before)
      touched.forEach([&](Access access) {
        access.expand([&](Value value) { return loop.getRegion().isAncestor(value.getParentRegion()); });
        add(access);
      });
  }

private:
  llvm::MapVector<Value, Touched> byRoot; // null: unknown
};

class Distributor {
public:
  Distributor(func::FuncOp function, const Machine &machine) : function(function), machine(machine) {}

  void run() {
    for (auto attend : function.getBody().front().getOps<AttendOp>())
      keepTogether(attend);
    Pending pending;
    visit(function.getBody().front(), pending);
    rewrite();
  }

private:
  void visit(Block &block, Pending &pending) {
    for (Operation &op : block.without_terminator())
      visit(&op, pending);
  }

  void visit(Operation *op, Pending &pending) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      if (visited.insert(op).second)
        decide(loop);
      if (!choices.count(op))
        return visitLoop(loop, pending);
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      Pending after = pending;
      for (Region &region : branch->getRegions())
        if (!region.empty()) {
          Pending inside = pending;
          visit(region.front(), inside);
          after.add(inside);
        }
      pending = std::move(after);
      return;
    }
    if (visited.insert(op).second)
      decide(op, pending);
    SmallVector<Access> accesses = accessesOf(op, choices);
    if (accesses.empty())
      return;
    if (barriers.contains(op) || pending.conflictsWith(accesses)) {
      barriers.insert(op);
      pending.clear();
    }
    pending.add(accesses);
  }

  void visitLoop(scf::ForOp loop, Pending &pending) {
    Pending inside;
    visitTwice(loop, inside);
    // Would what came before it make it wait once more?
    size_t known = barriers.size();
    llvm::SetVector<Operation *> before = barriers;
    inside = pending;
    visit(*loop.getBody(), inside);
    if (barriers.size() != known || before.contains(loop)) {
      barriers = std::move(before);
      barriers.insert(loop);
      pending.clear();
    }
    inside = pending;
    visitTwice(loop, inside);
    if (tripCount(loop).value_or(0) > 0 && getConstantIntValue(loop.getLowerBound()) &&
        getConstantIntValue(loop.getUpperBound()))
      pending.clear();
    pending.add(inside);
  }

  void visitTwice(scf::ForOp loop, Pending &pending) {
    for (int i = 0; i < 2; ++i) {
      visit(*loop.getBody(), pending);
      pending.age(loop);
    }
  }

  /// Chooses for an attention that one thread computes alone, as of one query of one head, and for what gives it keys
  /// and values: these stay in that thread's caches, nothing waits in between, and other heads are other threads'.
  void keepTogether(AttendOp attend) {
    std::optional<ParallelNest> nest = ParallelNest::of(attend);
    SmallVector<Choice> possible = choicesFor(*nest, machine);
    if (possible.size() != 1 || possible.front().kind != Choice::Thread)
      return;
    Choice choice = possible.front();
    if (nest->work() >= machine.worthBarrier())
      choice.thread = next++;
    choices[attend] = choice;
    for (Value packed : attend.getInputs().drop_front())
      for (Operation *user : packed.getUsers()) {
        auto pack = dyn_cast<PackOp>(user);
        if (!pack || pack->getBlock() != attend->getBlock() || !llvm::hasNItems(packed.getUses(), 2))
          continue;
        choices[pack] = choice;
        for (Operation *writer : pack.getInputs().front().getUsers())
          if (isa<AppendOp>(writer) && writer->getBlock() == attend->getBlock())
            choices[writer] = choice;
      }
  }

  /// Chooses for an op that stands outside of loops, or that nothing has been chosen for.
  void decide(Operation *op, const Pending &pending) {
    if (choices.count(op))
      return;
    if (isa<memref::StoreOp>(op))
      choices[op] = Choice();
    std::optional<ParallelNest> nest = ParallelNest::of(op);
    if (!nest)
      return;
    SmallVector<Choice> possible = choicesFor(*nest, machine);
    // Reductions to one number are dealt out as wholes.
    if (possible.size() == 1 && possible.front().kind == Choice::Thread && nest->work() >= machine.worthBarrier())
      possible.front().thread = next++;
    // Of those that are good the first that needs no barrier.
    for (const Choice &choice : possible) {
      choices[op] = choice;
      if (!pending.conflictsWith(accessesOf(op, choices)))
        return;
    }
    choices[op] = possible.front();
  }

  /// Chooses for a loop and all ops in it.
  void decide(scf::ForOp loop) {
    if (std::optional<Choice> choice = splitIterations(loop)) {
      choices[loop] = *choice;
      return;
    }
    bool hasNest = false, writes = false;
    loop.getBody()->walk([&](Operation *op) {
      visited.insert(op);
      hasNest |= ParallelNest::of(op).has_value();
      writes |= isa<memref::StoreOp>(op);
    });
    bool alone = !hasNest && writes;
    if (hasNest) {
      SmallVector<Choices> ways = waysToShare(loop, machine);
      double least = std::numeric_limits<double>::infinity();
      Choices best = ways.front();
      for (Choices &way : ways) {
        setChoices(loop, way);
        double cycles = cyclesOfTheBusier(*loop.getBody(), way, machine) + cyclesAtBarriers(loop);
        if (cycles < least) {
          least = cycles;
          best = std::move(way);
        }
      }
      setChoices(loop, best);
      // One thread runs a loop of steps that are not worth the barriers in them.
      alone = cyclesOfTheBusier(*loop.getBody(), Choices(), machine) < least;
    }
    if (alone && loop.getNumResults() == 0) {
      setChoices(loop, Choices());
      choices[loop] = Choice();
    }
  }

  /// Makes those of `way` the choices for all that is in a loop.
  void setChoices(scf::ForOp loop, const Choices &way) {
    loop.getBody()->walk([&](Operation *op) { choices.erase(op); });
    for (auto &[op, choice] : way)
      choices[op] = choice;
  }

  /// An estimate of the cycles that the barriers of one iteration cost with the choices that are made.
  double cyclesAtBarriers(scf::ForOp loop) {
    llvm::DenseSet<Value> written;
    loop.getBody()->walk([&](Operation *op) {
      if (std::optional<ParallelNest> nest = ParallelNest::of(op))
        for (const ParallelNest::Operand &operand : nest->operands)
          if (operand.write)
            written.insert(wholeOf(operand.buffer));
    });
    llvm::SetVector<Operation *> before = barriers;
    Pending inside;
    visitTwice(loop, inside);
    double cycles = 0;
    for (Operation *op : barriers.getArrayRef().drop_front(before.size())) {
      double bytes = 0, times = 1;
      if (std::optional<ParallelNest> nest = ParallelNest::of(op))
        for (const ParallelNest::Operand &operand : nest->operands)
          if (operand.read && written.contains(wholeOf(operand.buffer)))
            bytes += bytesOf(operand.buffer);
      for (auto around = op->getParentOfType<scf::ForOp>(); around && around != loop;
           around = around->getParentOfType<scf::ForOp>())
        times *= double(tripCount(around).value_or(1));
      cycles += times * machine.barrierInStep(bytes);
    }
    barriers = std::move(before);
    return cycles;
  }

  //===-- the result ---------------------------------------------------------------------------------------===//

  void rewrite() {
    OpBuilder b(function.getContext());
    for (Operation *op : barriers) {
      b.setInsertionPoint(op);
      BarrierOp::create(b, op->getLoc());
    }
    SmallVector<Operation *> chosen; // in the order of the program
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (choices.count(op))
        chosen.push_back(op);
    });
    OwnShares ownShares(choices, machine);
    for (Operation *op : chosen)
      giveOwnResults(b, op, [&](Value buffer) {
        return choices[op].kind == Choice::Each || (choices[op].kind == Choice::Split && ownShares.take(buffer));
      });
    for (Operation *op : chosen) {
      const Choice &choice = choices[op];
      b.setInsertionPoint(op);
      if (choice.kind == Choice::Thread)
        runOn(b, op, choice.thread);
      else if (auto loop = dyn_cast<scf::ForOp>(op))
        splitLoop(b, loop, choice.split.unit);
      else if (choice.kind == Choice::Split)
        setSplit(op, choice.split);
    }
  }

  /// Puts what an op writes and `isOwn` accepts on the thread's own stack, where loops one after the other use the same
  /// places. Those of loops within one another live at the same time.
  void giveOwnResults(OpBuilder &b, Operation *op, llvm::function_ref<bool(Value)> isOwn) {
    std::optional<ParallelNest> nest = ParallelNest::of(op);
    if (!nest)
      return;
    Operation *outermost = function.getBody().front().findAncestorOpInBlock(*op);
    OwnPlaces &places = ownPlaces[outermost];
    for (const ParallelNest::Operand &operand : nest->operands) {
      Value shared = wholeOf(operand.buffer);
      if (!operand.write || shared.getDefiningOp<memref::AllocaOp>() || !isOwn(shared))
        continue;
      auto type = cast<MemRefType>(shared.getType());
      SmallVector<Value> &all = onStack[type];
      size_t number = places[type]++;
      if (number == all.size()) {
        b.setInsertionPointToStart(&function.getBody().front());
        all.push_back(memref::AllocaOp::create(b, function.getLoc(), type, b.getI64IntegerAttr(Machine::line)));
      }
      shared.replaceAllUsesWith(all[number]);
    }
  }

  void runOn(OpBuilder &b, Operation *op, int64_t number) {
    Location loc = op->getLoc();
    Value thread = ThreadOp::create(b, loc, b.getIndexType());
    Value owner = arith::ConstantIndexOp::create(b, loc, number);
    if (number != 0)
      owner = arith::RemUIOp::create(b, loc, owner, ThreadsOp::create(b, loc, b.getIndexType()));
    Value mine = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, thread, owner);
    auto branch = scf::IfOp::create(b, loc, mine, /*withElseRegion=*/false);
    op->moveBefore(branch.thenYield());
  }

  void splitLoop(OpBuilder &b, scf::ForOp loop, int64_t unit) {
    Location loc = loop.getLoc();
    SplitRange range = buildSplitRange(b, loc, *tripCount(loop), unit, endWithCall(loop));
    Value first = loop.getLowerBound(), step = loop.getStep();
    bool isKnown = getConstantIntValue(first).has_value();
    Value lower = isKnown ? first : arith::ConstantIndexOp::create(b, loc, *leastLower(loop));
    auto position = [&](Value iteration) -> Value {
      Value distance = b.createOrFold<arith::MulIOp>(loc, iteration, step);
      return b.createOrFold<arith::AddIOp>(loc, lower, distance);
    };
    Value begin = position(range.lower);
    loop.setLowerBound(isKnown ? begin : b.createOrFold<arith::MaxUIOp>(loc, begin, first));
    Value upper = position(range.upper), whole = loop.getUpperBound();
    loop.setUpperBound(getConstantIntValue(whole) ? upper : b.createOrFold<arith::MinUIOp>(loc, upper, whole));
  }

  func::FuncOp function;
  const Machine &machine;
  Choices choices;
  llvm::DenseSet<Operation *> visited;   // whose choice is made
  llvm::SetVector<Operation *> barriers; // ops with a barrier before them
  int64_t next = 0;
  llvm::DenseMap<Type, SmallVector<Value>> onStack; // buffers of each thread's own
  using OwnPlaces = llvm::DenseMap<Type, size_t>;
  llvm::DenseMap<Operation *, OwnPlaces> ownPlaces; // how many of them an outermost loop has
};

/// Whether the pass knows of each op in `function` what it touches.
bool isKnown(func::FuncOp function) {
  return !function
              .walk([&](Operation *op) {
                if (op == function.getOperation() || op->hasTrait<OpTrait::IsTerminator>() ||
                    isa<scf::ForOp, scf::IfOp, memref::LoadOp, memref::StoreOp, memref::CopyOp>(op) ||
                    isMemoryEffectFree(op))
                  return WalkResult::advance();
                return ParallelNest::of(op) ? WalkResult::skip() : WalkResult::interrupt();
              })
              .wasInterrupted();
}

struct Distribute : rondo::impl::DistributeBase<Distribute> {
  using DistributeBase::DistributeBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Machine machine{width, registers, fma, l1, l2, l3, barrier};
    if (failed(machine.verify(function)))
      return signalPassFailure();
    if (!function.getBody().hasOneBlock() || !isKnown(function) || workIn(function.getBody().front()) < work)
      return;
    makeNestsOfCopies(function);
    Distributor(function, machine).run();
  }
};

} // namespace
