// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Building a rondo.phase from products, with their weights packed.

#include "passes/linalg/PhaseBuilder.h"

#include "dialect/RondoDialect.h"
#include "dialect/SegmentsAttribute.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/Remarks.h"
#include "passes/support/TileHeight.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace rondo;

namespace {

/// Moves the insertion point out of the loops that do not change `values`: what is built there is built once.
void hoistInsertionPoint(IRRewriter &rewriter, ValueRange values) {
  Operation *here = rewriter.getInsertionBlock()->getParentOp();
  while (auto loop = dyn_cast<LoopLikeOpInterface>(here)) {
    if (!llvm::all_of(values, [&](Value value) { return loop.isDefinedOutsideOfLoop(value); }))
      return;
    rewriter.setInsertionPoint(loop);
    here = rewriter.getInsertionBlock()->getParentOp();
  }
}

/// Writes `operand` with the dimension of the letter `last` at its end.
Value transposed(IRRewriter &rewriter, Location loc, Value operand, std::string &term, char last) {
  auto type = cast<RankedTensorType>(operand.getType());
  OpBuilder::InsertionGuard guard(rewriter);
  hoistInsertionPoint(rewriter, operand);
  SmallVector<unsigned> order;
  for (auto [i, letter] : llvm::enumerate(term))
    if (letter != last)
      order.push_back(i);
  order.push_back(term.find(last));
  SmallVector<unsigned> inverse(order.size());
  SmallVector<int64_t> shape;
  std::string permuted;
  for (auto [i, dim] : llvm::enumerate(order)) {
    inverse[dim] = i;
    shape.push_back(type.getDimSize(dim));
    permuted += term[dim];
  }
  term = permuted;
  unsigned rank = order.size();
  SmallVector<AffineMap> maps{projection(rewriter.getContext(), rank, inverse), rewriter.getMultiDimIdentityMap(rank)};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value destination = emptyTensor(rewriter, loc, shape, type.getElementType());
  return linalg::GenericOp::create(
             rewriter, loc, destination.getType(), operand, destination, maps, iterators,
             [](OpBuilder &b, Location loc, ValueRange args) { linalg::YieldOp::create(b, loc, args[0]); })
      .getResult(0);
}

/// Whether `a` stands before `b` in their block. Takes as many steps as are between them: Operation::isBeforeInBlock
/// numbers the whole block again after insertions.
bool standsBefore(Operation *a, Operation *b) {
  Operation *behindA = a, *behindB = b;
  while (behindA && behindB && behindA != b && behindB != a) {
    behindA = behindA->getNextNode();
    behindB = behindB->getNextNode();
  }
  return behindA == b || !behindB;
}

/// Where the products' right operands are after packing: one tensor for all, or each one's own.
class PhaseMaker {
public:
  PhaseMaker(IRRewriter &rewriter, Location loc, const Machine &machine, const PhaseLoops &loops,
             MutableArrayRef<Product> products, unsigned sums)
      : rewriter(rewriter), loc(loc), loops(loops), products(products), sums(sums),
        lanes('a' + loops.points.size() - 1), element(getElementTypeOrSelf(products.front().lhs.getType())) {
    int64_t rows = 1; // that share a right operand
    for (auto [i, extent] : llvm::enumerate(ArrayRef(loops.points).drop_back()))
      if (!StringRef(products.front().rhsTerm).contains('a' + i))
        rows *= extent;
    Machine::Tile tile = machine.tileOf(element, sums, rows, loops.points.back());
    width = machine.lanesOf(element) * tile.vectors;
    apart = sums > 1 && tile.sums == 1 && products.front().rhsTerm.size() == 2;
    manyRows = rows >= Machine::rowsWorthPacking;
    inLoop = isLoopOfSteps(rewriter.getInsertionBlock()->getParentOp());
  }

