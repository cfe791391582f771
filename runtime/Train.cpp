// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// train: the loop around the entries train_grad and update. Feed.h states the order of the data and what
// the random numbers are drawn by.
#include "runtime/BestWeights.h"
#include "runtime/Buckets.h"
#include "runtime/Commands.h"
#include "runtime/Corpus.h"
#include "runtime/GradientSum.h"
#include "runtime/PhaseTimes.h"
#include "runtime/Plot.h"
#include "runtime/Progress.h"
#include "runtime/Signals.h"
#include "runtime/StepWatch.h"
#include "runtime/TrainFiles.h"
#include "runtime/TrainReport.h"
#include "runtime/TrainRun.h"
#include "runtime/WeightAverage.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

class Trainer {
public:
  Trainer(const Model &model, const Arguments &options, Team &team, Error &error)
      : model(model), options(options), error(error), team(team), parameters(model), workspace(parameters, team),
        run(model, options), files(options.text("--out")), report(model), scorer(parameters, team),
        checkpointEvery(options.integer("--checkpoint-every", 500)),
        validateEvery(options.integer("--validate-every", checkpointEvery)),
        best(files, run.progress, options.integer("--patience", 0)) {
    info.names = &names;
  }

  int train();

private:
  bool checkOptions();
  bool findEntries();
  bool bind();
  bool loadData();
  bool openFeed(int64_t count, Error &reason);
  bool prepareData();
  void printData() const;
  bool setRate(int64_t step);
  bool step(StepNumbers &step);
  bool runBatch(int64_t batch, int64_t number);
  bool runGradients(int64_t batch, int64_t number);
  int64_t unitsPerStep() const {
    return model.unitsOf(gradients.entry->batch, model.train.k1) * model.train.accumulate;
  }
  Text lossParts() const;
  bool loop();
  bool save();
  bool saveCheckpoint();
  bool isValidated(int64_t step) const;
  bool checkpoint(bool isSaved, bool isValidated);
  const Corpus &validationData() const { return ownValidation ? validation : corpus; }
  bool checkValidation();
  bool validate();
  void printValidation() const;
  bool finish();
  bool finishFiles();
  bool plot();

  const Model &model;
  const Arguments &options;
  Error &error;
  Team &team;
  Parameters parameters;
  Workspace workspace;
  TrainRun run;
  TrainFiles files;
  TrainReport report;
  PhaseTimes times;
  Scorer scorer;
  Call gradients, update;
  /// train_grad for batches of fewer positions, the longest first.
  List<Call> shorter;
  GradientSum sum;
  WeightAverage average;
  HessianFree hessianFree;
  StepWatch watch;
  LayoutNames names;
  WeightsInfo info;
  Corpus corpus, validation;
  /// Where the validation part of `corpus` begins, whether there is something to validate on, and whether that is
  /// `validation`.
  int64_t trainCount = 0;
  bool hasValidation = false, ownValidation = false;
  Feed feed;
  int64_t checkpointEvery, validateEvery;
  BestWeights best;
  /// The last validation, and behind which step it was.
  Evaluation validated;
  int64_t validatedAt = -1, lastSaved = -1;
};

bool Trainer::checkOptions() {
  if (options.has("--layout") && !options.has("--init"))
    return error.fail("--layout: expected --init with it, the weights to start from");
  if (run.resumed() && options.has("--init"))
    return error.fail("--init and --resume exclude each other");
  if (run.resumed() && options.has("--share"))
    return error.fail("--share and --resume exclude each other");
  if (options.has("--steps") && options.has("--epochs"))
    return error.fail("--steps and --epochs exclude each other");
  if (options.has("--valid") && options.has("--split"))
    return error.fail("--split and --valid exclude each other");
  if (options.has("--checkpoint-every") && !options.has("--out"))
    return error.fail("--checkpoint-every: expected --out, which says where the checkpoints are kept");
  if (options.has("--trace-nan") && model.train.accumulate > 1)
    return error.fail("--trace-nan keeps one batch: expected a program without 'accumulate', found accumulate %lld",
                      static_cast<long long>(model.train.accumulate));
  return files.check(options, error);
}

bool Trainer::findEntries() {
  gradients.entry = model.require("train_grad", error);
  update.entry = model.require("update", error);
  if (!findBuckets(model, shorter, error))
    return false;
  feed.useShorter(shorter);
  return gradients.entry && update.entry && scorer.open(error);
}

