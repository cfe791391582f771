// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data to score, by windows of `score` or by rows.
#include "runtime/Evaluation.h"

#include "runtime/Feed.h"
#include "runtime/RowScores.h"
#include "runtime/Signals.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

/// Whether the windows of a text follow each other with the state carried.
bool isStream(const Model &model) { return model.train.data != DataKind::Windows; }
/// Whether rows of a text go on where the one before ends.
bool goesOn(const Model &model) { return isStream(model) && model.carries(); }

/// Whether the loss of each position is known, so that a window may be filled up by positions that do not count.
bool hasPositions(const Model &model, const Loss &loss) {
  return model.streamable && isStream(model) &&
         (loss.isCrossEntropy() ||
          (!loss.squaredOutput.empty() && model.overWindow(*model.output(loss.squaredOutput))));
}

/// How many positions a window must have for the loss to be scored.
int64_t shortestWindow(const Entry &score, const Model &model, const Loss &loss) {
  bool isCut = loss.isMasked && !model.holdsWhole(); // it is averaged over those positions alone that there are
  return isCut || hasPositions(model, loss) ? 1 : score.length;
}

/// How many positions there must be for each loss to be scored.
int64_t shortestWindow(const Scorer &scorer, const Model &model) {
  int64_t shortest = 1;
  for (const Loss &loss : model.reported())
    if (int64_t own = scorer.entry ? shortestWindow(*scorer.entry, model, loss) : 1; own > shortest)
      shortest = own;
  return shortest;
}

bool tooShort(Error &error) { return error.fail("the data to evaluate on is too short: no position could be scored"); }

/// Adds the positions of one loss after a run: the first `valid` ones.
void addLoss(const Call &score, const Model &model, int64_t valid, LossSum &result) {
  const Loss &loss = *result.loss;
  if (loss.isCrossEntropy() || hasPositions(model, loss)) {
    addPositions(model, *score.find(Role::Output, loss.output()), *score.find(Role::Target, loss.target()), valid,
                 result);
    return;
  }
  int64_t positions = loss.isMasked || (model.lossOverWindow() && !model.hasLengths()) ? valid : 1;
  result.sum += score.loss(loss) * static_cast<double>(positions);
  result.positions += positions;
}

/// Runs one window whose buffers are filled and adds its first `within` positions to each loss, or `valid` ones to its
/// skipped: those of the sequence, of which those within its length count.
void addWindow(Call &score, const Model &model, int64_t valid, int64_t within, Evaluation &result) {
  bool hasRun = false;
  for (LossSum &loss : result.losses) {
    if (valid < shortestWindow(*score.entry, model, *loss.loss)) {
      loss.skipped += valid;
      continue;
    }
    if (!hasRun)
      score.run();
    hasRun = true;
    addLoss(score, model, within, loss);
  }
}

bool finish(const Evaluation &result, Error &error) {
  for (const LossSum &loss : result.losses) {
    if (loss.positions == 0 && !result.interrupted)
      return tooShort(error);
    if (!std::isfinite(loss.sum))
      return error.fail("the loss is not finite");
  }
  return true;
}

void start(const Model &model, Evaluation &result) {
  result = Evaluation();
  for (const Loss &loss : model.reported())
    result.losses.add().loss = &loss;
}

} // namespace

bool Scorer::open(Error &error) {
  entry = model.entry("score");
  return entry || (model.requireLoss(error) && cover.open(error));
}

bool Scorer::bind(Workspace &workspace, Error &error) {
  if (entry)
    call = workspace.bind(*entry, error);
  return !error.failed();
}

bool rondo::checkTextLength(const Scorer &scorer, const Model &model, int64_t count, Error &error) {
  return count - longestAhead(model) >= shortestWindow(scorer, model) || tooShort(error);
}

/// The positions of a sequence to score; without time there is one whole window.
static int64_t positionsOf(const Model &model, const ArrayData &data, int64_t row) {
  return data.length(row) || data.isDealt() ? data.length(row) : model.windowAxis() < 0 ? 1 : model.train.k2;
}

bool rondo::checkArraysLength(const Scorer &scorer, const Model &model, const ArrayData &data, int64_t first,
                              int64_t count, Error &error) {
  int64_t positions = 0, most = scorer.entry ? 0 : scorer.cover.mostPositions();
  for (int64_t row = first; row < first + count; ++row) {
    int64_t own = positionsOf(model, data, row);
    if (most && own > most)
      return error.fail("sequence %lld has %lld positions, the model looks ahead and takes at most %lld",
                        static_cast<long long>(row), static_cast<long long>(own), static_cast<long long>(most));
    positions = own > positions ? own : positions;
  }
  int64_t length = scorer.entry ? scorer.entry->length : positions;
  if (count > 0 && data.wholeSequences() && positions != length)
    return error.fail("each sequence has %lld positions, the model was compiled for %lld and %s",
                      static_cast<long long>(positions), static_cast<long long>(length), data.wholeReason());
  return positions >= shortestWindow(scorer, model) || tooShort(error);
}

