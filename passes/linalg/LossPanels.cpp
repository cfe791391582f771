// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "passes/linalg/LossPanels.h"

#include "dialect/Einsum.h"
#include "passes/support/LinalgBuilders.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace rondo;

//===-- finding
//----------------------------------------------------------------------------------------------------===//

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

int64_t VocabularyLoss::vocabulary() { return typeOf(logits.getRhs()).getDimSize(0); }
int64_t VocabularyLoss::rows() { return typeOf(loss.getTokens()).getNumElements(); }

/// Whether the terms say logits[rows.., v] = sum over i of x[rows.., i] w[v, i].
static bool isOutputLayer(const Einsum &einsum) {
  if (einsum.rhs.size() != 2 || einsum.lhs.size() < 2 || einsum.result.size() != einsum.lhs.size())
    return false;
  StringRef lhs = einsum.lhs, result = einsum.result;
  return lhs.drop_back() == result.drop_back() && result.back() == einsum.rhs[0] && lhs.back() == einsum.rhs[1] &&
         lhs.back() != result.back() && !lhs.drop_back().contains(einsum.rhs[0]) &&
         !lhs.drop_back().contains(einsum.rhs[1]);
}

bool VocabularyLoss::takeLogits() {
  Value value = loss.getLogits();
  if (auto add = value.getDefiningOp<arith::AddFOp>()) {
    Value product = add.getLhs(), other = add.getRhs();
    if (!product.getDefiningOp<ContractOp>())
      std::swap(product, other);
    auto broadcast = other.getDefiningOp<BroadcastOp>();
    int64_t last = typeOf(value).getRank() - 1;
    if (!broadcast || broadcast.getDims() != ArrayRef<int64_t>{last} || !product.hasOneUse())
      return false;
    bias = broadcast.getOperand();
    value = product;
  }
  logits = value.getDefiningOp<ContractOp>();
  if (!logits || logits->getBlock() != loss->getBlock() || !isOutputLayer(Einsum::ofVerified(logits.getSpec())))
    return false;
  Value all = loss.getLogits();
  return llvm::all_of(all.getUsers(), [&](Operation *user) { return user == loss || user == derivative.softmax; });
}

/// Whether `op` is a product of `a` and `b`, in this order or the other one, with these terms but for their letters.
static bool isProduct(ContractOp op, Value a, Value b, const Einsum &wanted) {
  Einsum einsum = Einsum::ofVerified(op.getSpec());
  if (op.getLhs() == b && op.getRhs() == a)
    std::swap(einsum.lhs, einsum.rhs);
  else if (op.getLhs() != a || op.getRhs() != b)
    return false;
  std::string known = wanted.lhs + wanted.rhs + wanted.result, found = einsum.lhs + einsum.rhs + einsum.result;
  if (einsum.lhs.size() != wanted.lhs.size() || einsum.rhs.size() != wanted.rhs.size() || known.size() != found.size())
    return false;
  for (size_t i = 0; i < known.size(); ++i)
    if (known.find(known[i]) != found.find(found[i]))
      return false;
  return true;
}

bool VocabularyLoss::takeDerivatives() {
  Einsum forward = Einsum::ofVerified(logits.getSpec());
  Value d = derivative.product, x = logits.getLhs(), w = logits.getRhs();
  Einsum input{forward.result, forward.rhs, forward.lhs}, weight{forward.result, forward.lhs, forward.rhs};
  SmallVector<int64_t> rowDims = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(d).getRank() - 1));
  for (Operation *user : d.getUsers()) {
    auto contract = dyn_cast<ContractOp>(user);
    auto reduce = dyn_cast<ReduceOp>(user);
    if (contract && !byInput && isProduct(contract, d, w, input))
      byInput = contract;
    else if (contract && !byWeight && isProduct(contract, d, x, weight))
      byWeight = contract;
    else if (reduce && !byBias && reduce.getKind() == ReduceKind::sum && reduce.getDims() == ArrayRef(rowDims))
      byBias = reduce;
    else
      return false;
  }
  return byInput || byWeight;
}

std::optional<VocabularyLoss> VocabularyLoss::find(CrossEntropyOp op) {
  std::optional<LossDerivative> derivative = LossDerivative::find(op);
  if (!derivative)
    return std::nullopt;
  VocabularyLoss found{op, *derivative, {}, {}, {}, {}, {}};
  if (!found.takeLogits() || !found.takeDerivatives())
    return std::nullopt;
  return found;
}

