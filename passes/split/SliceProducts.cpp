// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-slice-products: a product in a scan that is read in slices only becomes one product for each slice.
//
// What a slice is cut of is followed upwards, through pointwise ops that nothing else reads, to products of weights. If
// there is one, all of it is built anew for each slice, and the whole goes.

#include "passes/Passes.h"

#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"
#include "passes/support/Machine.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace rondo {
#define GEN_PASS_DEF_SLICEPRODUCTS
#include "passes/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// Cuts what one value of a scan's body is made of, which is read in slices of one size along its last dimension.
class Cutter {
public:
  Cutter(ScanOp scan, Value whole) : scan(scan), body(&scan.getBody().front()), whole(whole) {}

  /// Whether there is anything to cut.
  bool find() {
    auto type = dyn_cast<RankedTensorType>(whole.getType());
    if (!type || type.getRank() == 0 || whole.hasOneUse() || whole.use_empty())
      return false;
    for (Operation *user : whole.getUsers()) {
      auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
      if (!slice || slice->getBlock() != body || !isAlongLast(slice, type) ||
          (size && slice.getType().getShape().back() != size))
        return false;
      size = slice.getType().getShape().back();
      slices.push_back(slice);
    }
    llvm::sort(slices, [](tensor::ExtractSliceOp a, tensor::ExtractSliceOp b) { return offsetOf(a) < offsetOf(b); });
    for (size_t i = 1; i < slices.size(); ++i)
      if (offsetOf(slices[i]) < offsetOf(slices[i - 1]) + size)
        return false;
    return size >= leastSize && findOps() && llvm::any_of(ops, llvm::IsaPred<ContractOp>);
  }

  void cut() {
    for (tensor::ExtractSliceOp slice : slices) {
      OpBuilder b(whole.getDefiningOp());
      slice.getResult().replaceAllUsesWith(build(b, whole, offsetOf(slice)));
      slice.erase();
    }
    for (Operation *op : ops)
      op->erase();
  }

private:
  static constexpr int64_t leastSize = Machine::line / 4; // numbers of a line: of fewer a tile would be mostly empty
  static constexpr size_t mostCopies = 64;                // of ops, in all slices: code grows with them

  static int64_t offsetOf(tensor::ExtractSliceOp slice) { return slice.getStaticOffsets().back(); }

  static bool isAlongLast(tensor::ExtractSliceOp slice, RankedTensorType type) {
    ArrayRef<int64_t> offsets = slice.getStaticOffsets(), sizes = slice.getStaticSizes();
    return slice.getType().getRank() == type.getRank() && slice.hasUnitStride() &&
           !ShapedType::isDynamicShape(offsets) && slice.getType().hasStaticShape() &&
           llvm::all_of(offsets.drop_back(), [](int64_t offset) { return offset == 0; }) &&
           sizes.drop_back() == type.getShape().drop_back();
  }

  bool isPointwise(Operation *op) {
    return op->hasTrait<OpTrait::Elementwise>() && op->getNumResults() == 1 && op->getNumRegions() == 0 &&
           llvm::all_of(op->getOperandTypes(), [&](Type type) {
             auto tensor = dyn_cast<RankedTensorType>(type);
             return tensor && tensor.getShape() == cast<RankedTensorType>(whole.getType()).getShape();
           });
  }

  /// Of a product of this step's values with a weight, of which alone the result's last dimension is: which operand is
  /// the weight.
  std::optional<unsigned> weightOf(ContractOp op) {
    Einsum spec = Einsum::ofVerified(op.getSpec());
    if (spec.result.empty())
      return std::nullopt;
    for (unsigned operand : {0u, 1u}) {
      StringRef term = operand == 0 ? spec.lhs : spec.rhs, other = operand == 0 ? spec.rhs : spec.lhs;
      char letter = spec.result.back();
      if (op->getOperand(operand).getParentRegion() != body->getParent() && term.count(letter) == 1 &&
          !other.contains(letter) && op->getOperand(1 - operand).getParentRegion() == body->getParent())
        return operand;
    }
    return std::nullopt;
  }

