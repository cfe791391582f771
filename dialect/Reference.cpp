// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The core of the reference interpreter: calling a function, running a block, finding the op that makes a NaN.

#include "dialect/Reference.h"

#include "dialect/AppendOps.h"
#include "dialect/AttentionGradOps.h"
#include "dialect/ReferenceInterpreter.h"
#include "dialect/RondoDialect.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;

namespace {
/// Which of NaN and infinity a tensor has, and the place of the first of each.
struct NotFinite {
  std::optional<int64_t> nan, infinity;

  explicit NotFinite(const Tensor &tensor) {
    if (!tensor.isFloat())
      return;
    for (int64_t n = 0, e = tensor.numElements(); n < e && !(nan && infinity); ++n) {
      if (!nan && std::isnan(tensor.at(n)))
        nan = n;
      if (!infinity && std::isinf(tensor.at(n)))
        infinity = n;
    }
  }
};
} // namespace

/// "[1, 3]" for element `n` in row-major order.
static std::string placeOf(int64_t n, const Tensor &tensor) {
  std::vector<int64_t> strides = stridesOf(tensor.shape);
  std::string text;
  for (auto [size, stride] : llvm::zip(tensor.shape, strides))
    text += (text.empty() ? "" : ", ") + std::to_string(n / stride % size);
  return "[" + text + "]";
}

LogicalResult Interpreter::checkFinite(Operation *op) {
  // What a constant says is meant, and what tensor.empty holds must not be read.
  if (op->hasTrait<OpTrait::ConstantLike>() || op->getName().getStringRef() == "tensor.empty")
    return success();
  bool nanBefore = false, infinityBefore = false;
  for (Value operand : op->getOperands()) {
    if (!values.contains(operand))
      continue;
    NotFinite found(get(operand));
    nanBefore |= found.nan.has_value();
    infinityBefore |= found.infinity.has_value();
  }
  for (Value result : op->getResults()) {
    const Tensor &tensor = get(result);
    NotFinite found(tensor);
    if (found.nan && !nanBefore)
      return op->emitOpError() << "makes a NaN at " << placeOf(*found.nan, tensor);
    if (found.infinity && !infinityBefore && !nanBefore)
      return op->emitOpError() << "makes an infinity at " << placeOf(*found.infinity, tensor);
  }
  return success();
}

LogicalResult reference::unknownOp(Operation *op) {
  return op->emitError() << "the reference interpreter does not know '" << op->getName() << "'";
}

LogicalResult Interpreter::finish(Operation *op, Tensor tensor) {
  set(op->getResult(0), std::move(tensor));
  return success();
}

LogicalResult Interpreter::run(Operation *op) {
  using Handler = LogicalResult (*)(Interpreter &, Operation *);
  StringRef dialect = op->getName().getDialectNamespace();
  Handler handler = llvm::StringSwitch<Handler>(dialect)
                        .Case("rondo", isa<ScanOp>(op)                          ? runControl
                                       : isa<PhaseOp, PackOp, AppendOp>(op)     ? runKernel
                                       : isa<AttentionOp, AttendOp>(op)         ? runAttention
                                       : isa<AttentionGradOp, AttendGradOp>(op) ? runAttentionGrad
                                                                                : runRondo)
                        .Case("arith", runArith)
                        .Case("math", runMath)
                        .Case("tensor", runTensor)
                        .Case("linalg", runLinalg)
                        .Cases({"scf", "func"}, runControl)
                        .Default(nullptr);
  if (!handler)
    return unknownOp(op);
  if (failed(handler(*this, op)))
    return failure();
  if (!options.checkFinite || succeeded(checkFinite(op)))
    return success();
  if (options.notFinite)
    options.notFinite->op = op;
  return failure();
}

LogicalResult Interpreter::runBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(run(&op)))
      return failure();
  return success();
}

FailureOr<std::vector<Tensor>> Interpreter::runBody(Block &body, std::vector<Tensor> arguments,
                                                    std::vector<Tensor> indices, ArrayRef<int64_t> shape) {
  for (auto [argument, tensor] : llvm::zip(body.getArguments(), arguments))
    set(argument, std::move(tensor));
  const std::vector<Tensor> *outer = std::exchange(this->indices, &indices);
  LogicalResult result = runBlock(body);
  this->indices = outer;
  if (failed(result))
    return failure();
  std::vector<Tensor> yielded;
  for (Value value : body.getTerminator()->getOperands())
    yielded.push_back(repeated(get(value), shape));
  return yielded;
}

/// Checks that `tensor` can be the value of `type`.
static LogicalResult checkArgument(func::FuncOp function, unsigned position, Type type, const Tensor &tensor) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  FailureOr<Tensor::Kind> kind = Tensor::kindOf(getElementTypeOrSelf(type));
  if (failed(kind))
    return function.emitError() << "the reference interpreter does not know the type " << type << " of argument "
                                << position;
  ArrayRef<int64_t> shape = shaped ? shaped.getShape() : ArrayRef<int64_t>();
  if (*kind != tensor.kind || failed(verifyCompatibleShape(shape, tensor.shape)))
    return function.emitError() << "expected argument " << position << " of type " << type << ", found "
                                << tensor.typeString();
  return success();
}

FailureOr<std::vector<Tensor>> reference::call(func::FuncOp function, ArrayRef<Tensor> arguments,
                                               InterpretOptions options, unsigned callDepth) {
  if (function.isExternal())
    return function.emitError() << "expected a body to interpret, found a declaration";
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError() << "the reference interpreter does not know branches between blocks";
  if (arguments.size() != function.getNumArguments())
    return function.emitError() << "expected " << function.getNumArguments() << " arguments, found "
                                << arguments.size();
  Interpreter interpreter(options, callDepth);
  for (auto [position, argument] : llvm::enumerate(function.getArguments())) {
    const Tensor &tensor = arguments[position];
    if (failed(checkArgument(function, position, argument.getType(), tensor)))
      return failure();
    if (NotFinite found(tensor); options.checkFinite && (found.nan || found.infinity))
      return function.emitError() << "argument " << position << " has " << (found.nan ? "a NaN" : "an infinity")
                                  << " at " << placeOf(found.nan ? *found.nan : *found.infinity, tensor);
    interpreter.set(argument, tensor);
  }
  Block &block = function.getBody().front();
  if (failed(interpreter.runBlock(block)))
    return failure();
  std::vector<Tensor> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(interpreter.get(value));
  return results;
}

FailureOr<std::vector<Tensor>> rondo::interpret(func::FuncOp function, ArrayRef<Tensor> arguments,
                                                InterpretOptions options) {
  return call(function, arguments, options, /*callDepth=*/0);
}