//===-- building
//---------------------------------------------------------------------------------------------------===//

namespace {

/// A loop over all panels of one size, and the code of a smaller last one.
class PanelLoops {
public:
  PanelLoops(VocabularyLoss &loss, int64_t panel)
      : loss(loss), b(loss.loss), loc(loss.logits.getLoc()), t(b, loc),
        element(typeOf(loss.logits.getRhs()).getElementType()), rows(loss.rows()),
        features(typeOf(loss.logits.getRhs()).getDimSize(1)), panel(panel), whole(loss.vocabulary() / panel),
        rest(loss.vocabulary() % panel), panels(whole + (rest > 0)) {
    x = flat(loss.logits.getLhs(), 1);
    tokens = flat(loss.loss.getTokens(), 0);
    prepareTokens();
  }

  void forward();
  void backward();

  Value lossOfRows, byInput, byWeight, byBias;

private:
  /// A panel's place: its number, and its first token.
  struct Place {
    Value number, first;
    int64_t size;
  };

  RankedTensorType type(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, element); }
  RankedTensorType tokenType(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, b.getI32Type()); }

  /// The dimensions of the rows as one, before `others` more.
  static SmallVector<ReassociationIndices> rowsAsOne(int64_t rank, int64_t others) {
    SmallVector<ReassociationIndices> groups(1);
    for (int64_t i = 0; i < rank; ++i)
      if (i < rank - others)
        groups.front().push_back(i);
      else
        groups.push_back({i});
    return groups;
  }
  Value flat(Value value, int64_t others) {
    int64_t rank = typeOf(value).getRank();
    return rank == others + 1 ? value : Value(tensor::CollapseShapeOp::create(b, loc, value, rowsAsOne(rank, others)));
  }
  Value unflat(Value value, RankedTensorType to, int64_t others) {
    return value.getType() == to
               ? value
               : Value(tensor::ExpandShapeOp::create(b, loc, to, value, rowsAsOne(to.getRank(), others)));
  }

  /// `size` elements from `offset` on of the first dimension, with all others; without the first one for size 0.
  struct Part {
    SmallVector<OpFoldResult> offsets, sizes, strides;
    RankedTensorType type;
    Part(OpBuilder &b, RankedTensorType whole, Value offset, int64_t size) {
      SmallVector<int64_t> shape(whole.getShape());
      offsets.assign(shape.size(), b.getIndexAttr(0));
      strides.assign(shape.size(), b.getIndexAttr(1));
      offsets[0] = offset;
      shape[0] = std::max<int64_t>(1, size);
      for (int64_t extent : shape)
        sizes.push_back(b.getIndexAttr(extent));
      type = RankedTensorType::get(ArrayRef(shape).drop_front(size == 0), whole.getElementType());
    }
  };
  Value part(OpBuilder &b, Value value, Value offset, int64_t size) {
    Part part(b, typeOf(value), offset, size);
    return tensor::ExtractSliceOp::create(b, loc, part.type, value, part.offsets, part.sizes, part.strides);
  }
  Value put(OpBuilder &b, Value value, Value into, Value offset, int64_t size) {
    Part part(b, typeOf(into), offset, size);
    return tensor::InsertSliceOp::create(b, loc, value, into, part.offsets, part.sizes, part.strides);
  }

  void prepareTokens();
  Value forwardPanel(OpBuilder &b, const Place &place, SmallVectorImpl<Value> &carried);
  Value largest(OpBuilder &b, Value logits);
  void backwardPanel(OpBuilder &b, const Place &place, Value exponentials, SmallVectorImpl<Value> &carried);

  using Body = llvm::function_ref<void(OpBuilder &, const Place &, SmallVectorImpl<Value> &carried)>;
  SmallVector<Value> overWhole(ValueRange init, bool fromTheLast, Body body);
  Place placeOfRest() { return {indexConstant(b, loc, whole), indexConstant(b, loc, whole * panel), rest}; }

  VocabularyLoss &loss;
  OpBuilder b;
  Location loc;
  TensorBuilder t;
  Type element;
  int64_t rows, features, panel, whole, rest, panels;
  Value x, tokens;
  Value shifted;              // [panels, rows]: each row's token, counted from the panel's first one
  Value inPanel;              // the same where it is in the panel, else 0
  Value exponentials, ofRest; // [whole, rows, panel] and [rows, rest]: exp(logit - the panel's largest)
  Value factors, scales;      // [rows], and [panels, rows]: what makes the softmax's derivative of them
};

} // namespace

