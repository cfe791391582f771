// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The train block and -D.

#include "frontend/Elaborator.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace rondo;

static const StringRef settingNames[] = {"batch",   "beta1",    "beta2",     "bptt", "clip", "data",
                                         "epsilon", "momentum", "optimizer", "rate", "steps"};

bool rondo::isSetting(StringRef name) { return is_contained(settingNames, name); }

bool Elaborator::setCount(int64_t &field, StringRef name, const Number &number, mlir::Location loc) {
  if (number.isInteger && number.integer >= 1 && number.integer <= INT32_MAX) {
    field = number.integer;
    return true;
  }
  error(loc) << "expected an integer from 1 to " << INT32_MAX << " for '" << name << "', found " << spellNumber(number);
  return false;
}

bool Elaborator::setReal(double &field, StringRef name, const Number &number, mlir::Location loc) {
  double value = number.value;
  bool isFraction = name == "beta1" || name == "beta2" || name == "momentum";
  bool mayBeZero = isFraction || name == "clip";
  if (isFraction ? value >= 0 && value < 1 : mayBeZero ? value >= 0 : value > 0) {
    field = value;
    return true;
  }
  error(loc) << "expected a "
             << (isFraction  ? "number from 0 to less than 1"
                 : mayBeZero ? "number that is not negative"
                             : "positive number")
             << " for '" << name << "', found " << spellNumber(number);
  return false;
}

double *Elaborator::findOptimizerField(StringRef name) {
  TrainInfo &train = graph->info.train;
  if (name == "rate")
    return &train.rate;
  if (train.optimizer == "sgd")
    return name == "momentum" ? &train.momentum : nullptr;
  if (name == "beta1")
    return &train.beta1;
  if (name == "beta2")
    return &train.beta2;
  return name == "epsilon" ? &train.epsilon : nullptr;
}

static StringRef optimizerFields(StringRef optimizer) {
  return optimizer == "sgd" ? "rate or momentum" : "rate, beta1, beta2 or epsilon";
}

/// Sets the kind of the optimizer. Another kind than before begins with its own defaults, but keeps a rate that the
/// program wrote.
void Elaborator::chooseOptimizer(StringRef kind) {
  TrainInfo &train = graph->info.train;
  if (train.optimizer == kind)
    return;
  const TrainInfo defaults;
  train.optimizer = kind.str();
  train.momentum = defaults.momentum;
  train.beta1 = defaults.beta1;
  train.beta2 = defaults.beta2;
  train.epsilon = defaults.epsilon;
  if (!hasRate)
    train.rate = kind == "sgd" ? 1e-2 : defaults.rate;
}

// optimizer adam(rate: 2e-3)
void Elaborator::readOptimizer(const Setting &setting) {
  if (setting.word != "adam" && setting.word != "sgd") {
    error(setting.name.loc) << "expected the optimizer 'adam' or 'sgd', found '" << setting.word << "'";
    return;
  }
  chooseOptimizer(setting.word);
  for (const Argument &value : setting.values) {
    double *field = findOptimizerField(value.name);
    hasRate |= value.name == "rate";
    if (!field)
      error(value.loc) << "expected " << optimizerFields(setting.word) << " of optimizer '" << setting.word << "'"
                       << (value.name.empty() ? ", found no name" : ", found '") << value.name
                       << (value.name.empty() ? "" : "'");
    else if (std::optional<Number> number = evaluate(*value.value))
      setReal(*field, value.name, *number, value.value->loc);
  }
}