  SmallVector<Value> make() {
    joinTerms();
    if (mayPack())
      pack();
    else
      for (Product &product : products)
        product.rhs = lanesLast(product.rhs, product.rhsTerm);
    for (auto [i, product] : llvm::enumerate(products)) {
      product.lhs = lanesLast(product.lhs, product.lhsTerm);
      AffineMap lhs = mayPackRows(product) ? packRows(product) : readInPlace(product.lhs, product.lhsTerm);
      AffineMap rhs = slots.empty() ? readInPlace(product.rhs, product.rhsTerm) : packedMap(i);
      factors.push_back({add(product.lhs, lhs), add(product.rhs, rhs)});
    }
    SmallVector<Value> outputs;
    bool goesOn = bool(products.front().begin);
    for (unsigned i = 0; i < sums; ++i) {
      outputs.push_back(goesOn ? products[i].begin : emptyTensor(rewriter, loc, loops.points, element));
      maps.push_back(
          AffineMap::getMultiDimIdentityMap(numLoops(), rewriter.getContext()).getMajorSubMap(loops.points.size()));
    }
    SmallVector<int64_t> bounds(loops.points);
    llvm::append_range(bounds, loops.summed);
    auto phase = PhaseOp::create(rewriter, loc, TypeRange(ValueRange(outputs)), bounds, loops.points.size(), inputs,
                                 outputs, rewriter.getAffineMapArrayAttr(maps), loops.descending, goesOn);
    buildSums(phase);
    report(phase);
    OpBuilder::InsertionGuard guard(rewriter);
    SmallVector<Type> types(sums, element);
    types.append(inputs.size(), element);
    SmallVector<Location> locations(types.size(), loc);
    Block *epilogue = rewriter.createBlock(&phase.getEpilogue(), {}, types, locations);
    PhaseYieldOp::create(rewriter, loc, epilogue->getArguments().take_front(sums));
    return phase.getResults();
  }

private:
  static constexpr int64_t farApart = Machine::farApart / 4; // elements of f32

  unsigned numLoops() { return loops.points.size() + loops.summed.size(); }

  unsigned loopOf(char letter) { return letter >= 'a' ? letter - 'a' : loops.points.size() + (letter - 'A'); }

  /// Where the elements of an operand are; of windows it is the tensor that they are taken from, where neighbours are
  /// read at their own positions.
  AffineMap readInPlace(Value &operand, StringRef term) {
    SmallVector<AffineExpr> at;
    for (char letter : term)
      at.push_back(rewriter.getAffineDimExpr(loopOf(letter)));
    while (auto window = operand.getDefiningOp<WindowOp>()) {
      AffineExpr &position = at[window.getDim()], &neighbour = at[window.getDim() + 1];
      if (!isa<AffineDimExpr>(position) || !isa<AffineDimExpr>(neighbour))
        break;
      position = position * int64_t(window.getStride()) + neighbour * int64_t(window.getDilation());
      at.erase(&neighbour);
      operand = window.getOperand();
    }
    return AffineMap::get(numLoops(), 0, at, rewriter.getContext());
  }

  /// An input is passed once for each of its maps.
  unsigned add(Value value, AffineMap map) {
    for (unsigned i = 0; i < inputs.size(); ++i)
      if (inputs[i] == value && maps[i] == map)
        return i;
    inputs.push_back(value);
    maps.push_back(map);
    return inputs.size() - 1;
  }

  Value lanesLast(Value operand, std::string &term) {
    if (term.find(lanes) == std::string::npos || term.back() == lanes)
      return operand;
    return transposed(rewriter, loc, operand, term, lanes);
  }

  /// What an op before this place makes of `operand`, if there is one that `matches`; else `operand`.
  Value reused(Value operand, llvm::function_ref<bool(Operation *)> matches) {
    Block *block = rewriter.getInsertionBlock();
    for (Operation *user : operand.getUsers())
      if (user->getBlock() == block && matches(user) && standsBefore(user, &*rewriter.getInsertionPoint()))
        return user->getResult(0);
    return operand;
  }

