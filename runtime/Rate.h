// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The learning rate, or the weight of a loss: a number, or what the program's expression says of each update.
#ifndef RONDO_RUNTIME_RATE_H
#define RONDO_RUNTIME_RATE_H

#include "runtime/Json.h"
#include "runtime/NumberFunctions.h"

namespace rondo {

class Rate {
public:
  explicit Rate(double number) : number(number) {}

  /// Takes an expression in postfix order: an array of numbers, "step" and names of NumberFunctions.h. Returns false
  /// with a message where it is none.
  bool read(const Json &json, Error &error);

  /// The rate of update `step`, from 1 on, in double precision. It may be no rate: below zero, infinite or not a
  /// number.
  double at(int64_t step) const;

  /// Whether it depends on the step.
  bool changes() const {
    for (const Term &term : terms)
      if (term.isStep)
        return true;
    return false;
  }

  /// The expression in postfix order: "0.01", "0.1 step sqrt div".
  Text text() const;

private:
  /// A function of the values before it, the number of the update, or a number.
  struct Term {
    const NumberFunction *function = nullptr;
    bool isStep = false;
    double number = 0;
  };
  /// An expression of the language is at most 200 levels deep.
  static constexpr int maxValues = 256;

  /// Empty where the rate is `number` at all times.
  List<Term> terms;
  double number;
};

} // namespace rondo

#endif
