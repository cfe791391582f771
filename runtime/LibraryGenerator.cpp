// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generators of a library.
#include "runtime/Generator.h"
#include "runtime/Library.h"

#include <cmath>

using namespace rondo;

using LongLong = long long;

struct rondo_model_generator : LibraryObject {
  rondo_model_generator(void *block, size_t bytes, bool isTrial, const rondo_model_weights &weights, int64_t rows,
                        int64_t beam, int64_t symbols, int threads)
      : LibraryObject(block, bytes, isTrial), weights(weights), model(weights.model), team(threads),
        cover(const_cast<Parameters &>(weights.parameters), team), generator(weights.model, cover), maxRows(rows),
        maxBeam(beam), maxSymbols(symbols) {}

  static int open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights, int64_t rows,
                  int64_t beam, int64_t symbols, int threads, rondo_model_generator *&opened, size_t &needed);
  int prepare(Error &error);
  int setDecoding(const rondo_decoding *how, Error &error);
  int setInputs(int64_t rows, const rondo_array *arrays, Error &error);
  int setPrompts(int64_t rows, const rondo_array *array, int64_t steps, const int32_t *given, Error &error);
  int run(int64_t rows, int32_t *symbols, int32_t *counts, double *logProbabilities, Error &error);

  const rondo_model_weights &weights;
  const Model &model;
  Team team;
  Cover cover;
  Generator generator;
  int64_t maxRows, maxBeam, maxSymbols;
  List<LibraryArray> inputs;
  Decoding decoding;
  GenerateBatch batch;
  LibraryArray *answer = nullptr;
  List<int64_t> promptLengths, lengths;
  List<int32_t> symbols;
  List<double> logProbabilities;
};

int rondo_model_generator::prepare(Error &error) {
  if (!model.answer())
    return error.fail("the program has no 'generate' line"), RONDO_ABSENT;
  if (!cover.openGenerator(error))
    return RONDO_ABSENT;
  const Entry *entry = model.singleEntry();
  int64_t hypotheses = maxRows * maxBeam, threads = team.threads() < hypotheses ? team.threads() : hypotheses;
  auto rows = static_cast<size_t>(maxRows);
  if (!entry || !cover.reserve(threads, error) || !listInputs(*entry, model, inputs, error) ||
      !generator.open(maxRows, maxBeam, maxSymbols, error) || !promptLengths.resize(rows, error) ||
      !lengths.resize(rows, error) || !logProbabilities.resize(rows, error) ||
      !symbols.resize(rows * static_cast<size_t>(maxSymbols), error))
    return RONDO_MEMORY;
  for (LibraryArray &input : inputs)
    if (input.port == model.answer())
      answer = &input;
  // What a run takes for its lists and plan, and for the choice of symbols.
  constexpr size_t perRow = 2048, perArray = 1024, perSymbol = 64, more = 1 << 15;
  size_t arrays = inputs.size() + 2 * model.states.size() + 2 * model.generation.states.size() + model.held.size();
  void *room = takeMemory(static_cast<size_t>(hypotheses) * (perRow + 16 * arrays) + arrays * perArray +
                          static_cast<size_t>(model.answer()->vocab) * perSymbol + more);
  if (!room)
    return RONDO_MEMORY;
  giveMemory(room);
  if (team.threads() > 1 && !heap.isTrial)
    team.start();
  return RONDO_OK;
}

int rondo_model_generator::open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights,
                                int64_t rows, int64_t beam, int64_t symbols, int threads,
                                rondo_model_generator *&opened, size_t &needed) {
  constexpr int64_t most = INT64_C(1) << 31;
  int64_t sizes[] = {rows, beam, symbols}, product;
  if (rows < 1 || beam < 1 || symbols < 1 || !multiplySizes(sizes, 3, product) || product > most * 64 || threads < 1 ||
      threads > maxTeamThreads)
    return RONDO_ARGUMENT;
  if (int code = checkMemory<rondo_model_generator>(memory, bytes))
    return code;
  constexpr size_t offset = heapOffset<rondo_model_generator>();
  auto *generator = new (memory) rondo_model_generator(static_cast<char *>(memory) + offset, bytes - offset, isTrial,
                                                       weights, rows, beam, symbols, threads);
  int code = guard(generator, [&](Error &error) -> int { return generator->prepare(error); });
  if (code == RONDO_OK)
    opened = generator;
  needed = offset + generator->heap.bytesNeeded();
  return code;
}

int rondo_model_generator::setDecoding(const rondo_decoding *given, Error &error) {
  rondo_decoding how = given ? *given : rondo_decoding{};
  const Generation &generation = model.generation;
  decoding.most = how.most ? how.most : generation.most;
  decoding.beam = how.beam ? how.beam : 1;
  decoding.lengthPenalty = how.length_penalty;
  decoding.sampling = {how.temperature, how.top_k, how.top_p == 0 ? 1 : how.top_p};
  decoding.until = generation.until;
  decoding.first = generation.first;
  decoding.symbols = model.answer()->vocab;
  decoding.seed = how.seed;
  decoding.slides = how.slide != 0;
  bool draws = how.temperature != 0 || how.top_k != 0 || how.top_p != 0;
  if (decoding.most < 1 || decoding.most > maxSymbols)
    return error.fail("expected 1 to %lld symbols, for which the generator was opened, found %lld",
                      LongLong(maxSymbols), LongLong(decoding.most)),
           RONDO_ARGUMENT;
  if (decoding.beam < 1 || decoding.beam > maxBeam)
    return error.fail("expected a beam of 1 to %lld, for which the generator was opened, found %lld", LongLong(maxBeam),
                      LongLong(decoding.beam)),
           RONDO_ARGUMENT;
  if (!std::isfinite(how.length_penalty) || how.length_penalty < 0)
    return error.fail("expected a length penalty from 0 on, found %g", how.length_penalty), RONDO_ARGUMENT;
  if (!std::isfinite(how.temperature) || how.temperature < 0)
    return error.fail("expected a temperature from 0 on, found %g", how.temperature), RONDO_ARGUMENT;
  if (how.top_k < 0 || !(decoding.sampling.topP > 0 && decoding.sampling.topP <= 1))
    return error.fail("expected top_k from 0 on and top_p above 0, at most 1, found %lld and %g", LongLong(how.top_k),
                      how.top_p),
           RONDO_ARGUMENT;
  if (decoding.slides && !model.indexed)
    return error.fail("expected no slide, as a sequence of the model has any number of positions"), RONDO_ARGUMENT;
  if (draws && (decoding.beam > 1 || how.temperature == 0))
    return error.fail("expected %s, found that symbols are to be drawn",
                      decoding.beam > 1 ? "no drawing beside a beam" : "a temperature beside top_k or top_p"),
           RONDO_ARGUMENT;
  return RONDO_OK;
}