  /// Makes one loop of several that are summed over, where all operands have them first and in one order (time and
  /// batch in a weight's gradient).
  void joinTerms() {
    size_t count = loops.summed.size();
    std::string terms;
    for (size_t i = 0; i < count; ++i)
      terms += char('A' + i);
    if (inLoop || count < 2 ||
        !llvm::all_of(
            products,
            [&](const Product &product) {
              return StringRef(product.lhsTerm).starts_with(terms) && StringRef(product.rhsTerm).starts_with(terms);
            }))
      return;
    auto join = [&](Value &operand, std::string &term) {
      SmallVector<ReassociationIndices> groups(1);
      for (size_t i = 0; i < term.size(); ++i)
        if (i < count)
          groups.front().push_back(i);
        else
          groups.push_back({int64_t(i)});
      Value joined = reused(operand, [&](Operation *op) {
        auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
        return collapse && collapse.getReassociationIndices() == groups;
      });
      if (joined == operand)
        joined = tensor::CollapseShapeOp::create(rewriter, loc, operand, groups);
      operand = joined;
      term = "A" + term.substr(count);
    };
    for (Product &product : products) {
      join(product.lhs, product.lhsTerm);
      join(product.rhs, product.rhsTerm);
    }
    loops.summed = {ShapedType::getNumElements(loops.summed)};
  }

  /// The place in a right operand's term of the one letter that is summed over, or none if there are several.
  std::optional<size_t> summedDim(StringRef term) {
    auto isSummed = [](char letter) { return letter < 'a'; };
    size_t count = llvm::count_if(term, isSummed);
    return count == 1 ? std::optional(llvm::find_if(term, isSummed) - term.begin()) : std::nullopt;
  }

  /// Whether all right operands are read often enough to be laid out anew: weights, or what many rows share. Beside
  /// lanes and terms they have only what the left operand has too, as each head of each sequence has its own keys.
  bool mayPack() {
    LoopLikeOpInterface loop;
    if (inLoop)
      loop = cast<LoopLikeOpInterface>(rewriter.getInsertionBlock()->getParentOp());
    return llvm::all_of(products, [&](const Product &product) {
      StringRef lhs = product.lhsTerm, rhs = product.rhsTerm;
      bool isMatrixOfEach =
          summedDim(rhs) && lhs.contains(rhs[*summedDim(rhs)]) && !lhs.contains(lanes) &&
          llvm::all_of(rhs, [&](char letter) { return letter < 'a' || letter == lanes || lhs.contains(letter); });
      return isMatrixOfEach && rhs == products.front().rhsTerm &&
             product.rhs.getType() == products.front().rhs.getType() &&
             (isParameter(product.rhs) || (loop && loop.isDefinedOutsideOfLoop(product.rhs)) ||
              ((!loop || isPanel(product.rhs, loop)) && manyRows));
    });
  }

  /// Whether `rhs` is a panel of what the loop does not change, which is packed while it is near.
  static bool isPanel(Value rhs, LoopLikeOpInterface loop) {
    auto slice = rhs.getDefiningOp<tensor::ExtractSliceOp>();
    return slice && slice.getSourceType().getRank() == slice.getType().getRank() &&
           loop.isDefinedOutsideOfLoop(slice.getSource());
  }

  /// Packs the first summands of all sums together, then the second ones, ..: in the order in which they are added.
  /// They lie side by side, or apart where one sum is computed after the other: a tile would read one line of several,
  /// which the processor does not fetch ahead, and which fall on a part of the sets of its first-level cache.
  void pack() {
    OpBuilder::InsertionGuard guard(rewriter);
    SmallVector<unsigned> added(sums), terms;
    SmallVector<SmallVector<Value>> weights;
    for (const Product &product : products) {
      terms.push_back(added[product.sum]++);
      weights.resize(std::max<size_t>(weights.size(), terms.back() + 1));
      SmallVector<Value> &together = weights[terms.back()];
      slots.push_back(llvm::find(together, product.rhs) - together.begin());
      if (slots.back() == together.size())
        together.push_back(product.rhs);
    }
    hoistInsertionPoint(rewriter, llvm::to_vector(llvm::map_range(products, [](Product &p) { return p.rhs; })));
    const std::string &term = products.front().rhsTerm;
    SmallVector<Value> packed;
    for (ArrayRef<Value> together : weights)
      packed.push_back(packedTensor(together, term.find(lanes), *summedDim(term), width, apart && together.size() > 1));
    for (auto [product, term] : llvm::zip(products, terms))
      product.rhs = packed[term];
  }