void PanelLoops::prepareTokens() {
  RankedTensorType all = tokenType({panels, rows});
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(all, b.getI32IntegerAttr(value)));
  };
  Value number = IotaOp::create(b, loc, all, 0);
  Value first = arith::MulIOp::create(b, loc, number, constant(panel));
  shifted = arith::SubIOp::create(b, loc, t.broadcast(tokens, all, {1}), first);
  Value size = constant(panel), none = constant(0);
  // Unsigned: a token of an earlier panel is large then.
  Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, shifted, size);
  inPanel = arith::SelectOp::create(b, loc, inside, shifted, none);
  if (rest > 0) {
    Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, shifted, constant(rest));
    Value inner = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, number, constant(whole));
    Value known = arith::OrIOp::create(b, loc, last, inner);
    inPanel = arith::SelectOp::create(b, loc, known, inPanel, none);
  }
}

SmallVector<Value> PanelLoops::overWhole(ValueRange init, bool fromTheLast, Body body) {
  Value zero = indexConstant(b, loc, 0), one = indexConstant(b, loc, 1), end = indexConstant(b, loc, whole);
  Value size = indexConstant(b, loc, panel), last = indexConstant(b, loc, whole - 1);
  auto loop =
      scf::ForOp::create(b, loc, zero, end, one, init, [&](OpBuilder &in, Location loc, Value i, ValueRange args) {
        Value number = fromTheLast ? Value(arith::SubIOp::create(in, loc, last, i)) : i;
        Value first = arith::MulIOp::create(in, loc, number, size);
        SmallVector<Value> carried(args);
        body(in, {number, first, panel}, carried);
        scf::YieldOp::create(in, loc, carried);
      });
  return loop.getResults();
}

/// Each row's largest logit. Without NaNs, of which the exponentials and their sum become NaN by themselves; and not
/// less than the least number, beside which the exponential of minus infinity is 0.
Value PanelLoops::largest(OpBuilder &b, Value logits) {
  double least = element.isF64() ? -std::numeric_limits<double>::max() : -std::numeric_limits<float>::max();
  Value init = filledTensor(b, loc, {rows}, element, least);
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(2), AffineMap::get(2, 0, b.getAffineDimExpr(0))};
  return linalg::GenericOp::create(b, loc, init.getType(), logits, init, maps,
                                   {utils::IteratorType::parallel, utils::IteratorType::reduction},
                                   [](OpBuilder &b, Location loc, ValueRange args) {
                                     Value most = arith::MaxNumFOp::create(b, loc, args[1], args[0]);
                                     linalg::YieldOp::create(b, loc, most);
                                   })
      .getResult(0);
}

/// Returns the exponentials; carries on each panel's largest logits, sums of exponentials and logits of the tokens.
Value PanelLoops::forwardPanel(OpBuilder &b, const Place &place, SmallVectorImpl<Value> &carried) {
  TensorBuilder t(b, loc);
  Value w = part(b, loss.logits.getRhs(), place.first, place.size);
  Value logits = t.make<ContractOp>(x, w, "bi,oi->bo");
  if (loss.bias)
    logits = t.add(logits, t.broadcast(part(b, loss.bias, place.first, place.size), logits.getType(), {1}));
  Value own =
      GatherOp::create(b, loc, type({rows}), logits, part(b, inPanel, place.number, 0), b.getStringAttr("bo,b->b"));
  Value most = largest(b, logits);
  Value exponentials = t.make<math::ExpOp>(t.sub(logits, t.broadcast(most, logits.getType(), {0})));
  Value sum = t.reduce(ReduceKind::sum, exponentials, {1});
  Value numbers[] = {most, sum, own};
  for (auto [i, value] : llvm::enumerate(numbers))
    carried[i] = put(b, value, carried[i], place.number, 0);
  return exponentials;
}

