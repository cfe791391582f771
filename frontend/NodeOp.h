// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The operations of a graph. Those on each element stand here once, with all that the front end knows of them.

#ifndef RONDO_FRONTEND_NODEOP_H
#define RONDO_FRONTEND_NODEOP_H

namespace rondo {

// clang-format off
// Element by element: operands lift to the result's axes and, if they are single numbers, to its shape.
// X(name, the function of the language or "", operands, op of the dialects).
#define RONDO_ELEMENTWISE(X) \
  X(Abs, "abs", 1, math::AbsFOp) X(Cos, "cos", 1, math::CosOp) X(Erf, "erf", 1, math::ErfOp) \
  X(Exp, "exp", 1, math::ExpOp) X(ExpM1, "expm1", 1, math::ExpM1Op) X(Floor, "floor", 1, math::FloorOp) \
  X(Log, "log", 1, math::LogOp) X(Log1p, "log1p", 1, math::Log1pOp) X(Negate, "", 1, arith::NegFOp) \
  X(Sigmoid, "sigmoid", 1, SigmoidOp) X(Sin, "sin", 1, math::SinOp) X(Sqrt, "sqrt", 1, math::SqrtOp) \
  X(Tanh, "tanh", 1, math::TanhOp) \
  X(Add, "", 2, arith::AddFOp) X(Subtract, "", 2, arith::SubFOp) X(Multiply, "", 2, arith::MulFOp) \
  X(Atan2, "atan2", 2, math::Atan2Op) X(Divide, "", 2, arith::DivFOp) X(Power, "", 2, math::PowFOp) \
  X(Minimum, "min", 2, arith::MinimumFOp) X(Maximum, "", 2, arith::MaximumFOp)

// The same with a truth value as the result: X(name, predicate).
#define RONDO_COMPARISONS(X) \
  X(Less, OLT) X(LessEqual, OLE) X(Greater, OGT) X(GreaterEqual, OGE) X(Equal, OEQ) X(NotEqual, UNE)
// clang-format on

enum class NodeOp {
  // Leaves.
  Constant,  // number
  Training,  // true in training
  Parameter, // index into the parameters
  Given,     // index into the constants
  Input,     // index into the inputs
  Target,    // index into the targets
  Step,      // the number of this update
  Position,  // in a scan: operand 0, a sequence from outside, at the current position
  State,     // in a scan: state `index` before the step
  Index,     // the position along axis `axis`, over which alone it varies: a number or a token
  Length,    // each sequence's own length along axis `source`: it varies over the batch alone
  Range,     // the numbers from 0 on, as many as its shape says
  Random,    // numbers drawn from [0, 1), by stream `index`
// Element by element.
#define RONDO_NODE_OP(name, ...) name,
  RONDO_ELEMENTWISE(RONDO_NODE_OP) RONDO_COMPARISONS(RONDO_NODE_OP)
#undef RONDO_NODE_OP
      Relu,
  Stop,    // its operand, of which it has no derivative
  Select,  // operand 0 is the condition
  Dropout, // operand 0, in training times operand 1, its mask
  // Over the features; the reductions, Softmax and CrossEntropy also over the positions of axis `axis`.
  Product,   // of two values: sums of products, as its `terms` say
  Diagonal,  // a matrix with the vector on its diagonal; before these dimensions, as in the next one, are any others
  Transpose, // of a matrix
  Expand,    // repeated along new dimensions behind its own
  Reshape,   // the same numbers in other dimensions
  Sum,
  Mean,
  Max,
  Softmax, // along the last feature dimension, as Concat and Slice
  Concat,
  Slice, // [low, high)
  CrossEntropy,
  Embedding, // table, tokens
  OneHot,
  ArgMax, // a token: the place of the largest element of a vector, of several the first
  // Over an axis, or several.
  Pool,          // operand 0's sum, mean or largest value at all positions of the axes `pooled`, the batch maybe one
  Last,          // the value at the last position of axis `axis`
  Shift,         // operand 0 `index` positions before along axis `axis`; before the first operand 1, of tokens a number
  Pick,          // operand 0 at that position of axis `axis`, or the last feature, which operand 1, a token, says
  Window,        // of operand 0, the neighbours of each position of axis `axis` along axis `source`
  Rename,        // the values at the positions of axis `source` at those of axis `axis`, which is as long
  Scan,          // the returned sequence
  Final,         // operand 0's state `index` after its last step
  StateSequence, // operand 0's state `index` after each of its steps
  BodySequence,  // the value of `body`, of the body of operand 0, a scan, at each of its positions
};

} // namespace rondo

#endif // RONDO_FRONTEND_NODEOP_H
