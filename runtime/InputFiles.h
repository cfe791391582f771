// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that `run --in` names: safetensors, NumPy's arrays, tables of numbers, texts. Each becomes tensors by name,
// sequences first, as they are in a file of arrays.
#ifndef RONDO_RUNTIME_INPUTFILES_H
#define RONDO_RUNTIME_INPUTFILES_H

#include "runtime/Csv.h"
#include "runtime/Lines.h"
#include "runtime/Npy.h"
#include "runtime/Weights.h"

namespace rondo {

/// What a file is, by the end of its name.
enum class FileFormat { Tensors, Npy, Csv, Other };
FileFormat formatOf(const char *path);
/// The FILE of a word that is FILE or NAME=FILE.
const char *pathOf(const char *word);

/// A file, and what it is by itself.
struct InputFile {
  const char *path = nullptr;
  /// The input that it is, empty where its tensors have names.
  Text name;
  TensorFile tensors;
  NpyFile npy;
  CsvFile csv;
  FileBytes bytes;
  Lines lines;
  /// Tokens of a text; integers of a table.
  List<int32_t> tokens;
  List<int64_t> integers;
};

/// What the files must fit.
struct InputSpec {
  const Model &model;
  /// The inputs, and targets that the outputs read, which files must give.
  List<const Port *> ports;
  const WeightsInfo &weights;
  /// The file of the weights, for messages.
  const char *weightsPath;
  /// Which part of frames that have parts, or null for the one to test on.
  const char *part;
  /// Whether of pairs the second column is yet to be found: lines may lack it, and it is not read.
  bool isGenerated = false;
};

class InputFiles {
public:
  struct Item {
    Text name;
    Buffer value;
    const char *path;
    /// Whether the file is of this tensor alone.
    bool isAlone;
  };

  /// Reads each word, FILE or NAME=FILE; NAME has letters, digits, '_' and '.' only. A FILE that is one array is that
  /// of NAME, or of the only port of `spec`. A text is the tokens of its bytes by the alphabet of the weights; of a
  /// program that trains on lines it is lines. Errors, with the file's name: one that cannot be read, a name that is
  /// unknown, missing or there twice, a table that does not fit its input, a text where the model reads none.
  bool read(const List<const char *> &words, const InputSpec &spec, Error &error);

  const Item *find(const Text &name) const;

  List<Item> items;
  /// Of frames: where each sequence begins, and the end of the last one. Empty where they are no frames.
  List<int64_t> offsets;

private:
  bool readWord(const char *word, const InputSpec &spec, Error &error);
  bool readTensors(InputFile &file, const InputSpec &spec, Error &error);
  bool readLines(InputFile &file, const InputSpec &spec, Error &error);
  bool readArray(InputFile &file, FileFormat format, const InputSpec &spec, Error &error);
  bool addAlone(const InputFile &file, const Buffer &value, Error &error);
  bool add(const Item &item, Error &error);

  List<InputFile> files;
};

} // namespace rondo

#endif
