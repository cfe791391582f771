// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-fold-overlap-add: the gradient of a convolution by its input is a convolution too.
//
// Derivatives spell it as a product that gives the gradient of every window, and the sum of these at their positions.
// With g[t, o] the gradient of the results and w[o, j, i] the weights that is
//
//   x[p, i] = sum over j, o of g[p - j d, o] w[o, j, i] = sum over k, o of h[p + k d, o] w[o, size - 1 - k, i]
//
// where k = size - 1 - j, and h is g with (size - 1) d zeros at both ends: a product of h's windows with the weights
// turned round. No window's gradient is in memory. Of positions that nobody reads, as those of the padding, neither the
// zeros nor the products are made.

#include "dialect/Einsum.h"
#include "passes/Passes.h"
#include "passes/support/Remarks.h"
#include "passes/support/TensorBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace rondo {
#define GEN_PASS_DEF_FOLDOVERLAPADD
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Positions of a dimension.
struct Range {
  int64_t first, count;
};

/// A slice of `value` along one dimension.
Value slice(OpBuilder &b, Location loc, Value value, int64_t dim, Range range) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)), strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      llvm::map_to_vector(type.getShape(), [&](int64_t size) -> OpFoldResult { return b.getIndexAttr(size); });
  offsets[dim] = b.getIndexAttr(range.first);
  sizes[dim] = b.getIndexAttr(range.count);
  return b.createOrFold<tensor::ExtractSliceOp>(loc, value, offsets, sizes, strides);
}

/// What `op` takes of its operand, if that is a range of dimension `dim` and the whole of the others.
std::optional<Range> rangeOf(tensor::ExtractSliceOp op, int64_t dim) {
  RankedTensorType from = op.getSourceType();
  if (from.getRank() != op.getType().getRank() || !op.hasUnitStride() ||
      llvm::any_of(op.getStaticOffsets(), ShapedType::isDynamic))
    return std::nullopt;
  for (int64_t other = 0; other < from.getRank(); ++other)
    if (other != dim && op.getType().getDimSize(other) != from.getDimSize(other))
      return std::nullopt;
  return Range{op.getStaticOffsets()[dim], op.getType().getDimSize(dim)};
}

/// `value` with so many zeros before and after its positions along `dim`; a number below 0 takes positions away.
/// Windows along other dimensions are of the longer value: so they are still read in place.
Value padded(OpBuilder &b, Location loc, Value value, int64_t dim, int64_t before, int64_t after) {
  if (auto window = value.getDefiningOp<WindowOp>()) {
    int64_t along = window.getDim();
    if (dim < along || dim > along + 1) {
      Value longer = padded(b, loc, window.getOperand(), dim < along ? dim : dim - 1, before, after);
      return WindowOp::create(b, loc, longer, along, window.getSize(), window.getStride(), window.getDilation());
    }
  }
  TensorBuilder tensors(b, loc);
  auto type = cast<RankedTensorType>(value.getType());
  int64_t first = std::max<int64_t>(0, -before), end = type.getDimSize(dim) - std::max<int64_t>(0, -after);
  auto zeros = [&](int64_t count) {
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = count;
    return tensors.zero(type.clone(shape));
  };
  SmallVector<Value> parts;
  if (before > 0)
    parts.push_back(zeros(before));
  parts.push_back(slice(b, loc, value, dim, {first, end - first}));
  if (after > 0)
    parts.push_back(zeros(after));
  return parts.size() > 1 ? tensors.make<tensor::ConcatOp>(dim, parts) : parts.front();
}

/// `value` with dimension `dim` in the opposite order.
Value turned(OpBuilder &b, Location loc, Value value, int64_t dim) {
  int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dim);
  if (size == 1)
    return value;
  SmallVector<Value> parts;
  for (int64_t i = size - 1; i >= 0; --i)
    parts.push_back(slice(b, loc, value, dim, {i, 1}));
  return tensor::ConcatOp::create(b, loc, dim, parts);
}

/// A product that gives the gradient of each window: of `gradient`, which has the position, and `weights`, which have
/// the neighbour.
struct Product {
  Value gradient, weights;
  std::string gradientTerm, weightsTerm, result;
  Location loc;

  static std::optional<Product> of(ContractOp op, int64_t dim) {
    Einsum spec = Einsum::ofVerified(op.getSpec());
    char position = spec.result[dim], neighbour = spec.result[dim + 1];
    Product product{op.getLhs(), op.getRhs(), spec.lhs, spec.rhs, spec.result, op.getLoc()};
    if (StringRef(spec.lhs).contains(neighbour)) {
      std::swap(product.gradient, product.weights);
      std::swap(product.gradientTerm, product.weightsTerm);
    }
    StringRef gradient = product.gradientTerm, weights = product.weightsTerm;
    bool fits = gradient.contains(position) && !gradient.contains(neighbour) && weights.contains(neighbour) &&
                !weights.contains(position);
    return fits ? std::optional(product) : std::nullopt;
  }

