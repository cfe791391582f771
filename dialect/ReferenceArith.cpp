// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on `arith`, on tensors and scalars alike.

#include "dialect/ReferenceInterpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;
using Kind = Tensor::Kind;

static bool compare(arith::CmpFPredicate predicate, double x, double y) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::OEQ:
    return x == y;
  case P::OGT:
    return x > y;
  case P::OGE:
    return x >= y;
  case P::OLT:
    return x < y;
  case P::OLE:
    return x <= y;
  case P::ONE:
    return !unordered && x != y;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || x == y;
  case P::UGT:
    return unordered || x > y;
  case P::UGE:
    return unordered || x >= y;
  case P::ULT:
    return unordered || x < y;
  case P::ULE:
    return unordered || x <= y;
  case P::UNE:
    return unordered || x != y;
  case P::UNO:
    return unordered;
  case P::AlwaysTrue:
    return true;
  }
  llvm_unreachable("all predicates are above");
}

static bool compare(arith::CmpIPredicate predicate, Kind kind, int64_t x, int64_t y) {
  using P = arith::CmpIPredicate;
  // A signed boolean is 0 or -1.
  int64_t sx = kind == Kind::I1 ? -x : x, sy = kind == Kind::I1 ? -y : y;
  uint64_t ux = asUnsigned(kind, x), uy = asUnsigned(kind, y);
  switch (predicate) {
  case P::eq:
    return x == y;
  case P::ne:
    return x != y;
  case P::slt:
    return sx < sy;
  case P::sle:
    return sx <= sy;
  case P::sgt:
    return sx > sy;
  case P::sge:
    return sx >= sy;
  case P::ult:
    return ux < uy;
  case P::ule:
    return ux <= uy;
  case P::ugt:
    return ux > uy;
  case P::uge:
    return ux >= uy;
  }
  llvm_unreachable("all predicates are above");
}

