// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How a phase's loops are cut into register tiles and blocks for the caches.

#include "passes/vector/PhasePlan.h"

#include "passes/support/LoopLimit.h"
#include "passes/support/PhaseShape.h"
#include "passes/support/TileHeight.h"
#include "passes/vector/PhaseTile.h"
#include "passes/vector/VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

/// Sums up to twice as long as a block are not blocked.
static bool isBlocked(PhaseOp op, const Machine &machine) {
  return yieldsSums(op) && hasSumsLongerThan(op, 2 * machine.blockTerms());
}

/// The parallel loop whose iterations share what the products read along the lanes: the innermost with a tile's worth
/// of them, else the longest.
static std::optional<unsigned> chooseRows(PhaseOp op, unsigned lanes) {
  std::optional<unsigned> best;
  for (unsigned loop = 0; loop < lanes; ++loop) {
    if (op.getBounds()[loop] == 1)
      continue;
    bool shares = false;
    for (unsigned i = 0; i < op.getInputs().size(); ++i)
      shares |= op.readsInSums(i) && op.getMap(i).isFunctionOfDim(lanes) && !op.getMap(i).isFunctionOfDim(loop);
    if (shares && (!best || op.getBounds()[loop] >= std::min<int64_t>(4, op.getBounds()[*best])))
      best = loop;
  }
  return best;
}

namespace {
/// The widths of the blocks in which operands are packed, 0 if they are not.
struct PackedWidths {
  int64_t lanes = 0, rows = 0;
};
} // namespace

static FailureOr<PackedWidths> packedWidths(PhaseOp op, const PhasePlan &plan) {
  PackedWidths widths;
  bool good = true;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    for (AffineExpr result : op.getMap(i).getResults())
      result.walk([&](AffineExpr expr) {
        if (expr.getKind() != AffineExprKind::FloorDiv && expr.getKind() != AffineExprKind::Mod)
          return;
        auto binary = cast<AffineBinaryOpExpr>(expr);
        int64_t found = cast<AffineConstantExpr>(binary.getRHS()).getValue();
        auto loop = dyn_cast<AffineDimExpr>(binary.getLHS());
        bool alongLanes = loop && loop.getPosition() == plan.lanes, alongRows = loop && loop.getPosition() == plan.rows;
        int64_t &width = alongLanes ? widths.lanes : widths.rows;
        // Lanes' blocks and places in them are indices by themselves, but for a constant.
        bool isWhole = !alongLanes || PhaseTile::splitConstant(result).first == expr;
        good &= isWhole && (alongLanes ? found % plan.width == 0 : alongRows);
        good &= width == 0 || width == found;
        width = found;
      });
  if (!good)
    return op.emitError() << "expected operands packed along the last parallel loop, in blocks of one multiple of "
                          << plan.width << " lanes, or along the loop over rows";
  return widths;
}

/// How far the operands of one sum that are packed apart lie behind those of the one before, if all else is the same.
static std::optional<int64_t> distanceOfSums(PhaseOp op) {
  std::optional<int64_t> distance;
  auto isBehind = [&](Value factor, Value before) {
    auto a = dyn_cast<BlockArgument>(before), b = dyn_cast<BlockArgument>(factor);
    if (!a || !b || op->getOperand(a.getArgNumber()) != op->getOperand(b.getArgNumber()))
      return false;
    ArrayRef<AffineExpr> at = op.getMap(b.getArgNumber()).getResults(), was = op.getMap(a.getArgNumber()).getResults();
    if (!PhaseTile::isPackedApart(at) || !PhaseTile::isPackedApart(was))
      return at == was;
    int64_t found = cast<AffineConstantExpr>(at[1]).getValue() - cast<AffineConstantExpr>(was[1]).getValue();
    return at[0] == was[0] && at.drop_front(2) == was.drop_front(2) &&
           std::exchange(distance, found).value_or(found) == found;
  };
  auto isSame = [&](Value summand, Value before) {
    auto product = summand.getDefiningOp<arith::MulFOp>(), other = before.getDefiningOp<arith::MulFOp>();
    return product && other && isBehind(product.getLhs(), other.getLhs()) && isBehind(product.getRhs(), other.getRhs());
  };
  SmallVector<SmallVector<Value>> sums = summandsOf(op.getSums().front());
  for (size_t sum = 1; sum < sums.size(); ++sum)
    if (sums[sum].size() != sums[0].size() || !llvm::all_of_zip(sums[sum], sums[sum - 1], isSame))
      return std::nullopt;
  return distance;
}

