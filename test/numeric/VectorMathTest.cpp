// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The elementary functions of generated code against libm in a higher precision: every 1024th bit pattern of f32 (every
// 2^45th of f64) and special values, for targets with 4, 8 and 16 lanes, with and without fused multiply-add. Targets
// other than this machine take a third of the bit patterns, each another one, or all with RONDO_WHOLE_SWEEPS. Errors
// are in ulp of the true result.

#include "test/numeric/CompiledFunction.h"
#include "test/numeric/TestCPU.h"

#include "passes/Registration.h"

#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

namespace {

struct Function {
  std::string name;
  std::string body; // from %x to %y, of the type !t
  double (*reference)(double);
  long double (*longReference)(long double); // for f64
  double bound;                              // of the error
  double largest;                            // magnitude of an argument
};
std::ostream &operator<<(std::ostream &stream, const Function &function) { return stream << function.name; }

template <typename T> T sigmoid(T x) { return 1 / (1 + std::exp(-x)); }

template <typename T> T expOfMinus(T x) { return std::exp(-std::fabs(x)); }

/// |x| to the power of a ratio, which is rounded to the element's type as the exponent in the text is.
template <int64_t N, int64_t D = 1> struct Ratio {
  static double single(double x) { return std::pow(std::fabs(x), double(float(double(N) / D))); }
  static long double twice(long double x) { return std::pow(std::fabs(x), static_cast<long double>(double(N) / D)); }
  static std::string text() {
    char buffer[32];
    snprintf(buffer, sizeof(buffer), "%.17e", double(N) / D);
    return buffer;
  }
};
template <typename RatioT> Function power(std::string name, bool both = true) {
  std::string body = "  %p = arith.constant dense<" + RatioT::text() +
                     "> : !t\n  %z = math.absf %x : !t\n  %y = math.powf %z, %p : !t";
  return {std::move(name), std::move(body), RatioT::single, both ? RatioT::twice : nullptr, 5, INFINITY};
}

/// The angle of a point given by x, %c = 0.75 and %n, which is the negative zero.
template <typename F> Function arc(std::string name, const std::string &operands, F reference) {
  std::string body =
      "  %c = arith.constant dense<0.75> : !t\n  %n = arith.constant dense<-0.0> : !t\n  %y = math.atan2 " + operands +
      " : !t";
  return {std::move(name), std::move(body), reference, reference, 3, INFINITY};
}

/// Of exp(x - max(x, -x)) and exp(-x - max(x, -x)) the one that is chosen.
Function ofTwo(std::string name, const std::string &chosen, double (*reference)(double),
               long double (*longReference)(long double)) {
  std::string body = "  %n = arith.negf %x : !t\n  %m = arith.maximumf %x, %n : !t\n  %a = arith.subf %x, %m : !t\n"
                     "  %l = math.exp %a : !t\n  %b = arith.subf %n, %m : !t\n  %r = math.exp %b : !t\n"
                     "  %z = arith.constant dense<0.0> : !t\n  %c = arith.cmpf ogt, %x, %z : !t\n"
                     "  %y = arith.select %c, " +
                     chosen + " : !b, !t";
  return {std::move(name), std::move(body), reference, longReference, 2, INFINITY};
}
template <typename T> T largerOfTwo(T x) { return std::isfinite(x) ? T(1) : T(NAN); }
template <typename T> T smallerOfTwo(T x) { return std::exp(-2 * std::fabs(x)); }

/// Special values, and of the bit patterns every `stride`th from number `first` on.
template <typename T> std::vector<T> arguments(double largest, uint64_t first, uint64_t stride) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr unsigned step = sizeof(T) == 4 ? 10 : 45;
  std::vector<T> result = {T(0.0), T(-0.0), T(INFINITY), T(-INFINITY), T(NAN), T(-NAN), T(1), T(-1),
                           std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest(),
                           std::numeric_limits<T>::min(), -std::numeric_limits<T>::min(),
                           std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::denorm_min() * 1000,
                           // the two f32 of 32 and more that are next to multiples of pi/2
                           T(0x1.f37c8ap+95), T(0x1.47d0fep+34), T(0x1p28), T(0x1p31), T(-0x1.fffffep+127)};
  // Where exp overflows and underflows, each neighbour.
  for (double edge : {88.7228391, -87.3365448, 709.7827128933840, -708.3964185322641, 9.02, 8.3, 0.6, 1.0, 3.95, 5.95})
    for (T x = T(edge) * T(1 - 1e-6), n = 0; n < 64; ++n, x = std::nextafter(x, T(1e4 * edge)))
      result.push_back(x);
  for (uint64_t i = first; i < (uint64_t(1) << (sizeof(T) * 8 - step)); i += stride) {
    Bits bits = Bits(i << step) + Bits(i % 1013); // the last digits differ too
    T value;
    std::memcpy(&value, &bits, sizeof(T));
    result.push_back(value);
  }
  // Infinities and NaN stay: they are no question of accuracy.
  llvm::erase_if(result, [&](T value) { return std::isfinite(value) && std::fabs(value) > largest; });
  return result;
}

