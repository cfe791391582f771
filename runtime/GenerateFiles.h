// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files of `generate`: what sequences begin with, and the sequences.
#ifndef RONDO_RUNTIME_GENERATEFILES_H
#define RONDO_RUNTIME_GENERATEFILES_H

#include "runtime/Generator.h"
#include "runtime/RunInput.h"

namespace rondo {

/// Whether what is generated are the bytes of a text, by the alphabet of the weights, and whether each sequence is a
/// line.
bool generatesText(const Model &model);
bool generatesLines(const Model &model);

/// What the sequences of the rows begin with: an array as those of `run`, or of a text its lines.
struct Prompts {
  RowArray array;
  List<int64_t> lengths;

  /// Errors, with the file's name: as those of InputFiles; an array that does not fit what is generated; a byte that
  /// is not in the alphabet.
  bool read(const char *path, const Model &model, const WeightsInfo &info, const char *weights, Error &error);

private:
  bool readArray(const char *path, const Model &model, const WeightsInfo &info, const char *weights, Error &error);
  bool readLines(const char *path, const Model &model, const WeightsInfo &info, const char *weights, Error &error);

  InputFiles files;
  List<int32_t> tokens;
};

/// Replaces the file by the symbols of all rows, of which each had room for `most`, and in .safetensors their numbers
/// and log-probabilities. A file without such an end has them as lines of a text.
bool writeSequences(const char *out, const Model &model, const WeightsInfo &info, const GenerateBatch &batch,
                    int64_t most, Error &error);

} // namespace rondo

#endif