  /// `weights` in blocks of `block` along their dimension `dim`, made here or before.
  Value packedTensor(ArrayRef<Value> weights, uint64_t dim, uint64_t terms, int64_t block, bool apart = false) {
    Value known = reused(weights[0], [&](Operation *op) {
      auto pack = dyn_cast<PackOp>(op);
      return pack && llvm::equal(pack.getInputs(), weights) && pack.getLanes() == dim && pack.getTerms() == terms &&
             pack.getWidth() == uint64_t(block) && pack.getApart() == apart;
    });
    if (known != weights[0])
      return known;
    auto type = cast<RankedTensorType>(weights[0].getType());
    SmallVector<int64_t> shape = PackOp::shapeOf(type.getShape(), weights.size(), dim, terms, block, apart);
    Value destination = emptyTensor(rewriter, loc, shape, element);
    return PackOp::create(rewriter, loc, destination.getType(), weights, destination, dim, terms, block, apart)
        .getResult(0);
  }

  /// Whether the left operand has what is summed over first and then many rows: the elements of one row are far apart.
  bool mayPackRows(const Product &product) {
    StringRef term = product.lhsTerm;
    if (inLoop || slots.empty() || term.size() != 2 || loopOf(term[0]) < loops.points.size() ||
        loopOf(term[1]) >= loops.points.size() || term[1] == lanes)
      return false;
    auto type = cast<RankedTensorType>(product.lhs.getType());
    return type.getDimSize(0) >= Machine::linesOfAWay && type.getDimSize(1) >= farApart;
  }

  /// Lays rows out one behind the other, each with all its terms: a tile reads a line of each row for many terms. They
  /// are an odd number of lines apart, so that those of a tile do not meet in one set of a cache. Rows of more than a
  /// page, which are read in blocks of terms, lie in blocks of rows instead, term after term.
  AffineMap packRows(Product &product) {
    constexpr int64_t line = Machine::line / 4; // elements of f32
    auto type = cast<RankedTensorType>(product.lhs.getType());
    int64_t terms = type.getDimSize(0), extent = type.getDimSize(1);
    AffineExpr row = rewriter.getAffineDimExpr(loopOf(product.lhsTerm[1]));
    AffineExpr term = rewriter.getAffineDimExpr(loopOf(product.lhsTerm[0]));
    SmallVector<AffineExpr> at{rewriter.getAffineConstantExpr(0), row, term};
    if (terms <= Machine::page / 4) {
      product.lhs = packedTensor(product.lhs, 0, 1, line * (llvm::divideCeil(terms, line) | 1));
    } else {
      // A whole number of register tiles, and of blocks if possible.
      int64_t rowBlock = chooseHeight({24, 20, 16}, [&](int64_t block) { return extent % block != 0; });
      product.lhs = packedTensor(product.lhs, 1, 0, rowBlock);
      at = {row.floorDiv(rowBlock), term, row % rowBlock};
    }
    return AffineMap::get(numLoops(), 0, at, rewriter.getContext());
  }

  /// One weight for all sums lies as ever.
  bool isPackedApart(const Product &product) { return cast<PackOp>(product.rhs.getDefiningOp()).getApart(); }

  AffineMap packedMap(unsigned index) {
    const Product &product = products[index];
    AffineExpr lane = rewriter.getAffineDimExpr(loopOf(lanes)), summed;
    SmallVector<AffineExpr> at;
    for (char letter : product.rhsTerm)
      if (letter < 'a')
        summed = rewriter.getAffineDimExpr(loopOf(letter));
      else if (letter != lanes)
        at.push_back(rewriter.getAffineDimExpr(loopOf(letter)));
    bool apart = isPackedApart(product);
    at.push_back(lane.floorDiv(width));
    if (apart)
      at.push_back(rewriter.getAffineConstantExpr(slots[index]));
    at.append({summed, lane % width + (apart ? 0 : int64_t(slots[index]) * width)});
    return AffineMap::get(numLoops(), 0, at, rewriter.getContext());
  }