/// Takes the memory of the entries, which is worth it only for data that fill a window.
bool Trainer::bind() {
  gradients = workspace.bind(*gradients.entry, error);
  update = workspace.bind(*update.entry, error);
  return !error.failed() && bindBuckets(shorter, workspace, error) && scorer.bind(workspace, error) &&
         (!HessianFree::isUsedBy(model) || hessianFree.open(workspace, gradients, update, error)) && !error.failed();
}

/// Over the first `count` items of the corpus.
bool Trainer::openFeed(int64_t count, Error &reason) {
  return corpus.isText ? feed.openText(model, gradients, corpus.tokens.data(), count, run.seed, reason)
                       : feed.openArrays(model, gradients, corpus.arrays, count, run.seed, reason);
}

/// Reads the data, which must be those of the run that goes on.
bool Trainer::loadData() {
  const char *data = options.text("--data"), *valid = options.text("--valid");
  bool isText;
  if (!dataIsText(model, isText, error))
    return false;
  if (!corpus.load(data, model, "train", error) || (valid && !validation.load(valid, model, "valid", error)))
    return false;
  bool hasPart = !valid && corpus.hasPart("valid");
  if (hasPart && options.has("--split"))
    return error.fail("--split: %s has a part for validation", data);
  ownValidation = valid || hasPart;
  if (!run.setData(corpus.identity(), valid ? validation.identity() : Text(), !ownValidation, error))
    return false;
  return !hasPart || validation.loadPart(corpus, data, model, "valid", error);
}

bool Trainer::prepareData() {
  const char *data = options.text("--data"), *valid = options.text("--valid");
  if (!loadData())
    return false;
  // Weights that come with an alphabet keep it: their tokens mean those bytes.
  if (corpus.needsAlphabet() && !info.hasAlphabet)
    corpus.makeAlphabets(validation, info);
  if (!checkAlphabets(model, info, run.resumed() ? run.resumed() : options.text("--init"), error) ||
      !corpus.encode(data, model, info, error) || (valid && !validation.encode(valid, model, info, error)))
    return false;
  trainCount = ownValidation ? corpus.size() : trainingPart(corpus.size(), run.split);
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
  return true;
}

void Trainer::printData() const {
  printf("%s: %lld %s for training, %lld for validation; ", options.text("--data"), static_cast<long long>(trainCount),
         corpus.unit(), static_cast<long long>(ownValidation ? validation.size() : corpus.size() - trainCount));
  if (feed.drawnFrom())
    printf("windows drawn from %lld places\n", static_cast<long long>(feed.drawnFrom()));
  else
    printf("%lld %s in a pass\n", static_cast<long long>(feed.stepsPerPass()),
           model.train.accumulate == 1 ? "steps" : "batches");
  if (corpus.arrays.isDealt() && feed.uncovered())
    printf("note: %lld positions, at the ends of sequences, fill no window and are not trained on\n",
           static_cast<long long>(feed.uncovered()));
  else if (!corpus.isText && feed.uncovered())
    printf("note: the last %lld positions of each sequence fill no window and are not trained on\n",
           static_cast<long long>(feed.uncovered()));
}

/// Sets the rate of the update `step`; an error where the program's expression yields none.
bool Trainer::setRate(int64_t step) {
  double value = run.rate().at(step);
  const Buffer &given = *update.find(Role::Rate);
  given.set(0, value);
  value = given.get(0); // single precision may have no such number
  if (value >= 0 && std::isfinite(value))
    return true;
  Text found = std::isnan(value) ? Text("not a number") : Text::format("%g", value);
  return error.fail("the rate of step %lld is %s: expected a finite number that is not negative",
                    static_cast<long long>(step), found.c_str());
}

/// Of the batch that has been filled in, by a function for no more positions than it has. What is looked at behind it,
/// losses and data, is in the buffers of the whole one in any case.
bool Trainer::runGradients(int64_t batch, int64_t number) {
  Call *call = feed.shortest(batch);
  // Of the whole one in any case: what is searched for reads its step.
  if (!gradients.setStep(number, error) || (call && !call->setStep(number, error)))
    return false;
  if (!call) {
    gradients.run();
    return true;
  }
  call->run();
  gradients.find(Role::Loss)->set(0, call->loss());
  for (const Loss &part : model.losses)
    if (!part.name.empty())
      gradients.find(Role::LossPart, part.name)->set(0, call->loss(part));
  return true;
}

