// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's description as the compiler wrote it (abi.h), parsed and checked. Sizes: shapes of parameters are whole;
// those of inputs, targets and outputs are of one example at one position, without batch and axes; those of states are
// of one sequence.
#ifndef RONDO_RUNTIME_MODEL_H
#define RONDO_RUNTIME_MODEL_H

#include "runtime/Layout.h"
#include "runtime/Rate.h"
#include "runtime/Tensor.h"
#include "runtime/abi.h"

namespace rondo {

/// How a parameter is initialised. a and b: the constant; the bounds; mean and deviation; the factor; the gain.
struct Initializer {
  enum class Kind { Zeros, Constant, Uniform, Normal, Identity, Orthogonal };
  Kind kind = Kind::Zeros;
  double a = 0, b = 0;
};

struct Parameter {
  Text path;
  Shape shape;
  Initializer init;
  /// Whether it has no gradient.
  bool frozen = false;
  /// Whether an update may give it a value of its own; then it is frozen.
  bool isBuffer = false;
  /// Whether the program hides a part that it has in the loss from the gradient, by `stop`.
  bool isStopped = false;
};

/// An array that is part of the code.
struct Constant {
  Text file;
  Shape shape;
  const float *f32;
  const double *f64;

  /// Its numbers in that type, in which an entry takes it.
  Buffer values(Type type) const {
    const void *data = type == Type::F64 ? static_cast<const void *>(f64) : f32;
    return {const_cast<void *>(data), type, shape};
  }
};

struct State {
  Text name;
  /// Of one sequence: the axes that the state varies over, then its features.
  Shape shape;
  /// What it begins with, if that is a number, as it is wherever examples begin at different steps (`data frames`).
  double initial = 0;
  int axes = 0;
  /// Whether it is a number.
  bool hasInitial = false;
  /// The dimension of which index p is for position p of the sequence, where the state keeps all of them, else -1: what
  /// is behind the positions so far is not read.
  int slots = -1;

  /// Where an element of sequence b is in a buffer, in which the batch stands between axes and features.
  int64_t placeOf(int64_t b, int64_t element, int64_t batch) const {
    int64_t features = shape.from(axes).count();
    return (element / features * batch + b) * features + element % features;
  }
};

/// An axis that inputs, targets and outputs may vary over.
struct Axis {
  Text name;
  /// 0 where sequences are cut into windows along it, as long as an entry says.
  int64_t size = 0;
  /// Of such an axis, if the model looks ahead: the greatest number of positions that outputs are computed for; 0 where
  /// it says none.
  int64_t most = 0;
  /// Whether each sequence has a length of its own along it; what is behind it holds zeros.
  bool hasLengths = false;
  /// Whether such sequences are cut into windows with the states carried; else a window holds a whole one.
  bool isCut = false;
};

/// An input, target or output.
struct Port {
  Text name;
  /// Tokens 0 .. vocab-1, or reals.
  bool token = false;
  int64_t vocab = 0;
  /// The axis of which tokens are positions that each sequence has a number of its own of, or -1.
  int positions = -1;
  /// Bit i is the model's axis i: the leading dimensions of its buffers in that order, the batch behind them.
  unsigned axes = 0;
  Shape shape;
  /// A target that is the input `aheadOf`, `ahead` positions later; empty where the data give it.
  Text aheadOf;
  int64_t ahead = 0;

  bool varies(int axis) const { return axis >= 0 && (axes >> axis & 1); }
};

/// How a file becomes sequences: a text as streams, a text as random windows, named arrays, arrays of sequences one
/// behind the other, a text of which each line is a sequence, or two of them.
enum class DataKind { Bytes, Windows, Arrays, Frames, Lines, Pairs };

/// A loss that is reported by itself.
struct Loss {
  /// Empty where there is but one, without a name.
  Text name;
  /// The output that the loss has the cross-entropy of, and its target; empty where the loss is another.
  Text accuracyLogits, accuracyTarget;
  /// The output and the target whose squared error the loss is; empty where it is another.
  Text squaredOutput, squaredTarget;
  /// Whether it is the mean over the positions within the sequences' lengths.
  bool isMasked = false;
  /// What it is multiplied by in the sum that is trained, in each update.
  Rate weight{1};

