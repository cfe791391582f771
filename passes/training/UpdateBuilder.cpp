// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops of an update.

#include "passes/training/UpdateBuilder.h"

#include "passes/support/LinalgBuilders.h"
#include "passes/training/Equation.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rondo;

Value rondo::addAll(TensorBuilder &t, ValueRange numbers) {
  Value sum = numbers.front();
  for (Value number : numbers.drop_front())
    sum = t.add(sum, number);
  return sum;
}

SmallVector<Value> UpdateBuilder::sumSquares(ValueRange tensors) {
  auto addSquare = [this](TensorBuilder &t, ValueRange args) -> SmallVector<Value> {
    Value wide = args[0];
    if (!wide.getType().isF64())
      wide = t.make<arith::ExtFOp>(b.getF64Type(), wide);
    return {t.add(args[1], t.square(wide))};
  };
  auto add = [](TensorBuilder &t, ValueRange args) -> SmallVector<Value> { return {t.add(args[1], args[0])}; };
  SmallVector<Value> sums;
  for (Value tensor : tensors) {
    int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
    sums.push_back(reduce(tensor, std::max<int64_t>(0, rank - 1), addSquare));
  }
  for (Value &sum : sums)
    if (cast<RankedTensorType>(sum.getType()).getRank() > 0)
      sum = reduce(sum, 0, add);
  addFirst(sums);
  return sums;
}

/// Leaves so few of the numbers that one loop's body may add them: a deep model has thousands, and LLVM takes time in
/// proportion to the square of a block's length.
void UpdateBuilder::addFirst(SmallVector<Value> &numbers) {
  constexpr size_t most = 128;
  while (numbers.size() > most) {
    Value none = zeros(cast<RankedTensorType>(numbers.front().getType()));
    auto body = [&](TensorBuilder &t, ValueRange args) { return SmallVector<Value>{addAll(t, args.take_front(most))}; };
    numbers[most - 1] = forEachElement(ArrayRef(numbers).take_front(most), none, body)[0];
    numbers.erase(numbers.begin(), numbers.begin() + (most - 1));
  }
}

SmallVector<Value> UpdateBuilder::powers(ArrayRef<double> bases, Value exponent) {
  if (bases.empty())
    return {};
  TensorBuilder t(b, loc);
  Type f64 = b.getF64Type();
  SmallVector<Value> state{tensor::ExtractOp::create(b, loc, exponent)};
  for (double base : bases) {
    state.push_back(t.constant(f64, base));
    state.push_back(t.constant(f64, 1));
  }
  Value one = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(1));
  Value begin = indexConstant(b, loc, 0), end = indexConstant(b, loc, 63), step = indexConstant(b, loc, 1);
  auto loop = scf::ForOp::create(b, loc, begin, end, step, state);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  ValueRange now = loop.getRegionIterArgs();
  Value bit = arith::AndIOp::create(b, loc, now[0], one);
  Value odd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, bit, one);
  SmallVector<Value> next{arith::ShRUIOp::create(b, loc, now[0], one)}, results;
  for (size_t i = 0; i < bases.size(); ++i) {
    Value square = now[1 + 2 * i], power = now[2 + 2 * i];
    next.push_back(t.square(square));
    next.push_back(t.select(odd, t.mul(power, square), power));
    results.push_back(loop.getResult(2 + 2 * i));
  }
  scf::YieldOp::create(b, loc, next);
  return results;
}

SmallVector<Value> UpdateBuilder::forEachElement(ValueRange inputs, ValueRange outputs, Body body) {
  int64_t rank = cast<RankedTensorType>(outputs[0].getType()).getRank();
  SmallVector<AffineMap> maps;
  for (ValueRange operands : {inputs, outputs})
    for (Value operand : operands) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      maps.push_back(type && type.getRank() == rank ? b.getMultiDimIdentityMap(rank)
                                                    : AffineMap::get(rank, 0, b.getContext()));
    }
  return build(inputs, outputs, maps, SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel), body);
}

/// The sum of products of two matrices that `einsum` says.
Value UpdateBuilder::product(Value left, Value right, StringRef einsum) {
  return ContractOp::create(b, loc, left, right, einsum).getResult();
}