int rondo_model_generator::setInputs(int64_t rows, const rondo_array *arrays, Error &error) {
  batch.inputs.clear();
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].isRead || &inputs[i] == answer)
      continue;
    if (!arrays || (!arrays[i].data && rows > 0))
      return error.fail("expected the input '%s', found a null pointer", inputs[i].view.name.c_str()), RONDO_NULL;
    if (!inputs[i].set(arrays[i], rows, 1, /*isWritten=*/false, error))
      return RONDO_ARGUMENT;
    batch.inputs.add(inputs[i].view);
  }
  return RONDO_OK;
}

int rondo_model_generator::setPrompts(int64_t rows, const rondo_array *array, int64_t steps, const int32_t *given,
                                      Error &error) {
  batch.prompts = nullptr;
  batch.promptLengths = nullptr;
  if (!array || !array->data)
    return RONDO_OK;
  constexpr int64_t most = INT64_C(1) << 31;
  if (steps < 0 || steps > most)
    return error.fail("expected prompts of 0 to 2^31 symbols, found %lld", LongLong(steps)), RONDO_ARGUMENT;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t length = given ? given[row] : steps;
    if (length < 0 || length > steps)
      return error.fail("expected a prompt's length from 0 to %lld of row %lld, found %lld", LongLong(steps),
                        LongLong(row), LongLong(length)),
             RONDO_ARGUMENT;
    promptLengths[static_cast<size_t>(row)] = length;
  }
  if (!answer->set(*array, rows, steps, /*isWritten=*/false, error))
    return RONDO_ARGUMENT;
  batch.prompts = &answer->view;
  batch.promptLengths = promptLengths.data();
  return RONDO_OK;
}

int rondo_model_generator::run(int64_t rows, int32_t *to, int32_t *counts, double *ofRows, Error &error) {
  if (!to || !counts)
    return error.fail("expected memory for the symbols and their numbers, found a null pointer"), RONDO_NULL;
  batch.rows = rows;
  batch.symbols = symbols.data();
  batch.lengths = lengths.data();
  batch.logProbabilities = logProbabilities.data();
  if (!generator.run(batch, decoding, error))
    return RONDO_ARGUMENT;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t count = lengths[static_cast<size_t>(row)];
    int32_t *place = to + row * decoding.most;
    memcpy(place, symbols.data() + row * decoding.most, static_cast<size_t>(count) * sizeof(int32_t));
    memset(place + count, 0, static_cast<size_t>(decoding.most - count) * sizeof(int32_t));
    counts[row] = static_cast<int32_t>(count);
    if (ofRows)
      ofRows[row] = logProbabilities[static_cast<size_t>(row)];
  }
  return RONDO_OK;
}

extern "C" size_t rondo_model_generator_bytes(int64_t rows, int64_t beam, int64_t symbols, int threads) {
  return measureBeside<rondo_model_generator>(rows, beam, symbols, threads);
}

extern "C" int rondo_model_generator_open(void *memory, size_t bytes, const rondo_model_weights *weights, int64_t rows,
                                          int64_t beam, int64_t symbols, int threads,
                                          rondo_model_generator **generator) {
  size_t needed;
  return weights && generator ? rondo_model_generator::open(memory, bytes, /*isTrial=*/false, *weights, rows, beam,
                                                            symbols, threads, *generator, needed)
                              : RONDO_NULL;
}

extern "C" void rondo_model_generator_close(rondo_model_generator *generator) {
  if (generator)
    generator->team.~Team();
}

extern "C" int rondo_model_generate(rondo_model_generator *generator, int64_t rows, const rondo_decoding *how,
                                    const rondo_array *inputs, const rondo_array *prompts, int64_t promptSteps,
                                    const int32_t *promptLengths, int32_t *symbols, int32_t *lengths,
                                    double *logProbabilities) {
  return guard(generator, [&](Error &error) -> int {
    if (!generator->weights.isLoaded)
      return error.fail("the weights have no values yet"), RONDO_ORDER;
    if (rows < 0 || rows > generator->maxRows)
      return error.fail("expected 0 to %lld rows, for which the generator was opened, found %lld",
                        LongLong(generator->maxRows), LongLong(rows)),
             RONDO_ARGUMENT;
    int code = generator->setDecoding(how, error);
    if (code == RONDO_OK)
      code = generator->setInputs(rows, inputs, error);
    if (code == RONDO_OK)
      code = generator->setPrompts(rows, prompts, promptSteps, promptLengths, error);
    return code == RONDO_OK ? generator->run(rows, symbols, lengths, logProbabilities, error) : code;
  });
}

extern "C" const char *rondo_model_generator_error(const rondo_model_generator *generator) {
  return generator ? generator->last.message() : "";
}