  bool isCrossEntropy() const { return !accuracyLogits.empty(); }
  /// What it is computed from, where it is one of both.
  const Text &output() const { return isCrossEntropy() ? accuracyLogits : squaredOutput; }
  const Text &target() const { return isCrossEntropy() ? accuracyTarget : squaredTarget; }
};

/// The train block with its defaults filled in.
struct TrainSettings {
  DataKind data = DataKind::Bytes;
  int64_t batch = 1, k1 = 1, k2 = 1, steps = 1000;
  /// Batches of an update.
  int64_t accumulate = 1;
  Rate rate{1e-3};
  /// Of the optimizer hessian_free: the first damping, what conjugate gradients keep of their last solution, and how
  /// many steps they make at most; 0 with another optimizer.
  struct {
    double damping = 0, decay = 0;
    int64_t steps = 0;
  } search;
  /// The optimizer with its numbers, and a hash of what the training computes: to be compared alone.
  Text optimizer, equations;
  /// The segments of a window that are computed again, `group` at a time, or with 0 stored, behind `rest` positions.
  /// None where windows are stored as a whole.
  struct {
    int64_t count = 0, length = 0, rest = 0, group = 0;

    /// What the last bits of gradients depend on, which is not how many are stored: "8 of 6 behind 2"; empty without.
    Text text() const {
      return count == 0 ? Text()
                        : Text::format("%lld of %lld behind %lld", static_cast<long long>(count),
                                       static_cast<long long>(length), static_cast<long long>(rest));
    }
  } segments;

  bool readsText() const { return data == DataKind::Bytes || data == DataKind::Windows; }
  bool readsLines() const { return data == DataKind::Lines || data == DataKind::Pairs; }
};

enum class Role {
  Parameter,
  State,
  Input,
  Target,
  Seed,
  Start,
  Loss,
  Output,
  Gradient,
  Moment1,
  Moment2,
  Moment3,
  Average,
  Step,
  Rate,
  Norm,
  Packed,
  Arena,
  LossPart,
  Lengths,
  Position,
  Length,
  Cotangent,
  StateCotangent,
  InputGradient,
  StateGradient,
  Held,
  /// What an update gives to a buffer.
  Primed,
  Constant,
  /// Of each parameter where it goes, of the loss its derivative along that, and a product of second derivatives.
  Direction,
  Product,
  Slope
};

/// What an update keeps of each parameter from one time to the next: the optimizer's, and an average.
constexpr Role moments[] = {Role::Moment1, Role::Moment2, Role::Moment3, Role::Average};
constexpr bool isMoment(Role role) { return role >= Role::Moment1 && role <= Role::Average; }

const char *nameOf(Role role);
const char *nameOf(DataKind kind);

struct Argument {
  Role role = Role::Arena;
  Text name;
  Type type = Type::F32;
  Shape shape;
  /// Whether the entry may change the buffer.
  bool written = true;
  /// Whether a call with fewer positions than the entry's touches nothing behind them.
  bool within = false;
};

/// What is generated: the symbols of an input, or of a target whose values at the position before are read, each drawn
/// from an output's logits and given to the next position. The numbers are -1 where the program says none.
struct Generation {
  /// Empty where the model does not generate.
  Text answer, from;
  /// The axis whose positions the symbols are, of which a row has no more than its length; -1 if there is none.
  int positions = -1;
  /// The symbol before the first one; the last one.
  int64_t first = -1, until = -1;
  /// How many there are at most.
  int64_t most = -1;
  /// Those of the entries that are for this alone.
  List<State> states;
};

/// A compiled function with what it takes.
struct Entry {
  Text name;
  Type element = Type::F32;
  int64_t batch = 1, length = 1, arena = 0;
  /// The entry that computes what this one takes as packed from the parameters; empty where it takes nothing packed.
  Text pack;
  /// Of a call for states and inputs to outputs (Cover.h), the cycles that one core takes for a position of all its
  /// rows, roughly, and beside those of its positions; 0 of entries that are no such ones.
  double cost = 0, fixedCost = 0;
  /// The entry that computes what this one takes as held, for as many rows, and its cycles; empty where it takes none.
  Text begin;
  double beginCost = 0;
  /// Whether it is such a call of one position of what generates, where those of all outputs do not serve.
  bool generates = false;
  List<Argument> args;
  const rondo_entry *code = nullptr;

