// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's description as the compiler wrote it (abi.h), parsed and checked. Sizes: shapes of parameters are whole;
// shapes of states, inputs, targets and outputs are those of one example at one position, without batch and time.
#ifndef RONDO_RUNTIME_MODEL_H
#define RONDO_RUNTIME_MODEL_H

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
};

struct State {
  Text name;
  Shape shape;
};

/// An input, target or output.
struct Port {
  Text name;
  /// Tokens 0 .. vocab-1, or reals.
  bool token = false;
  int64_t vocab = 0;
  /// Whether it has the time axis.
  bool time = false;
  Shape shape;
  /// A target that is the input `aheadOf`, `ahead` positions later; empty where the data give it.
  Text aheadOf;
  int64_t ahead = 0;
};

/// The train block with its defaults filled in.
struct TrainSettings {
  /// "bytes" or "arrays".
  Text data;
  int64_t batch = 1, k1 = 1, k2 = 1, steps = 1000;
  Rate rate{1e-3};
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
  Step,
  Rate,
  Norm,
  Packed,
  Arena
};

const char *nameOf(Role role);

struct Argument {
  Role role = Role::Arena;
  Text name;
  Type type = Type::F32;
  Shape shape;
  /// Whether the entry may change the buffer.
  bool written = true;
};

/// A compiled function with what it takes.
struct Entry {
  Text name;
  Type element = Type::F32;
  int64_t batch = 1, length = 1, arena = 0;
  /// The entry that computes what this one takes as packed from the parameters; empty where it takes nothing packed.
  Text pack;
  List<Argument> args;
  void (*call)(void *const *args) = nullptr;
};

struct Model {
  Text name;
  Type element = Type::F32;
  bool streamable = false;
  /// The instruction sets that the code needs (ProcessorFeatures.h).
  List<Text> features;
  List<Parameter> parameters;
  List<State> states;
  List<Port> inputs, targets, outputs;
  /// The input that generated symbols are fed to, and the output they are drawn from; empty where there is none.
  Text generateInput, generateFrom;
  /// The output that the loss is the cross-entropy of, and its target; empty where the loss is another.
  Text accuracyLogits, accuracyTarget;
  /// The output and the target whose squared error the loss is; empty where it is another.
  Text squaredOutput, squaredTarget;
  bool hasTrain = false;
  TrainSettings train;
  List<Entry> entries;

  /// Parses the description and finds each entry's code. Errors: a version the runtime does not know, anything
  /// missing or inconsistent.
  bool read(const char *json, const rondo_entry *code, Error &error);

  /// The entry of that name, or null.
  const Entry *entry(const char *name) const;
  /// As entry(), with an error where the model has none.
  const Entry *require(const char *name, Error &error) const;

  /// Whether an entry computes a loss; an error where none does.
  bool hasLoss() const;
  bool requireLoss(Error &error) const;

  /// What the work is counted in: "tokens" where an input has them, else "positions", or "examples" without time.
  const char *unit() const;
  /// Whether the loss is one for each position: a target has time, or an input where there is no target.
  bool lossHasTime() const;

  const Parameter *parameter(const Text &path) const;
  const Port *input(const Text &name) const;
  const Port *target(const Text &name) const;
  const Port *output(const Text &name) const;
};

} // namespace rondo

#endif