/// Batch `batch` of the run, from 0, for the update `number`.
bool Trainer::runBatch(int64_t batch, int64_t number) {
  times.enter(Phase::Data);
  bool first = feed.fill(batch);
  if (first)
    gradients.clearStates();
  gradients.setStart(first);
  watch.begin();
  hessianFree.begin();
  times.enter(Phase::Gradients);
  if (!runGradients(batch, number) || !watch.checkLoss(number, error))
    return false;
  sum.add(parameters);
  return true;
}

bool Trainer::step(StepNumbers &step) {
  int64_t number = step.number, batches = model.train.accumulate;
  double began = times.enter(Phase::Data);
  if (!setRate(number))
    return false;
  for (int64_t i = 0; i < batches; ++i)
    if (!runBatch((number - 1) * batches + i, number))
      return false;
  step.loss = gradients.loss();
  if (HessianFree::isUsedBy(model)) {
    times.enter(Phase::Search);
    step.search = hessianFree.search(update.find(Role::Rate)->get(0));
  }
  *static_cast<int64_t *>(update.find(Role::Step)->data) = number;
  report.beginUpdate();
  times.enter(Phase::Update);
  update.run();
  step.gradientNorm = update.find(Role::Norm)->get(0);
  step.rate = update.find(Role::Rate)->get(0);
  bool isFinite = watch.checkUpdate(number, error);
  step.unitsPerSecond = static_cast<double>(unitsPerStep()) / (times.enter(Phase::Logs) - began);
  step.seconds = times.total();
  step.updateNorm = report.updateNorm();
  return isFinite;
}

bool Trainer::save() {
  if (files.weights.empty() || info.steps == lastSaved)
    return true;
  times.enter(Phase::Weights);
  Averaged scope(average, run.progress.step > 0);
  if (!saveWeights(files.weights.c_str(), parameters, model.element, info, error))
    return false;
  lastSaved = info.steps;
  return true;
}

bool Trainer::saveCheckpoint() {
  times.enter(Phase::Weights);
  Averaged scope(average, run.progress.step > 0);
  return files.weights.empty() || run.save(files.checkpoint.c_str(), parameters, info, error);
}

/// The losses with names, for the progress line.
Text Trainer::lossParts() const {
  Text text;
  for (const Loss &loss : model.losses)
    if (!loss.name.empty())
      text.appendFormat("  %s %.4f", loss.name.c_str(), gradients.loss(loss));
  return text;
}

bool Trainer::loop() {
  int64_t first = run.progress.step + 1;
  Progress display(run.progress.step, run.progress.steps, unitsPerStep(), model.unit());
  for (int64_t i = first; i <= run.progress.steps && !stopSignal(); ++i) {
    StepNumbers numbers;
    numbers.number = i;
    if (!step(numbers)) {
      display.finish();
      if (lastSaved >= 0)
        printf("%s holds the weights after step %lld\n", files.weights.c_str(), static_cast<long long>(lastSaved));
      else
        printf("no weights were saved\n");
      return false;
    }
    run.advance(i, info);
    run.curve.add(i, numbers.loss);
    if (!report.add(numbers, gradients, error)) {
      display.finish();
      if (save())
        saveCheckpoint();
      return false;
    }
    display.step(i, numbers.loss, lossParts().c_str());
    bool isSaved = i % checkpointEvery == 0 && !files.weights.empty();
    if (i == run.progress.steps || !(isSaved || isValidated(i)))
      continue;
    display.finish();
    if (!checkpoint(isSaved, isValidated(i)))
      return false;
    if (best.isEnough())
      break;
  }
  display.finish();
  return true;
}

/// Whether the weights behind that step are validated, wherever the run ends. Without files to keep this is worth its
/// time only where somebody asks for it.
bool Trainer::isValidated(int64_t step) const {
  return hasValidation && step % validateEvery == 0 &&
         (!files.weights.empty() || options.has("--validate-every") || options.has("--patience"));
}

/// The weights come first: the validation may take long. Where it fails they stay too, with the checkpoint.
bool Trainer::checkpoint(bool isSaved, bool isValidated) {
  if (isSaved && !save())
    return false;
  bool isValid = !isValidated || validate();
  if (isValid && isValidated && !validated.interrupted)
    printValidation();
  fflush(stdout);
  return (!isSaved || saveCheckpoint()) && isValid;
}