  bool isOfCover() const { return cost > 0 && !generates; }
  /// Whether it computes what others take as held.
  bool makesHeld() const {
    for (const Argument &argument : args)
      if (argument.role == Role::Held && argument.written)
        return true;
    return false;
  }
  /// Whether it has an argument of that role and name (any, if that is empty).
  bool takes(Role wanted, const Text &wantedName = Text()) const {
    for (const Argument &argument : args)
      if (argument.role == wanted && (wantedName.empty() || argument.name == wantedName))
        return true;
    return false;
  }
};

struct Model {
  Text name;
  /// How the program was compiled, without the output: "rondoc gated.rondo -D H=32".
  Text command;
  Type element = Type::F32;
  bool streamable = false;
  /// How many positions of a sequence have an index, where a model that streams takes it (`index(T)`), else 0.
  int64_t indexed = 0;
  /// Whether it keeps what it needs of all positions in states, which its functions for training do not have: these
  /// begin at the first position.
  bool keepsPositions = false;
  /// The instruction sets that the code needs (ProcessorFeatures.h).
  List<Text> features;
  List<Axis> axes;
  List<Parameter> parameters;
  List<Constant> constants;
  Layouts layouts;
  List<State> states;
  /// What a sequence has one value of that entries do not compute themselves: named by numbers.
  List<State> held;
  List<Port> inputs, targets, outputs;
  Generation generation;
  /// The sum of these is trained.
  List<Loss> losses;
  /// The terms of the only loss, if it is a sum without a name.
  List<Loss> terms;
  bool hasTrain = false;
  TrainSettings train;
  List<Entry> entries;

  /// Parses the description and finds each entry's code. Errors: a version the runtime does not know, anything
  /// missing or inconsistent.
  bool read(const rondo_program &program, Error &error);

  /// The input or target that is generated, or null.
  const Port *answer() const;
  /// Whether there are entries for what generates alone.
  bool hasGenerator() const;
  /// The entry of one row at one position by which the model generates, or null.
  const Entry *singleEntry() const;
  /// The entry of that name, or null.
  const Entry *entry(const char *name) const;
  /// As entry(), with an error where the model has none.
  const Entry *require(const char *name, Error &error) const;

  /// Whether training goes on with the states of the window before. Where positions have an index, and no more than so
  /// many, windows are sequences of their own.
  bool carries() const { return streamable && !indexed; }
  /// Whether a sequence may go on to that position, from 0 on.
  bool mayGoTo(int64_t end) const { return !indexed || end <= indexed; }
  /// An error where no window that is trained may begin at that position, of which it has so many.
  bool checkTrained(int64_t position, int64_t positions, Error &error) const;
  /// What validation and `eval` report.
  const List<Loss> &reported() const { return terms.empty() ? losses : terms; }
  /// Whether an entry computes a loss.
  bool hasLoss() const;
  /// An error where the program says no loss.
  bool requireLoss(Error &error) const;

  /// The axis along which sequences are cut into windows, or -1.
  int windowAxis() const;
  /// The axis of that name, or -1.
  int axis(const Text &name) const;
  /// Whether the port varies over that axis and over no other.
  bool overWindow(const Port &port) const;
  /// Whether sequences have lengths along that axis.
  bool hasLengths() const { return windowAxis() >= 0 && axes[static_cast<size_t>(windowAxis())].hasLengths; }
  /// Whether they have, and a window must be a whole one.
  bool holdsWhole() const { return hasLengths() && !axes[static_cast<size_t>(windowAxis())].isCut; }
  /// What the work is counted in: "tokens" where an input has them, else "positions", or "examples" where no input or
  /// target varies over the window's axis.
  const char *unit() const;
  /// How many of these so many examples have, each of so many positions.
  int64_t unitsOf(int64_t batch, int64_t positions) const;
  /// Whether the loss is one for each position of the window: a target varies over its axis, or an input where there
  /// is no target.
  bool lossOverWindow() const;

  const Parameter *parameter(const Text &path) const;
  /// Of all entries.
  const State *state(const Text &name) const;
  const State *heldValue(const Text &name) const;
  const Constant *constant(const Text &file) const;
  const Port *input(const Text &name) const;
  const Port *target(const Text &name) const;
  const Port *output(const Text &name) const;

private:
  bool hasPositions() const;
};

} // namespace rondo

#endif
