// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Products of vectors and matrices, and other dimensions of the same numbers. The last two dimensions of a value are a
// matrix, the last one is a vector; those before count heads, which go side by side.

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace rondo;

/// Letters of the dimensions before a matrix or a vector.
static StringRef headLetters(size_t count) { return StringRef("xyz").take_back(count); }

// A transposed operand is read as it lies.
Node *Elaborator::makeProduct(mlir::Location loc, Node *lhs, Node *rhs, std::string left, std::string right,
                              const Twine &result) {
  ValueType type;
  type.axes = lhs->type.axes | rhs->type.axes;
  std::string letters = result.str();
  for (char letter : letters) {
    size_t place = left.find(letter);
    type.shape.push_back(place == std::string::npos ? rhs->type.shape[right.find(letter)] : lhs->type.shape[place]);
  }
  auto readAsItLies = [](Node *&operand, std::string &term) {
    if (operand->op != NodeOp::Transpose)
      return;
    operand = operand->operands.front();
    std::swap(term.end()[-2], term.end()[-1]);
  };
  readAsItLies(lhs, left);
  readAsItLies(rhs, right);
  Node *node = make(NodeOp::Product, std::move(type), loc, {lhs, rhs});
  node->terms = left + "," + right + "->" + letters;
  return node;
}

// A vector stands first: it is the one with the axes, where the matrix is a parameter.
Node *Elaborator::matmul(mlir::Location loc, Node *lhs, Node *rhs) {
  if (!checkReal(lhs, loc) || !checkReal(rhs, loc))
    return nullptr;
  ArrayRef<int64_t> left = lhs->type.shape, right = rhs->type.shape;
  size_t most = std::max(left.size(), right.size()), least = std::min(left.size(), right.size());
  bool ofVector = most == least + 1;
  size_t heads = most >= 2 && (ofVector || most == least) ? most - 2 : maximalRank;
  bool leftIsVector = ofVector && left.size() == least;
  size_t inner = heads + (leftIsVector ? 0 : 1); // which dimension of the left operand is summed over
  if (heads == maximalRank || left.take_front(heads) != right.take_front(heads) || left[inner] != right[heads]) {
    auto diagnostic = error(loc);
    diagnostic << "expected [n, m] @ [m], [n] @ [n, m] or [n, m] @ [m, k], or these for each of the same heads before "
               << "them, found " << spellShape(left) << " @ " << spellShape(right);
    if (most == 1 && least == 1)
      diagnostic << ": dot(a, b) is the product of two vectors";
    return nullptr;
  }
  if (lhs->op == NodeOp::Diagonal)
    return scaleBy(loc, lhs->operands.front(), rhs, heads + 1);
  if (rhs->op == NodeOp::Diagonal)
    return scaleBy(loc, rhs->operands.front(), lhs, heads);
  std::string front = headLetters(heads).str();
  if (leftIsVector)
    return makeProduct(loc, lhs, rhs, front + "i", front + "ij", front + "j");
  if (ofVector)
    return makeProduct(loc, rhs, lhs, front + "i", front + "oi", front + "o");
  return makeProduct(loc, lhs, rhs, front + "oi", front + "ij", front + "oj");
}

// diag(w) @ x and x @ diag(w): each row or column of a matrix, or each number of a vector, times one of `w`. The matrix
// has its other dimension at `place`.
Node *Elaborator::scaleBy(mlir::Location loc, Node *factors, Node *value, size_t place) {
  if (value->type.shape.size() > factors->type.shape.size())
    factors = makeExpand(loc, factors, place, value->type.shape[place]);
  return makeElementwise(NodeOp::Multiply, loc, {factors, value});
}

// dot(a, b): sums of products along the last dimension
Node *Elaborator::callDot(mlir::Location loc, ArrayRef<Node *> operands) {
  const ValueType &a = operands[0]->type, &b = operands[1]->type;
  if (!checkReal(operands[0], loc) || !checkReal(operands[1], loc))
    return nullptr;
  if (a.shape.empty() || a.shape != b.shape) {
    error(loc) << "expected two vectors of one size as the arguments of 'dot', found " << spellShape(a.shape) << " and "
               << spellShape(b.shape);
    return nullptr;
  }
  std::string front = headLetters(a.shape.size() - 1).str();
  return makeProduct(loc, operands[0], operands[1], front + "i", front + "i", front);
}

