// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The reference interpreter on `math`: the C library's functions in the element's own type.

#include "dialect/ReferenceInterpreter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace rondo;
using namespace rondo::reference;
using Kind = Tensor::Kind;

LogicalResult reference::runMath(Interpreter &in, Operation *op) {
  FailureOr<Kind> kind = Tensor::kindOf(getElementTypeOrSelf(op->getOperand(0).getType()));
  if (failed(kind))
    return unknownOp(op);
  auto operand = [&](unsigned n) -> const Tensor & { return in.get(op->getOperand(n)); };
  auto one = [&](auto f) { return in.finish(op, mapFloats(f, operand(0))); };
  auto two = [&](auto f) { return in.finish(op, mapFloats(f, operand(0), operand(1))); };
  auto three = [&](auto f) { return in.finish(op, mapFloats(f, operand(0), operand(1), operand(2))); };
  auto test = [&](auto f) {
    return withElementType(*kind, [&](auto type) {
      using T = decltype(type);
      auto g = [&](T x) -> int64_t { return f(static_cast<double>(x)); };
      return in.finish(op, mapElements<int64_t, T>(Kind::I1, g, operand(0)));
    });
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<math::TanhOp>([&](auto) { return one([](auto x) { return std::tanh(x); }); })
      .Case<math::SinhOp>([&](auto) { return one([](auto x) { return std::sinh(x); }); })
      .Case<math::CoshOp>([&](auto) { return one([](auto x) { return std::cosh(x); }); })
      .Case<math::AtanhOp>([&](auto) { return one([](auto x) { return std::atanh(x); }); })
      .Case<math::AsinhOp>([&](auto) { return one([](auto x) { return std::asinh(x); }); })
      .Case<math::AcoshOp>([&](auto) { return one([](auto x) { return std::acosh(x); }); })
      .Case<math::SinOp>([&](auto) { return one([](auto x) { return std::sin(x); }); })
      .Case<math::CosOp>([&](auto) { return one([](auto x) { return std::cos(x); }); })
      .Case<math::TanOp>([&](auto) { return one([](auto x) { return std::tan(x); }); })
      .Case<math::AsinOp>([&](auto) { return one([](auto x) { return std::asin(x); }); })
      .Case<math::AcosOp>([&](auto) { return one([](auto x) { return std::acos(x); }); })
      .Case<math::AtanOp>([&](auto) { return one([](auto x) { return std::atan(x); }); })
      .Case<math::ExpOp>([&](auto) { return one([](auto x) { return std::exp(x); }); })
      .Case<math::Exp2Op>([&](auto) { return one([](auto x) { return std::exp2(x); }); })
      .Case<math::ExpM1Op>([&](auto) { return one([](auto x) { return std::expm1(x); }); })
      .Case<math::LogOp>([&](auto) { return one([](auto x) { return std::log(x); }); })
      .Case<math::Log2Op>([&](auto) { return one([](auto x) { return std::log2(x); }); })
      .Case<math::Log10Op>([&](auto) { return one([](auto x) { return std::log10(x); }); })
      .Case<math::Log1pOp>([&](auto) { return one([](auto x) { return std::log1p(x); }); })
      .Case<math::SqrtOp>([&](auto) { return one([](auto x) { return std::sqrt(x); }); })
      .Case<math::RsqrtOp>([&](auto) { return one([](auto x) { return 1 / std::sqrt(x); }); })
      .Case<math::CbrtOp>([&](auto) { return one([](auto x) { return std::cbrt(x); }); })
      .Case<math::AbsFOp>([&](auto) { return one([](auto x) { return std::fabs(x); }); })
      .Case<math::ErfOp>([&](auto) { return one([](auto x) { return std::erf(x); }); })
      .Case<math::ErfcOp>([&](auto) { return one([](auto x) { return std::erfc(x); }); })
      .Case<math::FloorOp>([&](auto) { return one([](auto x) { return std::floor(x); }); })
      .Case<math::CeilOp>([&](auto) { return one([](auto x) { return std::ceil(x); }); })
      .Case<math::RoundOp>([&](auto) { return one([](auto x) { return std::round(x); }); })
      // In the default rounding mode this is rounding to even.
      .Case<math::RoundEvenOp>([&](auto) { return one([](auto x) { return std::nearbyint(x); }); })
      .Case<math::TruncOp>([&](auto) { return one([](auto x) { return std::trunc(x); }); })
      .Case<math::PowFOp>([&](auto) { return two([](auto x, auto y) { return std::pow(x, y); }); })
      .Case<math::Atan2Op>([&](auto) { return two([](auto x, auto y) { return std::atan2(x, y); }); })
      .Case<math::CopySignOp>([&](auto) { return two([](auto x, auto y) { return std::copysign(x, y); }); })
      .Case<math::FmaOp>([&](auto) { return three([](auto x, auto y, auto z) { return std::fma(x, y, z); }); })
      .Case<math::IsNaNOp>([&](auto) { return test([](double x) { return std::isnan(x); }); })
      .Case<math::IsInfOp>([&](auto) { return test([](double x) { return std::isinf(x); }); })
      .Case<math::IsFiniteOp>([&](auto) { return test([](double x) { return std::isfinite(x); }); })
      .Case<math::AbsIOp>([&](auto) {
        // In unsigned numbers, where the negation of the lowest is defined.
        auto f = [&](int64_t x) { return wrap(*kind, x < 0 ? -static_cast<uint64_t>(x) : x); };
        return in.finish(op, mapElements<int64_t, int64_t>(*kind, f, operand(0)));
      })
      .Default([](Operation *op) { return unknownOp(op); });
}