  /// The sum at these positions of the windows along `dim`.
  Value sumAt(OpBuilder &b, OverlapAddOp op, Range read) const {
    int64_t dim = op.getDim(), windows = op.getOperand().getType().getDimSize(dim);
    int64_t size = op.getOperand().getType().getDimSize(dim + 1), reach = (size - 1) * int64_t(op.getDilation());
    size_t at = gradientTerm.find(result[dim]);
    Value longer = padded(b, loc, gradient, at, reach - read.first, read.first + read.count - windows);
    Value near = WindowOp::create(b, loc, longer, at, size, 1, op.getDilation());
    char neighbour = result[dim + 1];
    Einsum spec{gradientTerm, weightsTerm, result};
    spec.lhs.insert(at + 1, 1, neighbour);
    spec.result.erase(dim + 1, 1);
    Value back = turned(b, loc, weights, weightsTerm.find(neighbour));
    return ContractOp::create(b, loc, near, back, spec.str());
  }
};

/// Takes apart the sum `value` into products that nothing else reads; whether there are no other summands. `ops` are
/// its ops, each before those that it reads.
bool isSumOfProducts(Value value, OverlapAddOp op, SmallVector<Product> &products, SmallVector<Operation *> &ops) {
  Operation *made = value.getDefiningOp();
  if (!made || !value.hasOneUse() || made->getBlock() != op->getBlock())
    return false;
  ops.push_back(made);
  if (auto add = dyn_cast<arith::AddFOp>(made))
    return isSumOfProducts(add.getLhs(), op, products, ops) && isSumOfProducts(add.getRhs(), op, products, ops);
  auto contract = dyn_cast<ContractOp>(made);
  std::optional<Product> product = contract ? Product::of(contract, op.getDim()) : std::nullopt;
  if (product)
    products.push_back(*product);
  return product.has_value();
}

/// Why the product with windows would be no better, or null.
const char *reasonAgainst(OverlapAddOp op, Range read) {
  constexpr int64_t mostNeighbours = 64; // each is a slice of the weights
  RankedTensorType windows = op.getOperand().getType();
  if (op.getStride() != 1)
    return "between the windows are positions that they do not begin at";
  if (windows.getDimSize(op.getDim() + 1) > mostNeighbours)
    return "the window is wide";
  // Each of them is a product, zeros or not.
  if (read.count > windows.getDimSize(op.getDim()) * 5 / 4)
    return "there are many more positions than windows";
  return nullptr;
}

void fold(IRRewriter &rewriter, OverlapAddOp op) {
  SmallVector<Product> products;
  SmallVector<Operation *> replacedOps{op};
  if (!isSumOfProducts(op.getOperand(), op, products, replacedOps))
    return;
  Range read{0, op.getType().getDimSize(op.getDim())};
  if (op->hasOneUse())
    if (auto part = dyn_cast<tensor::ExtractSliceOp>(*op->user_begin()))
      if (std::optional<Range> range = rangeOf(part, op.getDim())) {
        read = *range;
        replacedOps.insert(replacedOps.begin(), part);
      }
  if (const char *reason = reasonAgainst(op, read))
    return reportMissed(op, "folded", [&] { return reason; });
  reportDone(op, "folded", [&] {
    return ("the gradient of windows is " + Twine(products.size()) + " product(s) with windows of gradients").str();
  });
  rewriter.setInsertionPoint(op);
  Value sum;
  for (const Product &product : products) {
    Value summand = product.sumAt(rewriter, op, read);
    sum = sum ? Value(arith::AddFOp::create(rewriter, op.getLoc(), sum, summand)) : summand;
  }
  rewriter.replaceAllUsesWith(replacedOps.front()->getResult(0), sum);
  for (Operation *replaced : replacedOps)
    rewriter.eraseOp(replaced);
}

struct FoldOverlapAdd : rondo::impl::FoldOverlapAddBase<FoldOverlapAdd> {
  void runOnOperation() override {
    // In their order: the gradient of windows of windows is a product only once that of the outer ones is.
    SmallVector<OverlapAddOp> ops;
    getOperation().walk([&](OverlapAddOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (OverlapAddOp op : ops)
      fold(rewriter, op);
  }
};

} // namespace
