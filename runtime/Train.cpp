// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// train: the loop around the entries train_grad and update. Feed.h states the order of the data and what
// the random numbers are drawn by.
#include "runtime/Commands.h"
#include "runtime/Corpus.h"
#include "runtime/Feed.h"
#include "runtime/Progress.h"
#include "runtime/Signals.h"

#include <cerrno>
#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

class Trainer {
public:
  Trainer(const Model &model, const Arguments &options, Team &team, Error &error)
      : model(model), options(options), error(error), parameters(model), workspace(parameters, team),
        scorer(parameters, team), seed(options.seed("--seed", 1)), out(options.text("--out")) {}
  ~Trainer() {
    if (log)
      fclose(log);
  }

  int run();

private:
  bool findEntries();
  bool bind();
  bool checkFiles() const;
  bool prepareWeights();
  bool openFeed(int64_t count, Error &reason);
  bool prepareData();
  bool openLog();
  bool flushLog();
  bool setRate(int64_t step);
  bool step(int64_t number, double &loss, double &norm);
  Text lossParts() const;
  bool loop(int64_t steps);
  bool save();
  const Corpus &validationData() const { return ownValidation ? validation : corpus; }
  bool validate();

  const Model &model;
  const Arguments &options;
  Error &error;
  Parameters parameters;
  Workspace workspace;
  Scorer scorer;
  uint64_t seed;
  const char *out;
  FILE *log = nullptr;
  Call gradients, update;
  WeightsInfo info;
  Corpus corpus, validation;
  /// Where the validation part of `corpus` begins, whether there is something to validate on, and whether that is
  /// `validation`.
  int64_t trainCount = 0;
  bool hasValidation = false, ownValidation = false;
  Feed feed;
  Rate givenRate{0};
  const Rate *rate = nullptr;
  int64_t stepsAtStart = 0, lastSaved = -1;
};

bool Trainer::findEntries() {
  gradients.entry = model.require("train_grad", error);
  update.entry = model.require("update", error);
  return gradients.entry && update.entry && scorer.open(error);
}

/// Takes the memory of the entries, which is worth it only for data that fill a window.
bool Trainer::bind() {
  gradients = workspace.bind(*gradients.entry, error);
  update = workspace.bind(*update.entry, error);
  return scorer.bind(workspace, error) && !error.failed();
}

/// What is written must not be what is read. Going on from the weights that are replaced is common, though.
bool Trainer::checkFiles() const {
  for (const char *output : {"--out", "--log"})
    for (const char *input : {"--data", "--valid"})
      if (!options.distinct(output, input, error))
        return false;
  return options.distinct("--log", "--init", error) && options.distinct("--out", "--log", error);
}

bool Trainer::prepareWeights() {
  const char *path = options.text("--init");
  if (!path)
    return initializeWeights(parameters, model.element, seed, error);
  if (!loadWeights(path, parameters, model.element, info, error))
    return false;
  stepsAtStart = info.steps;
  return true;
}

/// Over the first `count` items of the corpus.
bool Trainer::openFeed(int64_t count, Error &reason) {
  return corpus.isText ? feed.openText(model, gradients, corpus.tokens.data(), count, seed, reason)
                       : feed.openArrays(model, gradients, corpus.arrays, count, seed, reason);
}

bool Trainer::prepareData() {
  const char *data = options.text("--data"), *valid = options.text("--valid");
  bool isText;
  if (valid && options.has("--split"))
    return error.fail("--split and --valid exclude each other");
  if (!dataIsText(model, isText, error))
    return false;
  if (!corpus.load(data, model, "train", error) || (valid && !validation.load(valid, model, "valid", error)))
    return false;
  bool hasPart = !valid && corpus.hasPart("valid");
  if (hasPart && options.has("--split"))
    return error.fail("--split: %s has a part for validation", data);
  if (hasPart && !validation.loadPart(corpus, data, model, "valid", error))
    return false;
  ownValidation = valid || hasPart;
  // Weights that come with an alphabet keep it: their tokens mean those bytes.
  if (corpus.needsAlphabet() && !info.hasAlphabet)
    corpus.makeAlphabets(validation, info);
  if (!checkAlphabets(model, info, options.text("--init"), error) || !corpus.encode(data, model, info, error) ||
      (valid && !validation.encode(valid, model, info, error)))
    return false;
  trainCount = ownValidation ? corpus.size() : trainingPart(corpus.size(), options.real("--split", 0.1));
  hasValidation = ownValidation || trainCount < corpus.size();
  if (!openFeed(trainCount, error)) {
    Error ofAll;
    if (!ownValidation && openFeed(corpus.size(), ofAll))
      error.hint(Text::format("--split 0 trains on all %lld %s", static_cast<long long>(corpus.size()), corpus.unit())
                     .c_str());
    return error.inContext(data);
  }
  // What could not be scored in the end is better known before the training.
  if (hasValidation && !validationData().checkEvaluable(scorer, model, ownValidation ? 0 : trainCount, error))
    return error.inContext(valid ? valid : Text::format("the validation part of %s", data).c_str());
  printf("%s: %lld %s for training, %lld for validation; ", data, static_cast<long long>(trainCount), corpus.unit(),
         static_cast<long long>(ownValidation ? validation.size() : corpus.size() - trainCount));
  if (feed.drawnFrom())
    printf("windows drawn from %lld places\n", static_cast<long long>(feed.drawnFrom()));
  else
    printf("%lld steps in a pass\n", static_cast<long long>(feed.stepsPerPass()));
  if (corpus.arrays.isFrames() && feed.uncovered())
    printf("note: %lld positions, at the ends of sequences, fill no window and are not trained on\n",
           static_cast<long long>(feed.uncovered()));
  else if (!isText && feed.uncovered())
    printf("note: the last %lld positions of each sequence fill no window and are not trained on\n",
           static_cast<long long>(feed.uncovered()));
  return true;
}

