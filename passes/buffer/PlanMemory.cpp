// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Every buffer's place in one arena.
//
// A buffer lives from the first to the last of the function's outermost ops that use it or a view of it. Buffers are
// placed first-fit, the largest first, beside those that live at the same time. A sequence that a loop writes takes the
// place of one that the same loop reads for the last time, where the loop goes through both slot by slot.

#include "passes/Passes.h"

#include "dialect/KernelOps.h"
#include "passes/buffer/SlotSharing.h"
#include "passes/support/Machine.h"

#include "mlir/Analysis/Liveness.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace rondo {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

struct Buffer {
  memref::AllocOp alloc;
  int64_t bytes;
  unsigned first, last; // positions of the outermost ops that use it
  int64_t offset = 0;
  std::optional<unsigned> predecessor = std::nullopt; // the buffer in whose place it is

  bool livesWith(const Buffer &other) const { return first <= other.last && other.first <= last; }
};

/// The bytes of a buffer. Large ones are a few lines longer, so that of many of equal size not all begin at the same
/// place of a page: what a step reads and writes at one position of all of them would fall on one set of the
/// first-level cache.
int64_t sizeInBytes(MemRefType type) {
  constexpr int64_t large = 4 * Machine::page, lines = 5; // an odd number: all sets take turns
  unsigned bits = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
  int64_t bytes = llvm::alignTo(type.getNumElements() * llvm::divideCeil(bits, 8), Machine::line);
  return bytes < large ? bytes : bytes + lines * Machine::line;
}

/// Gives each sequence a predecessor, if there is one, and the first of a row of them the lifetime of all.
void findPredecessors(MutableArrayRef<Buffer> buffers, ArrayRef<Operation *> ops) {
  std::vector<SmallVector<unsigned>> endingAt(ops.size()); // buffers, and not where they begin
  for (auto [j, buffer] : llvm::enumerate(buffers))
    if (buffer.first < buffer.last)
      endingAt[buffer.last].push_back(j);
  for (unsigned i = 0; i < buffers.size(); ++i)
    if (auto loop = dyn_cast<scf::ForOp>(ops[buffers[i].first])) {
      SmallVector<unsigned> &ending = endingAt[buffers[i].first];
      auto *found = llvm::find_if(
          ending, [&](unsigned j) { return j != i && maySucceed(buffers[i].alloc, buffers[j].alloc, loop); });
      if (found == ending.end())
        continue;
      buffers[i].predecessor = *found;
      ending.erase(found);
    }
  for (Buffer &buffer : buffers) {
    Buffer *root = &buffer;
    while (root->predecessor)
      root = &buffers[*root->predecessor];
    root->last = std::max(root->last, buffer.last);
  }
}

/// Packed keys and values that grow from call to call live until the next attention: two of them that follow each
/// other, as of two heads, are two threads', which need not wait for the other one's places.
void keepForNextAttention(MutableArrayRef<Buffer> buffers, ArrayRef<Operation *> ops) {
  llvm::DenseMap<unsigned, unsigned> nextOf;
  std::optional<unsigned> before;
  for (auto [i, op] : llvm::enumerate(ops))
    if (isa<AttendOp>(op)) {
      if (before)
        nextOf[*before] = i;
      before = i;
    }
  auto grows = [](Operation *user) {
    auto pack = dyn_cast<PackOp>(user);
    return pack && pack.getEnds();
  };
  for (Buffer &buffer : buffers)
    if (auto next = nextOf.find(buffer.last);
        next != nextOf.end() && llvm::any_of(buffer.alloc.getResult().getUsers(), grows))
      buffer.last = next->second;
}

/// Places the buffers; returns the arena's size in bytes.
int64_t place(MutableArrayRef<Buffer> buffers) {
  SmallVector<Buffer *> order;
  for (Buffer &buffer : buffers)
    if (!buffer.predecessor)
      order.push_back(&buffer);
  // The order of equal sizes is that of the program: a build must not depend on addresses.
  llvm::sort(order, [](Buffer *a, Buffer *b) { return std::make_pair(-a->bytes, a) < std::make_pair(-b->bytes, b); });
  int64_t size = 0;
  SmallVector<Buffer *> placed; // by offset
  for (Buffer *buffer : order) {
    for (Buffer *other : placed) {
      if (!buffer->livesWith(*other))
        continue;
      if (buffer->offset + buffer->bytes <= other->offset)
        break;
      buffer->offset = std::max(buffer->offset, other->offset + other->bytes);
    }
    placed.insert(llvm::upper_bound(placed, buffer, [](Buffer *a, Buffer *b) { return a->offset < b->offset; }),
                  buffer);
    size = std::max(size, buffer->offset + buffer->bytes);
  }
  for (Buffer &buffer : buffers) {
    Buffer *root = &buffer;
    while (root->predecessor)
      root = &buffers[*root->predecessor];
    buffer.offset = root->offset;
  }
  return size;
}

struct PlanMemory : rondo::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock()) {
      function.emitOpError("expected one block");
      return signalPassFailure();
    }
    Block &body = function.getBody().front();
    llvm::DenseMap<Operation *, unsigned> positions;
    SmallVector<Operation *> ops;
    for (auto [i, op] : llvm::enumerate(body)) {
      positions[&op] = i;
      ops.push_back(&op);
    }

    BufferViewFlowAnalysis views(function);
    SmallVector<Buffer> buffers;
    WalkResult walk = function.walk([&](memref::AllocOp alloc) {
      if (!alloc.getType().hasStaticShape() || !alloc.getType().getLayout().isIdentity()) {
        alloc.emitError() << "expected a buffer of static shape, found " << alloc.getType();
        return WalkResult::interrupt();
      }
      unsigned defined = positions[body.findAncestorOpInBlock(*alloc)];
      // Only what touches its elements needs the memory: not where it is allocated, nor where a view is made.
      Buffer buffer{alloc, sizeInBytes(alloc.getType()), unsigned(ops.size()), defined};
      for (Value view : views.resolve(alloc.getResult()))
        for (Operation *user : view.getUsers()) {
          if (isa<ViewLikeOpInterface>(user))
            continue;
          unsigned position = positions[body.findAncestorOpInBlock(*user)];
          buffer.first = std::min(buffer.first, position);
          buffer.last = std::max(buffer.last, position);
        }
      buffer.first = std::min(buffer.first, buffer.last);
      buffers.push_back(buffer);
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();

    keepForNextAttention(buffers, ops);
    findPredecessors(buffers, ops);
    int64_t size = place(buffers);
    OpBuilder b(&getContext());
    auto arenaType = MemRefType::get({size}, b.getI8Type());
    unsigned index = function.getNumArguments();
    if (failed(function.insertArgument(index, arenaType,
                                       b.getDictionaryAttr({b.getNamedAttr(accessAttribute, b.getStringAttr("inout")),
                                                            b.getNamedAttr(attributeOf(Role::arena), b.getUnitAttr())}),
                                       function.getLoc())))
      return signalPassFailure();
    Value arena = function.getArgument(index);
    b.setInsertionPointToStart(&body);
    for (Buffer &buffer : buffers) {
      Location loc = buffer.alloc.getLoc();
      Value offset = arith::ConstantIndexOp::create(b, loc, buffer.offset);
      Value view = memref::ViewOp::create(b, loc, buffer.alloc.getType(), arena, offset, ValueRange());
      buffer.alloc.replaceAllUsesWith(view);
    }
    // Only now: the first of them may be where the views are put.
    for (Buffer &buffer : buffers)
      buffer.alloc.erase();
  }
};

} // namespace
