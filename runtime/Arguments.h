// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line's options: a strict parser over a table, from which the help is printed too.
#ifndef RONDO_RUNTIME_ARGUMENTS_H
#define RONDO_RUNTIME_ARGUMENTS_H

#include "runtime/Support.h"

namespace rondo {

/// What an option's value may be.
enum class ValueKind {
  Path,
  /// A path, or NAME=PATH; the option may be repeated.
  Paths,
  String,
  /// The option has none: it is given or not.
  None,
  /// Integers from 1, from 0, and of 64 bits without sign.
  Positive,
  Whole,
  Seed,
  /// Integers from 1 to maxTeamThreads.
  Threads,
  /// Reals: 0 <= x < 1, 0 < x < 1, x > 0, x >= 0.
  Fraction,
  OpenFraction,
  PositiveReal,
  Real
};

struct OptionSpec {
  /// With its dashes, as it is written.
  const char *name;
  /// The value's name in the help.
  const char *value;
  ValueKind kind;
  bool required;
  const char *help;
};

/// The options given to one command. The accessors take an option's name with its dashes.
class Arguments {
public:
  /// A required option of the name `known` (or null) may yet be left out.
  Arguments(const OptionSpec *specs, size_t count, const char *known = nullptr)
      : specs(specs), count(count), known(known) {
    values.resize(count);
  }

  bool isRequired(const OptionSpec &spec) const { return spec.required && !(known && strcmp(spec.name, known) == 0); }

  /// Parses `--name value`, `--name=value`, and `--name` of what has no value. Errors: an unknown option, a repeated
  /// one that may not be, a missing or bad value, a word that is no option, a required option that is missing.
  bool parse(int argc, char **argv, Error &error);

  /// Whether the command has the option and it is given.
  bool has(const char *name) const {
    size_t i = index(name);
    return i < count && strcmp(specs[i].name, name) == 0 && values[i].text;
  }
  /// The value's text, or null where the option is not given; the first one where it is repeated.
  const char *text(const char *name) const { return values[index(name)].text; }
  /// The texts of an option that may be repeated.
  const List<const char *> &texts(const char *name) const { return values[index(name)].all; }
  int64_t integer(const char *name, int64_t otherwise) const;
  uint64_t seed(const char *name, uint64_t otherwise) const;
  double real(const char *name, double otherwise) const;
  /// Whether the options `output` and `other`, where both are given, name different files.
  bool distinct(const char *output, const char *other, Error &error) const;

private:
  struct Value {
    const char *text = nullptr;
    List<const char *> all;
    uint64_t integer = 0;
    double real = 0;
  };
  size_t index(const char *name) const;
  bool read(const OptionSpec &spec, Value &value, const char *text, Error &error);

  const OptionSpec *specs;
  size_t count;
  const char *known;
  List<Value> values;
};

} // namespace rondo

#endif
