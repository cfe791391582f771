// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.cross_entropy -> a loop over the rows of the logits, in which a row is read from memory once.
//
// Where the derivative by the same logits is computed in the same block, it is computed in the same loop, in place:
// the row's exponentials serve both, and all that is written is the derivative.

#include "passes/linalg/LossDerivative.h"
#include "passes/linalg/LowerToLinalg.h"
#include "passes/linalg/RowLoops.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The factor of the derivative's row at `position`.
Value factorAt(const LossDerivative &derivative, OpBuilder &b, Location loc, ValueRange position) {
  if (derivative.factors)
    return tensor::ExtractOp::create(b, loc, derivative.factors, position);
  return arith::ConstantOp::create(b, loc, derivative.commonFactor);
}

/// Work on one row.
class Row {
public:
  Row(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  using Body = llvm::function_ref<Value(TensorBuilder &, Value element, Value other)>;

  /// Sums up (or the like) body(element, accumulator) into `init`, a tensor of rank 0.
  Value reduce(Value row, Value init, Body body) {
    AffineMap identity = b.getMultiDimIdentityMap(1), none = AffineMap::get(1, 0, b.getContext());
    return build(row, init, {identity, none}, utils::IteratorType::reduction, body);
  }
  /// Writes body(element, scalar) over each element.
  Value map(Value row, Value scalar, Body body) {
    AffineMap identity = b.getMultiDimIdentityMap(1), none = AffineMap::get(1, 0, b.getContext());
    return build(scalar, row, {none, identity}, utils::IteratorType::parallel,
                 [&](TensorBuilder &t, Value scalar, Value element) { return body(t, element, scalar); });
  }
  Value fill(Value destination, double value) {
    auto type = cast<RankedTensorType>(destination.getType());
    Value scalar = floatConstant(b, loc, type.getElementType(), value);
    return linalg::FillOp::create(b, loc, scalar, destination).getResult(0);
  }
  Value number(Value rankZero) { return tensor::ExtractOp::create(b, loc, rankZero); }

private:
  Value build(Value input, Value output, ArrayRef<AffineMap> maps, utils::IteratorType kind, Body body) {
    return linalg::GenericOp::create(b, loc, output.getType(), input, output, maps, kind,
                                     [&](OpBuilder &b, Location loc, ValueRange args) {
                                       TensorBuilder t(b, loc);
                                       linalg::YieldOp::create(b, loc, body(t, args[0], args[1]));
                                     })
        .getResult(0);
  }

  OpBuilder &b;
  Location loc;
};

Value add(TensorBuilder &t, Value element, Value sum) { return t.add(sum, element); }
/// Without NaNs, of which the exponentials and their sum become NaN by themselves.
Value maximum(TensorBuilder &t, Value element, Value most) { return t.make<arith::MaxNumFOp>(most, element); }
Value exponential(TensorBuilder &t, Value element, Value shift) { return t.make<math::ExpOp>(t.sub(element, shift)); }

} // namespace

void rondo::repeatLoss(IRRewriter &rewriter, SoftmaxOp op) {
  auto isLossHere = [&](Operation *user) {
    auto loss = dyn_cast<CrossEntropyOp>(user);
    std::optional<LossDerivative> found =
        loss && loss->getBlock() == op->getBlock() ? LossDerivative::find(loss) : std::nullopt;
    return found && found->softmax == op;
  };
  auto difference = op->hasOneUse() ? dyn_cast<arith::SubFOp>(*op->user_begin()) : arith::SubFOp();
  auto oneHot = difference ? difference.getRhs().getDefiningOp<OneHotOp>() : OneHotOp();
  if (!oneHot || llvm::any_of(op.getOperand().getUsers(), isLossHere))
    return;
  rewriter.setInsertionPoint(op);
  auto loss = CrossEntropyOp::create(rewriter, op.getLoc(), op.getOperand(), oneHot.getTokens());
  if (!LossDerivative::find(loss))
    rewriter.eraseOp(loss);
}

void rondo::lowerCrossEntropy(IRRewriter &rewriter, CrossEntropyOp op) {
  Location loc = op.getLoc();
  Value logits = op.getLogits();
  auto type = cast<RankedTensorType>(op.getType());
  std::optional<LossDerivative> derivative = LossDerivative::find(op);
  rewriter.setInsertionPoint(op);

  // For each row the sum of exp(x - m), m the maximum, and m - x[token]; and the derivative in place of the logits.
  SmallVector<Value> results{emptyTensor(rewriter, loc, type.getShape(), type.getElementType()),
                             emptyTensor(rewriter, loc, type.getShape(), type.getElementType())};
  if (derivative)
    results.push_back(logits);
  auto atRow = [&](OpBuilder &b, ValueRange position, Value token, ValueRange carried) {
    Row row(b, loc);
    SmallVector<Value> place(position);
    RowSlice scalar(b, type, place), whole(b, cast<RankedTensorType>(logits.getType()), place);
    Value values = whole.extract(b, loc, derivative ? carried[2] : logits);
    Value chosen = tensor::ExtractOp::create(b, loc, values, token);
    Value most = row.reduce(values, row.fill(scalar.extract(b, loc, carried[1]), -HUGE_VAL), maximum);
    Value shift = row.number(most), sum = row.fill(scalar.extract(b, loc, carried[0]), 0);
    if (derivative) {
      values = row.map(values, shift, exponential);
      sum = row.reduce(values, sum, add);
    } else {
      sum = row.reduce(values, sum, [&](TensorBuilder &t, Value element, Value sum) {
        return t.add(sum, exponential(t, element, shift));
      });
    }
    Value distance = arith::SubFOp::create(b, loc, shift, chosen);
    scf::ValueVector next{
        scalar.insert(b, loc, sum, carried[0]),
        tensor::InsertOp::create(b, loc, distance, scalar.insert(b, loc, most, carried[1]), position)};
    if (derivative) {
      Value factor = factorAt(*derivative, b, loc, position);
      Value scale = arith::DivFOp::create(b, loc, factor, row.number(sum));
      values =
          row.map(values, scale, [](TensorBuilder &t, Value element, Value scale) { return t.mul(element, scale); });
      Value own = tensor::ExtractOp::create(b, loc, values, token);
      own = arith::SubFOp::create(b, loc, own, factor);
      values = tensor::InsertOp::create(b, loc, own, values, token);
      next.push_back(whole.insert(b, loc, values, carried[2]));
    }
    return next;
  };
  scf::ValueVector rows = forEachToken(rewriter, loc, op.getTokens(), results, atRow);
  TensorBuilder t(rewriter, loc);
  rewriter.replaceOp(op, t.add(t.make<math::LogOp>(rows[0]), rows[1]));
  if (derivative)
    derivative->replaceBy(rows[2]);
}
