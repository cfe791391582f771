// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the distribution over threads must know of an op on buffers that is a loop nest.

#include "passes/threads/ParallelNest.h"

#include "dialect/AppendOps.h"
#include "dialect/AttentionGradOps.h"
#include "dialect/AttentionTerms.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/ShareUnits.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include <numeric>

using namespace mlir;
using namespace rondo;

static ParallelNest describe(linalg::LinalgOp op) {
  ParallelNest nest;
  nest.extents = op.getStaticLoopRanges();
  for (utils::IteratorType kind : op.getIteratorTypesArray())
    nest.parallel.push_back(kind == utils::IteratorType::parallel);
  bool reduces = llvm::is_contained(nest.parallel, false);
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    bool write = op.isDpsInit(&operand);
    bool read = op.payloadUsesValueFromOperand(&operand) || (write && reduces);
    nest.operands.push_back({operand.get(), op.getMatchingIndexingMap(&operand), read, write});
  }
  nest.opsPerPoint = std::max<int64_t>(1, op->getRegion(0).front().getOperations().size() - 1);
  return nest;
}

static ParallelNest describe(PhaseOp op) {
  ParallelNest nest;
  nest.extents.assign(op.getBounds().begin(), op.getBounds().end());
  nest.parallel.assign(nest.extents.size(), false);
  std::fill_n(nest.parallel.begin(), op.getNumParallel(), true);
  unsigned inputs = op.getInputs().size();
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    if (isa<MemRefType>(op->getOperand(i).getType()))
      // Long sums are kept in the outputs from one block to the next.
      nest.operands.push_back({op->getOperand(i), op.getMap(i), true, i >= inputs});
  // The pointwise body runs once for all terms of a sum.
  int64_t terms = 1;
  for (int64_t extent : op.getBounds().drop_front(op.getNumParallel()))
    terms *= extent;
  int64_t once = op.getEpilogue().front().getOperations().size() - 1;
  nest.opsPerPoint = 2 * op.getNumSums() + llvm::divideCeil(once, std::max<int64_t>(1, terms));
  return nest;
}

bool rondo::isSharedByTerms(PackOp op) {
  constexpr int64_t manyRows = 256; // cut into units of no fewer than any vector has lanes
  auto type = cast<ShapedType>(op.getInputs()[0].getType());
  int64_t lanes = op.getLanes(), terms = op.getTerms();
  return lanes < terms && terms == type.getRank() - 1 && type.getDimSize(terms) >= manyRows &&
         type.getDimSize(lanes) <= int64_t(op.getWidth());
}

/// Over the outer dimensions and the lanes of all gates at once; a thread's share is whole blocks of all terms, or
/// terms where all lanes are one block.
static ParallelNest describe(PackOp op) {
  ParallelNest nest;
  auto type = cast<MemRefType>(op.getInputs()[0].getType());
  MLIRContext *context = op.getContext();
  SmallVector<AffineExpr> from(type.getRank()), to;
  auto addLoop = [&](int64_t dim, bool parallel) {
    from[dim] = getAffineDimExpr(nest.extents.size(), context);
    nest.extents.push_back(type.getDimSize(dim));
    nest.parallel.push_back(parallel);
    return from[dim];
  };
  for (int64_t dim : op.getOuterDims())
    to.push_back(addLoop(dim, true));
  bool byTerms = isSharedByTerms(op);
  // What ends at a number of each row is one thread's.
  bool hasEnds = bool(op.getEnds());
  AffineExpr lane = addLoop(op.getLanes(), !byTerms && !(hasEnds && *op.getAlong() == op.getLanes())),
             term = addLoop(op.getTerms(), byTerms && !hasEnds);
  for (Value weight : op.getInputs())
    nest.operands.push_back({weight, AffineMap::get(type.getRank(), 0, from, context), true, false});
  if (hasEnds) {
    SmallVector<AffineExpr> row;
    if (op.getRows())
      row.push_back(from[*op.getRows()]);
    nest.operands.push_back({op.getEnds(), AffineMap::get(type.getRank(), 0, row, context), true, false});
  }
  to.push_back(lane.floorDiv(int64_t(op.getWidth())));
  if (op.getApart())
    to.push_back(getAffineConstantExpr(0, context));
  to.append({term, lane % int64_t(op.getWidth())});
  nest.operands.push_back({op.getOutputs()[0], AffineMap::get(type.getRank(), 0, to, context), false, true});
  nest.opsPerPoint = op.getInputs().size();
  return nest;
}

