// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows of `score`, and the sums over them.
#include "runtime/Evaluation.h"

#include "runtime/Feed.h"
#include "runtime/Signals.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

namespace {

/// Where the logits of each position are: of one example those of the window's positions and one other dimension, in
/// either order.
struct ClassLayout {
  int64_t classes, positionStride, classStride;

  ClassLayout(const Model &model, const Port &output, const Shape &shape) {
    classes = output.shape.count();
    classStride = 1;
    for (int axis = 0, dim = 0; axis < static_cast<int>(model.axes.size()); ++axis) {
      if (!output.varies(axis))
        continue;
      if (axis != model.windowAxis()) { // scores of an axis's positions, single numbers
        classes = shape.dim[dim];
        classStride = shape.from(dim + 1).count();
      }
      ++dim;
    }
    positionStride = classStride > 1 ? 1 : classes;
  }
};

/// Adds positions 0 .. valid-1 of a cross-entropy: the logits against the targets [T, 1] (or [1]).
void addCrossEntropy(const Buffer &logits, const ClassLayout &layout, const Buffer &targets, int64_t valid,
                     LossSum &result) {
  for (int64_t t = 0; t < valid; ++t) {
    auto logit = [&](int64_t c) { return logits.get(t * layout.positionStride + c * layout.classStride); };
    int64_t target = targets.getToken(t), best = 0;
    for (int64_t c = 1; c < layout.classes; ++c)
      if (logit(c) > logit(best))
        best = c;
    double largest = logit(best), sum = 0;
    for (int64_t c = 0; c < layout.classes; ++c)
      sum += std::exp(logit(c) - largest);
    result.sum += std::log(sum) + largest - logit(target);
    result.correct += best == target;
    ++result.positions;
  }
}

/// Adds positions 0 .. valid-1 of a squared error: the mean over the features of each.
void addSquaredError(const Buffer &output, const Buffer &target, int64_t valid, LossSum &result) {
  int64_t features = output.shape.from(output.shape.rank ? 1 : 0).count();
  for (int64_t t = 0; t < valid; ++t) {
    double sum = 0;
    for (int64_t i = t * features; i < (t + 1) * features; ++i)
      sum += (output.get(i) - target.get(i)) * (output.get(i) - target.get(i));
    result.sum += sum / static_cast<double>(features);
    ++result.positions;
  }
}

/// Whether the windows of a text follow each other with the state carried.
bool isStream(const Model &model) { return model.train.data != DataKind::Windows; }

/// Whether the loss of each position is known, so that a window may be filled up by positions that do not count.
bool hasPositions(const Model &model, const Loss &loss) {
  return model.streamable && isStream(model) &&
         (loss.isCrossEntropy() ||
          (!loss.squaredOutput.empty() && model.overWindow(*model.output(loss.squaredOutput))));
}

/// How many positions a window must have for the loss to be scored.
int64_t shortestWindow(const Call &score, const Model &model, const Loss &loss) {
  return hasPositions(model, loss) ? 1 : score.entry->length;
}

/// The same for each loss.
int64_t shortestWindow(const Call &score, const Model &model) {
  int64_t shortest = 1;
  for (const Loss &loss : model.losses)
    if (int64_t own = shortestWindow(score, model, loss); own > shortest)
      shortest = own;
  return shortest;
}

bool tooShort(Error &error) { return error.fail("the data to evaluate on is too short: no position could be scored"); }

/// Adds the positions of one loss after a run: the first `valid` ones.
void addLoss(const Call &score, const Model &model, int64_t valid, LossSum &result) {
  const Loss &loss = *result.loss;
  if (loss.isCrossEntropy()) {
    const Port &output = *model.output(loss.accuracyLogits);
    const Buffer &logits = *score.find(Role::Output, loss.accuracyLogits);
    addCrossEntropy(logits, ClassLayout(model, output, logits.shape), *score.find(Role::Target, loss.accuracyTarget),
                    output.varies(model.windowAxis()) ? valid : 1, result);
    return;
  }
  if (hasPositions(model, loss)) {
    addSquaredError(*score.find(Role::Output, loss.squaredOutput), *score.find(Role::Target, loss.squaredTarget), valid,
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
    if (valid < shortestWindow(score, model, *loss.loss)) {
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

void start(Call &score, const Model &model, Evaluation &result) {
  result = Evaluation();
  for (const Loss &loss : model.losses)
    result.losses.add().loss = &loss;
  score.setSeed(0);
}

} // namespace

bool rondo::checkTextLength(const Call &score, const Model &model, int64_t count, Error &error) {
  return count - longestAhead(model) >= shortestWindow(score, model) || tooShort(error);
}

/// The positions of a sequence to score; without time there is one whole window.
static int64_t positionsOf(const Call &score, const ArrayData &data, int64_t row) {
  return data.length(row) || data.isFrames() ? data.length(row) : score.entry->length;
}

bool rondo::checkArraysLength(const Call &score, const Model &model, const ArrayData &data, int64_t first,
                              int64_t count, Error &error) {
  int64_t length = score.entry->length, positions = 0;
  for (int64_t row = first; row < first + count; ++row)
    positions = positionsOf(score, data, row) > positions ? positionsOf(score, data, row) : positions;
  if (count > 0 && data.wholeSequences() && positions != length)
    return error.fail("each sequence has %lld positions, the model was compiled for %lld and %s",
                      static_cast<long long>(positions), static_cast<long long>(length), data.wholeReason());
  return positions >= shortestWindow(score, model) || tooShort(error);
}

bool rondo::evaluateText(Call &score, const Model &model, const int32_t *tokens, int64_t count, Evaluation &result,
                         Error &error) {
  start(score, model, result);
  int64_t length = score.entry->length, positions = count - longestAhead(model);
  for (int64_t begin = 0; begin < positions && !result.interrupted; begin += length) {
    int64_t valid = positions - begin < length ? positions - begin : length;
    bool first = begin == 0 || !isStream(model);
    if (first)
      score.clearStates();
    score.setStart(first);
    fillText(score, model, tokens, &begin, valid);
    addWindow(score, model, valid, valid, result);
    result.interrupted = stopSignal() != 0;
  }
  return finish(result, error);
}

bool rondo::evaluateArrays(Call &score, const Model &model, const ArrayData &data, int64_t first, int64_t count,
                           Evaluation &result, Error &error) {
  start(score, model, result);
  if (!checkArraysLength(score, model, data, first, count, error))
    return false;
  int64_t length = score.entry->length;
  for (int64_t row = first; row < first + count && !result.interrupted; ++row) {
    score.clearStates();
    int64_t positions = positionsOf(score, data, row);
    for (int64_t begin = 0; begin < positions; begin += length) {
      int64_t valid = positions - begin < length ? positions - begin : length;
      score.setStart(begin == 0);
      Window window{row, begin};
      data.fill(score, &window);
      addWindow(score, model, valid, model.hasLengths() ? data.validLength(row) : valid, result);
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

double Evaluation::loss() const {
  double sum = 0;
  for (const LossSum &loss : losses)
    sum += loss.mean();
  return sum;
}

void Evaluation::print(const char *prefix) const {
  for (const LossSum &loss : losses)
    loss.print(loss.loss->name.empty() ? prefix : Text::format("%s%s ", prefix, loss.loss->name.c_str()).c_str());
}
