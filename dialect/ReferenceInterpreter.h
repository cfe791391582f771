// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Inside the reference interpreter: the values of one call, and what the files for the single dialects share. Not for
// use outside dialect/Reference*.cpp.

#ifndef RONDO_DIALECT_REFERENCEINTERPRETER_H
#define RONDO_DIALECT_REFERENCEINTERPRETER_H

#include "dialect/Reference.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>

namespace rondo::reference {

/// One call of a function: which tensor each value is.
///
/// A scalar and a tensor of rank 0 are the same here. In the body of a structured op (linalg, tensor.generate, ...) a
/// scalar value is held for all points at once, as a tensor over them; ops on scalars are therefore defined element by
/// element, with operands of rank 0 repeated.
class Interpreter {
public:
  explicit Interpreter(InterpretOptions options, unsigned callDepth = 0) : options(options), callDepth(callDepth) {}

  InterpretOptions getOptions() const { return options; }
  unsigned getCallDepth() const { return callDepth; }

  const Tensor &get(mlir::Value value) const { return *values.at(value); }
  void set(mlir::Value value, Tensor tensor) { values[value] = std::make_shared<const Tensor>(std::move(tensor)); }
  std::shared_ptr<const Tensor> share(mlir::Value value) const { return values.at(value); }
  void share(mlir::Value value, std::shared_ptr<const Tensor> tensor) { values[value] = std::move(tensor); }

  /// Sets the only result of `op`.
  mlir::LogicalResult finish(mlir::Operation *op, Tensor tensor);

  /// Runs the ops of a block; its terminator is left to the caller, who knows what it means.
  mlir::LogicalResult runBlock(mlir::Block &block);
  mlir::LogicalResult run(mlir::Operation *op);

  /// Runs the body of a structured op once for all points of `shape`: argument n is the n-th of `arguments`, and
  /// linalg.index (and an index argument) the points' coordinates. Returns the terminator's operands, each over
  /// `shape`.
  mlir::FailureOr<std::vector<Tensor>> runBody(mlir::Block &body, std::vector<Tensor> arguments,
                                               std::vector<Tensor> indices, llvm::ArrayRef<int64_t> shape);

  /// The coordinates of the innermost structured op's points, by its loops.
  const std::vector<Tensor> &getIndices() const { return *indices; }

private:
  mlir::LogicalResult checkFinite(mlir::Operation *op);

  InterpretOptions options;
  unsigned callDepth;
  llvm::DenseMap<mlir::Value, std::shared_ptr<const Tensor>> values;
  const std::vector<Tensor> *indices = nullptr;
};

// The ops of one dialect each, in Reference<Dialect>.cpp.
mlir::LogicalResult runArith(Interpreter &interpreter, mlir::Operation *op);
mlir::LogicalResult runMath(Interpreter &interpreter, mlir::Operation *op);
mlir::LogicalResult runTensor(Interpreter &interpreter, mlir::Operation *op);
mlir::LogicalResult runLinalg(Interpreter &interpreter, mlir::Operation *op);
mlir::LogicalResult runRondo(Interpreter &interpreter, mlir::Operation *op);
/// rondo.phase and rondo.pack.
mlir::LogicalResult runKernel(Interpreter &interpreter, mlir::Operation *op);
/// rondo.attention and rondo.attend.
mlir::LogicalResult runAttention(Interpreter &interpreter, mlir::Operation *op);
/// rondo.attention_grad and rondo.attend_grad.
mlir::LogicalResult runAttentionGrad(Interpreter &interpreter, mlir::Operation *op);
/// rondo.scan, scf and func.call: what runs a region or a function more than once.
mlir::LogicalResult runControl(Interpreter &interpreter, mlir::Operation *op);

/// interpret(), within `callDepth` open calls.
mlir::FailureOr<std::vector<Tensor>> call(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
                                          InterpretOptions options, unsigned callDepth);

/// The error for an op that the interpreter has no definition of.
mlir::LogicalResult unknownOp(mlir::Operation *op);

//===-- elements ---------------------------------------------------------------------------------------------===//

template <typename T> std::vector<T> &elements(Tensor &tensor) {
  if constexpr (std::is_same_v<T, float>)
    return tensor.f32;
  else if constexpr (std::is_same_v<T, double>)
    return tensor.f64;
  else
    return tensor.i;
}
template <typename T> const std::vector<T> &elements(const Tensor &tensor) {
  return elements<T>(const_cast<Tensor &>(tensor));
}

/// Calls `f` with a value of the type that holds the elements of `kind`: float, double or int64_t.
template <typename F> auto withElementType(Tensor::Kind kind, F f) {
  switch (kind) {
  case Tensor::Kind::F32:
    return f(float());
  case Tensor::Kind::F64:
    return f(double());
  default:
    return f(int64_t());
  }
}

/// The shape of an elementwise result: that of the operands, of which some may be of rank 0.
template <typename... Tensors> std::vector<int64_t> commonShape(const Tensors &...operands) {
  std::vector<int64_t> shape;
  ((shape = operands.shape.empty() ? shape : operands.shape), ...);
  return shape;
}

/// result[n] = f(operands[n]...) with elements of type `Operand` and a result of `kind`, held as `Result`.
template <typename Result, typename Operand, typename F, typename... Tensors>
Tensor mapElements(Tensor::Kind kind, F f, const Tensors &...operands) {
  Tensor result = Tensor::zeros(kind, commonShape(operands...));
  std::vector<Result> &out = elements<Result>(result);
  for (size_t n = 0; n < out.size(); ++n)
    out[n] = f(elements<Operand>(operands)[operands.shape.empty() ? 0 : n]...);
  return result;
}

/// mapElements on floating-point operands, in their own type.
template <typename F, typename... Tensors> Tensor mapFloats(F f, const Tensor &first, const Tensors &...others) {
  if (first.kind == Tensor::Kind::F32)
    return mapElements<float, float>(Tensor::Kind::F32, f, first, others...);
  return mapElements<double, double>(Tensor::Kind::F64, f, first, others...);
}

/// The value as an integer of this kind holds it: the low bits, sign-extended (a boolean: 0 or 1).
int64_t wrap(Tensor::Kind kind, int64_t value);
/// The low bits, zero-extended: the value as an unsigned number.
uint64_t asUnsigned(Tensor::Kind kind, int64_t value);
/// 1, 32 or 64.
unsigned bitWidth(Tensor::Kind kind);

//===-- shapes -----------------------------------------------------------------------------------------------===//

int64_t product(llvm::ArrayRef<int64_t> shape);
/// Row-major strides.
std::vector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);
/// Calls `f` with the index of every element, in row-major order.
void forEachIndex(llvm::ArrayRef<int64_t> shape, llvm::function_ref<void(llvm::ArrayRef<int64_t>)> f);

/// result[i] = source.elements[offset + sum over d of i[d] * strides[d]]: a slice, a transpose, a repetition (stride
/// 0).
Tensor readView(const Tensor &source, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides,
                int64_t offset = 0);
/// The reverse: target.elements[offset + sum over d of i[d] * strides[d]] = values[i].
void writeView(Tensor &target, const Tensor &values, llvm::ArrayRef<int64_t> strides, int64_t offset = 0);
/// `tensor` repeated over `shape` if it is of rank 0, else itself.
Tensor repeated(Tensor tensor, llvm::ArrayRef<int64_t> shape);
/// Coordinate `dim` of every point of `shape`, as a tensor of kind index over it.
Tensor coordinates(llvm::ArrayRef<int64_t> shape, unsigned dim);

} // namespace rondo::reference

#endif // RONDO_DIALECT_REFERENCEINTERPRETER_H
