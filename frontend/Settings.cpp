// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of settings.

#include "frontend/Settings.h"

#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace rondo;

static std::vector<StringRef> optimizerNames() {
  std::vector<StringRef> names;
  for (const OptimizerKind &kind : optimizerKinds())
    names.push_back(kind.name);
  return names;
}

/// In alphabetical order.
static ArrayRef<SettingInfo> settings() {
  static const SettingInfo rows[] = {
      {"accumulate", SettingKind::Count, {}, &TrainInfo::accumulate},
      {"alpha", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"average", SettingKind::Fraction, {}, nullptr, &TrainInfo::average},
      {"batch", SettingKind::Count, {}, &TrainInfo::batch},
      {"beta1", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"beta2", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"bptt", SettingKind::Window},
      {"centered", SettingKind::Switch, {}, nullptr, nullptr, true},
      {"cg_decay", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"cg_steps", SettingKind::Positive, {}, nullptr, nullptr, true},
      {"clip", SettingKind::NotNegative, {"norm", "value"}, nullptr, &TrainInfo::clip},
      {"damping", SettingKind::Positive, {}, nullptr, nullptr, true},
      {"data", SettingKind::Word, {"bytes", "windows", "arrays", "frames", "lines", "pairs"}},
      {"decay", SettingKind::Decay},
      {"epsilon", SettingKind::Positive, {}, nullptr, nullptr, true},
      {"freeze", SettingKind::Freeze},
      {"group", SettingKind::Group},
      {"iterations", SettingKind::Few, {}, nullptr, nullptr, true},
      {"momentum", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"optimizer", SettingKind::Word, optimizerNames()},
      {"rate", SettingKind::Positive, {}, nullptr, &TrainInfo::rate, true},
      {"rho", SettingKind::Fraction, {}, nullptr, nullptr, true},
      {"steps", SettingKind::Count, {}, &TrainInfo::steps},
      {"weight_decay", SettingKind::NotNegative, {}, nullptr, &TrainInfo::weightDecay, true},
  };
  return rows;
}

const SettingInfo *rondo::findSetting(StringRef name) {
  const auto *info = find_if(settings(), [&](const SettingInfo &info) { return info.name == name; });
  return info == settings().end() ? nullptr : info;
}

std::vector<std::string> rondo::definableSettings() {
  std::vector<std::string> names;
  for (const SettingInfo &info : settings())
    if (!info.isOfParameters())
      names.push_back(info.name.str());
  return names;
}

const SettingInfo *rondo::findDefinableSetting(StringRef name) {
  const SettingInfo *info = findSetting(name);
  return info && !info->isOfParameters() ? info : nullptr;
}

static std::string list(ArrayRef<std::string> names) { return join(names.drop_back(), ", ") + " or " + names.back(); }

std::string rondo::listWords(const SettingInfo &info) {
  return list(map_to_vector<4>(info.words, [](StringRef word) { return ("'" + word + "'").str(); }));
}

static std::string list(function_ref<bool(const SettingInfo &)> isMeant) {
  std::vector<std::string> names;
  for (const SettingInfo &info : settings())
    if (isMeant(info))
      names.push_back(info.name.str());
  return list(names);
}

std::string rondo::listBlockSettings() {
  return list([](const SettingInfo &info) { return !info.ofOptimizer; });
}

std::string rondo::listOptimizerSettings(StringRef optimizer) {
  return list([&](const SettingInfo &info) { return info.isOf(optimizer); });
}