/// The letters of numbers of an attention, one for each of `rows`, or one number.
static StringRef rowsOf(Value numbers, std::optional<StringRef> rows) {
  return rows.value_or("").take_front(cast<MemRefType>(numbers.getType()).getRank());
}

/// Over the dimensions of the output, of which the last one stays together, and the keys. What scores are summed over
/// is no loop of its own.
static ParallelNest describe(AttendOp op) {
  ParallelNest nest;
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  MLIRContext *context = op.getContext();
  auto query = cast<MemRefType>(op.getInputs()[0].getType()), output = cast<MemRefType>(op.getOutputs()[0].getType());
  std::string letters = terms.result + terms.key;
  llvm::append_range(nest.extents, output.getShape());
  nest.extents.push_back(cast<MemRefType>(op.getInputs()[2].getType()).getShape().drop_back().back());
  nest.parallel.assign(letters.size() - 2, true);
  nest.parallel.resize(letters.size(), false);
  auto loop = [&](char letter) {
    size_t place = letters.find(letter);
    return place == std::string::npos ? getAffineConstantExpr(0, context) : getAffineDimExpr(place, context);
  };
  auto add = [&](Value buffer, ArrayRef<AffineExpr> at, bool write) {
    nest.operands.push_back({buffer, AffineMap::get(letters.size(), 0, at, context), !write, write});
  };
  auto addPacked = [&](Value buffer, StringRef term, char lanes, char summed, int64_t width) {
    auto at = llvm::map_to_vector(terms.outerOf(term), loop);
    at.append({loop(lanes).floorDiv(width), loop(summed), loop(lanes) % width});
    add(buffer, at, false);
  };
  add(op.getInputs()[0], llvm::map_to_vector(terms.query, loop), false);
  addPacked(op.getInputs()[1], terms.keys, terms.key, terms.term, op.getKeyLanes());
  addPacked(op.getInputs()[2], terms.values, terms.feature, terms.key, op.getValueLanes());
  for (Value number : {op.getFirsts(), op.getLengths()})
    if (number)
      add(number, llvm::map_to_vector(rowsOf(number, op.getRows()), loop), false);
  add(op.getOutputs()[0], llvm::map_to_vector(terms.result, loop), true);
  nest.inBlocks = terms.result.find(terms.position);
  // Late queries see more keys than early ones: each thread takes some of both.
  if (op.getFirst())
    nest.scattered = nest.inBlocks;
  // A score's products and its exponential count for all features together.
  constexpr int64_t ofExponential = 20;
  int64_t ofScore = 2 * query.getDimSize(terms.query.find(terms.term)) + ofExponential;
  nest.opsPerPoint = 2 + llvm::divideCeil(ofScore, std::max<int64_t>(1, output.getShape().back()));
  return nest;
}

/// Over the dimensions of the result, the keys and what scores are summed over. Either the gradients of a matrix of
/// keys are one thread's, or those of a part of the queries.
static ParallelNest describe(AttendGradOp op) {
  ParallelNest nest;
  AttentionTerms terms = AttentionTerms::ofVerified(op.getSpec());
  MLIRContext *context = op.getContext();
  auto typeOf = [](Value value) { return cast<MemRefType>(value.getType()); };
  auto inputs = op.getInputs(), outputs = op.getOutputs();
  std::string letters = terms.result + terms.key + terms.term;
  auto sizeOf = [&](char letter) -> int64_t {
    for (auto [term, shape] : {std::pair(StringRef(terms.query), typeOf(inputs[0]).getShape()),
                               std::pair(StringRef(terms.keys), op.getKeysType().getShape()),
                               std::pair(StringRef(terms.values), op.getValuesType().getShape())})
      if (size_t place = term.find(letter); place != StringRef::npos)
        return shape[place];
    llvm_unreachable("each letter is in one of these");
  };
  llvm::append_range(nest.extents, llvm::map_range(letters, sizeOf));
  std::string shared = op.getPart() ? std::string(1, terms.position) : terms.matrices();
  for (char letter : letters)
    nest.parallel.push_back(StringRef(shared).contains(letter));
  nest.unit = 1;
  // Late queries see more keys than early ones: each thread takes some of both.
  if (op.getFirst() && op.getPart())
    nest.scattered = letters.find(terms.position);
  auto loop = [&](char letter) { return getAffineDimExpr(letters.find(letter), context); };
  auto add = [&](Value buffer, ArrayRef<AffineExpr> at, bool write) {
    nest.operands.push_back({buffer, AffineMap::get(letters.size(), 0, at, context), true, write});
  };
  auto addPacked = [&](Value buffer, StringRef term, char lanes, char summed) {
    int64_t width = typeOf(buffer).getShape().back();
    auto at = llvm::map_to_vector(terms.outerOf(term), loop);
    at.append({loop(lanes).floorDiv(width), loop(summed), loop(lanes) % width});
    add(buffer, at, false);
  };
  add(inputs[0], llvm::map_to_vector(terms.query, loop), false);
  addPacked(inputs[1], terms.keys, terms.key, terms.term);
  addPacked(inputs[2], terms.values, terms.key, terms.feature);
  addPacked(inputs[3], terms.keys, terms.term, terms.key);
  for (Value buffer : inputs.drop_front(4))
    add(buffer, llvm::map_to_vector(terms.result, loop), false);
  if (op.getLengths())
    add(op.getLengths(), llvm::map_to_vector(rowsOf(op.getLengths(), op.getRows()), loop), false);
  add(outputs[0], llvm::map_to_vector(terms.query, loop), true);
  for (auto [buffer, term] :
       {std::pair(outputs[1], StringRef(terms.keys)), std::pair(outputs[2], StringRef(terms.values))}) {
    SmallVector<AffineExpr> at = llvm::map_to_vector(term, loop);
    if (op.getPart())
      at.insert(at.begin(), loop(terms.position).floorDiv(int64_t(*op.getPart())));
    add(buffer, at, true);
  }
  return nest;
}

