// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// main() of every compiled model: finds the command, parses its options, runs it, words the error.
#include "runtime/Commands.h"
#include "runtime/File.h"
#include "runtime/Processor.h"
#include "runtime/Signals.h"
#include "runtime/Team.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

/// The model that the executable is made for.
extern "C" const rondo_program rondo_main_program;

namespace {

constexpr OptionSpec threadsOption = {"--threads", "N", ValueKind::Threads, false,
                                      "threads that compute (default and maximum: the processors that it may use)"};

constexpr OptionSpec layoutOption = {"--layout", "NAME", ValueKind::String, false,
                                     "whose tensors the weights are: torch, keras, onnx, own or auto (default own)"};

constexpr OptionSpec trainOptions[] = {
    {"--data", "FILE", ValueKind::Path, true,
     "what to train on, as the program says: a text, lines, or arrays or frames (safetensors)"},
    {"--split", "X", ValueKind::Fraction, false,
     "leave the last part of the data for validation (default 0.1, of frames with parts the part valid; 0: none)"},
    {"--valid", "FILE", ValueKind::Path, false, "validate on this file instead"},
    {"--steps", "N", ValueKind::Positive, false,
     "training steps, with --resume of the whole run (default: the program's)"},
    {"--epochs", "N", ValueKind::Positive, false, "the same as a number of passes over the data"},
    {"--rate", "X", ValueKind::PositiveReal, false, "learning rate of all steps (default: the program's)"},
    {"--seed", "N", ValueKind::Seed, false,
     "seed of the first weights, what is drawn and the order of the data (default 1)"},
    {"--init", "FILE", ValueKind::Path, false, "start from these weights"},
    layoutOption,
    {"--share", "FILE", ValueKind::Path, false,
     "take from another model's weights what this one has by the same names, in place of first weights or those of "
     "--init"},
    {"--resume", "FILE", ValueKind::Path, false, "go on with the run of this checkpoint"},
    {"--out", "FILE", ValueKind::Path, false, "where to keep the weights, replaced at each checkpoint and at the end"},
    {"--checkpoint-every", "N", ValueKind::Positive, false, "steps between checkpoints (default 500)"},
    {"--validate-every", "N", ValueKind::Positive, false,
     "steps between validations (default: as --checkpoint-every, with --out)"},
    {"--patience", "N", ValueKind::Positive, false,
     "end when N validations in a row are no better, with the best weights in --out (default: never)"},
    {"--log", "FILE", ValueKind::Path, false,
     "write each step's loss, norm and speed as CSV; of FILE.jsonl more, with validations, as JSON lines"},
    {"--tensorboard", "FOLDER", ValueKind::Path, false,
     "write these numbers as an event file, which TensorBoard reads"},
    {"--plot", "FILE", ValueKind::Path, false, "draw the losses over the steps at the end, as SVG"},
    {"--trace-nan", "FILE", ValueKind::Path, false,
     "where to write the window of a step that is not finite, for rondoc --trace-nan"},
    threadsOption,
};
constexpr OptionSpec evalOptions[] = {
    {"--data", "FILE", ValueKind::Path, true, "what to evaluate on, of the kind that the program trains on"},
    {"--weights", "FILE", ValueKind::Path, true, "the weights"},
    layoutOption,
    {"--split", "X", ValueKind::OpenFraction, false, "only the last part of the data (default: all)"},
    {"--part", "NAME", ValueKind::String, false, "which part of frames that have parts (default test)"},
    threadsOption,
};
constexpr OptionSpec generateOptions[] = {
    {"--weights", "FILE", ValueKind::Path, true, "the weights"},
    layoutOption,
    {"--prompt", "TEXT", ValueKind::String, false,
     "the text to go on from; it is not printed again (default: a new line)"},
    {"-n", "N", ValueKind::Whole, false,
     "how many bytes to generate at most, of lines with their ends (default: the program's, or 500)"},
    {"--in", "[NAME=]FILE", ValueKind::Paths, false, "inputs, as of run: a sequence is generated for each row"},
    {"--prompts", "FILE", ValueKind::Path, false,
     "what the sequences of the rows begin with, as an input of run; it is not written again"},
    {"--out", "FILE", ValueKind::Path, false, "where to write these sequences: .safetensors, or .npy"},
    {"--slide", "", ValueKind::None, false,
     "where positions have an index and a sequence has as many: go on from the last half of it, read again"},
    {"--max", "N", ValueKind::Positive, false, "the most symbols of each, with its end (default: the program's)"},
    {"--beam", "N", ValueKind::Positive, false,
     "search for the likeliest sequence with so many hypotheses (default 1: symbol by symbol)"},
    {"--length-penalty", "X", ValueKind::Real, false,
     "power of the length by which hypotheses are compared; 0 prefers short ones (default 0.6)"},
    {"--temperature", "X", ValueKind::Real, false,
     "divides the logits; 0 takes the likeliest symbol (default 1, with --out 0)"},
    {"--top-k", "N", ValueKind::Positive, false, "draw from the N likeliest symbols only"},
    {"--top-p", "X", ValueKind::PositiveReal, false,
     "draw from the likeliest symbols only that have together this probability"},
    {"--seed", "N", ValueKind::Seed, false, "seed of the drawing (default 1)"},
    threadsOption,
};
constexpr OptionSpec runOptions[] = {
    {"--weights", "FILE", ValueKind::Path, true, "the weights"},
    layoutOption,
    {"--in", "[NAME=]FILE", ValueKind::Paths, false,
     "inputs: a .safetensors file of all by name, batch first; or a .npy, .csv or text file for each NAME (repeated)"},
    {"--out", "FILE", ValueKind::Path, true,
     "where to write the outputs: .safetensors; .npy of one output; .csv of one output of one sequence"},
    {"--stream", "N", ValueKind::Positive, false,
     "compute N positions at a time (default: all; the bits are the same)"},
    {"--slide", "", ValueKind::None, false,
     "where positions have an index and a sequence has as many: go on from the last half of it, read again"},
    {"--state-in", "FILE", ValueKind::Path, false, "states to begin with, as --state-out writes them"},
    {"--state-out", "FILE", ValueKind::Path, false, "where to write the states behind the last positions"},
    {"--part", "NAME", ValueKind::String, false, "which part of frames that have parts (default test)"},
    {"--seed", "N", ValueKind::Seed, false, "seed of the numbers that the model draws (default 1)"},
    threadsOption,
};
constexpr OptionSpec gradOptions[] = {
    {"--weights", "FILE", ValueKind::Path, true, "the weights"},
    layoutOption,
    {"--in", "FILE", ValueKind::Path, true,
     "inputs and targets by name, [batch, time, features]; length.AXIS: lengths; state.NAME: a state to start with"},
    {"--out", "FILE", ValueKind::Path, true, "where to write loss, gradients by path, and state.NAME"},
    {"--seed", "N", ValueKind::Seed, false, "seed of what is drawn (default 1)"},
    {"--position", "N", ValueKind::Whole, false,
     "where in its sequence the window begins, for what is drawn (default 0)"},
    threadsOption,
};
constexpr OptionSpec gradcheckOptions[] = {
    {"--weights", "FILE", ValueKind::Path, false, "the weights (default: those that training starts with)"},
    layoutOption,
    {"--seed", "N", ValueKind::Seed, false, "seed of first weights, what is drawn, inputs and targets (default 1)"},
    {"--samples", "K", ValueKind::Positive, false, "entries to check of each parameter (default: by size, 2 to 24)"},
    {"--tolerance", "X", ValueKind::PositiveReal, false,
     "largest difference, relative to the largest entry (default 1e-6)"},
    {"--second-order", "", ValueKind::None, false,
     "check the products of second derivatives too, of a program compiled with rondoc --second-order"},
    threadsOption,
};
constexpr OptionSpec convertOptions[] = {
    {"--weights", "FILE", ValueKind::Path, true, "the weights: safetensors, or .npz of NumPy"},
    layoutOption,
    {"--out", "FILE", ValueKind::Path, true, "where to write them: safetensors, or .npz by its name"},
    {"--to", "NAME", ValueKind::String, false, "whose tensors to write: torch, keras, onnx or own (default own)"},
};
constexpr OptionSpec benchOptions[] = {
    {"--batch", "N", ValueKind::Positive, false, "time the outputs of so many sequences, instead of each entry"},
    {"--length", "N", ValueKind::Positive, false, "of so many positions each (default 1, or as many as it must be)"},
    {"--seconds", "X", ValueKind::Real, false, "how long to measure each (default 1)"},
    {"--seed", "N", ValueKind::Seed, false, "seed of weights, inputs and targets (default 1)"},
    threadsOption,
};

struct Command {
  const char *name, *help;
  const OptionSpec *options;
  size_t count;
  int (*run)(const Model &, const Arguments &, Team &, Error &);
  const char *note;
};

template <size_t N>
constexpr Command command(const char *name, const char *help, const OptionSpec (&options)[N],
                          int (*run)(const Model &, const Arguments &, Team &, Error &), const char *note = "") {
  return {name, help, options, N, run, note};
}

constexpr Command commands[] = {
    {"info", "parameters and memory", nullptr, 0, runInfo, ""},
    command(
        "train", "train the model", trainOptions, runTrain,
        "Ctrl-C (SIGINT, SIGTERM) saves the weights and ends with status 130 (143); a second one ends at once.\n"
        "So do a closed terminal (SIGHUP, 129) and a closed pipe behind the output (SIGPIPE, 141).\n"
        "Beside --out W.safetensors lie W.checkpoint.safetensors, for --resume, and W.best.safetensors, the weights\n"
        "with the least loss in validation. --resume goes on as if the run had never stopped, bit for bit: the\n"
        "program, the data, --split, --valid, --rate and --seed stay (what is not given is taken from the\n"
        "checkpoint); --steps, --epochs, --checkpoint-every, --validate-every, --patience, --out, --log (which is\n"
        "appended to), --tensorboard (which gets a further file), --plot, --trace-nan and --threads may change.\n"),
    command("eval", "loss and accuracy on data", evalOptions, runEval,
            "nats, bits and perplexity are those of the cross-entropy (the first one, where the program has several);\n"
            "other terms of its loss are not in them. A loss without a cross-entropy is printed as it is. Of several\n"
            "losses each is printed so, after its name.\n"),
    command("generate", "generate a text, or sequences for given inputs", generateOptions, runGenerate,
            "--prompt and -n are of a text, which is printed; --in, --prompts, --max, --beam and --length-penalty of\n"
            "sequences, which go to --out: the symbols of each, [rows, symbols], length.AXIS, how many they are, and\n"
            "log_probability.\n"),
    command(
        "run", "outputs for given inputs", runOptions, runRun,
        "A .csv file has a row for each position of one sequence, or for each example of an input without positions.\n"
        "Any other file is a text where the program trains on one. Outputs behind a sequence's length are zeros.\n"),
    command("grad", "loss and gradients for given arrays", gradOptions, runGrad),
    command(
        "gradcheck", "check the compiled gradients", gradcheckOptions, runGradcheck,
        "It passes (status 0) where finite differences decide at least 99 % of the entries and all of them are\n"
        "right. FAILED: a gradient is wrong. \"cannot tell\": none is wrong, but kinks or rounding leave too many\n"
        "entries open; other weights or another seed may decide them. Status 1 in both cases. Parameters that come\n"
        "before a 'stop' are named and left out: finite differences see through it.\n"),
    command("convert", "write weights as another framework's, or the other way", convertOptions, runConvert),
    command("bench", "time the model", benchOptions, runBench,
            "train is a whole step, gradient and update; score is the loss of a window of one sequence; run are the\n"
            "outputs of so many sequences at so many positions, of which batches of any size are made. Columns: the\n"
            "median, the 10th and the 90th percentile relative to it.\n"),
};

/// Whether it is for programs alone that have been compiled with training.
bool needsGradients(const Command &command) {
  return command.run == runTrain || command.run == runGrad || command.run == runGradcheck;
}

void printUsage(FILE *to, const char *program) {
  Model model;
  Error error;
  bool isTrained = !model.read(rondo_main_program, error) || model.entry("train_grad");
  fprintf(to, "usage: %s COMMAND [OPTIONS]\n\ncommands:\n", program);
  for (const Command &command : commands)
    if (isTrained || !needsGradients(command))
      fprintf(to, "  %-10s %s\n", command.name, command.help);
  fprintf(to, "\n%s COMMAND --help lists the options of a command.\n", program);
}

void printHelp(const char *program, const Command &command, const Arguments &options) {
  printf("usage: %s %s%s\n%s\n", program, command.name, command.count ? " [OPTIONS]" : "", command.help);
  for (size_t i = 0; i < command.count; ++i) {
    const OptionSpec &option = command.options[i];
    printf("%s  %s %-*s  %s%s\n", i ? "" : "\n", option.name, static_cast<int>(24 - strlen(option.name)), option.value,
           option.help,
           options.isRequired(option) ? " (required)"
           : option.required          ? " (default: those that are a part of the program)"
                                      : "");
  }
  if (*command.note)
    printf("\n%s", command.note);
}

bool isHelp(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

int report(const char *program, const Error &error) {
  fflush(stdout);
  fprintf(stderr, "%s: error: %s\n", program, error.message());
  return 1;
}

/// More threads than processors only wait for each other, and the result is the same bits: so there are fewer.
int64_t chooseThreads(const char *program, const Arguments &options) {
  int64_t usable = usableThreads();
  if (!options.has(threadsOption.name))
    return usable;
  int64_t asked = options.integer(threadsOption.name, 1);
  if (asked <= usable)
    return asked;
  fprintf(stderr, "%s: note: --threads %lld: the process may use %lld processor%s, so as many threads compute\n",
          program, static_cast<long long>(asked), static_cast<long long>(usable), usable == 1 ? "" : "s");
  return usable;
}

/// What was printed must have arrived for the exit status to stand.
int finish(const char *program, int status) {
  Error error;
  return flushOutput(error) ? status : report(program, error);
}

} // namespace

int main(int argc, char **argv) {
  openStandardDescriptors();
  const char *slash = argc ? strrchr(argv[0], '/') : nullptr;
  const char *program = slash ? slash + 1 : argc ? argv[0] : "model";
  if (argc < 2) {
    printUsage(stderr, program);
    return 1;
  }
  if (isHelp(argv[1]) || strcmp(argv[1], "help") == 0) {
    printUsage(stdout, program);
    return finish(program, 0);
  }
  ignoreFileSizeSignal();
  Error error;
  for (const Command &command : commands) {
    if (strcmp(command.name, argv[1]) != 0)
      continue;
    Model model;
    if (!model.read(rondo_main_program, error))
      return report(program, error);
    bool needsWeights = !hasEmbeddedWeights() && !model.parameters.empty();
    Arguments options(command.options, command.count, needsWeights ? nullptr : "--weights");
    for (int i = 2; i < argc; ++i)
      if (isHelp(argv[i])) {
        printHelp(program, command, options);
        return finish(program, 0);
      }
    if (!options.parse(argc - 2, argv + 2, error))
      return report(program, error);
    // Only `info` runs none of the model's code.
    if (command.run != runInfo && !checkProcessor(model, error))
      return report(program, error);
    Team team(chooseThreads(program, options));
    int status = command.run(model, options, team, error);
    if (error.failed())
      return report(program, error);
    return status > 128 ? status : finish(program, status);
  }
  error.fail("unknown command '%s', expected info, train, eval, generate, run, grad, gradcheck, convert or bench",
             quoted(argv[1], strlen(argv[1])).c_str());
  return report(program, error);
}
