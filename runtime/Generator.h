// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a model generates (Generation) for any number of rows, symbol by symbol: each position reads the symbol before,
// and the logits that it gives choose the next one. Symbols are drawn, or the likeliest sequence is searched for with a
// beam: the hypotheses of all rows are the rows of a batch, and one that follows another goes on from its states.
//
// What is generated for a row depends on nothing but its own inputs, prompt, number and the seed.
#ifndef RONDO_RUNTIME_GENERATOR_H
#define RONDO_RUNTIME_GENERATOR_H

#include "runtime/Cover.h"
#include "runtime/Sampler.h"

namespace rondo {

/// How sequences are chosen.
struct Decoding {
  Sampling sampling;
  /// How many hypotheses of each row are followed; 1 chooses each symbol by itself.
  int64_t beam = 1;
  /// A hypothesis of n symbols, its last one included, is worth the logarithm of its probability divided by
  /// ((5 + n) / 6) to this power (Wu et al. 2016), which is not negative.
  double lengthPenalty = 0.6;
  /// The greatest number of symbols, from 1 on, the last one included.
  int64_t most = 1;
  /// The symbol that ends a sequence, or -1.
  int64_t until = -1;
  /// The symbol before the first one, or -1: then each row has a prompt.
  int64_t first = -1;
  /// Only the symbols below this are generated.
  int64_t symbols = 0;
  uint64_t seed = 1;
  /// Whether a sequence that has as many positions as have an index (Model::indexed) goes on from the last half of it,
  /// read again from the first position on; else it is an error.
  bool slides = false;
};

/// For what is generated, and where to. Views of the caller's memory.
struct GenerateBatch {
  int64_t rows = 0;
  /// All that the logits depend on but what is generated; lengths along other axes.
  List<RowArray> inputs;
  /// How what is generated begins, [rows, T], and how many symbols of it each row has; null for none.
  const RowArray *prompts = nullptr;
  const int64_t *promptLengths = nullptr;
  /// [rows, `most`]: the symbols behind the prompt, without the one that ends them; how many these are, by which what
  /// is behind them is not written; the logarithm of the probability of all, and of the end, given the prompt.
  int32_t *symbols = nullptr;
  int64_t *lengths = nullptr;
  double *logProbabilities = nullptr;
};

/// One batch at a time.
class Generator {
public:
  /// The cover has been opened by openGenerator().
  Generator(const Model &model, Cover &cover) : model(model), cover(cover) {}

  /// Takes the memory for so many rows, hypotheses of each and symbols. Error: it is not there.
  bool open(int64_t rows, int64_t beam, int64_t most, Error &error);
  /// Generates, of no more than open() was called for. Of an axis that positions are chosen from only those within a
  /// row's length are. Errors, before results are written: as those of Cover::run(); a row without a symbol to begin
  /// with; a prompt's symbol that is none; logits of which none is finite.
  bool run(const GenerateBatch &batch, const Decoding &decoding, Error &error);

private:
  /// A symbol, and which of the links before it it follows.
  struct Link {
    int32_t symbol = 0, before = 0;
  };
  struct Hypothesis {
    double logProbability = 0;
    Link link;
    /// The hypothesis of the call before whose states it goes on from, and its link among those of its last symbol.
    int32_t state = 0, place = 0;
  };
  struct Row {
    /// Of the hypotheses that are followed, and of those that have ended.
    int64_t live = 1, ended = 0;
    /// How many positions come before the first symbol, and how many symbols there are.
    int64_t lead = 1, drawn = 0;
    /// Of the best that has ended: its value, the last link and the number of symbols.
    double best = 0, logProbability = 0;
    int64_t place = 0, count = 0;
    bool hasEnd = false; // its last symbol is the end
  };
  bool begin(Error &error);
  int64_t symbolsOf(int64_t row) const;
  int32_t symbolAt(int64_t row, int64_t hypothesis, int64_t position) const;
  bool feed(int64_t position, int64_t first, int64_t end, Error &error);
  bool slide(int64_t position, int64_t first, int64_t end, Error &error);
  bool step(int64_t position, int64_t first, int64_t end, Error &error);
  bool choose(int64_t row, int64_t active, Error &error);
  Hypothesis longer(int64_t row, int64_t hypothesis, int64_t symbol) const;
  void addCandidates(int64_t row, int64_t hypothesis);
  void follow(int64_t row);
  void end(int64_t row, const Hypothesis &candidate);
  double valueOf(double logProbability, int64_t count) const;
  void write(int64_t row) const;

  Hypothesis &hypothesis(int64_t row, int64_t i) { return hypotheses[static_cast<size_t>(row * width + i)]; }
  const Hypothesis &hypothesis(int64_t row, int64_t i) const {
    return hypotheses[static_cast<size_t>(row * width + i)];
  }
  size_t placeOf(int64_t row, int64_t symbol, int64_t i) const {
    return static_cast<size_t>((row * most + symbol) * width + i);
  }

  const Model &model;
  Cover &cover;
  const GenerateBatch *batch = nullptr;
  const Decoding *decoding = nullptr;
  int64_t width = 1, most = 1;
  /// The position of the sequences that is the model's first one.
  int64_t base = 0;
  List<Row> rows;
  List<Hypothesis> hypotheses;
  List<Link> links;            // [rows, most, width]
  List<Hypothesis> candidates; // of one row, the best first
  Sampler sampler;
  Blocks blocks;
  List<const State *> states;
  /// The states of all hypotheses before and behind a position; what each reads and gives.
  List<Buffer> before, after;
  Buffer symbols, logits;
  /// What is held for each of the rows that are generated together, so many at most; which of these each row of a call
  /// is, and that it is held.
  List<const State *> heldValues;
  List<Buffer> held;
  int64_t together = 1;
  List<int64_t> heldRows;
  List<uint8_t> isHeld;
  /// The rows and hypotheses of a call.
  List<int64_t> callRows, callHypotheses, positions, ones;
};

} // namespace rondo

#endif
