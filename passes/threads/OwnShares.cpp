// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What each thread alone writes and reads of a buffer that all have.

#include "passes/threads/OwnShares.h"

#include "dialect/RondoDialect.h"
#include "passes/threads/OwnResults.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The dimension of a buffer that its users deal out, in which units, and as in `Share` the rows for each position of a
/// call, where those of its positions alone are dealt out.
struct Cut {
  unsigned dimension;
  int64_t unit, rows;
  bool operator==(const Cut &other) const {
    return dimension == other.dimension && unit == other.unit && rows == other.rows;
  }
};

} // namespace

/// How a nest cuts what it touches by an operand, if it touches all positions of one dimension in its own shares.
static std::optional<Cut> cutOf(const ParallelNest &nest, const ParallelNest::Operand &operand, Split split) {
  if (nest.scattered == split.loop)
    return std::nullopt;
  auto shape = cast<MemRefType>(operand.buffer.getType()).getShape();
  for (auto [i, expression] : llvm::enumerate(operand.map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expression); dim && dim.getPosition() == split.loop)
      return nest.extents[split.loop] == shape[i] ? std::optional(Cut{unsigned(i), split.unit, nest.limitedRows(split)})
                                                  : std::nullopt;
  return std::nullopt;
}

/// Whether two shares of a buffer may have bytes in one line.
static bool meetInALine(MemRefType type, Cut cut) {
  if (type.getDimSize(cut.dimension) <= cut.unit)
    return false;
  int64_t stride = type.getElementTypeBitWidth() / 8;
  for (int64_t size : type.getShape().drop_front(cut.dimension + 1))
    stride *= size;
  bool isOutermost = llvm::all_of(type.getShape().take_front(cut.dimension), [](int64_t size) { return size == 1; });
  return cut.unit * stride % Machine::line != 0 ||
         (!isOutermost && type.getDimSize(cut.dimension) * stride % Machine::line != 0);
}

/// Whether all that uses it are nests of one loop's body that cut it alike, and the first one writes it as a whole.
bool OwnShares::isInShares(Value buffer) {
  if (!mayLieOnStack(buffer) || buffer.use_empty())
    return false;
  Operation *first = *buffer.user_begin();
  std::optional<Cut> cut;
  for (Operation *user : buffer.getUsers()) {
    auto choice = choices.find(user);
    std::optional<ParallelNest> nest = ParallelNest::of(user);
    if (!nest || choice == choices.end() || choice->second.kind != Choice::Split ||
        user->getBlock() != first->getBlock() || isSummedUp(user, buffer))
      return false;
    for (const ParallelNest::Operand &operand : nest->operands) {
      if (operand.buffer != buffer)
        continue;
      std::optional<Cut> here = cutOf(*nest, operand, choice->second.split);
      if (!here || (cut && !(*cut == *here)))
        return false;
      cut = here;
    }
    if (user->isBeforeInBlock(first))
      first = user;
  }
  if (!isa<scf::ForOp>(first->getParentOp()) || !cut || !meetInALine(cast<MemRefType>(buffer.getType()), *cut))
    return false;
  // A phase reads of its outputs only what it wrote there itself, in blocks of a sum.
  auto phase = dyn_cast<PhaseOp>(first);
  bool readsOwn = phase && !phase.getAccumulate();
  return llvm::all_of(ParallelNest::of(first)->operands, [&](const ParallelNest::Operand &operand) {
    return operand.buffer != buffer || (operand.write && (readsOwn || !operand.read));
  });
}

bool OwnShares::take(Value buffer) {
  if (!isInShares(buffer))
    return false;
  double &bytes = bytesIn[(*buffer.user_begin())->getBlock()];
  if (bytes + bytesOf(buffer) > double(machine.l1))
    return false;
  bytes += bytesOf(buffer);
  return true;
}
