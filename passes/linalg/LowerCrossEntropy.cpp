// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo.cross_entropy -> a loop over the rows of the logits, in which a row is read from memory once.
//
// Where the derivative by the same logits is computed in the same block, it is computed in the same loop, in place:
// the row's exponentials serve both, and all that is written is the derivative.

#include "passes/linalg/LowerToLinalg.h"
#include "passes/linalg/RowLoops.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rondo;

namespace {

/// g * (softmax(logits) - one_hot(tokens)), as the derivative of the cross-entropy is written.
struct Derivative {
  SoftmaxOp softmax;
  arith::SubFOp difference;
  arith::MulFOp product;
  Value factors;          // g, one for each row; or null:
  FloatAttr commonFactor; // it is the same for all rows

  /// The factor of the row at `position`.
  Value factorAt(OpBuilder &b, Location loc, ValueRange position) const {
    if (factors)
      return tensor::ExtractOp::create(b, loc, factors, position);
    return arith::ConstantOp::create(b, loc, commonFactor);
  }
};

/// Moves what `value` is computed of, as far as it stands behind `op`, before it. False where it needs `op` itself.
bool moveBefore(Value value, Operation *op) {
  Operation *producer = value.getDefiningOp();
  if (!producer || producer->getBlock() != op->getBlock() || producer->isBeforeInBlock(op))
    return true;
  if (producer == op || producer->getNumRegions() > 0 || !isMemoryEffectFree(producer))
    return false;
  for (Value operand : producer->getOperands())
    if (!moveBefore(operand, op))
      return false;
  producer->moveBefore(op);
  return true;
}

/// The derivative by the logits of `op`, if it is computed in the same block and does not depend on the loss.
std::optional<Derivative> findDerivative(CrossEntropyOp op) {
  for (Operation *user : op.getLogits().getUsers()) {
    auto softmax = dyn_cast<SoftmaxOp>(user);
    if (!softmax || int64_t(softmax.getDim()) != softmax.getType().getRank() - 1 ||
        softmax->getBlock() != op->getBlock() || !softmax->hasOneUse())
      continue;
    auto difference = dyn_cast<arith::SubFOp>(*softmax->user_begin());
    auto oneHot = difference ? difference.getRhs().getDefiningOp<OneHotOp>() : OneHotOp();
    if (!oneHot || oneHot.getTokens() != op.getTokens() || difference.getLhs() != softmax.getResult() ||
        !difference->hasOneUse())
      continue;
    auto product = dyn_cast<arith::MulFOp>(*difference->user_begin());
    if (!product || product->getBlock() != op->getBlock())
      continue;
    Value factor = product.getLhs() == difference.getResult() ? product.getRhs() : product.getLhs();
    SplatElementsAttr splat;
    if (matchPattern(factor, m_Constant(&splat)))
      return Derivative{softmax, difference, product, {}, splat.getSplatValue<FloatAttr>()};
    auto broadcast = factor.getDefiningOp<BroadcastOp>();
    if (broadcast && broadcast.getOperand().getType().getShape() == op.getType().getShape() &&
        llvm::equal(broadcast.getDims(), llvm::seq<int64_t>(0, op.getType().getRank())) &&
        moveBefore(broadcast.getOperand(), op))
      return Derivative{softmax, difference, product, broadcast.getOperand(), {}};
  }
  return std::nullopt;
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

void rondo::lowerCrossEntropy(IRRewriter &rewriter, CrossEntropyOp op) {
  Location loc = op.getLoc();
  Value logits = op.getLogits();
  auto type = cast<RankedTensorType>(op.getType());
  std::optional<Derivative> derivative = findDerivative(op);
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
      Value factor = derivative->factorAt(b, loc, position);
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
  if (!derivative)
    return;
  rewriter.replaceOp(derivative->product, rows[2]);
  auto oneHot = derivative->difference.getRhs().getDefiningOp<OneHotOp>();
  rewriter.eraseOp(derivative->difference);
  rewriter.eraseOp(derivative->softmax);
  if (oneHot->use_empty())
    rewriter.eraseOp(oneHot);
}
