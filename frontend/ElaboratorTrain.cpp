// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The train block and -D.

#include "dialect/ProductOptimizers.h"
#include "frontend/Elaborator.h"
#include "frontend/SinglePrecision.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace rondo;

bool Elaborator::setCount(int64_t &field, StringRef name, const Number &number, mlir::Location loc) {
  if (number.isInteger && number.integer >= 1 && number.integer <= INT32_MAX) {
    field = number.integer;
    return true;
  }
  error(loc) << "expected an integer from 1 to " << INT32_MAX << " for '" << name << "', found " << spellNumber(number);
  return false;
}

void Elaborator::setReal(const SettingInfo &info, const Number &number, mlir::Location loc) {
  double value = number.value;
  TrainInfo &train = graph->info.train;
  if (info.name == "rate")
    train.schedule.clear();
  auto [fits, range] = [&]() -> std::pair<bool, StringRef> {
    switch (info.kind) {
    case SettingKind::Switch:
      return {value == 0 || value == 1, "0 or 1"};
    case SettingKind::Few:
      return {number.isInteger && value >= 1 && value <= 20, "an integer from 1 to 20"};
    case SettingKind::Fraction:
      return {value >= 0 && value < 1, "a number from 0 to less than 1"};
    case SettingKind::Positive:
      if (info.name == "cg_steps")
        return {number.isInteger && value >= 1 && value <= 10000, "an integer from 1 to 10000"};
      return {value > 0, "a positive number"};
    default:
      return {value >= 0, "a number that is not negative"};
    }
  }();
  if (!fits || !isSinglePrecision(value))
    error(loc) << "expected " << (fits ? singlePrecisionRange : range) << " for '" << info.name << "', found "
               << spellNumber(number);
  else if (info.real)
    train.*info.real = value;
  else
    find_if(train.numbers, [&](const OptimizerNumber &own) { return own.name == info.name; })->value = value;
}

void Elaborator::setNumbers(const SettingInfo &info, ArrayRef<Number> numbers, mlir::Location loc) {
  TrainInfo &train = graph->info.train;
  switch (info.kind) {
  case SettingKind::Count:
    setCount(train.*info.count, info.name, numbers.front(), loc);
    return;
  case SettingKind::Window:
    setCount(train.k1, info.name, numbers.front(), loc) && setCount(train.k2, info.name, numbers.back(), loc);
    return;
  case SettingKind::Positive:
  case SettingKind::NotNegative:
  case SettingKind::Fraction:
  case SettingKind::Switch:
  case SettingKind::Few:
    return setReal(info, numbers.front(), loc);
  case SettingKind::Word:
  case SettingKind::Decay:
  case SettingKind::Group:
  case SettingKind::Freeze:
    return;
  }
}

void Elaborator::setWord(const SettingInfo &info, StringRef word) {
  if (info.name == "optimizer")
    return chooseOptimizer(word);
  graph->info.train.data = word.str();
  hasDataSetting = true;
}

/// Sets the kind of the optimizer. Another kind than before begins with its own defaults, but keeps a rate that the
/// program wrote.
void Elaborator::chooseOptimizer(StringRef kind) {
  TrainInfo &train = graph->info.train;
  if (train.optimizer == kind)
    return;
  double rate = train.rate;
  train.setOptimizer(*findOptimizer(kind));
  if (hasRate)
    train.rate = rate;
}

static size_t mostNumbers(const SettingInfo &info) { return info.kind == SettingKind::Window ? 2 : 1; }

// optimizer adam(rate: 2e-3)
void Elaborator::readOptimizer(const Setting &setting) {
  StringSet<> seen;
  for (const Argument &value : setting.values) {
    const SettingInfo *info = findSetting(value.name);
    hasRate |= value.name == "rate";
    if (!info || !info->isOf(setting.word))
      error(value.loc) << "expected " << listOptimizerSettings(setting.word) << " of optimizer '" << setting.word << "'"
                       << (value.name.empty() ? ", found no name" : ", found '") << value.name
                       << (value.name.empty() ? "" : "'");
    else if (!seen.insert(value.name).second)
      error(value.loc) << "expected one argument '" << value.name << "', found a second";
    else if (info->name == "rate" && readSchedule(*value.value, graph->info.train.schedule))
      continue;
    else if (std::optional<Number> number = evaluate(*value.value))
      setReal(*info, *number, value.value->loc);
  }
}