/// Scores so many positions of a text by rows: as one stream, or as windows of which each is a sequence.
static bool scoreText(Cover &cover, const Model &model, const int32_t *tokens, int64_t positions, Evaluation &result,
                      Error &error) {
  int64_t length = goesOn(model) ? 64 * 16 : model.train.k2, most = goesOn(model) ? 1 : 32;
  if (int64_t taken = cover.mostPositions(); taken && taken < length)
    length = taken;
  RowScores scores(cover, model, result);
  for (int64_t begin = 0; begin < positions && !result.interrupted;) {
    RowData data;
    int64_t end = begin;
    for (int64_t row = 0; row < most && end < positions; ++row) {
      data.lengths.add(positions - end < length ? positions - end : length);
      end += data.lengths.back();
    }
    data.viewText(model, tokens + begin, length);
    if (!scores.add(data, goesOn(model) ? begin : -1, error))
      return false;
    begin = end;
    result.interrupted = stopSignal() != 0;
  }
  return true;
}

/// Scores sequences as rows.
static bool scoreArrays(Cover &cover, const Model &model, const ArrayData &arrays, int64_t first, int64_t count,
                        Evaluation &result, Error &error) {
  RowScores scores(cover, model, result);
  for (int64_t row = first; row < first + count && !result.interrupted;) {
    RowData data;
    int64_t longest = 1;
    // As many as fit into a few megabytes of outputs.
    for (int64_t next = row; next < first + count; ++next) {
      int64_t positions = model.hasLengths() ? arrays.validLength(next) : positionsOf(model, arrays, next);
      longest = positions > longest ? positions : longest;
      if (positions == 0 || (next > row && !scores.hasRoom(next - row + 1, longest)))
        break;
      data.lengths.add(positions);
    }
    if (data.lengths.empty()) { // an empty sequence
      ++row;
      continue;
    }
    arrays.viewRows(row, data.rows(), data.inputs, data.targets);
    if (!scores.add(data, -1, error))
      return false;
    row += data.rows();
    result.interrupted = stopSignal() != 0;
  }
  return true;
}

bool rondo::evaluateText(Scorer &scorer, const Model &model, const int32_t *tokens, int64_t count, Evaluation &result,
                         Error &error) {
  start(model, result);
  int64_t positions = count - longestAhead(model);
  if (!scorer.entry)
    return scoreText(scorer.cover, model, tokens, positions, result, error) && finish(result, error);
  Call &score = scorer.call;
  int64_t length = score.entry->length;
  for (int64_t begin = 0; begin < positions && !result.interrupted; begin += length) {
    int64_t valid = positions - begin < length ? positions - begin : length;
    bool goesOn = isStream(model) && !model.indexed, first = begin == 0 || !goesOn;
    if (first)
      score.clearStates();
    score.setStart(first);
    score.setDraws(0, goesOn ? 0 : begin / length, goesOn ? begin : 0);
    fillText(score, model, tokens, &begin, valid);
    addWindow(score, model, valid, valid, result);
    result.interrupted = stopSignal() != 0;
  }
  return finish(result, error);
}

bool rondo::evaluateArrays(Scorer &scorer, const Model &model, const ArrayData &data, int64_t first, int64_t count,
                           Evaluation &result, Error &error) {
  start(model, result);
  if (!checkArraysLength(scorer, model, data, first, count, error))
    return false;
  if (!scorer.entry)
    return scoreArrays(scorer.cover, model, data, first, count, result, error) && finish(result, error);
  Call &score = scorer.call;
  int64_t length = score.entry->length;
  for (int64_t row = first; row < first + count && !result.interrupted; ++row) {
    int64_t positions = positionsOf(model, data, row);
    for (int64_t begin = 0; begin < positions; begin += length) {
      int64_t valid = positions - begin < length ? positions - begin : length;
      bool begins = begin == 0 || model.indexed;
      if (begins)
        score.clearStates();
      score.setStart(begins);
      score.setDraws(0, row - first, model.indexed ? 0 : begin);
      Window window{row, begin};
      data.fill(score, &window);
      addWindow(score, model, valid, model.holdsWhole() ? data.validLength(row) : valid, result);
    }
    result.interrupted = stopSignal() != 0;
  }
  return finish(result, error);
}

void LossSum::print(const char *prefix) const {
  if (loss->isCrossEntropy()) {
    printf("%snats        %.9f\n", prefix, mean());
    printf("%sbits        %.9f\n", prefix, mean() / std::log(2.0));
    printf("%sperplexity  %.6f\n", prefix, std::exp(mean()));
    printf("%saccuracy    %.6f\n", prefix, static_cast<double>(correct) / static_cast<double>(positions));
  } else {
    printf("%sloss        %.9g\n", prefix, mean());
  }
  printf("%spositions   %lld\n", prefix, static_cast<long long>(positions));
  if (skipped)
    printf("%sskipped     %lld positions at the ends, which fill no window\n", prefix, static_cast<long long>(skipped));
}

double Evaluation::loss(int64_t step) const {
  double sum = 0;
  for (const LossSum &loss : losses)
    sum += loss.loss->weight.at(step) * loss.mean();
  return sum;
}

void Evaluation::print(const char *prefix) const {
  for (const LossSum &loss : losses)
    loss.print(loss.loss->name.empty() ? prefix : Text::format("%s%s ", prefix, loss.loss->name.c_str()).c_str());
}
