// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data file of a command, as the program's train block says: a text (`data bytes`, `data windows`), its lines
// (`data lines`, `data pairs`), arrays or frames.
#ifndef RONDO_RUNTIME_CORPUS_H
#define RONDO_RUNTIME_CORPUS_H

#include "runtime/Evaluation.h"
#include "runtime/Lines.h"
#include "runtime/Weights.h"

namespace rondo {

struct Corpus {
  bool isText = false, isLines = false;
  /// The whole text.
  List<int32_t> tokens;
  ArrayData arrays;

  /// Tokens or sequences, and which of them.
  const char *unit() const { return isText ? "tokens" : "sequences"; }
  /// Whether bytes become tokens.
  bool needsAlphabet() const { return isText || isLines; }
  int64_t size() const { return isText ? static_cast<int64_t>(tokens.size()) : arrays.count(); }

  /// Reads the file or pipe `path`, once: a pipe gives its bytes only once. Of frames that have parts it takes `part`
  /// ("train").
  bool load(const char *path, const Model &model, const char *part, Error &error);

  /// The number of the file's bytes and a hash (FNV-1a, 64 bits) of them. Only before encode().
  Text identity() const;

  /// Whether frames have that part; of `whole`, which must live on, this takes it.
  bool hasPart(const char *part) const;
  bool loadPart(const Corpus &whole, const char *path, const Model &model, const char *part, Error &error);

  /// Makes the alphabets of the bytes that occur in this text and in `other`, which may be empty.
  void makeAlphabets(const Corpus &other, WeightsInfo &info) const;

  /// The bytes of a text become tokens by the alphabets of `info`, which must hold all of them. `path` is for the
  /// message.
  bool encode(const char *path, const Model &model, const WeightsInfo &info, Error &error);

  /// Whether evaluate() would find a position to score.
  bool checkEvaluable(const Scorer &scorer, const Model &model, int64_t first, Error &error) const;

  /// Evaluates the items from `first` on.
  bool evaluate(Scorer &scorer, const Model &model, int64_t first, Evaluation &result, Error &error) const;

private:
  void markBytes(int column, bool (&occurs)[256]) const;
  bool viewFrames(const TensorFile &from, const char *path, const Model &model, const char *part, Error &error);

  /// A text until it is encoded; the tensors of frames.
  FileBytes bytes;
  Lines lines;
  TensorFile frames;
};

/// Whether the program trains on a text; an error where it has no train block, or where a text does not fit the model.
bool dataIsText(const Model &model, bool &isText, Error &error);

/// An error where data with an alphabet meet weights without it. `weights` is for the message.
bool checkAlphabets(const Model &model, const WeightsInfo &info, const char *weights, Error &error);

} // namespace rondo

#endif
