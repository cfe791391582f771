// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// generate --out: a sequence for each row, for given inputs.
#include "runtime/GenerateCommand.h"
#include "runtime/GenerateFiles.h"

using namespace rondo;

int rondo::runGenerate(const Model &model, const Arguments &options, Team &team, Error &error) {
  if (!model.answer()) {
    error.fail("the model '%s' has no 'generate' line", model.name.c_str());
    return 1;
  }
  bool toFile = options.has("--out");
  for (const char *name : {"--in", "--prompts", "--max", "--beam", "--length-penalty"})
    if (!toFile && options.has(name)) {
      error.fail("%s: expected --out beside, where to write what is generated", name);
      return 1;
    }
  for (const char *name : {"--prompt", "-n"})
    if (toFile && options.has(name)) {
      error.fail("%s is of a text that is printed: expected %s beside --out", name,
                 strcmp(name, "-n") == 0 ? "--max" : "--prompts");
      return 1;
    }
  return toFile ? generateRows(model, options, team, error) : generateText(model, options, team, error);
}

bool rondo::readSampling(const Arguments &options, double temperature, Sampling &sampling, Error &error) {
  bool draws = options.has("--top-k") || options.has("--top-p");
  sampling.temperature = options.real("--temperature", draws ? 1 : temperature);
  sampling.topK = options.integer("--top-k", 0);
  sampling.topP = options.real("--top-p", 1);
  if (sampling.topP > 1)
    return error.fail("--top-p: expected a number above 0, at most 1, found '%s'", options.text("--top-p"));
  if (draws && sampling.temperature == 0)
    return error.fail("--temperature 0 takes the likeliest symbol: expected no %s beside",
                      options.has("--top-k") ? "--top-k" : "--top-p");
  return true;
}

bool rondo::checkSlide(const Model &model, const Arguments &options, Error &error) {
  return !options.has("--slide") || model.indexed ||
         error.fail("--slide: a sequence of the model '%s' has any number of positions", model.name.c_str());
}

/// How the options and the program say that sequences are chosen.
static bool readDecoding(const Model &model, const Arguments &options, Decoding &decoding, Error &error) {
  if (!readSampling(options, 0, decoding.sampling, error))
    return false;
  decoding.beam = options.integer("--beam", 1);
  decoding.lengthPenalty = options.real("--length-penalty", decoding.lengthPenalty);
  // What searches has a seed where the model draws itself.
  bool draws = false;
  for (const Entry &entry : model.entries)
    draws |= (entry.generates || entry.isOfCover()) && entry.takes(Role::Seed);
  for (const char *name : {"--temperature", "--top-k", "--top-p", draws ? nullptr : "--seed"})
    if (name && options.has("--beam") && options.has(name))
      return error.fail("%s: expected no drawing beside --beam, which searches", name);
  if (options.has("--length-penalty") && !options.has("--beam"))
    return error.fail("--length-penalty: expected --beam beside, whose hypotheses are compared by it");
  decoding.most = options.integer("--max", model.generation.most);
  if (decoding.most < 1)
    return error.fail("expected --max, how many symbols there are at most, as the program says no 'max'");
  decoding.until = model.generation.until;
  decoding.first = model.generation.first;
  decoding.symbols = model.answer()->vocab;
  decoding.seed = options.seed("--seed", 1);
  decoding.slides = options.has("--slide");
  return checkSlide(model, options, error);
}

static bool checkOut(const Model &model, const char *out, const Arguments &options, Error &error) {
  FileFormat format = formatOf(out);
  if (format == FileFormat::Csv || (format == FileFormat::Other && !generatesLines(model)))
    return error.fail("--out: expected a name that ends with .safetensors or .npy%s, found '%s'",
                      generatesLines(model) ? ", or with nothing of the kind for lines" : "",
                      quoted(out, strlen(out)).c_str());
  for (const char *word : options.texts("--in"))
    if (sameFile(out, pathOf(word)))
      return error.fail("--out: expected another file than those of --in, found '%s'",
                        quoted(out, strlen(out)).c_str());
  return options.distinct("--out", "--weights", error) && options.distinct("--out", "--prompts", error) &&
         checkReplaceable(out, error);
}

int rondo::generateRows(const Model &model, const Arguments &options, Team &team, Error &error) {
  Parameters parameters(model);
  Cover cover(parameters, team);
  Decoding decoding;
  WeightsInfo info;
  Layout layout;
  const char *weights = options.text("--weights"), *out = options.text("--out");
  if (!cover.openGenerator(error) || !readDecoding(model, options, decoding, error) ||
      !checkOut(model, out, options, error) || !parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !loadWeights(weights, layout, parameters, cover.element(), info, error))
    return 1;
  // The bytes of the alphabet alone were trained.
  if (generatesText(model) && info.hasAlphabet && info.alphabet.count < decoding.symbols)
    decoding.symbols = info.alphabet.count;
  RunInput input;
  Prompts prompts;
  if (options.has("--prompts")) {
    if (!prompts.read(options.text("--prompts"), model, info, nameOfWeights(weights), error))
      return 1;
    input.rows = static_cast<int64_t>(prompts.lengths.size());
  }
  InputFiles files;
  InputSpec spec{model, sourcesOf(model, cover), info, nameOfWeights(weights), nullptr, /*isGenerated=*/true};
  if (!files.read(options.texts("--in"), spec, error) || !input.arrange(files, model, cover, error))
    return 1;
  GenerateBatch batch;
  batch.rows = input.rows;
  for (RunInput::Source &source : input.sources)
    batch.inputs.add(std::move(source.array));
  if (options.has("--prompts")) {
    batch.prompts = &prompts.array;
    batch.promptLengths = prompts.lengths.data();
  }
  Generator generator(model, cover);
  if (!generator.open(batch.rows, decoding.beam, decoding.most, error))
    return 1;
  auto rows = static_cast<size_t>(batch.rows);
  List<int32_t> symbols;
  List<int64_t> lengths;
  List<double> logProbabilities;
  symbols.resize(rows * static_cast<size_t>(decoding.most));
  lengths.resize(rows);
  logProbabilities.resize(rows);
  batch.symbols = symbols.data();
  batch.lengths = lengths.data();
  batch.logProbabilities = logProbabilities.data();
  return generator.run(batch, decoding, error) && writeSequences(out, model, info, batch, decoding.most, error) ? 0 : 1;
}
