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

namespace {

/// Feeds the symbols of a text to the entry for one position.
class TextFeed {
public:
  TextFeed(const Model &model, Call &step, uint64_t seed, bool slides)
      : model(model), step(step), input(step.find(Role::Input, model.generation.answer)), seed(seed), slides(slides) {}

  /// The symbol number `i`, from 0 on; where it begins a sequence states begin anew. Where the sequence has as many
  /// positions as have an index, its last half is read again first, or it is an error.
  bool feed(const List<int32_t> &tokens, int64_t i, bool begins, Error &error) {
    if (begins) {
      first = i;
      ++sequence;
    }
    if (slides && i - first == model.indexed) {
      first = i - model.indexed / 2;
      for (int64_t again = first; again < i; ++again)
        run(tokens, again);
    }
    if (!model.mayGoTo(i - first + 1))
      return error.fail("a sequence has at most %lld positions, which have an index",
                        static_cast<long long>(model.indexed));
    run(tokens, i);
    return true;
  }

private:
  void run(const List<int32_t> &tokens, int64_t i) {
    input->set(0, tokens[static_cast<size_t>(i)]);
    if (i == first)
      step.clearStates();
    step.setStart(i == first);
    step.setDraws(seed, sequence, i - first);
    step.run();
  }

  const Model &model;
  Call &step;
  const Buffer *input;
  uint64_t seed;
  bool slides;
  /// Where the sequence that is being written begins, and which one it is.
  int64_t first = 0, sequence = -1;
};

/// How many symbols are wanted behind a prompt. Error: there can be no more than have an index, and what was asked for
/// is more. Sequences of lines are many, and what has an end may be shorter.
bool readWanted(const Model &model, const Arguments &options, bool ofLines, int64_t prompt, int64_t &wanted,
                Error &error) {
  bool isBound = model.indexed && !options.has("--slide") && !ofLines && model.generation.until < 0;
  int64_t room = model.indexed - prompt + 1, most = model.generation.most;
  wanted = options.integer("-n", most > 0 && !ofLines ? most : isBound && room < 500 ? room : 500);
  return !isBound || (room > 0 && wanted <= room) ||
         error.fail("a sequence has at most %lld positions, which have an index: expected at most %lld symbols behind "
                    "the prompt, or --slide",
                    static_cast<long long>(model.indexed), static_cast<long long>(room > 0 ? room : 0));
}

} // namespace

int rondo::generateText(const Model &model, const Arguments &options, Team &team, Error &error) {
  const Entry *entry = textEntry(model, error);
  Sampling sampling;
  if (!entry || !readSampling(options, 1, sampling, error) || !checkSlide(model, options, error))
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
  auto promptLength = static_cast<int64_t>(tokens.size());
  int64_t wanted;
  if (!readWanted(model, options, ofLines, promptLength, wanted, error))
    return 1;
  const Buffer *logits = step.find(Role::Output, model.generation.from);
  uint64_t seed = options.seed("--seed", 1);
  Random random(seed, "generate");
  Sampler sampler;
  TextFeed text(model, step, seed, options.has("--slide"));
  for (int64_t i = 0; i - promptLength + 1 < wanted; ++i) {
    bool begins = i == 0 || (ofLines && tokens[static_cast<size_t>(i)] == 0);
    if (!text.feed(tokens, i, begins, error))
      return 1;
    if (i < promptLength - 1)
      continue;
    int64_t drawn = i - promptLength + 1;
    if (!sampler.set(*logits, 0, info.alphabet.count)) {
      error.fail("the logits of symbol %lld are not finite", static_cast<long long>(drawn + 1));
      return 1;
    }
    auto token = static_cast<int32_t>(sampler.draw(sampling, random.uniform(static_cast<uint64_t>(drawn))));
    // Of lines the mark ends one, and begins the next.
    if (token == model.generation.until && !(ofLines && token == 0))
      return 0;
    tokens.add(token);
    putchar(info.alphabet.symbol[token]);
    fflush(stdout);
    if (ferror(stdout)) {
      error.fail("cannot write to standard output");
      return 1;
    }
  }
  return 0;
}
