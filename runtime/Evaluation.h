// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses over whole texts and sequences.
//
// A text is one stream: windows follow each other with the state carried, and every position that has its targets
// counts once. With `data windows` each window is a sequence of its own, as in training. Where sequences have lengths,
// a loss over time counts the positions within them alone.
//
// Of a model that streams, or takes any length up to a greatest one, and whose losses are each the cross-entropy or the
// squared error of an output, the outputs are computed by the cover (Cover.h) and the losses here, in double, position
// by position: sequences have any length that the model takes. A text that such a model does not stream is cut into
// sequences as long as the windows of training, or as it takes; the last one may be shorter.
// Of others the entry `score` computes windows of its length. A loss of such an output is computed here too, so that
// the last window may be filled up with zeros, which cannot change what came before; of what looks ahead, or is a loss
// of another kind, the positions left over are counted as skipped.
#ifndef RONDO_RUNTIME_EVALUATION_H
#define RONDO_RUNTIME_EVALUATION_H

#include "runtime/Arrays.h"
#include "runtime/Cover.h"

namespace rondo {

/// What computes the losses of a model: the entry `score`, or the cover where there is none.
class Scorer {
public:
  Scorer(Parameters &parameters, Team &team) : cover(parameters, team), model(parameters.model) {}
  /// An error where the model has no loss.
  bool open(Error &error);
  /// Takes the memory of the entry.
  bool bind(Workspace &workspace, Error &error);

  const Entry *entry = nullptr;
  Call call;
  Cover cover;

private:
  const Model &model;
};

/// What is found of one loss of the model.
struct LossSum {
  const Loss *loss = nullptr;
  /// Sum of the losses of the positions; in nats for a cross-entropy.
  double sum = 0;
  /// Positions that count, those among them whose likeliest symbol is the target, and those that could not be scored.
  int64_t positions = 0, correct = 0, skipped = 0;

  double mean() const { return sum / static_cast<double>(positions); }
  void print(const char *prefix) const;
};

struct Evaluation {
  List<LossSum> losses;
  /// The user asked to stop; the numbers are those so far.
  bool interrupted = false;

  /// The sum of the losses' means, with their weights in update `step`.
  double loss(int64_t step) const;

  /// Prints of each loss nats, bits, perplexity, accuracy and positions on standard output, each line with `prefix` and
  /// the loss's name, if it has one, before it.
  void print(const char *prefix) const;
};

/// Whether the evaluation of so many tokens or sequences would find a position to score.
bool checkTextLength(const Scorer &scorer, const Model &model, int64_t count, Error &error);
bool checkArraysLength(const Scorer &scorer, const Model &model, const ArrayData &data, int64_t first, int64_t count,
                       Error &error);

/// Evaluates `count` tokens of a text (checkTextModel() holds). Errors: no position to score, a loss that is not
/// finite.
bool evaluateText(Scorer &scorer, const Model &model, const int32_t *tokens, int64_t count, Evaluation &result,
                  Error &error);

/// Evaluates `count` sequences from `first` on. Errors: no position to score, a loss that is not finite, sequences of
/// another length than that of the entry `score` where an input or target has no time, or longer ones than the model
/// takes.
bool evaluateArrays(Scorer &scorer, const Model &model, const ArrayData &data, int64_t first, int64_t count,
                    Evaluation &result, Error &error);

} // namespace rondo

#endif