  /// The op of the body that makes the value, if it is cut itself: nothing else may read its result.
  Operation *cutOp(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != body || (value != whole && !value.hasOneUse()))
      return nullptr;
    if (auto product = dyn_cast<ContractOp>(op))
      return weightOf(product) ? op : nullptr;
    return isPointwise(op) && !op->hasTrait<OpTrait::ConstantLike>() ? op : nullptr;
  }

  /// Collects what is cut, each op in front of those that make its operands; false if there would be too many copies.
  bool findOps() {
    SmallVector<Value> values = {whole};
    while (!values.empty()) {
      Operation *op = cutOp(values.pop_back_val());
      if (!op)
        continue;
      ops.push_back(op);
      if (ops.size() * slices.size() > mostCopies)
        return false;
      if (!isa<ContractOp>(op))
        llvm::append_range(values, op->getOperands());
    }
    return true;
  }

  /// `size` elements of dimension `dim` of a value.
  Value slice(OpBuilder &b, Value value, int64_t dim, int64_t offset) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape()), offsets(shape.size(), 0), strides(shape.size(), 1);
    offsets[dim] = offset, shape[dim] = size;
    auto result = RankedTensorType::get(shape, type.getElementType());
    if (DenseElementsAttr constant; matchPattern(value, m_Constant(&constant)) && constant.isSplat())
      return arith::ConstantOp::create(b, value.getLoc(), constant.resizeSplat(result));
    return tensor::ExtractSliceOp::create(b, value.getLoc(), result, value, ValueRange(), ValueRange(), ValueRange(),
                                          offsets, shape, strides);
  }

  /// A slice of what comes from outside: once, in front of the scan.
  Value sliceOutside(Value value, int64_t dim, int64_t offset) {
    OpBuilder b(scan);
    auto broadcast = value.getDefiningOp<BroadcastOp>();
    if (!broadcast)
      return slice(b, value, dim, offset);
    Value part = broadcast.getOperand();
    if (const auto *found = llvm::find(broadcast.getDims(), dim); found != broadcast.getDims().end())
      part = slice(b, part, found - broadcast.getDims().begin(), offset);
    SmallVector<int64_t> shape(broadcast.getType().getShape());
    shape[dim] = size;
    return BroadcastOp::create(b, broadcast.getLoc(),
                               RankedTensorType::get(shape, broadcast.getType().getElementType()), part,
                               broadcast.getDims());
  }

  /// The slice of `value` from `offset` on, of what is computed for it alone as far as that can be.
  Value build(OpBuilder &b, Value value, int64_t offset) {
    int64_t last = cast<RankedTensorType>(value.getType()).getRank() - 1;
    if (value.getParentRegion() != body->getParent())
      return sliceOutside(value, last, offset);
    Operation *op = cutOp(value);
    if (!op)
      return slice(b, value, last, offset);
    SmallVector<Value> operands(op->getOperands());
    if (auto product = dyn_cast<ContractOp>(op)) {
      Einsum spec = Einsum::ofVerified(product.getSpec());
      unsigned weight = *weightOf(product);
      const std::string &term = weight == 0 ? spec.lhs : spec.rhs;
      operands[weight] = sliceOutside(operands[weight], term.find(spec.result.back()), offset);
    } else {
      for (Value &operand : operands)
        operand = build(b, operand, offset);
    }
    Operation *copy = b.clone(*op);
    copy->setOperands(operands);
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = size;
    copy->getResult(0).setType(RankedTensorType::get(shape, type.getElementType()));
    return copy->getResult(0);
  }

  ScanOp scan;
  Block *body;
  Value whole;
  int64_t size = 0;
  SmallVector<tensor::ExtractSliceOp> slices;
  SmallVector<Operation *> ops; // that are cut
};

struct SliceProducts : public rondo::impl::SliceProductsBase<SliceProducts> {
  void runOnOperation() override {
    getOperation()->walk([](ScanOp scan) {
      llvm::SetVector<Value> wholes;
      for (auto slice : scan.getBody().front().getOps<tensor::ExtractSliceOp>())
        if (Operation *op = slice.getSource().getDefiningOp(); op && op->getBlock() == slice->getBlock())
          wholes.insert(slice.getSource());
      for (Value whole : wholes)
        if (Cutter cutter(scan, whole); cutter.find())
          cutter.cut();
    });
  }
};

} // namespace