void Elaborator::readSetting(const Setting &setting) {
  TrainInfo &train = graph->info.train;
  StringRef name = setting.name.text;
  if (name == "optimizer")
    return readOptimizer(setting);
  if (name == "data") {
    hasDataSetting = true;
    train.data = setting.word.str();
    if (setting.word != "bytes" && setting.word != "arrays")
      error(setting.name.loc) << "expected the data 'bytes' or 'arrays', found '" << setting.word << "'";
    return;
  }
  if (name == "clip" && setting.word != "norm") {
    error(setting.name.loc) << "expected 'norm' after 'clip', found '" << setting.word << "'";
    return;
  }
  std::vector<Number> numbers;
  for (const Argument &value : setting.values) {
    std::optional<Number> number = evaluate(*value.value);
    if (!number)
      return;
    numbers.push_back(*number);
  }
  mlir::Location loc = setting.values.empty() ? setting.name.loc : setting.values.front().value->loc;
  if (numbers.empty() || numbers.size() > (name == "bptt" ? 2 : 1))
    error(loc) << "expected " << (name == "bptt" ? "1 or 2 numbers" : "1 number") << " for '" << name << "', found "
               << numbers.size();
  else if (name == "clip")
    setReal(train.clipNorm, name, numbers[0], loc);
  else if (name == "bptt")
    setCount(train.k1, name, numbers.front(), loc) && setCount(train.k2, name, numbers.back(), loc);
  else
    setCount(name == "batch" ? train.batch : train.steps, name, numbers[0], loc);
}

// Applies one -D; `loc` is where its errors stand. False if no setting has the name.
bool Elaborator::applyDefine(StringRef name, StringRef text, mlir::Location loc) {
  TrainInfo &train = graph->info.train;
  auto expected = [&](const Twine &what) {
    error(loc) << "-D " << name << ": expected " << what << ", found '" << text << "'";
  };
  if (name == "data" || name == "optimizer") {
    bool ok = name == "data" ? text == "bytes" || text == "arrays" : text == "adam" || text == "sgd";
    if (!ok)
      expected(name == "data" ? "'bytes' or 'arrays'" : "'adam' or 'sgd'");
    else if (name == "data")
      train.data = text.str();
    else
      chooseOptimizer(text);
    hasDataSetting |= name == "data";
    return true;
  }
  if (!isSetting(name))
    return false;
  SmallVector<StringRef, 2> parts;
  text.split(parts, ',');
  std::vector<Number> numbers;
  for (StringRef part : parts)
    if (std::optional<Number> number = parseNumber(part))
      numbers.push_back(*number);
  if (numbers.size() != parts.size() || numbers.size() > (name == "bptt" ? 2 : 1)) {
    expected(name == "bptt" ? "one number, or two with ',' between them" : "a number");
  } else if (name == "bptt") {
    setCount(train.k1, name, numbers.front(), loc) && setCount(train.k2, name, numbers.back(), loc);
  } else if (name == "batch" || name == "steps") {
    setCount(name == "batch" ? train.batch : train.steps, name, numbers[0], loc);
  } else if (name == "clip") {
    setReal(train.clipNorm, name, numbers[0], loc);
  } else if (double *field = findOptimizerField(name)) {
    setReal(*field, name, numbers[0], loc);
  } else {
    error(loc) << "-D " << name << ": expected " << optimizerFields(train.optimizer) << " of optimizer '"
               << train.optimizer << "', found '" << name << "'";
  }
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
  for (StringRef name : settingNames)
    names.push_back(name.str());
  for (auto [used, define] : zip(defineUsed, options.defines))
    if (!used)
      error(model.name.loc) << "-D " << define.first << ": expected a parameter or setting of model '"
                            << model.name.text << "' (" << join(names, ", ") << "), found '" << define.first << "'";
}

void Elaborator::readTrain(const ModelDecl &model) {
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
    for (const Setting &setting : train->settings) {
      auto [old, isNew] = seen.try_emplace(setting.name.text, setting.name.loc);
      if (isNew) {
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
  checkTrain(place("data"), place("bptt"));
}

// `data` and `bptt` are where these settings stand.
void Elaborator::checkTrain(mlir::Location data, mlir::Location bptt) {
  ModelInfo &info = graph->info;
  bool fitsBytes = all_of(info.inputs, [](const PortInfo &port) { return port.token && port.time; }) &&
                   all_of(info.targets, [](const PortInfo &port) { return !port.aheadOf.empty(); });
  if (!hasDataSetting)
    info.train.data = fitsBytes ? "bytes" : "arrays";
  if (info.train.data == "bytes" && !fitsBytes && !failed)
    error(data) << "expected 'data arrays': bytes fit only token inputs over the axis and targets that are 'ahead'";
  if (info.train.k1 > info.train.k2)
    error(bptt) << "expected bptt(k1, k2) with k1 <= k2, found k1 = " << info.train.k1 << ", k2 = " << info.train.k2;
}
