// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of lifting rules: one entry per op. A rule gives the op a new leading dimension, time, on each operand that
// has it; an operand that lacks it is repeated only where the op has no cheaper form.

#include "passes/split/LiftRules.h"

#include "dialect/Einsum.h"
#include "dialect/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace rondo;

using Lifted = FailureOr<SmallVector<Value>>;

RankedTensorType rondo::addLeadingDim(int64_t length, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{length};
  llvm::append_range(shape, tensor.getShape());
  return RankedTensorType::get(shape, tensor.getElementType());
}

Value rondo::repeatOverTime(OpBuilder &builder, Location loc, int64_t length, Value value) {
  RankedTensorType type = addLeadingDim(length, value.getType());
  return BroadcastOp::create(builder, loc, type, value, llvm::to_vector(llvm::seq<int64_t>(1, type.getRank())));
}

static SmallVector<int64_t> shiftDims(ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [](int64_t dim) { return dim + 1; });
}

/// All tensor operands with the leading dimension.
static SmallVector<Value> repeatUnlifted(OpBuilder &builder, Location loc, int64_t length, ValueRange operands,
                                         ArrayRef<bool> lifted) {
  SmallVector<Value> result;
  for (auto [operand, isLifted] : llvm::zip(operands, lifted))
    result.push_back(isLifted || !isa<RankedTensorType>(operand.getType())
                         ? operand
                         : repeatOverTime(builder, loc, length, operand));
  return result;
}

/// The same op with the same attributes on all positions: right for ops that treat leading dimensions alike.
static Lifted liftPositionwise(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands,
                               ArrayRef<bool> lifted) {
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(repeatUnlifted(builder, op->getLoc(), length, operands, lifted));
  for (Type type : op->getResultTypes())
    state.addTypes(addLeadingDim(length, type));
  state.addAttributes(op->getAttrs());
  return SmallVector<Value>(builder.create(state)->getResults());
}

/// `spec` with a letter for time in the terms of the lifted operands and of the result.
static Einsum liftSpec(StringRef spec, bool lhsLifted, bool rhsLifted) {
  Einsum einsum = Einsum::ofVerified(spec);
  char time = einsum.freshLetter();
  if (lhsLifted)
    einsum.lhs.insert(0, 1, time);
  if (rhsLifted)
    einsum.rhs.insert(0, 1, time);
  einsum.result.insert(0, 1, time);
  return einsum;
}

//===-- the rules --------------------------------------------------------------------------------------------===//

namespace {

template <typename Op> struct Positionwise : LiftableOpInterface::ExternalModel<Positionwise<Op>, Op> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands,
                     ArrayRef<bool> lifted) const {
    return liftPositionwise(op, builder, length, operands, lifted);
  }
};

struct Contract : LiftableOpInterface::ExternalModel<Contract, ContractOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t, ValueRange operands, ArrayRef<bool> lifted) const {
    Einsum spec = liftSpec(cast<ContractOp>(op).getSpec(), lifted[0], lifted[1]);
    return SmallVector<Value>{ContractOp::create(builder, op->getLoc(), operands[0], operands[1], spec.str())};
  }
};

struct GateProduct : LiftableOpInterface::ExternalModel<GateProduct, GateProductOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands,
                     ArrayRef<bool> lifted) const {
    // gate_product_c3: the weights' types are equal, so all of them are lifted or none.
    bool anyWeight = llvm::is_contained(lifted.drop_front(), true);
    SmallVector<Value> weights(operands.drop_front());
    if (anyWeight)
      weights = repeatUnlifted(builder, op->getLoc(), length, operands.drop_front(), lifted.drop_front());
    Einsum spec = liftSpec(cast<GateProductOp>(op).getSpec(), lifted[0], anyWeight);
    auto product = GateProductOp::create(builder, op->getLoc(), operands[0], weights, spec.str());
    return SmallVector<Value>(product.getResults());
  }
};

struct Broadcast : LiftableOpInterface::ExternalModel<Broadcast, BroadcastOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands, ArrayRef<bool>) const {
    auto broadcast = cast<BroadcastOp>(op);
    SmallVector<int64_t> dims{0};
    llvm::append_range(dims, shiftDims(broadcast.getDims()));
    return SmallVector<Value>{
        BroadcastOp::create(builder, op->getLoc(), addLeadingDim(length, broadcast.getType()), operands[0], dims)};
  }
};

