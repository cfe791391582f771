// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data file of a command, as the program's train block says: a text (`data bytes`) or arrays (`data arrays`).
#ifndef RONDO_RUNTIME_CORPUS_H
#define RONDO_RUNTIME_CORPUS_H

#include "runtime/Evaluation.h"
#include "runtime/Weights.h"

namespace rondo {

struct Corpus {
  bool isText = false;
  /// The whole text.
  List<int32_t> tokens;
  ArrayData arrays;

  /// Tokens or sequences.
  int64_t size() const { return isText ? static_cast<int64_t>(tokens.size()) : arrays.count(); }

  /// Reads `path`; bytes become tokens by `alphabet`, which must hold all of them.
  bool read(const char *path, const Model &model, const Alphabet &alphabet, Error &error);

  /// Whether evaluate() would find a position to score.
  bool checkEvaluable(const Call &score, const Model &model, int64_t first, Error &error) const;

  /// Evaluates the items from `first` on.
  bool evaluate(Call &score, const Model &model, int64_t first, Evaluation &result, Error &error) const;
};

/// Whether the program trains on a text; an error where it has no train block or other data than the runtime knows.
bool dataIsText(const Model &model, bool &isText, Error &error);

/// Marks the bytes that occur in the file.
bool markBytes(const char *path, bool (&occurs)[256], Error &error);

} // namespace rondo

#endif