std::string source(const Function &function, const std::string &element, size_t n) {
  std::string type = "tensor<" + std::to_string(n) + "x" + element + ">";
  return "!t = " + type + "\n!b = tensor<" + std::to_string(n) + "xi1>\nfunc.func @f(%x: !t) -> !t {\n" +
         function.body + "\n  return %y : !t\n}\n";
}

std::unique_ptr<CompiledModule> compile(const std::string &text, llvm::StringRef cpu) {
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  return module ? CompiledModule::compile(*module, cpu) : nullptr;
}

/// The error of `found` in units of the last place of the true value; infinite for a wrong special value. Numbers too
/// small to be normal count as zero, as arguments and as results.
template <typename T> double errorOf(T found, long double exact) {
  constexpr long double least = std::numeric_limits<T>::min();
  if (std::isnan(exact))
    return std::isnan(found) ? 0 : INFINITY;
  if (std::fabs(exact) < least)
    return std::fabs(found) <= least ? 0 : INFINITY;
  if (std::isnan(found))
    return INFINITY;
  // What rounds to infinity is infinite.
  T rounded = static_cast<T>(exact);
  if (std::isinf(rounded))
    return found == rounded ? 0 : INFINITY;
  int exponent;
  std::frexp(exact, &exponent);
  long double ulp = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::fabs(static_cast<long double>(found) - exact) / ulp);
}

class VectorMath : public testing::TestWithParam<Function> {};

/// The worst error, and where it is.
template <typename T>
std::pair<double, T> worstOf(const Function &function, const std::vector<T> &x, const CompiledModule &compiled) {
  Tensor argument = Tensor::zeros(sizeof(T) == 4 ? Tensor::Kind::F32 : Tensor::Kind::F64, {int64_t(x.size())});
  for (size_t i = 0; i < x.size(); ++i)
    argument.set(i, x[i]);
  Tensor result = compiled.run("f", {argument}).front();
  std::pair<double, T> worst{0, T(0)};
  for (size_t i = 0; i < x.size(); ++i) {
    T value = std::fpclassify(x[i]) == FP_SUBNORMAL ? std::copysign(T(0), x[i]) : x[i];
    long double exact = sizeof(T) == 4 ? function.reference(value) : function.longReference(value);
    if (double error = errorOf(static_cast<T>(result.at(i)), exact); !(error <= worst.first))
      worst = {error, x[i]};
  }
  return worst;
}

template <typename T> void sweep(const Function &function, const std::string &element) {
  const char *const cpus[] = {"haswell", "sandybridge", "x86-64", "native"};
  for (unsigned number = 0; number < 4; ++number) {
    bool isWhole = number == 3 || takesWholeSweeps();
    std::vector<T> x = arguments<T>(function.largest, isWhole ? 0 : number, isWhole ? 1 : 3);
    std::unique_ptr<CompiledModule> compiled = compile(source(function, element, x.size()), cpus[number]);
    ASSERT_TRUE(compiled);
    auto [worst, where] = worstOf(function, x, *compiled);
    printf("%-8s %s %-12s %.2f ulp at %a\n", function.name.c_str(), element.c_str(), cpus[number], worst,
           double(where));
    EXPECT_LE(worst, function.bound) << function.name << " of " << element << " for " << cpus[number] << " at "
                                     << where;
  }
}