struct Reduce : LiftableOpInterface::ExternalModel<Reduce, ReduceOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t, ValueRange operands, ArrayRef<bool>) const {
    auto reduce = cast<ReduceOp>(op);
    return SmallVector<Value>{
        ReduceOp::create(builder, op->getLoc(), reduce.getKind(), operands[0], shiftDims(reduce.getDims()))};
  }
};

struct Softmax : LiftableOpInterface::ExternalModel<Softmax, SoftmaxOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t, ValueRange operands, ArrayRef<bool>) const {
    return SmallVector<Value>{SoftmaxOp::create(builder, op->getLoc(), operands[0], cast<SoftmaxOp>(op).getDim() + 1)};
  }
};

struct Window : LiftableOpInterface::ExternalModel<Window, WindowOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t, ValueRange operands, ArrayRef<bool>) const {
    auto window = cast<WindowOp>(op);
    return SmallVector<Value>{WindowOp::create(builder, op->getLoc(), operands[0], window.getDim() + 1,
                                               window.getSize(), window.getStride(), window.getDilation())};
  }
};

struct OverlapAdd : LiftableOpInterface::ExternalModel<OverlapAdd, OverlapAddOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands, ArrayRef<bool>) const {
    auto sum = cast<OverlapAddOp>(op);
    return SmallVector<Value>{OverlapAddOp::create(builder, op->getLoc(), addLeadingDim(length, sum.getType()),
                                                   operands[0], sum.getDim() + 1, sum.getStride(), sum.getDilation())};
  }
};

struct Gather : LiftableOpInterface::ExternalModel<Gather, GatherOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t, ValueRange operands, ArrayRef<bool> lifted) const {
    if (std::optional<StringRef> spec = cast<GatherOp>(op).getSpec()) {
      StringAttr liftedSpec = builder.getStringAttr(liftSpec(*spec, lifted[0], lifted[1]).str());
      return SmallVector<Value>{GatherOp::create(builder, op->getLoc(), operands[0], operands[1], liftedSpec)};
    }
    if (lifted[0]) // one table per position
      return failure();
    return SmallVector<Value>{GatherOp::create(builder, op->getLoc(), operands[0], operands[1], /*spec=*/StringAttr())};
  }
};

/// Offsets, sizes and strides of a slice with all of time in front.
struct LiftedSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  LiftedSlice(OffsetSizeAndStrideOpInterface op, OpBuilder &builder, int64_t length) {
    offsets.push_back(builder.getIndexAttr(0));
    sizes.push_back(builder.getIndexAttr(length));
    strides.push_back(builder.getIndexAttr(1));
    llvm::append_range(offsets, op.getMixedOffsets());
    llvm::append_range(sizes, op.getMixedSizes());
    llvm::append_range(strides, op.getMixedStrides());
  }
};

struct ExtractSlice : LiftableOpInterface::ExternalModel<ExtractSlice, tensor::ExtractSliceOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands, ArrayRef<bool>) const {
    auto extract = cast<tensor::ExtractSliceOp>(op);
    LiftedSlice slice(extract, builder, length);
    return SmallVector<Value>{tensor::ExtractSliceOp::create(builder, op->getLoc(),
                                                             addLeadingDim(length, extract.getType()), operands[0],
                                                             slice.offsets, slice.sizes, slice.strides)};
  }
};

struct InsertSlice : LiftableOpInterface::ExternalModel<InsertSlice, tensor::InsertSliceOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands,
                     ArrayRef<bool> lifted) const {
    SmallVector<Value> tensors =
        repeatUnlifted(builder, op->getLoc(), length, operands.take_front(2), lifted.take_front(2));
    LiftedSlice slice(cast<tensor::InsertSliceOp>(op), builder, length);
    return SmallVector<Value>{tensor::InsertSliceOp::create(builder, op->getLoc(), tensors[0], tensors[1],
                                                            slice.offsets, slice.sizes, slice.strides)};
  }
};

struct Concat : LiftableOpInterface::ExternalModel<Concat, tensor::ConcatOp> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands,
                     ArrayRef<bool> lifted) const {
    SmallVector<Value> inputs = repeatUnlifted(builder, op->getLoc(), length, operands, lifted);
    uint64_t dim = cast<tensor::ConcatOp>(op).getDim() + 1;
    return SmallVector<Value>{tensor::ConcatOp::create(builder, op->getLoc(), dim, inputs)};
  }
};