void PanelLoops::forward() {
  SmallVector<Value> carried;
  for (unsigned i = 0; i < 3; ++i)
    carried.push_back(emptyTensor(b, loc, {panels, rows}, element));
  carried.push_back(emptyTensor(b, loc, {whole, rows, panel}, element));
  carried = overWhole(carried, false, [&](OpBuilder &b, const Place &place, SmallVectorImpl<Value> &carried) {
    Value exponentials = forwardPanel(b, place, carried);
    carried[3] = put(b, exponentials, carried[3], place.number, 0);
  });
  exponentials = carried[3];
  if (rest > 0)
    ofRest = forwardPanel(b, placeOfRest(), carried);
  RankedTensorType all = type({panels, rows});
  Value most = t.reduce(ReduceKind::max, carried[0], {0});
  Value share = t.make<math::ExpOp>(t.sub(carried[0], t.broadcast(most, all, {1})));
  Value sum = t.reduce(ReduceKind::sum, t.mul(share, carried[1]), {0});
  RankedTensorType numbers = tokenType({rows});
  Value size = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(numbers, b.getI32IntegerAttr(panel)));
  Value number = arith::DivSIOp::create(b, loc, tokens, size);
  Value own = GatherOp::create(b, loc, type({rows}), carried[2], number, b.getStringAttr("pb,b->b"));
  lossOfRows = unflat(t.add(t.make<math::LogOp>(sum), t.sub(most, own)), loss.loss.getType(), 0);
  factors = loss.derivative.factors ? flat(loss.derivative.factors, 0)
                                    : t.constant(type({rows}), loss.derivative.commonFactor.getValueAsDouble());
  scales = t.mul(share, t.broadcast(t.div(factors, sum), all, {1}));
}

/// Carries on what there is of the gradients of weights and bias, and the sum of that of the input.
void PanelLoops::backwardPanel(OpBuilder &b, const Place &place, Value exponentials, SmallVectorImpl<Value> &carried) {
  TensorBuilder t(b, loc);
  RankedTensorType type = typeOf(exponentials), places = tokenType(type.getShape());
  Value d = t.mul(exponentials, t.broadcast(part(b, scales, place.number, 0), type, {0}));
  Value token = t.broadcast(part(b, shifted, place.number, 0), places, {0});
  Value own = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, IotaOp::create(b, loc, places, 1), token);
  d = t.sub(d, t.select(own, t.broadcast(factors, type, {0}), t.zero(type)));
  unsigned next = 0;
  if (loss.byWeight) {
    Value &all = carried[next++];
    all = put(b, t.make<ContractOp>(d, x, "bo,bi->oi"), all, place.first, place.size);
  }
  if (loss.byBias) {
    Value &all = carried[next++];
    all = put(b, t.reduce(ReduceKind::sum, d, {0}), all, place.first, place.size);
  }
  if (loss.byInput) {
    Value w = part(b, loss.logits.getRhs(), place.first, place.size);
    carried[next] = t.add(carried[next], t.make<ContractOp>(d, w, "bo,oi->bi"));
  }
}

void PanelLoops::backward() {
  SmallVector<Value> carried;
  if (loss.byWeight)
    carried.push_back(emptyTensor(b, loc, {loss.vocabulary(), features}, element));
  if (loss.byBias)
    carried.push_back(emptyTensor(b, loc, {loss.vocabulary()}, element));
  if (loss.byInput)
    carried.push_back(t.zero(type({rows, features})));
  // What was written last is still near.
  if (rest > 0)
    backwardPanel(b, placeOfRest(), ofRest, carried);
  carried = overWhole(carried, true, [&](OpBuilder &b, const Place &place, SmallVectorImpl<Value> &carried) {
    backwardPanel(b, place, part(b, exponentials, place.number, 0), carried);
  });
  unsigned next = 0;
  if (loss.byWeight)
    byWeight = carried[next++];
  if (loss.byBias)
    byBias = carried[next++];
  if (loss.byInput)
    byInput = unflat(carried[next], typeOf(loss.byInput), 1);
}

void VocabularyLoss::block(int64_t panel) {
  PanelLoops loops(*this, panel);
  loops.forward();
  loops.backward();
  loss.replaceAllUsesWith(loops.lossOfRows);
  auto replace = [](Operation *op, Value value) {
    if (!op)
      return;
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  };
  replace(byInput, loops.byInput);
  replace(byWeight, loops.byWeight);
  replace(byBias, loops.byBias);
  Operation *sum = loss.getLogits().getDefiningOp();
  loss.erase();
  derivative.replaceBy(Value());
  if (sum != logits)
    sum->erase();
  logits.erase();
}
