// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What each thread does for itself, with results of its own.

#include "passes/threads/OwnResults.h"

#include "dialect/RondoDialect.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace rondo;

OwnResults::OwnResults(scf::ForOp loop, const Nests &nests, const Machine &machine, Choices &choices)
    : loop(loop), nests(nests), machine(machine), choices(choices) {
  for (auto &[op, nest] : nests) {
    nestOf[op] = &nest;
    if (choices.lookup(op).kind == Choice::Thread && nest.work() < double(machine.worthThread()))
      each.insert(op);
  }
}

void OwnResults::choose() {
  for (size_t before = 0; before != each.size();) {
    before = each.size();
    counted.clear();
    bytesLeft = double(machine.l1) / 2;
    each.remove_if([&](Operation *op) {
      const ParallelNest &nest = *nestOf.lookup(op);
      return waitsForOne(nest) || !canBeDoneByEach(nest);
    });
  }
  goOnWithOwn();
  for (Operation *op : each)
    choices[op].kind = Choice::Each;
}

bool OwnResults::canBeDoneByEach(const ParallelNest &nest) {
  return llvm::all_of(nest.operands, [&](const ParallelNest::Operand &operand) {
    return !operand.write || canBeOwn(wholeOf(operand.buffer));
  });
}

/// What uses a buffer and its parts; nothing if an op among that is no nest.
static std::optional<SmallVector<std::pair<Operation *, Value>>>
usersOf(Value buffer, const llvm::DenseMap<Operation *, const ParallelNest *> &nestOf) {
  SmallVector<std::pair<Operation *, Value>> users;
  SmallVector<Value> pending{buffer};
  while (!pending.empty()) {
    Value part = pending.pop_back_val();
    for (Operation *user : part.getUsers()) {
      if (auto view = dyn_cast<ViewLikeOpInterface>(user))
        pending.push_back(view.getViewDest());
      else if (nestOf.contains(user))
        users.push_back({user, part});
      else
        return std::nullopt;
    }
  }
  return users;
}

/// Whether it reads what one thread makes for all: the others would wait for that.
bool OwnResults::waitsForOne(const ParallelNest &nest) {
  return llvm::any_of(nest.operands, [&](const ParallelNest::Operand &operand) {
    return operand.read && llvm::any_of(wholeOf(operand.buffer).getUsers(), [&](Operation *user) {
             const ParallelNest *other = nestOf.lookup(user);
             return other && !each.contains(user) && choices.lookup(user).kind == Choice::Thread &&
                    llvm::any_of(other->operands, [&](const ParallelNest::Operand &written) {
                      return written.write && wholeOf(written.buffer) == wholeOf(operand.buffer);
                    });
           });
  });
}

/// Whether there is room for one more buffer; what is counted has its place.
bool OwnResults::fits(Value buffer) {
  if (counted.contains(buffer))
    return true;
  if (bytesOf(buffer) > bytesLeft)
    return false;
  counted.insert(buffer);
  bytesLeft -= bytesOf(buffer);
  return true;
}

bool rondo::mayLieOnStack(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  auto view = buffer.getDefiningOp<memref::ViewOp>();
  auto arena = view ? dyn_cast<BlockArgument>(view.getSource()) : BlockArgument();
  auto function = arena ? dyn_cast<func::FuncOp>(arena.getOwner()->getParentOp()) : func::FuncOp();
  return function && function.getArgAttr(arena.getArgNumber(), attributeOf(Role::arena)) && type.hasStaticShape() &&
         type.getLayout().isIdentity();
}

bool rondo::isSummedUp(Operation *op, Value buffer) {
  auto phase = dyn_cast<PhaseOp>(op);
  return phase && llvm::any_of(llvm::seq<unsigned>(0, phase.getInputs().size()),
                               [&](unsigned i) { return phase->getOperand(i) == buffer && phase.readsInSums(i); });
}

bool OwnResults::canBeOwn(Value buffer) {
  if (!mayLieOnStack(buffer))
    return false;
  auto users = usersOf(buffer, nestOf);
  if (!users || users->empty())
    return false;
  Operation *first = users->front().first;
  for (auto [user, part] : *users) {
    if (user->getBlock() != loop.getBody())
      return false;
    if (user->isBeforeInBlock(first))
      first = user;
    auto isWritten = [part = part](auto &operand) { return operand.buffer == part && operand.write; };
    if (!each.contains(user) && llvm::any_of(nestOf.lookup(user)->operands, isWritten))
      return false;
    if (isSummedUp(user, part))
      return false;
  }
  // Each copy is written as a whole before it is read.
  for (const ParallelNest::Operand &operand : nestOf.lookup(first)->operands)
    if (wholeOf(operand.buffer) == buffer && (operand.read || operand.buffer != buffer))
      return false;
  return fits(buffer);
}

/// Lets each thread also do what follows of its own results, and of what it has waited for in any case: it may be
/// wanted by another share than the one that would make it.
void OwnResults::goOnWithOwn() {
  llvm::DenseSet<Value> written, own; // written by some threads, and by each for itself, as far as it has not waited
  for (auto &[op, nest] : nests)
    for (const ParallelNest::Operand &operand : nest.operands)
      if (operand.write)
        (each.contains(op) ? own : written).insert(wholeOf(operand.buffer));
  for (const auto &entry : nests) {
    Operation *op = entry.first;
    const ParallelNest &nest = entry.second;
    auto isOwn = [&](const ParallelNest::Operand &operand) {
      return operand.read && own.contains(wholeOf(operand.buffer));
    };
    auto isAtHand = [&](const ParallelNest::Operand &operand) {
      return operand.write || !written.contains(wholeOf(operand.buffer));
    };
    if (!each.contains(op)) {
      auto nowWritten = [&] {
        for (const ParallelNest::Operand &operand : nest.operands)
          if (operand.write)
            written.insert(wholeOf(operand.buffer));
      };
      if (nest.work() >= double(machine.worthCall()) || llvm::none_of(nest.operands, isOwn) ||
          !llvm::all_of(nest.operands, isAtHand)) {
        nowWritten();
        continue;
      }
      each.insert(op);
      if (!canBeDoneByEach(nest)) {
        each.remove(op);
        nowWritten();
        continue;
      }
    }
    for (const ParallelNest::Operand &operand : nest.operands) {
      written.erase(wholeOf(operand.buffer));
      if (operand.write)
        own.insert(wholeOf(operand.buffer));
    }
  }
}
