// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Generating sequences.

#include "Model.h"
#include "Numbers.h"

#include <nanobind/stl/string.h>

#include <algorithm>

namespace nb = nanobind;
using namespace rondo;

/// Makes room, in place of what there was, for at least so many of each.
void Model::openGenerator(int64_t rows, int64_t beam, int64_t symbols) {
  if (generator && rows <= generatorRows && beam <= generatorBeam && symbols <= generatorSymbols)
    return;
  auto memory = std::make_unique<Memory>(functions.generator_bytes(rows, beam, symbols, threads), "a generator");
  if (generator)
    functions.generator_close(generator);
  generator = nullptr;
  generatorMemory = std::move(memory);
  check(functions.generator_open(generatorMemory->data, generatorMemory->bytes, weights, rows, beam, symbols, threads,
                                 &generator),
        "the generator cannot be opened");
  generatorRows = rows;
  generatorBeam = beam;
  generatorSymbols = symbols;
}

/// (symbols [rows, most], their numbers [rows], log-probabilities [rows]). `options` has those of rondo_decoding.
nb::tuple Model::generate(nb::dict inputs, nb::object prompts, nb::object promptLengths, nb::dict options) {
  Turn turn(*this);
  if (description.answer.empty() || !functions.generate)
    throw Failure("the program has no 'generate' line");
  checkValues();
  const Ports &ports = description.generate;
  Arguments arguments =
      parse(ports, nb::borrow<nb::args>(nb::make_tuple(inputs)), nb::borrow<nb::kwargs>(nb::dict()), 0, "generate");
  Extent extent, ofPrompts;
  std::vector<Array> views(ports.inputs.size());
  std::vector<rondo_array> raw(ports.inputs.size() + 1);
  for (size_t i = 0; i < ports.inputs.size(); ++i) {
    if (!arguments.inputs[i].is_valid())
      continue;
    views[i] = viewOf(arguments.inputs[i], ports.inputs[i], /*isWritten=*/false, extent);
    raw[i] = views[i].raw;
  }
  Array prompt;
  if (!prompts.is_none()) {
    prompt = viewOf(prompts, description.prompt, /*isWritten=*/false, ofPrompts);
    if (extent.rows >= 0 && ofPrompts.rows != extent.rows)
      throwValueError("generate(): expected prompts for " + std::to_string(extent.rows) + " rows, found " +
                      std::to_string(ofPrompts.rows));
    extent.rows = ofPrompts.rows;
  }
  int64_t rows = extent.rows < 0 ? 1 : extent.rows;
  View keptLengths;
  const void *lengths = promptLengths.is_none() ? nullptr
                                                : denseValues(promptLengths, "prompt_lengths", {rows}, ElementType::I32,
                                                              /*isWritten=*/false, keptLengths);

  constexpr int64_t large = INT64_C(1) << 31;
  rondo_decoding how{};
  how.most = options["max"].is_none() ? description.most : integerOf(options["max"], "generate(): max", 1, large);
  if (how.most == 0)
    throwValueError("generate(): expected max=, how many symbols there are at most, as the program says no 'max'");
  how.beam = integerOf(options["beam"], "generate(): beam", 1, large);
  how.length_penalty = how.beam > 1 ? realOf(options["length_penalty"], "generate(): length_penalty") : 0;
  how.temperature = realOf(options["temperature"], "generate(): temperature");
  how.top_k = options["top_k"].is_none() ? 0 : integerOf(options["top_k"], "generate(): top_k", 1, large);
  how.top_p = options["top_p"].is_none() ? 0 : realOf(options["top_p"], "generate(): top_p");
  how.slide = nb::cast<bool>(options["slide"]);
  how.seed = static_cast<uint64_t>(integerOf(options["seed"], "generate(): seed", 0));

  nb::object symbols = newNumPy({rows, how.most}, ElementType::I32, /*zero=*/true);
  nb::object counts = newNumPy({rows}, ElementType::I32, /*zero=*/true);
  nb::object logProbabilities = newNumPy({rows}, ElementType::F64, /*zero=*/true);
  View keep[3];
  auto place = [&](nb::object array, const char *name, std::vector<int64_t> shape, ElementType type, View &view) {
    return const_cast<void *>(denseValues(array, name, shape, type, /*isWritten=*/true, view));
  };
  auto *ofSymbols = static_cast<int32_t *>(place(symbols, "symbols", {rows, how.most}, ElementType::I32, keep[0]));
  auto *ofCounts = static_cast<int32_t *>(place(counts, "lengths", {rows}, ElementType::I32, keep[1]));
  auto *ofRows = static_cast<double *>(place(logProbabilities, "log_probabilities", {rows}, ElementType::F64, keep[2]));
  openGenerator(std::max<int64_t>(rows, 1), how.beam, how.most);
  int code;
  {
    nb::gil_scoped_release release;
    code = functions.generate(generator, rows, &how, raw.data(), prompts.is_none() ? nullptr : &prompt.raw,
                              std::max<int64_t>(ofPrompts.steps, 0), static_cast<const int32_t *>(lengths), ofSymbols,
                              ofCounts, ofRows);
  }
  check(code, functions.generator_error(generator));
  return nb::make_tuple(symbols, counts, logProbabilities);
}
