// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on the tensor ops of this dialect. Each function below is the op's equation.

#include "dialect/Einsum.h"
#include "dialect/ReferenceInterpreter.h"
#include "dialect/RondoDialect.h"

#include "llvm/ADT/TypeSwitch.h"
#include <Eigen/Core>
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;
using Kind = Tensor::Kind;

template <typename T> using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <typename T> using MatrixMap = Eigen::Map<Matrix<T>>;
template <typename T> using ConstMatrixMap = Eigen::Map<const Matrix<T>>;

/// Calls `f` with 0.0f or 0.0: the ops here are on floating-point numbers.
template <typename F> static auto withFloatType(const Tensor &tensor, F f) {
  return tensor.kind == Kind::F32 ? f(float()) : f(double());
}

//===-- contract ---------------------------------------------------------------------------------------------===//

/// `tensor`, whose dimensions are the letters of `term`, as a tensor with one dimension per letter of `letters`; along
/// a letter that `term` has not, it is repeated.
static Tensor arrange(const Tensor &tensor, StringRef term, StringRef letters, ArrayRef<int64_t> sizes) {
  std::vector<int64_t> strides = stridesOf(tensor.shape), shape, arranged;
  for (char letter : letters) {
    size_t dim = term.find(letter);
    arranged.push_back(dim == StringRef::npos ? 0 : strides[dim]);
    shape.push_back(sizes[letter - 'a']);
  }
  return readView(tensor, shape, arranged);
}

/// result[c] = sum over K of lhs[a] * rhs[b], the sum in the order of K.
static Tensor contract(const Einsum &spec, const Tensor &lhs, const Tensor &rhs) {
  int64_t sizes[26] = {};
  for (auto [letter, size] : llvm::zip(spec.lhs, lhs.shape))
    sizes[letter - 'a'] = size;
  for (auto [letter, size] : llvm::zip(spec.rhs, rhs.shape))
    sizes[letter - 'a'] = size;
  auto count = [&](StringRef letters) {
    int64_t n = 1;
    for (char letter : letters)
      n *= sizes[letter - 'a'];
    return n;
  };
  // Each letter of the result is a row (lhs only), a column (rhs only), or counts separate products (both).
  std::string batch, row, column, inner = spec.contracted();
  for (char letter : spec.result) {
    bool inLhs = StringRef(spec.lhs).contains(letter), inRhs = StringRef(spec.rhs).contains(letter);
    (inLhs && inRhs ? batch : inLhs ? row : column) += letter;
  }
  int64_t rows = count(row), columns = count(column), terms = count(inner);
  Tensor a = arrange(lhs, spec.lhs, batch + row + inner, sizes);
  Tensor b = arrange(rhs, spec.rhs, batch + inner + column, sizes);
  std::vector<int64_t> shape;
  for (char letter : batch + row + column)
    shape.push_back(sizes[letter - 'a']);
  Tensor c = Tensor::zeros(lhs.kind, shape);
  if (c.numElements() == 0)
    return arrange(c, batch + row + column, spec.result, sizes);
  withFloatType(lhs, [&](auto type) {
    using T = decltype(type);
    for (int64_t n = 0, e = count(batch); n < e; ++n) {
      ConstMatrixMap<T> x(elements<T>(a).data() + n * rows * terms, rows, terms);
      ConstMatrixMap<T> w(elements<T>(b).data() + n * terms * columns, terms, columns);
      MatrixMap<T> y(elements<T>(c).data() + n * rows * columns, rows, columns);
      // One outer product after the other, and no product of matrices: Eigen sums that in blocks.
      for (int64_t k = 0; k < terms; ++k)
        y.noalias() += x.col(k) * w.row(k);
    }
  });
  return arrange(c, batch + row + column, spec.result, sizes);
}

//===-- broadcast, reduce ------------------------------------------------------------------------------------===//

static Tensor broadcast(const Tensor &operand, ArrayRef<int64_t> dims, ArrayRef<int64_t> shape) {
  std::vector<int64_t> strides = stridesOf(operand.shape), repeatedStrides(shape.size(), 0);
  for (auto [i, dim] : llvm::enumerate(dims))
    repeatedStrides[dim] = strides[i];
  return readView(operand, shape, repeatedStrides);
}

