// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How one-shot bufferisation treats rondo.phase, rondo.pack, rondo.attend, rondo.attend_grad and rondo.append.

#include "passes/buffer/KernelBufferization.h"

#include "dialect/AppendOps.h"
#include "dialect/AttentionGradOps.h"
#include "passes/support/PhaseShape.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace rondo;

namespace {

template <typename Op> struct KernelModel : DstBufferizableOpInterfaceExternalModel<KernelModel<Op>, Op> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    // Outputs are only written, but where sums begin with them.
    auto phase = dyn_cast<PhaseOp>(op);
    return (phase && phase.getAccumulate()) || cast<DestinationStyleOpInterface>(op).isDpsInput(&operand);
  }

  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &, ArrayRef<OpOperand *> operands) const {
    return llvm::all_of(operands, [](OpOperand *operand) { return readsAtWrittenPoint(*operand); });
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto kernel = cast<Op>(op);
    SmallVector<Value> buffers, outputs;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        buffers.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    OperationState created(op->getLoc(), op->getName(), buffers, TypeRange(),
                           llvm::to_vector(op->getDiscardableAttrs()));
    created.propertiesAttr = op->getPropertiesAsAttribute();
    for (Region &region : op->getRegions())
      created.addRegion()->takeBody(region);
    rewriter.create(created);
    replaceOpWithBufferizedValues(rewriter, op, ArrayRef(buffers).take_back(kernel.getNumDpsInits()));
    return success();
  }
};

struct AppendModel : KernelModel<AppendOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const {
    return true; // What the window has no values for stays.
  }
};

} // namespace

void rondo::registerKernelBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RondoDialect *) {
    PhaseOp::attachInterface<KernelModel<PhaseOp>>(*context);
    PackOp::attachInterface<KernelModel<PackOp>>(*context);
    AttendOp::attachInterface<KernelModel<AttendOp>>(*context);
    AttendGradOp::attachInterface<KernelModel<AttendGradOp>>(*context);
    AppendOp::attachInterface<AppendModel>(*context);
  });
}
