// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operators and functions of numbers alone, by their names in the language. The compiler computes with them what it
// knows, the runtime a rate that changes from update to update.
#ifndef RONDO_RUNTIME_NUMBERFUNCTIONS_H
#define RONDO_RUNTIME_NUMBERFUNCTIONS_H

#include <cmath>
#include <cstring>

namespace rondo {

/// Of one or two numbers; one of one number has no use for the second.
struct NumberFunction {
  const char *name;
  int operands;
  double (*compute)(double a, double b);
};

constexpr NumberFunction numberFunctions[] = {
    {"+", 2, [](double a, double b) { return a + b; }},
    {"-", 2, [](double a, double b) { return a - b; }},
    {"*", 2, [](double a, double b) { return a * b; }},
    {"/", 2, [](double a, double b) { return a / b; }},
    {"abs", 1, [](double a, double) { return std::fabs(a); }},
    {"cos", 1, [](double a, double) { return std::cos(a); }},
    {"exp", 1, [](double a, double) { return std::exp(a); }},
    {"floor", 1, [](double a, double) { return std::floor(a); }},
    {"log", 1, [](double a, double) { return std::log(a); }},
    // What is not a number stays so.
    {"max", 2, [](double a, double b) { return a > b || std::isnan(a) ? a : b; }},
    {"min", 2, [](double a, double b) { return a < b || std::isnan(a) ? a : b; }},
    {"pow", 2, [](double a, double b) { return std::pow(a, b); }},
    {"sin", 1, [](double a, double) { return std::sin(a); }},
    {"sqrt", 1, [](double a, double) { return std::sqrt(a); }},
    {"square", 1, [](double a, double) { return a * a; }},
};

/// The function of that name, or null.
inline const NumberFunction *findNumberFunction(const char *name) {
  for (const NumberFunction &function : numberFunctions)
    if (strcmp(function.name, name) == 0)
      return &function;
  return nullptr;
}

} // namespace rondo

#endif