/// In f64.
Value UpdateBuilder::norm(Value tensor) {
  Value squares = sumSquares(tensor)[0];
  return forEachElement(
      squares, zeros(cast<RankedTensorType>(squares.getType())),
      [](TensorBuilder &t, ValueRange args) { return SmallVector<Value>{sqrt(Term{&t, args[0]}).value}; })[0];
}

Value UpdateBuilder::ratioOfNorms(Value above, Value below) {
  Type element = getElementTypeOrSelf(above.getType());
  SmallVector<Value> norms{norm(above), norm(below)};
  return forEachElement(norms, zeros(RankedTensorType::get({}, element)), [&](TensorBuilder &t, ValueRange args) {
    Term a{&t, args[0]}, b{&t, args[1]};
    // A product of both may be zero where neither is.
    Value zero = a.number(0).value, one = a.number(1).value;
    Value ratio = t.select(t.compare(arith::CmpFPredicate::UGT, b.value, zero), (a / b).value, one);
    ratio = t.select(t.compare(arith::CmpFPredicate::UGT, a.value, zero), ratio, one);
    return SmallVector<Value>{narrow(Term{&t, ratio}, element).value};
  })[0];
}

Value UpdateBuilder::orthogonal(Value matrix, int iterations, double factor) {
  auto type = cast<RankedTensorType>(matrix.getType());
  bool isTall = type.getDimSize(0) > type.getDimSize(1);
  // The polynomial's coefficients, chosen for a steep rise from zero.
  constexpr double first = 3.4445, third = -4.7750, fifth = 2.0315, least = 1e-7;
  Value length = norm(matrix);
  Value x = forEachElement({matrix, length}, zeros(type), [&](TensorBuilder &t, ValueRange args) {
    Term bounded = narrow(maximum(Term{&t, args[1]}, least), type.getElementType());
    return SmallVector<Value>{(Term{&t, args[0]} / bounded).value};
  })[0];
  for (int i = 0; i < iterations; ++i) {
    // Of the smaller side.
    Value gram = product(x, x, isTall ? "ki,kj->ij" : "ik,jk->ij");
    Value gramTwice = product(gram, gram, "ik,kj->ij");
    Value rest = forEachElement(
        {gram, gramTwice}, zeros(cast<RankedTensorType>(gram.getType())), [&](TensorBuilder &t, ValueRange args) {
          return SmallVector<Value>{(third * Term{&t, args[0]} + fifth * Term{&t, args[1]}).value};
        })[0];
    Value moved = isTall ? product(x, rest, "ik,kj->ij") : product(rest, x, "ik,kj->ij");
    double scale = i + 1 == iterations ? factor : 1;
    x = forEachElement({x, moved}, zeros(type), [&](TensorBuilder &t, ValueRange args) {
      Term next = first * Term{&t, args[0]} + Term{&t, args[1]};
      return SmallVector<Value>{(scale == 1 ? next : scale * next).value};
    })[0];
  }
  return x;
}

/// Reduces all but the first `kept` dimensions of `source`, from 0 on.
Value UpdateBuilder::reduce(Value source, int64_t kept, Body body) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), kept, utils::IteratorType::parallel);
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  AffineMap rows = projection(b.getContext(), type.getRank(), llvm::to_vector(llvm::seq(0u, unsigned(kept))));
  Value none = zeros(RankedTensorType::get(type.getShape().take_front(kept), b.getF64Type()));
  return build(source, none, {identity, rows}, iterators, body)[0];
}

SmallVector<Value> UpdateBuilder::build(ValueRange inputs, ValueRange outputs, ArrayRef<AffineMap> maps,
                                        ArrayRef<utils::IteratorType> iterators, Body body) {
  return linalg::GenericOp::create(b, loc, TypeRange(outputs), inputs, outputs, maps, iterators,
                                   [&](OpBuilder &b, Location loc, ValueRange args) {
                                     TensorBuilder t(b, loc);
                                     linalg::YieldOp::create(b, loc, body(t, args));
                                   })
      .getResults();
}