int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

template <typename Op> struct Reshape : LiftableOpInterface::ExternalModel<Reshape<Op>, Op> {
  Lifted buildLifted(Operation *op, OpBuilder &builder, int64_t length, ValueRange operands, ArrayRef<bool>) const {
    SmallVector<ReassociationIndices> groups{{0}};
    for (const ReassociationIndices &group : cast<Op>(op).getReassociationIndices())
      groups.emplace_back(shiftDims(group));
    if (groups.size() == 1) // of one number
      for (int64_t dim = 0, rank = std::max(rankOf(operands[0]) - 1, rankOf(op->getResult(0))); dim < rank; ++dim)
        groups[0].push_back(dim + 1);
    return SmallVector<Value>{
        Op::create(builder, op->getLoc(), addLeadingDim(length, op->getResult(0).getType()), operands[0], groups)};
  }
};

} // namespace

template <typename... Ops> static void attachPositionwise(MLIRContext *context) {
  (Ops::template attachInterface<Positionwise<Ops>>(*context), ...);
}

void rondo::registerLiftRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RondoDialect *) {
    attachPositionwise<CrossEntropyOp, OneHotOp, SigmoidOp, StopOp>(context);
    BroadcastOp::attachInterface<Broadcast>(*context);
    ContractOp::attachInterface<Contract>(*context);
    GateProductOp::attachInterface<GateProduct>(*context);
    GatherOp::attachInterface<Gather>(*context);
    ReduceOp::attachInterface<Reduce>(*context);
    SoftmaxOp::attachInterface<Softmax>(*context);
    WindowOp::attachInterface<Window>(*context);
    OverlapAddOp::attachInterface<OverlapAdd>(*context);
    // rondo.scatter_add has none: its result is a sum over all positions. Nor has rondo.random: it stands outside.
  });
  registry.addExtension(+[](MLIRContext *context, arith::ArithDialect *) {
    attachPositionwise<arith::AddFOp, arith::AddIOp, arith::AndIOp, arith::CmpFOp, arith::CmpIOp, arith::DivFOp,
                       arith::DivSIOp, arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp, arith::FPToSIOp,
                       arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp, arith::MinimumFOp, arith::MinNumFOp,
                       arith::MinSIOp, arith::MulFOp, arith::MulIOp, arith::NegFOp, arith::OrIOp, arith::RemFOp,
                       arith::RemSIOp, arith::SelectOp, arith::SIToFPOp, arith::SubFOp, arith::SubIOp, arith::TruncFOp,
                       arith::TruncIOp, arith::UIToFPOp, arith::XOrIOp>(context);
  });
  registry.addExtension(+[](MLIRContext *context, math::MathDialect *) {
    attachPositionwise<math::AbsFOp, math::AcosOp, math::AcoshOp, math::AsinOp, math::AsinhOp, math::AtanOp,
                       math::Atan2Op, math::AtanhOp, math::CbrtOp, math::CeilOp, math::CopySignOp, math::CosOp,
                       math::CoshOp, math::ErfOp, math::ErfcOp, math::ExpOp, math::Exp2Op, math::ExpM1Op, math::FloorOp,
                       math::FmaOp, math::LogOp, math::Log10Op, math::Log1pOp, math::Log2Op, math::PowFOp,
                       math::RoundOp, math::RoundEvenOp, math::RsqrtOp, math::SinOp, math::SinhOp, math::SqrtOp,
                       math::TanOp, math::TanhOp, math::TruncOp>(context);
  });
  registry.addExtension(+[](MLIRContext *context, tensor::TensorDialect *) {
    tensor::ConcatOp::attachInterface<Concat>(*context);
    tensor::CollapseShapeOp::attachInterface<Reshape<tensor::CollapseShapeOp>>(*context);
    tensor::ExpandShapeOp::attachInterface<Reshape<tensor::ExpandShapeOp>>(*context);
    tensor::ExtractSliceOp::attachInterface<ExtractSlice>(*context);
    tensor::InsertSliceOp::attachInterface<InsertSlice>(*context);
  });
}
