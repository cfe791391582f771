// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays, and lines.
#include "runtime/GenerateFiles.h"

#include "runtime/Arrays.h"
#include "runtime/Corpus.h"
#include "runtime/PortTensor.h"

#include <cstdio>

using namespace rondo;

bool rondo::generatesLines(const Model &model) { return model.hasTrain && model.train.readsLines(); }

bool rondo::generatesText(const Model &model) {
  return generatesLines(model) || (model.hasTrain && model.train.readsText());
}

bool Prompts::readArray(const char *path, const Model &model, const WeightsInfo &info, const char *weights,
                        Error &error) {
  const Port &answer = *model.answer();
  List<const Port *> ports;
  ports.add(&answer);
  List<const char *> words;
  words.add(path);
  if (!files.read(words, {model, std::move(ports), info, weights, nullptr}, error))
    return false;
  const InputFiles::Item *item = files.find(answer.name);
  if (!item)
    return error.fail("%s: expected '%s', which is generated, found no such tensor", path, answer.name.c_str());
  PortLayout layout;
  if (!checkPortTensor(model, answer, item->value, /*joined=*/false, layout, error) ||
      !checkPortValues(answer, item->value, 0, error))
    return error.inContext(path);
  int64_t rows = item->value.shape.dim[0], positions = item->value.shape.dim[1];
  Text name = lengthName(model.axes[static_cast<size_t>(model.windowAxis())]);
  const InputFiles::Item *given = files.find(name);
  if (given && !checkLengths(name, given->value, rows, positions, error))
    return error.inContext(path);
  for (int64_t row = 0; row < rows; ++row)
    lengths.add(given ? given->value.getToken(row) : positions);
  array = RowArray::of(answer.name, item->value);
  return true;
}

/// Each line is a prompt, which may be empty.
bool Prompts::readLines(const char *path, const Model &model, const WeightsInfo &info, const char *weights,
                        Error &error) {
  FileBytes bytes;
  if (!bytes.read(path, error) || !checkAlphabets(model, info, weights, error))
    return false;
  const uint8_t *begin = bytes.data(), *end = begin + bytes.size();
  List<List<int32_t>> lines;
  size_t longest = 0;
  const uint8_t *text;
  for (size_t size; takeLine(begin, end, text, size);) {
    Error reason;
    if (!info.alphabet.encode(text, size, lines.add(), reason))
      return error.fail("%s:%zu: %s", path, lines.size(), reason.message());
    longest = size > longest ? size : longest;
  }
  tokens.resize(lines.size() * longest);
  for (size_t row = 0; row < lines.size(); ++row) {
    if (!lines[row].empty())
      memcpy(tokens.data() + row * longest, lines[row].data(), lines[row].size() * sizeof(int32_t));
    lengths.add(static_cast<int64_t>(lines[row].size()));
  }
  Shape shape;
  shape.add(static_cast<int64_t>(lines.size()));
  shape.add(static_cast<int64_t>(longest));
  array = RowArray::of(model.answer()->name, {tokens.data(), Type::I32, shape});
  return true;
}

bool Prompts::read(const char *path, const Model &model, const WeightsInfo &info, const char *weights, Error &error) {
  return generatesText(model) && formatOf(path) == FileFormat::Other ? readLines(path, model, info, weights, error)
                                                                     : readArray(path, model, info, weights, error);
}

/// The symbols of all rows behind one another, and zeros behind those of each; how many there are, and their logarithms
/// of probability.
static bool writeArrays(const char *out, const Model &model, const GenerateBatch &batch, int64_t most, Error &error) {
  int64_t longest = 0;
  for (int64_t row = 0; row < batch.rows; ++row)
    longest = batch.lengths[row] > longest ? batch.lengths[row] : longest;
  for (int64_t row = 0; row < batch.rows; ++row)
    memmove(batch.symbols + row * longest, batch.symbols + row * most, static_cast<size_t>(longest) * sizeof(int32_t));
  Shape ofRows, ofSymbols;
  ofRows.add(batch.rows);
  ofSymbols.add(batch.rows);
  ofSymbols.add(longest);
  Buffer symbols{batch.symbols, Type::I32, ofSymbols};
  printf("%s: %s %s\n", out, model.answer()->name.c_str(), ofSymbols.str().c_str());
  if (formatOf(out) == FileFormat::Npy)
    return writeNpyFile(out, symbols, error);
  List<NamedTensor> tensors;
  tensors.add({model.answer()->name, symbols});
  tensors.add({lengthName(model.axes[static_cast<size_t>(model.windowAxis())]), {batch.lengths, Type::I64, ofRows}});
  tensors.add({"log_probability", {batch.logProbabilities, Type::F64, ofRows}});
  return writeTensorFile(out, tensors, {}, error);
}

static bool writeLines(const char *out, const WeightsInfo &info, const GenerateBatch &batch, int64_t most,
                       Error &error) {
  Text text;
  for (int64_t row = 0; row < batch.rows; ++row) {
    for (int64_t i = 0; i < batch.lengths[row]; ++i)
      text.append(static_cast<char>(info.alphabet.symbol[batch.symbols[row * most + i]]));
    text.append('\n');
  }
  FileReplacement file;
  return file.open(out, error) && file.write(text.c_str(), text.size(), error) && file.commit(error) &&
         (printf("%s: %lld lines\n", out, static_cast<long long>(batch.rows)), true);
}

bool rondo::writeSequences(const char *out, const Model &model, const WeightsInfo &info, const GenerateBatch &batch,
                           int64_t most, Error &error) {
  return formatOf(out) == FileFormat::Other ? writeLines(out, info, batch, most, error)
                                            : writeArrays(out, model, batch, most, error);
}
