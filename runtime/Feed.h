// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which windows a training step sees. This order is part of the runtime's interface: a script in another framework
// can follow it exactly.
//
// Text. The file's first floor(n (1 - split)) tokens train (all n with --valid). Let a be the largest `ahead` of a
// target, B the batch, k1 and k2 the program's bptt. Each of B parallel streams has L = floor((n_train - a) / B)
// positions: stream s is the positions s L .. s L + L - 1, and its targets may reach a tokens further. Window w, of k2
// positions, begins at position w k1 of every stream; step i (from 0) takes window i mod W, W = floor((L - k2) / k1)
// + 1. Window 0 starts with cleared states and start = 1; every later one with the states that the window before it had
// after its first k1 positions, and start = 0. A model that cannot be streamed takes the same windows without states.
//
// Windows of a text (`data windows`), of the same training tokens. A window may begin at each of n_train - a - k2 + 1
// places; example b of step i begins at Random(seed, hash("windows")).below(i B + b, places), a sequence of its own:
// each step starts with cleared states and start = 1.
//
// Arrays. With N training sequences (the first floor(N (1 - split))) of L positions, a pass takes them in the order of
// a Fisher-Yates shuffle drawn from (seed, pass), in floor(N / B) batches; what is left over waits for the next
// pass's order. Each batch runs through W = floor((L - k2) / k1) + 1 windows as above before the next batch comes.
//
// Lines and pairs, and arrays and frames with lengths along the window's axis, are arrays of which a window is a whole
// sequence: W is 1. If there are functions for fewer positions, each 16 batches in that order are sorted by length
// (then by place), and shuffled as batches by Random(seed, hash("pools") + pass).below(begin + i, i + 1), of which
// `begin` is the place of the 16's first sequence. But where that axis is cut (Model.h) they are as frames.
//
// Frames without these lengths. Sequence s has L_s positions that have their targets, and W_s = floor((L_s - k2) / k1)
// + 1 windows, none if L_s < k2. The sequences of a pass, in the order of arrays, are dealt one by one to the examples
// of the batch: at the beginning to 0, 1, .., then to each whose sequence has no further window, the lowest first.
// After the last one of a pass comes the first one of the next. A new sequence begins with the states' initial numbers
// in its example alone; start is 0 throughout, but for a model that cannot be streamed.
//
// Frames and arrays of a model whose windows are cut of sequences with lengths: the same, but that W_s windows go to
// the last position that counts: W_s = ceil((L_s - (k2 - k1)) / k1), none if L_s <= k2 - k1. The last ones have fewer
// than k2 positions.
//
// Random numbers, which rondo.random defines (dialect/TensorOps.td). The sequences of a run are numbered over all
// passes. Example b of step i draws by the seed Random(seed, "sequence").bits(n), n the number of its sequence, and by
// the window's position in it. Of texts and arrays, g = floor(i / W) batches have ended before: n = g B + b, and window
// w is at w k1. Where windows are drawn, or the model cannot be streamed, each window is a sequence: n = i B + b, at 0.
// Of N frames' sequences, the one at place j of the order of pass q (both from 0) has n = q N + j. What is drawn for
// all examples together takes the seed Random(seed, "batch").bits(g), and the position that all windows have; of
// frames, and where each window is a sequence, bits(i) and 0.
#ifndef RONDO_RUNTIME_FEED_H
#define RONDO_RUNTIME_FEED_H

#include "runtime/Arrays.h"

namespace rondo {

/// Whether a text fits the model: one input of tokens over time, and targets that are this input ahead.
bool checkTextModel(const Model &model, Error &error);
/// The largest `ahead` of the model's targets.
int64_t longestAhead(const Model &model);
/// How many of n items train: floor(n (1 - split)), where rounding to just below a whole number does not count.
int64_t trainingPart(int64_t n, double split);

/// Fills `call`'s input and targets from a text: position t of example b is tokens[begin[b] + t], for the t below
/// `valid`; the rest of the window is token 0. Targets are read up to longestAhead() further on.
void fillText(const Call &call, const Model &model, const int32_t *tokens, const int64_t *begin, int64_t valid);

/// Brings the training data to the buffers of train_grad.
class Feed {
public:
  /// Over `count` tokens of a text, which must outlive the feed. Errors: too short for one window in each stream, or
  /// for one window where they are drawn.
  bool openText(const Model &model, const Call &call, const int32_t *tokens, int64_t count, uint64_t seed,
                Error &error);
  /// Over the first `count` sequences. Errors: fewer than a batch, or shorter than a window; frames that windows are
  /// cut of, of which none is as long as a window.
  bool openArrays(const Model &model, const Call &call, const ArrayData &data, int64_t count, uint64_t seed,
                  Error &error);

  /// Calls for batches of fewer positions, the longest first, which must outlive the feed; to be said before it is
  /// opened, over arrays of which a window is a whole sequence.
  void useShorter(List<Call> &calls) { shorter = calls.empty() ? nullptr : &calls; }

  /// Fills the buffers for step i (from 0; steps come in order), also those that say what is drawn. Returns whether it
  /// starts new sequences in the whole batch; sets the states where one begins in a part of it.
  bool fill(int64_t i);

  /// Behind fill(i): the call for the fewest positions in which its batch has room, filled with the same; null if that
  /// is the feed's own.
  Call *shortest(int64_t i);

  /// Goes on, before the first fill(), to where it is after so many steps; the buffers stay as they are.
  void skip(int64_t steps);

  /// Where a window that is drawn may begin; 0 where none is drawn.
  int64_t drawnFrom() const { return choices; }
  /// Steps in one pass over the data, rounded down for frames; where windows are drawn there is none.
  int64_t stepsPerPass() const { return windows * batches; }
  /// Positions at the end of each stream or sequence that no window covers; of frames those of all sequences.
  int64_t uncovered() const { return rest; }

private:
  void shuffle(int64_t pass);
  void sortPools(int64_t pass);
  bool measure(int64_t positions, const char *what, Error &error);
  bool openFrames(Error &error);
  int64_t windowsOf(int64_t row) const;
  void nextSequence(size_t b);
  void dealFrames();

  const Model *model = nullptr;
  const Call *call = nullptr;
  const int32_t *tokens = nullptr;
  const ArrayData *arrays = nullptr;
  List<Call> *shorter = nullptr;
  uint64_t seed = 0;
  int64_t k1 = 1, k2 = 1, length = 0, windows = 0, batches = 1, shuffledPass = -1, choices = 0, rest = 0;
  /// Where each example's window of a text begins, or which one of arrays it is, and of frames the number of its
  /// sequence in the run; the order of the sequences, and how many of them have been dealt.
  List<int64_t> places, numbers;
  List<Window> cut;
  List<int64_t> order;
  size_t dealt = 0;
};

} // namespace rondo

#endif
