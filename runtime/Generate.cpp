// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// generate: feeds a prompt through the model position by position, then draws each next byte from the model's logits.
// Only the symbols of the alphabet are drawn; what the vocabulary has beyond them was never trained. Where lines are
// sequences, each begins with the mark and the first states, and the prompt is the beginning of the first one.
#include "runtime/GenerateCommand.h"
#include "runtime/Random.h"
#include "runtime/Weights.h"
#include "runtime/Workspace.h"

#include <cstdio>

using namespace rondo;

static void putAtFront(int32_t token, List<int32_t> &tokens) {
  tokens.add(token);
  for (size_t i = tokens.size() - 1; i > 0; --i)
    std::swap(tokens[i], tokens[i - 1]);
}

/// The entry by which the model goes on from a text; null with an error where it cannot.
static const Entry *textEntry(const Model &model, Error &error) {
  const Entry *entry = model.singleEntry();
  const char *answer = model.generation.answer.c_str();
  if (!entry)
    error.fail("the model '%s' was compiled without the entry for one position, which this command needs",
               model.name.c_str());
  else if (!model.input(model.generation.answer))
    error.fail("'%s' is no text to go on from: expected --out, where to write what is generated", answer);
  for (size_t i = 0; !error.failed() && i < entry->args.size(); ++i) {
    const Argument &argument = entry->args[i];
    if ((argument.role == Role::Input || argument.role == Role::Target) && argument.name != answer)
      error.fail("what is generated depends on '%s': expected --in, which gives it, and --out", argument.name.c_str());
  }
  return error.failed() ? nullptr : entry;
}

/// The symbols to begin with: the prompt, behind what the program says is before the first one.
static bool readPrompt(const Model &model, const Arguments &options, const Alphabet &alphabet, List<int32_t> &tokens,
                       Error &error) {
  const char *prompt = options.has("--prompt") ? options.text("--prompt") : "";
  if (!alphabet.encode(reinterpret_cast<const uint8_t *>(prompt), strlen(prompt), tokens, error))
    return error.inContext("--prompt");
  if (model.hasTrain && model.train.readsLines())
    putAtFront(0, tokens);
  else if (model.generation.first >= 0)
    putAtFront(static_cast<int32_t>(model.generation.first), tokens);
  else if (tokens.empty())
    tokens.add(alphabet.token('\n') >= 0 ? alphabet.token('\n') : 0);
  return true;
}

int rondo::generateText(const Model &model, const Arguments &options, Team &team, Error &error) {
  const Entry *entry = textEntry(model, error);
  Sampling sampling;
  if (!entry || !readSampling(options, 1, sampling, error))
    return 1;
  Parameters parameters(model);
  Workspace workspace(parameters, team);
  WeightsInfo info;
  const char *weights = options.text("--weights");
  Layout layout;
  if (!parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !loadWeights(weights, layout, parameters, entry->element, info, error))
    return 1;
  Call step = workspace.bind(*entry, error);
  if (!info.hasAlphabet)
    error.fail("%s has no alphabet (metadata rondo.alphabet), so it cannot write a text", nameOfWeights(weights));
  bool ofLines = model.hasTrain && model.train.readsLines();
  const Port &port = *model.answer();
  if (error.failed() || !(ofLines ? checkLineVocabulary(info.alphabet, port.name.c_str(), port.vocab, error)
                                  : checkVocabulary(info.alphabet, port.vocab, error)))
    return 1;

  List<int32_t> tokens;
  if (!readPrompt(model, options, info.alphabet, tokens, error))
    return 1;
  const Buffer *input = step.find(Role::Input, model.generation.answer);
  const Buffer *logits = step.find(Role::Output, model.generation.from);
  uint64_t seed = options.seed("--seed", 1);
  Random random(seed, "generate");
  Sampler sampler;
  int64_t wanted = options.integer("-n", model.generation.most > 0 && !ofLines ? model.generation.most : 500),
          promptLength = static_cast<int64_t>(tokens.size());
  // Where the sequence that is being written begins, and which one it is.
  int64_t first = 0, sequence = -1;
  int token = tokens[0];
  for (int64_t i = 0; i - promptLength + 1 < wanted; ++i) {
    if (i < promptLength)
      token = tokens[static_cast<size_t>(i)];
    input->set(0, token);
    bool begins = i == 0 || (ofLines && token == 0);
    if (begins) {
      step.clearStates();
      first = i;
      ++sequence;
    }
    if (!model.mayGoTo(i - first + 1)) {
      error.fail("a sequence has at most %lld positions, which have an index", static_cast<long long>(model.indexed));
      return 1;
    }
    step.setStart(begins);
    step.setDraws(seed, sequence, i - first);
    step.run();
    if (i < promptLength - 1)
      continue;
    int64_t drawn = i - promptLength + 1;
    if (!sampler.set(*logits, 0, info.alphabet.count)) {
      error.fail("the logits of symbol %lld are not finite", static_cast<long long>(drawn + 1));
      return 1;
    }
    token = static_cast<int>(sampler.draw(sampling, random.uniform(static_cast<uint64_t>(drawn))));
    // Of lines the mark ends one, and begins the next.
    if (token == model.generation.until && !(ofLines && token == 0))
      return 0;
    putchar(info.alphabet.symbol[token]);
    fflush(stdout);
    if (ferror(stdout)) {
      error.fail("cannot write to standard output");
      return 1;
    }
  }
  return 0;
}