bool Trainer::checkValidation() {
  for (const char *name : {"--validate-every", "--patience"})
    if (options.has(name) && !hasValidation)
      return error.fail("%s: expected data to validate on, by --valid or a --split above 0", name);
  return best.check(run.resumed(), error);
}

/// Validates the weights of now, if that is not done, and keeps the best ones.
bool Trainer::validate() {
  if (validatedAt == run.progress.step)
    return true;
  times.enter(Phase::Validation);
  Averaged scope(average, run.progress.step > 0);
  if (!validationData().evaluate(scorer, model, ownValidation ? 0 : trainCount, validated, error))
    return error.inContext("validation");
  if (validated.interrupted)
    return true;
  times.enter(Phase::Weights);
  validatedAt = run.progress.step;
  double loss = validated.loss(run.progress.steps);
  run.curve.addValidation(validatedAt, loss);
  return best.take(loss, isValidated(validatedAt), parameters, info, error) &&
         report.add(validatedAt, validated, loss, error);
}

void Trainer::printValidation() const {
  const RunProgress &progress = run.progress;
  printf("step %lld  validation loss %.6f  best %.6f after %lld steps", static_cast<long long>(progress.step),
         validated.loss(progress.steps), progress.best, static_cast<long long>(progress.bestSteps));
  printf(files.best.empty() ? "\n" : ": %s\n", files.best.c_str());
  if (best.isEnough())
    printf("the last %lld validations were no better: the training ends\n", static_cast<long long>(progress.waited));
}

/// Keeps what the run has come to.
bool Trainer::finish() {
  if (!save())
    return false;
  if (!files.weights.empty())
    printf("%s: weights after %lld steps\n", files.weights.c_str(), static_cast<long long>(info.steps));
  fflush(stdout);
  bool isValid = true;
  if (!stopSignal() && hasValidation) {
    isValid = validate();
    if (isValid && !validated.interrupted)
      validated.print("validation ");
  }
  return (files.weights.empty() || finishFiles()) && isValid;
}

bool Trainer::finishFiles() {
  if (!saveCheckpoint())
    return false;
  if (run.progress.hasBest())
    printf("%s: weights after %lld steps, the best in validation, loss %.6f\n", files.best.c_str(),
           static_cast<long long>(run.progress.bestSteps), run.progress.best);
  if (options.has("--patience") && !stopSignal() && !error.failed() && run.progress.hasBest()) {
    if (!best.makeFinal(error))
      return false;
    printf("%s: the same weights, by --patience\n", files.weights.c_str());
  }
  printf("%s: the run, for --resume\n", files.checkpoint.c_str());
  return true;
}

bool Trainer::plot() {
  const char *path = options.text("--plot");
  if (!path)
    return true;
  times.enter(Phase::Logs);
  if (!writePlot(path, model.name, run.curve, run.progress, error))
    return false;
  printf("%s: the losses over %lld steps\n", path, static_cast<long long>(run.progress.step));
  return true;
}

int Trainer::train() {
  if (!checkOptions() || !findEntries() || !run.begin(parameters, info, error) || !prepareData() ||
      !run.setSteps(feed, error))
    return 1;
  printData();
  if (!bind())
    return 1;
  watch.open(parameters, team, gradients, update, options.text("--trace-nan"));
  average.open(parameters, update);
  if (!checkValidation() || !run.bind(gradients, update, hessianFree, feed, error) ||
      !sum.open(gradients, model.train.accumulate, error))
    return 1;
  // As checkpoints have them; without an update there was no average.
  if (run.progress.step > 0)
    average.exchange();
  if (!report.open(options, run.progress.step, update, error))
    return 1;
  catchStopSignals();
  if (options.has("--init") && update.find(Role::Moment1))
    printf("note: %s is read for its weights only: the optimizer's moments begin anew, at zero\n",
           options.text("--init"));
  if (files.weights.empty())
    printf("note: without --out the weights are not saved\n");
  int64_t before = run.progress.step;
  if (!loop() || !finish() || !plot())
    return 1;
  times.print(run.progress.step - before);
  return stopSignal() ? 128 + stopSignal() : 0;
}

} // namespace

int rondo::runTrain(const Model &model, const Arguments &options, Team &team, Error &error) {
  return Trainer(model, options, team, error).train();
}