/// The most rows of a tile with so many accumulators in each: they leave registers for the operands, and where there
/// are few registers just enough of them (TileEmitter says which operands are held at once).
static int64_t mostRows(int64_t perRow, const Machine &machine) {
  int64_t rows = machine.accumulators() / perRow;
  auto others = [&] {
    if (machine.hasManyRegisters())
      return perRow + 2;
    return std::min(perRow, rows) + (machine.fma ? 1 : 2);
  };
  while (rows > 1 && rows * perRow + others() > machine.registers)
    --rows;
  return std::max<int64_t>(1, rows);
}

/// The lanes of a tile, up to those of its vectors. A thread's share is a number of whole tiles: where it is cut as the
/// rows of another op are, in units of less than a vector or of no whole number of them, a tile's last vector has a
/// mask.
static void chooseLaneTile(PhaseOp op, PhasePlan &plan, bool packed) {
  plan.laneTile = plan.vectors * plan.width;
  std::optional<Split> split = splitOf(op);
  if (!split || split->loop != plan.lanes || packed) // blocks of packed lanes are tiles
    return;
  while (split->unit % plan.laneTile != 0)
    --plan.laneTile;
  plan.vectors = llvm::divideCeil(plan.laneTile, plan.width);
}

/// Whether some rows go through all panels before the next ones do: where they are more than a core's own cache, or the
/// shared one, holds, and the panels are not. Else each panel would read all of them again, from further away.
static bool goInChunks(PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  if (!plan.rows || plan.blocked || op.getBounds()[plan.lanes] <= plan.laneTile)
    return false;
  int64_t rows = PhaseTile::bytesAlong(op, *plan.rows, plan.lanes);
  int64_t panels = PhaseTile::bytesAlong(op, plan.lanes, plan.rows);
  return llvm::any_of(ArrayRef{machine.l2, machine.l3},
                      [&](int64_t cache) { return rows > cache && panels <= cache / 2; });
}

/// The height of the lower tiles where a call may have any number of rows: not much lower than the high ones, and with
/// no common divisor, so that few numbers leave rows over.
static int64_t chooseLowTile(int64_t high) {
  return chooseHeight(high - 1, std::min<int64_t>(high - 1, llvm::divideCeil(5 * high, 8)),
                      [&](int64_t low) { return std::gcd(high, low) == 1 ? low : high; });
}

/// Chooses the heights of tiles of at most `most` rows.
static void chooseHeights(PhaseOp op, PhasePlan &plan, int64_t packedRows, int64_t most, const Machine &machine) {
  std::optional<Split> split = splitOf(op);
  int64_t all = plan.rows ? op.getBounds()[*plan.rows] : 1;
  bool splitRows = plan.rows && split && split->loop == *plan.rows;
  std::optional<LoopEnd> end = endOf(op);
  bool endsEarly = plan.rows && (limitOf(op, *plan.rows) || (end && end->loop == *plan.rows));
  plan.endsAnywhere = endsEarly && packedRows == 0;
  int64_t rows = splitRows && !plan.endsAnywhere ? split->unit : all;
  bool wholeBlocks = packedRows && all % packedRows == 0 && rows % packedRows == 0;
  if (wholeBlocks)
    rows = packedRows;
  plan.cutRows = rows;
  // One height that divides the rows, if it is not much less than the greatest; else two that differ by one: a low tile
  // at the end reads its panel for a few rows alone. Where registers are few each row of a tile counts, but for
  // chunks that are no thread's unit, which are several tiles of one height.
  int64_t least = std::min<int64_t>(8, llvm::divideCeil(5 * most, 6));
  if (!machine.hasManyRegisters() && rows > 0 && (splitRows || !goInChunks(op, plan, machine)))
    least = std::max<int64_t>(least, llvm::divideCeil(rows, llvm::divideCeil(rows, most)));
  bool oneHeight = (packedRows && !wholeBlocks) || (all > 0 && all % rows != 0);
  auto isRest = [&](int64_t tile) { return rows % tile != 0; };
  plan.rowTile = chooseHeight(std::clamp<int64_t>(rows, 1, most), oneHeight ? (most + 1) / 2 : least, isRest);
  // A thread's share is a number of whole tiles, and a tile lies in one block of packed rows.
  if (oneHeight)
    plan.rowTile = chooseHeight(plan.rowTile, 1, [&](int64_t tile) {
      return (splitRows && isRest(tile)) || (packedRows && packedRows % tile != 0);
    });
  if (!oneHeight && isRest(plan.rowTile)) {
    int64_t tiles = llvm::divideCeil(rows, most);
    plan.rowTile = llvm::divideCeil(rows, tiles);
    if (rows % tiles != 0)
      plan.fullRows = (rows - tiles * (plan.rowTile - 1)) * plan.rowTile;
  }
  plan.lowTile = plan.endsAnywhere ? chooseLowTile(plan.rowTile) : plan.rowTile - 1;
}