/// The larger of two numbers, +0 being larger than -0; a NaN if there is one (maximumf).
template <typename T> static T maximum(T x, T y) {
  if (std::isnan(x) || std::isnan(y))
    return std::numeric_limits<T>::quiet_NaN();
  if (x == y)
    return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

/// A division is undefined for the divisor 0, and a signed one where the quotient does not fit.
static LogicalResult checkDivision(Operation *op, bool isSigned, const Tensor &dividend, const Tensor &divisor) {
  int64_t lowest = std::numeric_limits<int64_t>::min() >> (64 - bitWidth(dividend.kind));
  auto bad = [&](int64_t x, int64_t y) -> int64_t { return y == 0 || (isSigned && x == lowest && y == -1); };
  if (llvm::is_contained(mapElements<int64_t, int64_t>(Kind::I1, bad, dividend, divisor).i, 1))
    return op->emitOpError() << "divides by zero or overflows";
  return success();
}

static int64_t floorDivide(int64_t x, int64_t y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }
static int64_t ceilDivide(int64_t x, int64_t y) { return x / y + (x % y != 0 && (x < 0) == (y < 0)); }

/// Conversion of a float to an integer of `kind`, towards zero; 0 if it does not fit.
static int64_t toInteger(Kind kind, bool isSigned, double x) {
  double truncated = std::trunc(x), range = std::ldexp(1.0, bitWidth(kind));
  double low = isSigned ? -range / 2 : 0, high = isSigned ? range / 2 : range;
  if (!(truncated >= low && truncated < high))
    return 0;
  return wrap(kind,
              isSigned ? static_cast<int64_t>(truncated) : static_cast<int64_t>(static_cast<uint64_t>(truncated)));
}

/// The same bits as a value of another type of the same width.
static Tensor bitcastTo(Kind kind, const Tensor &x) {
  if (x.kind == kind)
    return x;
  if (x.kind == Kind::F32)
    return mapElements<int64_t, float>(kind, [](float v) { return int64_t(llvm::bit_cast<int32_t>(v)); }, x);
  if (x.kind == Kind::F64)
    return mapElements<int64_t, double>(kind, [](double v) { return llvm::bit_cast<int64_t>(v); }, x);
  if (kind == Kind::F32)
    return mapElements<float, int64_t>(kind, [](int64_t v) { return llvm::bit_cast<float>(int32_t(v)); }, x);
  if (kind == Kind::F64)
    return mapElements<double, int64_t>(kind, [](int64_t v) { return llvm::bit_cast<double>(v); }, x);
  return mapElements<int64_t, int64_t>(kind, [](int64_t v) { return v; }, x);
}

static LogicalResult runConstant(Interpreter &interpreter, arith::ConstantOp op) {
  FailureOr<Tensor> tensor = Tensor::fromAttribute(op.getValue());
  if (failed(tensor))
    return op.emitOpError() << "has a type that the reference interpreter does not know: " << op.getType();
  return interpreter.finish(op, std::move(*tensor));
}

static Tensor select(const Tensor &condition, const Tensor &yes, const Tensor &no) {
  std::vector<int64_t> shape = commonShape(condition, yes, no);
  Tensor result = repeated(no, shape);
  withElementType(yes.kind, [&](auto type) {
    using T = decltype(type);
    for (size_t n = 0; n < elements<T>(result).size(); ++n)
      if (condition.i[condition.shape.empty() ? 0 : n])
        elements<T>(result)[n] = elements<T>(yes)[yes.shape.empty() ? 0 : n];
  });
  return result;
}

LogicalResult reference::runArith(Interpreter &in, Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return runConstant(in, constant);
  FailureOr<Kind> found = Tensor::kindOf(getElementTypeOrSelf(op->getResult(0).getType()));
  FailureOr<Kind> operandKind = Tensor::kindOf(getElementTypeOrSelf(op->getOperand(0).getType()));
  if (failed(found) || failed(operandKind))
    return unknownOp(op);
  Kind kind = *found, from = *operandKind;
  auto operand = [&](unsigned n) -> const Tensor & { return in.get(op->getOperand(n)); };

  // The definitions below are functions of one element of each operand.
  auto floats = [&](auto f) { return in.finish(op, mapFloats(f, operand(0), operand(1))); };
  auto integers = [&](auto f) {
    auto wrapped = [&](int64_t x, int64_t y) { return wrap(kind, f(x, y)); };
    return in.finish(op, mapElements<int64_t, int64_t>(kind, wrapped, operand(0), operand(1)));
  };
  auto unsigneds = [&](auto f) {
    return integers([&](int64_t x, int64_t y) -> int64_t { return f(asUnsigned(kind, x), asUnsigned(kind, y)); });
  };
  auto shift = [&](auto f) {
    unsigned width = bitWidth(kind);
    return unsigneds([&](uint64_t x, uint64_t y) -> uint64_t { return y < width ? f(x, y) : 0; });
  };
  auto divide = [&](bool isSigned, auto f) {
    if (failed(checkDivision(op, isSigned, operand(0), operand(1))))
      return failure();
    return integers([&](int64_t x, int64_t y) -> int64_t {
      return isSigned ? f(x, y) : static_cast<int64_t>(f(asUnsigned(kind, x), asUnsigned(kind, y)));
    });
  };
  auto cast = [&](auto f) { // between integers
    auto wrapped = [&](int64_t x) { return wrap(kind, f(x)); };
    return in.finish(op, mapElements<int64_t, int64_t>(kind, wrapped, operand(0)));
  };
  auto convert = [&](auto f) { // any element type to any other
    return withElementType(from, [&](auto operandType) {
      return withElementType(kind, [&](auto resultType) {
        return in.finish(op, mapElements<decltype(resultType), decltype(operandType)>(kind, f, operand(0)));
      });
    });
  };

  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<arith::AddFOp>([&](auto) { return floats([](auto x, auto y) { return x + y; }); })
      .Case<arith::SubFOp>([&](auto) { return floats([](auto x, auto y) { return x - y; }); })
      .Case<arith::MulFOp>([&](auto) { return floats([](auto x, auto y) { return x * y; }); })
      .Case<arith::DivFOp>([&](auto) { return floats([](auto x, auto y) { return x / y; }); })
      .Case<arith::RemFOp>([&](auto) { return floats([](auto x, auto y) { return std::fmod(x, y); }); })
      .Case<arith::MaximumFOp>([&](auto) { return floats([](auto x, auto y) { return maximum(x, y); }); })
      .Case<arith::MinimumFOp>([&](auto) { return floats([](auto x, auto y) { return -maximum(-x, -y); }); })
      .Case<arith::MaxNumFOp>([&](auto) { return floats([](auto x, auto y) { return std::fmax(x, y); }); })
      .Case<arith::MinNumFOp>([&](auto) { return floats([](auto x, auto y) { return std::fmin(x, y); }); })
      .Case<arith::NegFOp>([&](auto) { return in.finish(op, mapFloats([](auto x) { return -x; }, operand(0))); })
      .Case<arith::CmpFOp>([&](arith::CmpFOp cmp) {
        return withElementType(from, [&](auto type) {
          auto f = [&](auto x, auto y) -> int64_t { return compare(cmp.getPredicate(), x, y); };
          return in.finish(op, mapElements<int64_t, decltype(type)>(kind, f, operand(0), operand(1)));
        });
      })
      .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) {
        return integers([&](int64_t x, int64_t y) -> int64_t { return compare(cmp.getPredicate(), from, x, y); });
      })
      .Case<arith::SelectOp>([&](auto) { return in.finish(op, select(operand(0), operand(1), operand(2))); })
      // In unsigned numbers, where overflow is defined.
      .Case<arith::AddIOp>([&](auto) { return unsigneds([](uint64_t x, uint64_t y) { return x + y; }); })
      .Case<arith::SubIOp>([&](auto) { return unsigneds([](uint64_t x, uint64_t y) { return x - y; }); })
      .Case<arith::MulIOp>([&](auto) { return unsigneds([](uint64_t x, uint64_t y) { return x * y; }); })
      .Case<arith::AndIOp>([&](auto) { return integers([](int64_t x, int64_t y) { return x & y; }); })
      .Case<arith::OrIOp>([&](auto) { return integers([](int64_t x, int64_t y) { return x | y; }); })
      .Case<arith::XOrIOp>([&](auto) { return integers([](int64_t x, int64_t y) { return x ^ y; }); })
      .Case<arith::ShLIOp>([&](auto) { return shift([](uint64_t x, uint64_t y) { return x << y; }); })
      .Case<arith::ShRUIOp>([&](auto) { return shift([](uint64_t x, uint64_t y) { return x >> y; }); })
      .Case<arith::ShRSIOp>(
          [&](auto) { return shift([&](uint64_t x, uint64_t y) -> uint64_t { return wrap(kind, x) >> y; }); })
      .Case<arith::DivSIOp>([&](auto) { return divide(true, [](auto x, auto y) { return x / y; }); })
      .Case<arith::DivUIOp>([&](auto) { return divide(false, [](auto x, auto y) { return x / y; }); })
      .Case<arith::RemSIOp>([&](auto) { return divide(true, [](auto x, auto y) { return x % y; }); })
      .Case<arith::RemUIOp>([&](auto) { return divide(false, [](auto x, auto y) { return x % y; }); })
      .Case<arith::FloorDivSIOp>([&](auto) { return divide(true, floorDivide); })
      .Case<arith::CeilDivSIOp>([&](auto) { return divide(true, ceilDivide); })
      .Case<arith::CeilDivUIOp>(
          [&](auto) { return divide(false, [](auto x, auto y) { return x / y + (x % y != 0); }); })
      .Case<arith::MaxSIOp>([&](auto) { return integers([](int64_t x, int64_t y) { return std::max(x, y); }); })
      .Case<arith::MinSIOp>([&](auto) { return integers([](int64_t x, int64_t y) { return std::min(x, y); }); })
      .Case<arith::MaxUIOp>([&](auto) { return unsigneds([](uint64_t x, uint64_t y) { return std::max(x, y); }); })
      .Case<arith::MinUIOp>([&](auto) { return unsigneds([](uint64_t x, uint64_t y) { return std::min(x, y); }); })
      // A boolean that is sign-extended becomes 0 or -1.
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
          [&](auto) { return cast([&](int64_t x) { return from == Kind::I1 ? -x : x; }); })
      .Case<arith::IndexCastUIOp, arith::ExtUIOp>(
          [&](auto) { return cast([&](int64_t x) -> int64_t { return asUnsigned(from, x); }); })
      .Case<arith::SIToFPOp>([&](auto) { return convert([&](auto x) { return from == Kind::I1 ? -x : x; }); })
      .Case<arith::UIToFPOp>([&](auto) { return convert([&](auto x) { return asUnsigned(from, x); }); })
      .Case<arith::FPToSIOp>([&](auto) { return convert([&](auto x) { return toInteger(kind, true, x); }); })
      .Case<arith::FPToUIOp>([&](auto) { return convert([&](auto x) { return toInteger(kind, false, x); }); })
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return convert([](auto x) { return x; }); })
      .Case<arith::BitcastOp>([&](auto) { return in.finish(op, bitcastTo(kind, operand(0))); })
      .Default([](Operation *op) { return unknownOp(op); });
}