/// Sums are of f64, whatever the elements, and rounded once.
static Tensor reduce(ReduceKind reduction, const Tensor &operand, ArrayRef<int64_t> dims, ArrayRef<int64_t> shape) {
  // The place in the result of each of the operand's elements: a reduced dimension does not move it.
  std::vector<int64_t> strides = stridesOf(shape), place;
  for (size_t d = 0, kept = 0; d < operand.shape.size(); ++d)
    place.push_back(llvm::is_contained(dims, static_cast<int64_t>(d)) ? 0 : strides[kept++]);
  Tensor result = Tensor::zeros(operand.kind, shape);
  bool isMax = reduction == ReduceKind::max;
  std::vector<double> out(result.numElements(), isMax ? -std::numeric_limits<double>::infinity() : 0);
  int64_t next = 0;
  forEachIndex(operand.shape, [&](ArrayRef<int64_t> index) {
    int64_t n = 0;
    for (auto [i, stride] : llvm::zip(index, place))
      n += i * stride;
    double x = operand.at(next++);
    if (!isMax)
      out[n] += x;
    else if (x > out[n] || std::isnan(x)) // once NaN, nothing is larger
      out[n] = x;
  });
  int64_t count = 1;
  if (reduction == ReduceKind::mean)
    for (int64_t dim : dims)
      count *= operand.shape[dim];
  for (auto [i, value] : llvm::enumerate(out))
    result.set(i, value / count);
  return result;
}

//===-- rows: softmax, cross entropy -------------------------------------------------------------------------===//

namespace {
/// One row's maximum m, the values exp(x[i] - m), and their sum.
template <typename T> struct Exponentials {
  T maximum = -std::numeric_limits<T>::infinity(), sum = 0;
  std::vector<T> values;

  Exponentials(const T *row, int64_t size) {
    for (int64_t i = 0; i < size; ++i)
      maximum = row[i] > maximum || std::isnan(row[i]) ? row[i] : maximum;
    for (int64_t i = 0; i < size; ++i) {
      values.push_back(std::exp(row[i] - maximum));
      sum += values.back();
    }
  }
};
} // namespace

static Tensor softmax(const Tensor &operand, int64_t dim) {
  Tensor result = Tensor::zeros(operand.kind, operand.shape);
  int64_t size = operand.shape[dim], stride = stridesOf(operand.shape)[dim];
  withFloatType(operand, [&](auto type) {
    using T = decltype(type);
    for (int64_t start = 0; start < operand.numElements(); ++start) {
      if (start / stride % size != 0)
        continue;
      std::vector<T> values;
      for (int64_t i = 0; i < size; ++i)
        values.push_back(elements<T>(operand)[start + i * stride]);
      Exponentials<T> row(values.data(), size);
      for (int64_t i = 0; i < size; ++i)
        elements<T>(result)[start + i * stride] = row.values[i] / row.sum;
    }
  });
  return result;
}

static Tensor iota(int64_t dim, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(Kind::I32, shape);
  int64_t next = 0;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) { result.set(next++, double(index[dim])); });
  return result;
}

static Tensor crossEntropy(const Tensor &logits, const Tensor &tokens) {
  Tensor result = Tensor::zeros(logits.kind, tokens.shape);
  int64_t size = logits.shape.back();
  withFloatType(logits, [&](auto type) {
    using T = decltype(type);
    for (int64_t n = 0; n < result.numElements(); ++n) {
      const T *x = elements<T>(logits).data() + n * size;
      Exponentials<T> row(x, size);
      elements<T>(result)[n] = row.maximum + std::log(row.sum) - x[tokens.i[n]];
    }
  });
  return result;
}

//===-- tokens: one_hot, gather, scatter_add -----------------------------------------------------------------===//

static LogicalResult checkTokens(Operation *op, const Tensor &tokens, int64_t vocabulary) {
  for (int64_t token : tokens.i)
    if (token < 0 || token >= vocabulary)
      return op->emitOpError() << "expected tokens in 0 .. " << vocabulary - 1 << ", found " << token;
  return success();
}

static Tensor oneHot(const Tensor &tokens, Kind kind, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(kind, shape);
  for (auto [n, token] : llvm::enumerate(tokens.i))
    result.set(n * shape.back() + token, 1.0);
  return result;
}

