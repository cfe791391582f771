// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The settings of a train block and of its optimizer, each once: its place, its values, its field.

#ifndef RONDO_FRONTEND_SETTINGS_H
#define RONDO_FRONTEND_SETTINGS_H

#include "frontend/ModelInfo.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace rondo {

enum class SettingKind {
  Word,     // one of `words`
  Decay,    // of the parameters that fit a pattern; several times and not by -D, as the next two
  Group,    // several numbers of such parameters
  Freeze,   // such parameters
  Count,    // an integer from 1
  Window,   // one or two counts: k1, k2
  Positive, // a real number, as the next two
  NotNegative,
  Fraction, // from 0 to less than 1
  Switch,   // 0 or 1
  Few,      // an integer from 1 to 20
};

struct SettingInfo {
  llvm::StringRef name;
  SettingKind kind;
  std::vector<llvm::StringRef> words = {}; // what Word chooses from, or what stands before the number
  int64_t TrainInfo::*count = nullptr;
  double TrainInfo::*real = nullptr;
  bool ofOptimizer = false; // an argument of the optimizer, not a line of the block: `real`, or one of its numbers

  bool isOfParameters() const {
    return kind == SettingKind::Decay || kind == SettingKind::Group || kind == SettingKind::Freeze;
  }
  /// A number that some optimizers have: a parameter of a model may have its name, and is what -D means then.
  bool isNumberOfOptimizer() const { return ofOptimizer && !real; }
  bool isOf(llvm::StringRef optimizer) const { return ofOptimizer && (real || findOptimizer(optimizer)->find(name)); }
};

/// The setting of this name, or null.
const SettingInfo *findSetting(llvm::StringRef name);

/// The names of the settings that -D can set, and the one of this name, or null.
std::vector<std::string> definableSettings();
const SettingInfo *findDefinableSetting(llvm::StringRef name);

/// `'a', 'b' or 'c'`: what a Word chooses from.
std::string listWords(const SettingInfo &info);

/// `a, b or c`: the names of the lines of the block, and of the arguments of an optimizer.
std::string listBlockSettings();
std::string listOptimizerSettings(llvm::StringRef optimizer);

} // namespace rondo

#endif // RONDO_FRONTEND_SETTINGS_H