/// Where registers are few, tiles of so few rows that two vectors of each are too few sums to hide their latency have
/// a third vector, which is a part of the next block of packed lanes.
static void widenLowTiles(PhaseOp op, PhasePlan &plan, const Machine &machine) {
  std::optional<Split> split = splitOf(op);
  int64_t vectors = plan.vectors + 1;
  if (machine.hasManyRegisters() || (split && split->loop == plan.lanes) || plan.endsAnywhere || plan.fullRows > 0 ||
      plan.rowTile < Machine::rowsWithTimeToLoad || op.getBounds()[plan.lanes] <= vectors * plan.width ||
      plan.rowTile * plan.vectors * plan.sums > Machine::sumsUnderWay ||
      mostRows(vectors * plan.sums, machine) < plan.rowTile)
    return;
  plan.vectors = vectors;
  plan.laneTile = vectors * plan.width;
}

/// The height of the tiles of a last panel with fewer vectors, where the others have tiles of two heights; 0 for
/// theirs. Sums of fewer vectors are too few to hide their latency, and one height is less code than two.
static int64_t chooseLastTile(PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  int64_t vectors = llvm::divideCeil(op.getBounds()[plan.lanes] % plan.laneTile, plan.width);
  if (plan.fullRows == 0 || vectors == 0 || vectors == plan.vectors)
    return 0;
  int64_t tile = Machine::sumsUnderWay / (vectors * plan.sums);
  bool fits = tile > plan.rowTile && tile <= mostRows(vectors * plan.sums, machine);
  return fits && plan.cutRows % tile == 0 ? tile : 0;
}

/// Whether the pointwise body takes a tile's sums from memory: where they do not fit into the registers together, and
/// where one body in a loop is much less code than one of functions for each register. Not for a single sum where there
/// are many registers: LLVM would move the accumulators within the loop over terms.
static bool goAside(PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  constexpr int64_t fewBodies = 3;
  if (yieldsSums(op))
    return false;
  bool isMuch = (!machine.hasManyRegisters() || op.getNumSums() > 1) && plan.rowTile * plan.vectors > fewBodies;
  return plan.sums < op.getNumSums() || (isMuch && callsFunctions(op.getEpilogue().front()));
}

/// The rows of one chunk, 0 for all.
static int64_t chooseChunk(PhaseOp op, const PhasePlan &plan, const Machine &machine) {
  constexpr int64_t fewTiles = 4;
  if (!goInChunks(op, plan, machine))
    return 0;
  std::optional<Split> split = splitOf(op);
  bool splitRows = split && split->loop == *plan.rows;
  int64_t rows = op.getBounds()[*plan.rows], chunk = fewTiles * plan.rowTile;
  if (plan.endsAnywhere)
    return chunk + plan.leastRows() <= rows ? chunk : 0;
  if (splitRows || plan.fullRows)
    chunk = splitRows ? split->unit : plan.cutRows;
  return chunk < rows ? chunk : 0;
}