TEST_P(VectorMath, SinglePrecision) { sweep<float>(GetParam(), "f32"); }
TEST_P(VectorMath, DoublePrecision) {
  if (GetParam().longReference)
    sweep<double>(GetParam(), "f64");
}

// Run by hand: --gtest_also_run_disabled_tests --gtest_filter=*Speed*
TEST_P(VectorMath, DISABLED_Speed) {
  constexpr int64_t n = 4096;
  std::unique_ptr<CompiledModule> compiled = compile(source(GetParam(), "f32", n), "native");
  ASSERT_TRUE(compiled);
  Tensor argument = Tensor::zeros(Tensor::Kind::F32, {n});
  for (int64_t i = 0; i < n; ++i)
    argument.set(i, 4.0 * i / n - 1);
  CallTiming timing{2000};
  compiled->run("f", {argument}, &timing);
  printf("%-8s %.2f ns for 16 lanes\n", GetParam().name.c_str(), timing.nanoseconds * 16 / n);
}

INSTANTIATE_TEST_SUITE_P(
    Functions, VectorMath,
    testing::Values(Function{"exp", "  %y = math.exp %x : !t", std::exp, std::exp, 2, INFINITY},
                    Function{"expOfMinus",
                             "  %a = math.absf %x : !t\n  %n = arith.negf %a : !t\n  %y = math.exp %n : !t", expOfMinus,
                             expOfMinus, 2, INFINITY},
                    ofTwo("largerOfTwo", "%l, %r", largerOfTwo, largerOfTwo),
                    ofTwo("smallerOfTwo", "%r, %l", smallerOfTwo, smallerOfTwo),
                    Function{"log", "  %y = math.log %x : !t", std::log, std::log, 2, INFINITY},
                    Function{"expm1", "  %y = math.expm1 %x : !t", std::expm1, std::expm1, 3, INFINITY},
                    Function{"floor", "  %y = math.floor %x : !t", std::floor, std::floor, 0, INFINITY},
                    arc("arcOfHeight", "%x, %c", [](auto x) { return std::atan2(x, decltype(x)(0.75)); }),
                    arc("arcOfWidth", "%c, %x", [](auto x) { return std::atan2(decltype(x)(0.75), x); }),
                    arc("arcBelow", "%n, %x", [](auto x) { return std::atan2(decltype(x)(-0.0), x); }),
                    arc("arcOfDiagonal", "%x, %x", [](auto x) { return std::atan2(x, x); }),
                    Function{"log1p", "  %y = math.log1p %x : !t", std::log1p, std::log1p, 2, INFINITY},
                    Function{"tanh", "  %y = math.tanh %x : !t", std::tanh, std::tanh, 4.5, INFINITY},
                    Function{"erf", "  %y = math.erf %x : !t", std::erf, std::erf, 3, INFINITY},
                    Function{"sigmoid", "  %y = rondo.sigmoid %x : !t", sigmoid, sigmoid, 3, INFINITY},
                    Function{"sin", "  %y = math.sin %x : !t", std::sin, nullptr, 1, INFINITY},
                    Function{"cos", "  %y = math.cos %x : !t", std::cos, nullptr, 1, INFINITY},
                    power<Ratio<1, 2>>("root"), power<Ratio<3, 2>>("threeHalves"), power<Ratio<5, 2>>("fiveHalves"),
                    power<Ratio<3>>("cube"), power<Ratio<-1, 2>>("inverseRoot"),
                    power<Ratio<-3, 2>>("inverseThreeHalves"), power<Ratio<7, 4>>("sevenQuarters"),
                    // libm's, of f64, takes numbers that are not normal as they are
                    power<Ratio<-1, 3>>("inverseCubeRoot", /*both=*/false), power<Ratio<40>>("power40")),
    [](const auto &info) { return info.param.name; });

} // namespace