/// Calls `visit` with the place in a table and that in what is gathered from it, in the latter's row-major order.
static void forEachGathered(const Einsum &terms, const Tensor &tokens, ArrayRef<int64_t> table,
                            ArrayRef<int64_t> gathered, llvm::function_ref<void(int64_t from, int64_t to)> visit) {
  std::vector<int64_t> strides = stridesOf(table), tokenStrides = stridesOf(tokens.shape);
  int64_t to = 0;
  forEachIndex(gathered, [&](ArrayRef<int64_t> index) {
    auto at = [&](char letter) { return index[terms.result.find(letter)]; };
    int64_t which = 0, from = 0;
    for (auto [letter, stride] : llvm::zip(terms.rhs, tokenStrides))
      which += at(letter) * stride;
    for (auto [letter, stride] : llvm::zip(terms.lhs, strides))
      from += (terms.result.find(letter) == std::string::npos ? tokens.i[which] : at(letter)) * stride;
    visit(from, to++);
  });
}

template <typename Op> static Einsum termsOf(Op op, ArrayRef<int64_t> table, const Tensor &tokens) {
  return op.getSpec() ? Einsum::ofVerified(*op.getSpec()) : Einsum::ofRows(table.size(), tokens.shape.size());
}

static Tensor gather(GatherOp op, const Tensor &table, const Tensor &tokens, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(table.kind, shape);
  withFloatType(table, [&](auto type) {
    using T = decltype(type);
    forEachGathered(termsOf(op, table.shape, tokens), tokens, table.shape, shape,
                    [&](int64_t from, int64_t to) { elements<T>(result)[to] = elements<T>(table)[from]; });
  });
  return result;
}

static Tensor scatterAdd(ScatterAddOp op, const Tensor &tokens, const Tensor &updates, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(updates.kind, shape);
  withFloatType(updates, [&](auto type) {
    using T = decltype(type);
    forEachGathered(termsOf(op, shape, tokens), tokens, shape, updates.shape,
                    [&](int64_t to, int64_t from) { elements<T>(result)[to] += elements<T>(updates)[from]; });
  });
  return result;
}

/// The size of the dimension that tokens are about.
static int64_t vocabularyOf(const Einsum &terms, ArrayRef<int64_t> table) {
  return table[terms.lhs.find(terms.contracted().front())];
}

//===-- window, overlap_add ----------------------------------------------------------------------------------===//

/// Calls `visit` with the place of each window's element and that of the element at its position in a tensor of this
/// shape, the neighbours outermost.
static void forEachNeighbour(ArrayRef<int64_t> shape, ArrayRef<int64_t> windows, int64_t dim, int64_t stride,
                             int64_t dilation, llvm::function_ref<void(int64_t window, int64_t element)> visit) {
  std::vector<int64_t> strides = stridesOf(shape), windowStrides = stridesOf(windows), outer(windows);
  for (int64_t j = 0; j < windows[dim + 1]; ++j) {
    outer[dim + 1] = 1;
    forEachIndex(outer, [&](ArrayRef<int64_t> index) {
      int64_t window = j * windowStrides[dim + 1], element = 0;
      for (int64_t d = 0; d < int64_t(index.size()); ++d) {
        window += index[d] * windowStrides[d];
        if (d != dim + 1)
          element += (d == dim ? index[d] * stride + j * dilation : index[d]) * strides[d > dim ? d - 1 : d];
      }
      visit(window, element);
    });
  }
}

static Tensor windowsOf(WindowOp op, const Tensor &operand, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(operand.kind, shape);
  forEachNeighbour(operand.shape, shape, op.getDim(), op.getStride(), op.getDilation(),
                   [&](int64_t window, int64_t element) { result.set(window, operand.at(element)); });
  return result;
}

static Tensor overlapAdd(OverlapAddOp op, const Tensor &operand, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(operand.kind, shape);
  withFloatType(operand, [&](auto type) {
    using T = decltype(type);
    forEachNeighbour(
        shape, operand.shape, op.getDim(), op.getStride(), op.getDilation(),
        [&](int64_t window, int64_t element) { elements<T>(result)[element] += elements<T>(operand)[window]; });
  });
  return result;
}

//===-- random -----------------------------------------------------------------------------------------------===//