void Elaborator::readSetting(const Setting &setting) {
  const SettingInfo &info = *findSetting(setting.name.text);
  if (info.isOfParameters())
    return readGroup(setting);
  if (info.kind == SettingKind::Word) {
    if (!is_contained(info.words, setting.word)) {
      error(setting.name.loc) << "expected the " << info.name << " " << listWords(info) << ", found '" << setting.word
                              << "'";
      return;
    }
    setWord(info, setting.word);
    return readOptimizer(setting);
  }
  if (!info.words.empty() && !is_contained(info.words, setting.word)) {
    error(setting.name.loc) << "expected " << listWords(info) << " after '" << info.name << "', found '" << setting.word
                            << "'";
    return;
  }
  if (info.name == "clip")
    graph->info.train.clipsValue = setting.word == "value";
  std::vector<Number> numbers;
  for (const Argument &value : setting.values) {
    if (!value.name.empty()) {
      error(value.loc) << "expected numbers without names for '" << info.name << "', found '" << value.name << "'";
      return;
    }
    std::optional<Number> number = evaluate(*value.value);
    if (!number)
      return;
    numbers.push_back(*number);
  }
  mlir::Location loc = setting.values.empty() ? setting.name.loc : setting.values.front().value->loc;
  // Only a window can be written with more or fewer than it takes.
  if (numbers.empty() || numbers.size() > mostNumbers(info))
    error(loc) << "expected 1 or 2 numbers for '" << info.name << "', found " << numbers.size();
  else
    setNumbers(info, numbers, loc);
}

// Applies one -D; `loc` is where its errors stand. False if no setting has the name.
bool Elaborator::applyDefine(StringRef name, StringRef text, mlir::Location loc) {
  const SettingInfo *info = findDefinableSetting(name);
  if (!info)
    return false;
  const std::string &optimizer = graph->info.train.optimizer;
  if (info->ofOptimizer && !info->isOf(optimizer)) {
    error(loc) << "-D " << name << ": expected " << listOptimizerSettings(optimizer) << " of optimizer '" << optimizer
               << "', found '" << name << "'";
    return true;
  }
  SmallVector<StringRef, 2> parts;
  text.split(parts, ',');
  std::vector<Number> numbers;
  for (StringRef part : parts)
    if (std::optional<Number> number = parseNumber(part))
      numbers.push_back(*number);
  bool isWord = info->kind == SettingKind::Word;
  bool fits =
      isWord ? is_contained(info->words, text) : numbers.size() == parts.size() && numbers.size() <= mostNumbers(*info);
  if (!fits)
    error(loc) << "-D " << name << ": expected "
               << (isWord                              ? listWords(*info)
                   : info->kind == SettingKind::Window ? "one number, or two with ',' between them"
                                                       : "a number")
               << ", found '" << text << "'";
  else if (isWord)
    setWord(*info, text);
  else
    setNumbers(*info, numbers, loc);
  return true;
}

void Elaborator::applyDefines(const ModelDecl &model) {
  // What the optimizer's numbers are depends on the optimizer.
  for (bool optimizer : {true, false}) {
    for (auto [i, define] : enumerate(options.defines)) {
      if ((define.first == "optimizer") == optimizer && !defineUsed[i])
        defineUsed[i] = applyDefine(define.first, define.second, model.name.loc);
    }
  }
  std::vector<std::string> names;
  for (const SizeParameter &parameter : model.parameters)
    names.push_back(parameter.name.text.str());
  for (const std::string &name : definableSettings())
    if (!is_contained(names, name))
      names.push_back(name);
  for (auto [used, define] : zip(defineUsed, options.defines))
    if (!used)
      error(model.name.loc) << "-D " << define.first << ": expected a parameter or setting of model '"
                            << model.name.text << "' (" << join(names, ", ") << "), found '" << define.first << "'";
}