// outer(a, b): [n] and [m] give [n, m]
Node *Elaborator::callOuter(mlir::Location loc, ArrayRef<Node *> operands) {
  if (!checkReal(operands[0], loc) || !checkReal(operands[1], loc))
    return nullptr;
  ArrayRef<int64_t> a = operands[0]->type.shape, b = operands[1]->type.shape;
  if (a.empty() || a.size() == maximalRank || a.size() != b.size() || a.drop_back() != b.drop_back()) {
    error(loc) << "expected two vectors as the arguments of 'outer', or two for each of the same heads, found "
               << spellShape(a) << " and " << spellShape(b);
    return nullptr;
  }
  std::string front = headLetters(a.size() - 1).str();
  return makeProduct(loc, operands[0], operands[1], front + "o", front + "j", front + "oj");
}

// diag(w): [n] as [n, n]
Node *Elaborator::callDiagonal(mlir::Location loc, Node *operand) {
  if (!checkReal(operand, loc))
    return nullptr;
  ValueType type = operand->type;
  if (type.shape.empty() || type.shape.size() == maximalRank) {
    error(loc) << "expected a vector as the argument of 'diag', found " << spellShape(type.shape);
    return nullptr;
  }
  type.shape.push_back(type.shape.back());
  return make(NodeOp::Diagonal, std::move(type), loc, operand);
}

// transpose(x): [n, m] as [m, n]
Node *Elaborator::callTranspose(mlir::Location loc, Node *operand) {
  if (!checkReal(operand, loc))
    return nullptr;
  ValueType type = operand->type;
  if (type.shape.size() < 2) {
    error(loc) << "expected a matrix as the argument of 'transpose', found " << spellShape(type.shape);
    return nullptr;
  }
  if (operand->op == NodeOp::Transpose)
    return operand->operands.front();
  std::swap(type.shape.end()[-2], type.shape.end()[-1]);
  return make(NodeOp::Transpose, std::move(type), loc, operand);
}

// Repeated along new dimensions, of which the first is at `place`.
Node *Elaborator::makeExpand(mlir::Location loc, Node *operand, size_t place, ArrayRef<int64_t> sizes) {
  ValueType type = operand->type;
  type.shape.insert(type.shape.begin() + place, sizes.begin(), sizes.end());
  Node *node = make(NodeOp::Expand, std::move(type), loc, operand);
  node->index = static_cast<int64_t>(place);
  return node;
}

// range(n): 0, 1, .., n - 1
Node *Elaborator::callRange(const CallExpr &call) {
  ValueType type;
  if (!evaluateSizes(call.arguments.front().value.get(), type.shape))
    return nullptr;
  return make(NodeOp::Range, std::move(type), call.loc);
}

// expand(x, n, ..): [h] as [h, n, ..]; reshape(x, n, ..): its numbers, row by row, as [n, ..]
Node *Elaborator::callWithSizes(const CallExpr &call, NodeOp op) {
  Node *operand = elaborateReal(*call.arguments.front().value);
  SmallVector<int64_t, 2> shape;
  if (operand && op == NodeOp::Expand)
    shape = operand->type.shape;
  std::vector<const Expr *> sizes;
  for (const Argument &argument : drop_begin(call.arguments))
    sizes.push_back(argument.value.get());
  if (!operand || !evaluateSizes(sizes, shape))
    return nullptr;
  if (op == NodeOp::Expand) {
    size_t rank = operand->type.shape.size();
    return makeExpand(call.loc, operand, rank, ArrayRef<int64_t>(shape).drop_front(rank));
  }
  if (product_of(shape) != product_of(operand->type.shape)) {
    error(call.loc) << "expected a shape of as many numbers as " << spellShape(operand->type.shape) << ", found "
                    << spellShape(shape);
    return nullptr;
  }
  ValueType type = operand->type;
  type.shape = shape;
  return make(NodeOp::Reshape, std::move(type), call.loc, operand);
}
