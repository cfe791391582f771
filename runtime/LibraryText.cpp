// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The texts of a library: bytes <-> tokens.
#include "runtime/Library.h"

using namespace rondo;

static bool isColumn(int column, Error &error) {
  return column == 0 || column == 1 || error.fail("expected the column 0 or 1, found %d", column);
}

static Alphabet &alphabetOf(rondo_model_weights &weights, int column) {
  return column ? weights.info.sourceAlphabet : weights.info.alphabet;
}

/// Whether the model reads a text in that column.
static bool readsText(const Model &model, int column, Error &error) {
  bool hasTokens = false;
  for (const Port &port : model.inputs)
    hasTokens |= port.token;
  // Bytes are also what is taken for granted where the program says nothing.
  if (!model.hasTrain || !hasTokens || (!model.train.readsText() && !model.train.readsLines()))
    return error.fail("the model '%s' reads no text", model.name.c_str());
  return column == 0 || model.train.data == DataKind::Pairs ||
         error.fail("the model '%s' reads no pairs, which have a column 1", model.name.c_str());
}

/// Whether the model has tokens for all bytes.
static bool fits(const Model &model, int column, const Alphabet &alphabet, Error &error) {
  if (!alphabet.count)
    return error.fail("expected a text with a byte, found an empty one");
  int window = model.windowAxis();
  for (const List<Port> *ports : {&model.inputs, &model.targets})
    for (const Port &port : *ports)
      if (port.token && port.varies(window) == (column == 0) &&
          !(model.train.readsLines() ? checkLineVocabulary(alphabet, port.name.c_str(), port.vocab, error)
                                     : checkVocabulary(alphabet, port.vocab, error)))
        return false;
  return true;
}

extern "C" int rondo_model_alphabet(rondo_model_weights *weights, int column, uint8_t *symbols, int *count) {
  return guard(weights, [&](Error &error) -> int {
    if (!symbols || !count)
      return error.fail("expected places for the symbols and their number, found a null pointer"), RONDO_NULL;
    if (!isColumn(column, error))
      return RONDO_ARGUMENT;
    const Alphabet &alphabet = alphabetOf(*weights, column);
    *count = alphabet.count;
    memcpy(symbols, alphabet.symbol, static_cast<size_t>(alphabet.count));
    return RONDO_OK;
  });
}

extern "C" int rondo_model_alphabet_set(rondo_model_weights *weights, int column, const void *text, size_t bytes) {
  return guardOwn(weights, [&](Error &error) -> int {
    if (!text)
      return error.fail("expected a text, found a null pointer"), RONDO_NULL;
    if (!isColumn(column, error))
      return RONDO_ARGUMENT;
    if (!readsText(weights->model, column, error))
      return RONDO_ABSENT;
    if (!weights->isLoaded)
      return error.fail("the weights have no values yet"), RONDO_ORDER;
    if (alphabetOf(*weights, column).count)
      return error.fail("the weights have an alphabet already"), RONDO_ORDER;
    bool occurs[256] = {};
    for (size_t i = 0; i < bytes; ++i)
      occurs[static_cast<const uint8_t *>(text)[i]] = true;
    Alphabet alphabet;
    if (weights->model.train.readsLines())
      alphabet.assignLines(occurs);
    else
      alphabet.assign(occurs);
    if (!fits(weights->model, column, alphabet, error))
      return RONDO_ARGUMENT;
    alphabetOf(*weights, column) = alphabet;
    weights->info.hasAlphabet |= column == 0;
    return RONDO_OK;
  });
}

extern "C" int rondo_model_encode(rondo_model_weights *weights, int column, const void *text, size_t bytes,
                                  int32_t *tokens) {
  return guard(weights, [&](Error &error) -> int {
    if (!text || !tokens)
      return error.fail("expected a text and a place for its tokens, found a null pointer"), RONDO_NULL;
    if (!isColumn(column, error))
      return RONDO_ARGUMENT;
    const Alphabet &alphabet = alphabetOf(*weights, column);
    if (!alphabet.count)
      return error.fail("the weights have no alphabet"), RONDO_ORDER;
    return alphabet.encode(static_cast<const uint8_t *>(text), bytes, tokens, error) ? RONDO_OK : RONDO_ARGUMENT;
  });
}
