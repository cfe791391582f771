// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// eval: the loss of a model on data.
#include "runtime/Commands.h"
#include "runtime/Corpus.h"
#include "runtime/Feed.h"

using namespace rondo;

int rondo::runEval(const Model &model, const Arguments &options, Team &team, Error &error) {
  Parameters parameters(model);
  Workspace workspace(parameters, team);
  Scorer scorer(parameters, team);
  bool isText;
  if (!scorer.open(error) || !model.requireLoss(error) || !dataIsText(model, isText, error))
    return 1;
  Corpus corpus;
  const char *data = options.text("--data"), *weights = options.text("--weights");
  // What there is to evaluate is known before memory for it is taken.
  const char *part = options.text("--part");
  if (!corpus.load(data, model, part ? part : "test", error))
    return 1;
  if (part && !corpus.hasPart(part)) {
    error.fail("--part %s: %s has no such part", quoted(part, strlen(part)).c_str(), data);
    return 1;
  }
  WeightsInfo info;
  Layout layout;
  if (!parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !loadWeights(weights, layout, parameters, model.element, info, error))
    return 1;
  if (!checkAlphabets(model, info, nameOfWeights(weights), error) || !corpus.encode(data, model, info, error))
    return 1;
  Evaluation result;
  int64_t first = options.has("--split") ? trainingPart(corpus.size(), options.real("--split", 0)) : 0;
  if (options.has("--split") && first == 0 && corpus.size() > 0) {
    error.fail("%s: --split %s would leave out none of %lld %s: without --split all of it is evaluated", data,
               options.text("--split"), static_cast<long long>(corpus.size()), corpus.unit());
    return 1;
  }
  if (!corpus.checkEvaluable(scorer, model, first, error)) {
    error.inContext(data);
    return 1;
  }
  if (!scorer.bind(workspace, error) || !corpus.evaluate(scorer, model, first, result, error))
    return 1;
  result.print("");
  return 0;
}