static Tensor random(RandomOp op, const Tensor &seeds, const Tensor *firsts, Kind kind, ArrayRef<int64_t> shape) {
  Tensor result = Tensor::zeros(kind, shape);
  int64_t n = 0;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    int64_t row = op.getRows() ? index[*op.getRows()] : 0;
    uint64_t position = op.getTime() ? index[*op.getTime()] : 0;
    if (firsts)
      position += static_cast<uint64_t>(firsts->i[row]);
    uint32_t element = 0;
    for (int64_t d = 0; d < static_cast<int64_t>(shape.size()); ++d)
      if (d != op.getRows() && d != op.getTime())
        element = element * static_cast<uint32_t>(shape[d]) + static_cast<uint32_t>(index[d]);
    result.set(n++, counterRandom(static_cast<uint64_t>(seeds.i[row]), op.getStream(), position, element));
  });
  return result;
}

LogicalResult reference::runRondo(Interpreter &in, Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  ArrayRef<int64_t> shape = type.getShape();
  Kind kind = *Tensor::kindOf(type.getElementType());
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ContractOp>([&](ContractOp op) {
        return in.finish(op, contract(Einsum::ofVerified(op.getSpec()), in.get(op.getLhs()), in.get(op.getRhs())));
      })
      .Case<GateProductOp>([&](GateProductOp op) {
        for (auto [weight, result] : llvm::zip(op.getWeights(), op.getResults()))
          in.set(result, contract(Einsum::ofVerified(op.getSpec()), in.get(op.getLhs()), in.get(weight)));
        return success();
      })
      .Case<BroadcastOp>(
          [&](BroadcastOp op) { return in.finish(op, broadcast(in.get(op.getOperand()), op.getDims(), shape)); })
      .Case<ReduceOp>([&](ReduceOp op) {
        return in.finish(op, reduce(op.getKind(), in.get(op.getOperand()), op.getDims(), shape));
      })
      .Case<SoftmaxOp>([&](SoftmaxOp op) { return in.finish(op, softmax(in.get(op.getOperand()), op.getDim())); })
      .Case<IotaOp>([&](IotaOp op) { return in.finish(op, iota(op.getDim(), shape)); })
      .Case<CrossEntropyOp>([&](CrossEntropyOp op) {
        const Tensor &logits = in.get(op.getLogits()), &tokens = in.get(op.getTokens());
        if (failed(checkTokens(op, tokens, logits.shape.back())))
          return failure();
        return in.finish(op, crossEntropy(logits, tokens));
      })
      .Case<OneHotOp>([&](OneHotOp op) {
        const Tensor &tokens = in.get(op.getTokens());
        if (failed(checkTokens(op, tokens, shape.back())))
          return failure();
        return in.finish(op, oneHot(tokens, kind, shape));
      })
      .Case<GatherOp>([&](GatherOp op) {
        const Tensor &table = in.get(op.getTable()), &tokens = in.get(op.getTokens());
        if (failed(checkTokens(op, tokens, vocabularyOf(termsOf(op, table.shape, tokens), table.shape))))
          return failure();
        return in.finish(op, gather(op, table, tokens, shape));
      })
      .Case<ScatterAddOp>([&](ScatterAddOp op) {
        const Tensor &tokens = in.get(op.getTokens());
        if (failed(checkTokens(op, tokens, vocabularyOf(termsOf(op, shape, tokens), shape))))
          return failure();
        return in.finish(op, scatterAdd(op, tokens, in.get(op.getUpdates()), shape));
      })
      .Case<WindowOp>([&](WindowOp op) { return in.finish(op, windowsOf(op, in.get(op.getOperand()), shape)); })
      .Case<OverlapAddOp>(
          [&](OverlapAddOp op) { return in.finish(op, overlapAdd(op, in.get(op.getOperand()), shape)); })
      .Case<SigmoidOp>([&](SigmoidOp op) {
        return in.finish(op, mapFloats([](auto x) { return 1 / (1 + std::exp(-x)); }, in.get(op.getOperand())));
      })
      .Case<StopOp>([&](StopOp op) { return in.finish(op, in.get(op.getOperand())); })
      .Case<RandomOp>([&](RandomOp op) {
        const Tensor *firsts = op.getFirst() ? &in.get(op.getFirst()) : nullptr;
        return in.finish(op, random(op, in.get(op.getSeed()), firsts, kind, shape));
      })
      .Default([](Operation *op) { return unknownOp(op); });
}