bool Trainer::openLog() {
  const char *path = options.text("--log");
  if (!path)
    return true;
  log = fopen(path, "w");
  if (!log)
    return error.fail("cannot write '%s': %s", path, strerror(errno));
  fprintf(log, "step,loss,norm,%s_per_s", model.unit());
  for (const Loss &loss : model.losses)
    if (!loss.name.empty())
      fprintf(log, ",loss.%s", loss.name.c_str());
  fprintf(log, "\n");
  return flushLog();
}

/// A log that cannot be written is no reason to lose weights, but one to end at once.
bool Trainer::flushLog() {
  if (fflush(log) == 0)
    return true;
  return error.fail("cannot write '%s': %s", options.text("--log"), strerror(errno));
}

/// Sets the rate of the update `step`; an error where the program's expression yields none.
bool Trainer::setRate(int64_t step) {
  double value = rate->at(step);
  const Buffer &given = *update.find(Role::Rate);
  given.set(0, value);
  value = given.get(0); // single precision may have no such number
  if (value >= 0 && std::isfinite(value))
    return true;
  Text found = std::isnan(value) ? Text("not a number") : Text::format("%g", value);
  return error.fail("the rate of step %lld is %s: expected a finite number that is not negative",
                    static_cast<long long>(step), found.c_str());
}

bool Trainer::step(int64_t number, double &loss, double &norm) {
  if (!setRate(number))
    return false;
  bool first = feed.fill(number - 1);
  if (first)
    gradients.clearStates();
  gradients.setStart(first);
  gradients.run();
  loss = gradients.loss();
  if (!std::isfinite(loss))
    return error.fail("the loss of step %lld is not finite", static_cast<long long>(number));
  *static_cast<int64_t *>(update.find(Role::Step)->data) = number;
  update.run();
  norm = update.find(Role::Norm)->get(0);
  return std::isfinite(norm) ||
         error.fail("the norm of the gradients of step %lld is not finite", static_cast<long long>(number));
}

bool Trainer::save() {
  if (!out || info.steps == lastSaved)
    return true;
  if (!saveWeights(out, parameters, model.element, info, error))
    return false;
  lastSaved = info.steps;
  return true;
}

/// The losses with names, for the progress line.
Text Trainer::lossParts() const {
  Text text;
  for (const Loss &loss : model.losses)
    if (!loss.name.empty())
      text.appendFormat("  %s %.4f", loss.name.c_str(), gradients.loss(loss));
  return text;
}

bool Trainer::loop(int64_t steps) {
  int64_t unitsPerStep = model.unitsOf(gradients.entry->batch, model.train.k1);
  int64_t interval = options.integer("--checkpoint-every", 500);
  Progress progress(steps, unitsPerStep, model.unit());
  for (int64_t i = 1; i <= steps && !stopSignal(); ++i) {
    double began = now(), loss = 0, norm = 0;
    if (!step(i, loss, norm)) {
      progress.finish();
      if (out && lastSaved >= 0)
        printf("%s holds the weights after step %lld\n", out, static_cast<long long>(lastSaved));
      else
        printf("no weights were saved\n");
      return false;
    }
    info.steps = stepsAtStart + i;
    if (log) {
      fprintf(log, "%lld,%.17g,%.17g,%.17g", static_cast<long long>(i), loss, norm,
              static_cast<double>(unitsPerStep) / (now() - began));
      for (const Loss &part : model.losses)
        if (!part.name.empty())
          fprintf(log, ",%.17g", gradients.loss(part));
      fprintf(log, "\n");
      if (!flushLog()) {
        progress.finish();
        save();
        return false;
      }
    }
    progress.step(i, loss, lossParts().c_str());
    if (i % interval == 0 && i < steps && !save()) {
      progress.finish();
      return false;
    }
  }
  progress.finish();
  return true;
}

bool Trainer::validate() {
  Evaluation result;
  if (!validationData().evaluate(scorer, model, ownValidation ? 0 : trainCount, result, error))
    return error.inContext("validation");
  if (!result.interrupted)
    result.print("validation ");
  return true;
}

int Trainer::run() {
  if (!checkFiles() || (out && !checkReplaceable(out, error)) || !findEntries() || !prepareWeights() || !prepareData())
    return 1;
  if (!bind() || !openLog())
    return 1;
  givenRate = Rate(options.real("--rate", 0));
  rate = options.has("--rate") ? &givenRate : &model.train.rate;
  catchStopSignals();
  if (options.has("--init") && update.find(Role::Moment1))
    printf("note: %s holds weights only: the optimizer's moments begin anew, at zero\n", options.text("--init"));
  if (!out)
    printf("note: without --out the weights are not saved\n");
  if (!loop(options.integer("--steps", model.train.steps)) || !save())
    return 1;
  if (out)
    printf("%s: weights after %lld steps\n", out, static_cast<long long>(info.steps));
  fflush(stdout);
  if (!stopSignal() && hasValidation && !validate())
    return 1;
  return stopSignal() ? 128 + stopSignal() : 0;
}

} // namespace

int rondo::runTrain(const Model &model, const Arguments &options, Team &team, Error &error) {
  return Trainer(model, options, team, error).run();
}