void Elaborator::readTrain(const ModelDecl &model) {
  knowsParameters = !failed;
  const TrainStmt *train = nullptr;
  for (const StmtPtr &stmt : model.body) {
    auto *found = dyn_cast<TrainStmt>(stmt.get());
    if (found && train)
      error(found->loc) << "expected one 'train' in a model, found a second";
    else if (found)
      train = found;
  }
  StringMap<mlir::Location> seen;
  if (train) {
    // What is frozen no other line may mean.
    for (const Setting &setting : train->settings)
      if (findSetting(setting.name.text)->kind == SettingKind::Freeze)
        readFreeze(setting);
    for (const Setting &setting : train->settings) {
      auto [old, isNew] = seen.try_emplace(setting.name.text, setting.name.loc);
      const SettingInfo &info = *findSetting(setting.name.text);
      if (info.kind == SettingKind::Freeze)
        continue;
      if (isNew || info.isOfParameters()) {
        readSetting(setting);
        continue;
      }
      auto diagnostic = error(setting.name.loc) << "expected one setting '" << setting.name.text << "', found a second";
      diagnostic.attachNote(old->second) << "the first one is here";
    }
  }
  applyDefines(model);
  auto place = [&](StringRef setting) {
    auto found = seen.find(setting);
    return found == seen.end() ? model.name.loc : found->second;
  };
  chooseData(place("data"));
  windowSetting = place("bptt");
  checkWindow(*windowSetting);
  const TrainInfo &info = graph->info.train;
  if (!takesProducts(*findOptimizer(info.optimizer)))
    return;
  for (auto [setting, isGiven] : {std::pair("accumulate", info.accumulate > 1),
                                  {"clip", info.clip > 0},
                                  {"decay", seen.contains("decay")},
                                  {"group", seen.contains("group")}})
    if (isGiven)
      error(place(setting)) << "expected no '" << setting << "' with optimizer '" << info.optimizer
                            << "', which takes the gradients of one batch as they are";
  if (info.weightDecay > 0)
    error(place("optimizer")) << "expected no 'weight_decay' of optimizer '" << info.optimizer
                              << "': the loss may have a penalty";
  if (info.k1 < info.k2)
    error(place("bptt")) << "expected 'bptt n' with optimizer '" << info.optimizer << "', found k1 = " << info.k1
                         << ", k2 = " << info.k2;
}

// `bptt` is where this setting stands.
void Elaborator::checkWindow(mlir::Location bptt) {
  const ModelInfo &info = graph->info;
  int64_t k1 = info.train.k1, k2 = info.train.k2;
  if (const Axis *axis = failed ? nullptr : info.findMisfit(k2))
    error(bptt) << "expected a 'bptt' of which axis '" << axis->name
                << "' has a whole number of positions, at least 1, found " << k2;
  if (k1 > k2)
    error(bptt) << "expected bptt(k1, k2) with k1 <= k2, found k1 = " << k1 << ", k2 = " << k2;
  else if (k1 < k2 && info.train.data == "windows")
    error(bptt) << "expected 'bptt n' for 'data windows', each of which is a sequence of its own, found k1 = " << k1
                << ", k2 = " << k2;
}

// Once it is known whether the model looks ahead.
void Elaborator::checkWholeWindow() {
  const ModelInfo &info = graph->info;
  int64_t k1 = info.train.k1, k2 = info.train.k2;
  if (k1 < k2 && info.holdsWhole())
    error(*windowSetting) << "expected 'bptt n' where each sequence has a length along '"
                          << info.axes[*info.windowAxis() - 1].name
                          << "', as a window then holds a whole one, found k1 = " << k1 << ", k2 = " << k2;
}