  void report(PhaseOp phase) {
    if (slots.empty())
      return reportMissed(phase, "packed", [&] {
        bool invariant = !inLoop || llvm::all_of(products, [&](const Product &product) {
          return cast<LoopLikeOpInterface>(phase->getParentOp()).isDefinedOutsideOfLoop(product.rhs);
        });
        if (!invariant)
          return "the right operand changes in the loop";
        return manyRows ? "the right operands have dimensions beside lanes, one to sum over and those of the left one, "
                          "or differ in theirs"
                        : "the right operand is read by few rows only";
      });
    reportDone(phase, "packed", [&] {
      return (Twine(1 + *llvm::max_element(slots)) + " right operand(s) " +
              (isPackedApart(products.front()) ? "apart" : "side by side") + " in blocks of " + Twine(width) +
              " lanes, " + Twine(products.size()) + " product(s) in " + Twine(sums) + " sum(s)")
          .str();
    });
  }

  void buildSums(PhaseOp phase) {
    OpBuilder::InsertionGuard guard(rewriter);
    SmallVector<Type> types(inputs.size(), element);
    SmallVector<Location> locations(types.size(), loc);
    Block *body = rewriter.createBlock(&phase.getSums(), {}, types, locations);
    SmallVector<Value> terms(sums);
    for (auto [product, factor] : llvm::zip(products, factors)) {
      Value value =
          arith::MulFOp::create(rewriter, loc, body->getArgument(factor.first), body->getArgument(factor.second));
      Value &term = terms[product.sum];
      term = term ? Value(arith::AddFOp::create(rewriter, loc, term, value)) : value;
    }
    PhaseYieldOp::create(rewriter, loc, terms);
  }

  IRRewriter &rewriter;
  Location loc;
  PhaseLoops loops;
  MutableArrayRef<Product> products;
  unsigned sums;
  char lanes;
  Type element;
  int64_t width;
  bool manyRows, inLoop, apart;
  SmallVector<size_t> slots; // of each product's weight in the packed tensor, if they are packed
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<std::pair<unsigned, unsigned>> factors; // of each product: its inputs
};

} // namespace

bool rondo::isParameter(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  return function && function.getArgAttr(argument.getArgNumber(), attributeOf(Role::parameter));
}

std::optional<std::pair<Product, PhaseLoops>> rondo::productOf(Value lhs, Value rhs, const Einsum &einsum) {
  if (einsum.result.empty() || einsum.contracted().empty())
    return std::nullopt;
  char lanes = einsum.result.back();
  Product product{lhs, rhs, einsum.lhs, einsum.rhs, 0, Value()};
  // The lanes' operand is the right one; of two the one with more to sum over.
  if (product.rhsTerm.find(lanes) == std::string::npos) {
    std::swap(product.lhs, product.rhs);
    std::swap(product.lhsTerm, product.rhsTerm);
  }
  PhaseLoops loops;
  std::string letters = einsum.result, names;
  for (unsigned i = 0; i < letters.size(); ++i)
    names += char('a' + i);
  for (char letter : product.rhsTerm + product.lhsTerm)
    if (letters.find(letter) == std::string::npos) {
      names += char('A' + (letters.size() - einsum.result.size()));
      letters += letter;
    }
  if (names.size() > 26)
    return std::nullopt;
  auto extentOf = [&](char letter) {
    size_t dim = product.lhsTerm.find(letter);
    if (dim != std::string::npos)
      return cast<RankedTensorType>(product.lhs.getType()).getDimSize(dim);
    return cast<RankedTensorType>(product.rhs.getType()).getDimSize(product.rhsTerm.find(letter));
  };
  for (auto [i, letter] : llvm::enumerate(letters))
    (i < einsum.result.size() ? loops.points : loops.summed).push_back(extentOf(letter));
  for (std::string *term : {&product.lhsTerm, &product.rhsTerm})
    for (char &letter : *term)
      letter = names[letters.find(letter)];
  loops.descending = product.lhsTerm.front() == 'A' && product.rhsTerm.front() == 'A';
  return std::make_pair(product, loops);
}

SmallVector<Value> rondo::buildPhase(IRRewriter &rewriter, Location loc, const Machine &machine,
                                     const PhaseLoops &loops, MutableArrayRef<Product> products, unsigned sums) {
  return PhaseMaker(rewriter, loc, machine, loops, products, sums).make();
}