/// Over the window. Which slots it goes to is known when it runs, so that one thread does all of it.
static ParallelNest describe(AppendOp op) {
  ParallelNest nest;
  auto window = cast<MemRefType>(op.getWindow().getType());
  MLIRContext *context = op.getContext();
  llvm::append_range(nest.extents, window.getShape());
  nest.parallel.assign(nest.extents.size(), false);
  unsigned loops = nest.extents.size();
  AffineMap all = AffineMap::getMultiDimIdentityMap(loops, context);
  nest.operands.push_back({op.getWindow(), all, true, false});
  if (op.getFirst())
    nest.operands.push_back({op.getFirst(), projection(context, loops, {unsigned(op.getRows())}), true, false});
  SmallVector<AffineExpr> to(all.getResults());
  to[op.getDim()] = getAffineConstantExpr(0, context);
  nest.operands.push_back({op.getSlots(), AffineMap::get(loops, 0, to, context), true, true});
  nest.opsPerPoint = 1;
  return nest;
}

std::optional<ParallelNest> ParallelNest::of(Operation *op) {
  std::optional<ParallelNest> nest;
  auto isTensor = [](Value value) { return isa<TensorType>(value.getType()); };
  if (llvm::any_of(op->getOperands(), isTensor))
    return nest;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    nest = describe(linalgOp);
  else if (auto phase = dyn_cast<PhaseOp>(op))
    nest = describe(phase);
  else if (auto pack = dyn_cast<PackOp>(op))
    nest = describe(pack);
  else if (auto attend = dyn_cast<AttendOp>(op))
    nest = describe(attend);
  else if (auto attendGrad = dyn_cast<AttendGradOp>(op))
    nest = describe(attendGrad);
  else if (auto append = dyn_cast<AppendOp>(op))
    nest = describe(append);
  if (nest && llvm::any_of(nest->extents, ShapedType::isDynamic))
    return std::nullopt;
  if (nest)
    nest->limits.append(limitsOf(op));
  return nest;
}

double ParallelNest::work() const {
  double work = double(opsPerPoint);
  for (int64_t extent : extents)
    work *= double(extent);
  return work;
}

/// The dimension of `map` that moves with loop `loop` alone: by one for each `granule` iterations.
static std::optional<unsigned> dimensionAlong(AffineMap map, unsigned loop, int64_t &granule) {
  for (auto [i, expression] : llvm::enumerate(map.getResults())) {
    granule = 1;
    if (auto dim = dyn_cast<AffineDimExpr>(expression); dim && dim.getPosition() == loop)
      return i;
    auto quotient = dyn_cast<AffineBinaryOpExpr>(expression);
    if (!quotient || quotient.getKind() != AffineExprKind::FloorDiv)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(quotient.getLHS());
    auto divisor = dyn_cast<AffineConstantExpr>(quotient.getRHS());
    if (!dim || dim.getPosition() != loop || !divisor)
      continue;
    granule = divisor.getValue();
    return i;
  }
  return std::nullopt;
}

