// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/Rate.h"

using namespace rondo;

bool Rate::read(const Json &json, Error &error) {
  List<Term> found;
  int values = 0;
  for (const Json &item : json.items) {
    if (item.kind != Json::Kind::Number && item.kind != Json::Kind::String)
      return error.fail("rate: expected a number or a string, found %s", Json::describe(item.kind));
    Term *added = found.add({}, error);
    if (!added)
      return false;
    Term &term = *added;
    term.number = item.number;
    term.isStep = item.string == "step";
    if (item.kind == Json::Kind::String && !term.isStep) {
      term.function = findNumberFunction(item.string.c_str());
      if (!term.function)
        return error.fail("rate: unknown function '%s'", item.string.c_str());
      if (values < term.function->operands)
        return error.fail("rate: '%s' lacks an operand", item.string.c_str());
      values -= term.function->operands;
    }
    if (++values > maxValues)
      return error.fail("rate: expected at most %d values at a time", maxValues);
  }
  if (values != 1)
    return error.fail("rate: expected one value, found %d", values);
  terms.swap(found);
  return true;
}

double Rate::at(int64_t step) const {
  if (terms.empty())
    return number;
  double values[maxValues];
  int count = 0;
  for (const Term &term : terms) {
    if (!term.function) {
      values[count++] = term.isStep ? static_cast<double>(step) : term.number;
      continue;
    }
    count -= term.function->operands;
    values[count] = term.function->compute(values[count], values[count + term.function->operands - 1]);
    ++count;
  }
  return values[0];
}

Text Rate::text() const {
  Text text;
  if (terms.empty())
    text.appendFormat("%.17g", number);
  for (const Term &term : terms) {
    text.append(text.empty() ? "" : " ");
    if (term.function)
      text.append(term.function->name);
    else if (term.isStep)
      text.append("step");
    else
      text.appendFormat("%.17g", term.number);
  }
  return text;
}
