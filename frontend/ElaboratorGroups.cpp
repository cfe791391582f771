// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a train block says of some of the parameters.

#include "frontend/Elaborator.h"

#include "dialect/ParameterPattern.h"
#include "frontend/SinglePrecision.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace rondo;

/// The parameters that are trained and fit the setting's pattern; an error where there are none.
std::vector<ParameterInfo *> Elaborator::findFitting(const Setting &setting) {
  // Letters, digits, _, . and *.
  ParameterPattern pattern = *ParameterPattern::create(setting.word);
  std::vector<ParameterInfo *> found;
  for (ParameterInfo &parameter : graph->info.parameters)
    if (!parameter.frozen && pattern.fits(parameter.path))
      found.push_back(&parameter);
  if (knowsParameters && found.empty())
    error(setting.name.loc) << "expected a pattern of parameters' paths, found '" << setting.word
                            << "', which fits no parameter that is trained";
  return found;
}

// freeze encoder
void Elaborator::readFreeze(const Setting &setting) {
  for (ParameterInfo *parameter : findFitting(setting))
    parameter->frozen = true;
}

/// The number, if it is one that is not negative, or `isPositive`, and that generated code has; errors name it as that
/// of `name`.
std::optional<double> Elaborator::readBound(const Expr &value, StringRef name, bool isPositive) {
  std::optional<Number> number = evaluate(value);
  if (!number)
    return std::nullopt;
  bool fits = isPositive ? number->value > 0 : number->value >= 0;
  if (fits && isSinglePrecision(number->value))
    return number->value;
  StringRef range = fits ? singlePrecisionRange : isPositive ? "a positive number" : "a number that is not negative";
  error(value.loc) << "expected " << range << " for '" << name << "', found " << spellNumber(*number);
  return std::nullopt;
}

// decay *.bias 0
// group encoder(rate_factor: 0.1, clip_norm: 1)
void Elaborator::readGroup(const Setting &setting) {
  GroupInfo group;
  group.pattern = setting.word.str();
  bool fits = !findFitting(setting).empty();
  if (setting.values.empty())
    error(setting.name.loc) << "expected numbers of the parameters that fit '" << setting.word << "', found none";
  StringSet<> seen;
  for (const Argument &argument : setting.values) {
    const Expr &value = *argument.value;
    bool isDecay = setting.name.text == "decay";
    StringRef name = isDecay ? "weight_decay" : argument.name;
    bool isClip = name == "clip_norm" || name == "clip_value";
    if (!isClip && name != "rate_factor" && name != "weight_decay") {
      error(argument.loc) << "expected clip_norm, clip_value, rate_factor or weight_decay of a group, found "
                          << (name.empty() ? "no name" : "'") << name << (name.empty() ? "" : "'");
      continue;
    }
    if (!seen.insert(isClip ? "clip" : name).second) {
      error(argument.loc) << "expected one "
                          << (isClip ? "of clip_norm and clip_value" : ("argument '" + name + "'").str())
                          << ", found a second";
      continue;
    }
    std::optional<double> number =
        readBound(value, isDecay ? StringRef("decay") : name, /*isPositive=*/name == "rate_factor");
    (isClip ? group.clip : name == "rate_factor" ? group.rateFactor : group.weightDecay) = number;
    group.clipsValue |= name == "clip_value";
  }
  if (fits)
    graph->info.train.groups.push_back(group);
}