/// The loop that moves through dimension `expression` of an output, one by one or by blocks.
static std::optional<unsigned> loopOf(AffineExpr expression) {
  if (auto quotient = dyn_cast<AffineBinaryOpExpr>(expression);
      quotient && quotient.getKind() == AffineExprKind::FloorDiv)
    expression = quotient.getLHS();
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return dim.getPosition();
  return std::nullopt;
}

SmallVector<unsigned> ParallelNest::outputLoops() const {
  SmallVector<unsigned> loops;
  const Operand *first = llvm::find_if(operands, [](const Operand &operand) { return operand.write; });
  if (first == operands.end())
    return loops;
  for (AffineExpr expression : first->map.getResults()) {
    std::optional<unsigned> loop = loopOf(expression);
    int64_t granule;
    if (loop && parallel[*loop] && !llvm::is_contained(loops, *loop) &&
        llvm::all_of(operands, [&](const Operand &operand) {
          return !operand.write || dimensionAlong(operand.map, *loop, granule);
        }))
      loops.push_back(*loop);
  }
  return loops;
}

/// The unit that the outputs of a nest ask for.
static int64_t outputUnit(const ParallelNest &nest, unsigned loop) {
  for (const ParallelNest::Operand &operand : nest.operands) {
    int64_t granule;
    if (!operand.write || !dimensionAlong(operand.map, loop, granule))
      continue;
    if (granule != 1 || loopOf(operand.map.getResults().back()) == loop)
      return laneUnit(nest.extents[loop]);
  }
  bool endsAnywhere = llvm::any_of(nest.limits, [&](LoopLimit limit) { return limit.loop == loop; });
  return endsAnywhere && nest.inBlocks != loop ? openRowUnit(nest.extents[loop]) : rowUnit(nest.extents[loop]);
}

int64_t ParallelNest::unitOf(unsigned loop) const {
  // A share is a number of whole blocks of every packed operand.
  int64_t ownUnit = unit.value_or(outputUnit(*this, loop)), blocks = 1, granule;
  for (const Operand &operand : operands)
    if (dimensionAlong(operand.map, loop, granule))
      blocks = std::lcm(blocks, granule);
  return ownUnit < blocks ? blocks : std::lcm(ownUnit, blocks);
}

bool ParallelNest::canBeCutIn(unsigned loop, int64_t unit) const {
  int64_t granule;
  return llvm::all_of(operands, [&](const Operand &operand) {
    return !dimensionAlong(operand.map, loop, granule) || unit % granule == 0;
  });
}

SmallVector<Access> ParallelNest::accesses(llvm::function_ref<Share(const Operand &)> share) const {
  SmallVector<Access> result;
  for (const Operand &operand : operands)
    for (bool write : {false, true})
      if (write ? operand.write : operand.read) {
        result.push_back(Access::of(operand.buffer, write));
        result.back().share = share(operand);
        // A view that could not be followed may have no such dimension.
        if (!result.back().root && result.back().share.kind == Share::Units)
          result.back().share = Share();
      }
  return result;
}

SmallVector<Access> ParallelNest::accesses(Split split) const {
  return accesses([&](const Operand &operand) {
    Share share;
    int64_t granule = 1;
    std::optional<unsigned> dimension;
    dimension = dimensionAlong(operand.map, split.loop, granule);
    if (scattered == split.loop || !dimension || split.unit % granule != 0)
      return share;
    share.kind = Share::Units;
    share.dimension = *dimension;
    share.number = split.unit / granule;
    share.rows = limitedRows(split);
    return share;
  });
}

SmallVector<Access> ParallelNest::accesses(int64_t thread) const {
  return accesses([&](const Operand &) {
    Share share;
    share.kind = Share::One;
    share.number = thread;
    return share;
  });
}

SmallVector<Access> ParallelNest::accessesOfEach() const {
  return accesses([&](const Operand &operand) {
    Share share;
    share.kind = operand.write ? Share::Own : Share::All;
    return share;
  });
}

double rondo::bytesOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  double bytes = double(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? 1 : double(size);
  return bytes;
}

Value rondo::wholeOf(Value part) {
  while (auto view = part.getDefiningOp<ViewLikeOpInterface>()) {
    if (isa<memref::ViewOp>(view))
      break;
    part = view.getViewSource();
  }
  return part;
}