/// Whether a row reads for one term what another row reads for another one, as windows of neighbours do: of several
/// terms at a time these would be held in registers.
static bool shareTerms(PhaseOp op, unsigned rows) {
  unsigned terms = op.getBounds().size() - 1;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    for (AffineExpr result : op.getMap(i).getResults())
      if (op.readsInSums(i) && result.isFunctionOfDim(rows) && result.isFunctionOfDim(terms))
        return true;
  return false;
}

FailureOr<PhasePlan> rondo::planPhase(PhaseOp op, const Machine &machine) {
  PhasePlan plan;
  if (!isPointwiseBody(op.getSums().front()) || !isPointwiseBody(op.getEpilogue().front()))
    return op.emitError("expected a phase of ops that make one number of numbers");
  ArrayRef<int64_t> bounds = op.getBounds();
  Type element = op.getSums().front().getTerminator()->getOperand(0).getType();
  plan.lanes = op.getNumParallel() - 1;
  plan.width = machine.lanesOf(element);
  plan.rows = chooseRows(op, plan.lanes);
  int64_t rows = plan.rows ? bounds[*plan.rows] : 1, sums = op.getNumSums();
  FailureOr<PackedWidths> packed = packedWidths(op, plan);
  if (failed(packed))
    return failure();
  Machine::Tile tile = machine.tileOf(element, sums, rows, bounds[plan.lanes]);
  plan.sums = tile.sums;
  plan.terms = plan.rows && shareTerms(op, *plan.rows) ? 1 : tile.terms;
  if (plan.sums == 1 && sums > 1 && !yieldsSums(op))
    plan.sameForAllSums = distanceOfSums(op);
  plan.vectors = packed->lanes ? packed->lanes / plan.width : tile.vectors;
  chooseLaneTile(op, plan, packed->lanes);
  unsigned parallel = op.getNumParallel();
  if (isBlocked(op, machine)) {
    int64_t inner = ShapedType::getNumElements(bounds.drop_front(parallel + 1));
    plan.blocked = parallel;
    plan.block = std::max<int64_t>(1, machine.blockTerms() / std::max<int64_t>(1, inner));
  }
  // Double precision is for proof: small tiles are a third of the code, and compile in a third of the time.
  int64_t most = mostRows(plan.vectors * plan.sums, machine);
  chooseHeights(op, plan, packed->rows, element.isF64() ? std::min<int64_t>(4, most) : most, machine);
  if (packed->lanes && !element.isF64())
    widenLowTiles(op, plan, machine);
  if (!element.isF64())
    plan.lastTile = chooseLastTile(op, plan, machine);
  plan.aside = goAside(op, plan, machine);
  if (std::optional<Split> split = splitOf(op); split && split->loop == plan.lanes && split->unit % plan.laneTile != 0)
    return op.emitError() << "expected lanes that are split in units of whole tiles of " << plan.laneTile
                          << ", found units of " << split->unit;

  plan.chunk = chooseChunk(op, plan, machine);
  return plan;
}

std::string rondo::describePlan(PhaseOp op, const PhasePlan &plan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  ArrayRef<int64_t> bounds = op.getBounds();
  os << plan.rowTile;
  if (plan.fullRows || (plan.endsAnywhere && plan.lowTile > 0))
    os << " or " << plan.lowTile;
  os << " rows x " << plan.laneTile << " lanes x " << plan.sums;
  if (plan.sums < op.getNumSums())
    os << " of " << op.getNumSums();
  os << " sum(s) in registers, of " << ShapedType::getNumElements(bounds.take_front(op.getNumParallel() - 1)) << " x "
     << bounds[plan.lanes] << " points, " << ShapedType::getNumElements(bounds.drop_front(op.getNumParallel()))
     << " terms";
  if (plan.blocked)
    os << " in blocks of " << plan.block;
  if (plan.chunk)
    os << ", " << plan.chunk << " rows through all panels";
  if (plan.lastTile)
    os << ", " << plan.lastTile << " rows in the last panel";
  if (std::optional<Split> split = splitOf(op))
    os << (split->loop == plan.lanes  ? "; lanes"
           : split->loop == plan.rows ? "; rows"
                                      : "; an outer loop")
       << " shared by threads in units of " << split->unit;
  return text;
}
