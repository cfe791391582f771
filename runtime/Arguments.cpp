// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The option parser.
#include "runtime/Arguments.h"

#include "runtime/File.h"
#include "runtime/Team.h"

#include <cerrno>

using namespace rondo;

static bool parseInteger(const char *text, uint64_t &value) {
  if (*text < '0' || *text > '9')
    return false; // strtoull would take spaces and a minus
  char *end;
  errno = 0;
  value = strtoull(text, &end, 10);
  return errno == 0 && *end == 0;
}

size_t Arguments::index(const char *name) const {
  size_t i = 0;
  while (i + 1 < count && strcmp(specs[i].name, name) != 0)
    ++i;
  return i;
}

bool Arguments::read(const OptionSpec &spec, Value &value, const char *text, Error &error) {
  value.all.add(text);
  value.text = value.all[0];
  const char *expected = nullptr;
  switch (spec.kind) {
  case ValueKind::Path:
  case ValueKind::Paths:
    if (!*text)
      expected = "a file name";
    break;
  case ValueKind::String:
  case ValueKind::None:
    break;
  case ValueKind::Positive:
    if (!parseInteger(text, value.integer) || value.integer < 1 || value.integer > INT64_MAX)
      expected = "an integer from 1 on";
    break;
  case ValueKind::Whole:
    if (!parseInteger(text, value.integer) || value.integer > INT64_MAX)
      expected = "an integer from 0 on";
    break;
  case ValueKind::Seed:
    if (!parseInteger(text, value.integer))
      expected = "an integer from 0 to 2^64 - 1";
    break;
  case ValueKind::Threads:
    static_assert(maxTeamThreads == 64, "the message says it");
    if (!parseInteger(text, value.integer) || value.integer < 1 || value.integer > maxTeamThreads)
      expected = "an integer from 1 to 64";
    break;
  case ValueKind::Fraction:
    if (!parseReal(text, value.real) || value.real < 0 || value.real >= 1)
      expected = "a number from 0 to below 1";
    break;
  case ValueKind::OpenFraction:
    if (!parseReal(text, value.real) || value.real <= 0 || value.real >= 1)
      expected = "a number above 0 and below 1";
    break;
  case ValueKind::PositiveReal:
    if (!parseReal(text, value.real) || value.real <= 0)
      expected = "a number above 0";
    break;
  case ValueKind::Real:
    if (!parseReal(text, value.real) || value.real < 0)
      expected = "a number from 0 on";
    break;
  }
  return !expected ||
         error.fail("%s: expected %s, found '%s'", spec.name, expected, quoted(text, strlen(text)).c_str());
}

bool Arguments::parse(int argc, char **argv, Error &error) {
  for (int i = 0; i < argc; ++i) {
    const char *word = argv[i];
    if (word[0] != '-' || !word[1])
      return error.fail("expected an option, found '%s'", quoted(word, strlen(word)).c_str());
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : nullptr;
    size_t length = equals ? static_cast<size_t>(equals - word) : strlen(word);
    size_t found = count;
    for (size_t s = 0; s < count; ++s)
      if (strlen(specs[s].name) == length && strncmp(specs[s].name, word, length) == 0)
        found = s;
    if (found == count) {
      Text known;
      for (size_t s = 0; s < count; ++s)
        known.appendFormat(s ? ", %s" : "%s", specs[s].name);
      return error.fail("unknown option '%s', expected %s", quoted(word, length).c_str(),
                        known.empty() ? "none but --help" : known.c_str());
    }
    const OptionSpec &spec = specs[found];
    if (values[found].text && spec.kind != ValueKind::Paths)
      return error.fail("%s is given twice", spec.name);
    if (spec.kind == ValueKind::None) {
      if (equals)
        return error.fail("%s: expected no value, found '%s'", spec.name,
                          quoted(equals + 1, strlen(equals + 1)).c_str());
      values[found].text = spec.name;
      continue;
    }
    if (!equals && i + 1 == argc)
      return error.fail("%s: expected a value", spec.name);
    if (!read(spec, values[found], equals ? equals + 1 : argv[++i], error))
      return false;
  }
  for (size_t s = 0; s < count; ++s)
    if (isRequired(specs[s]) && !values[s].text)
      return error.fail("%s is missing", specs[s].name);
  return true;
}

int64_t Arguments::integer(const char *name, int64_t otherwise) const {
  const Value &value = values[index(name)];
  return value.text ? static_cast<int64_t>(value.integer) : otherwise;
}

uint64_t Arguments::seed(const char *name, uint64_t otherwise) const {
  const Value &value = values[index(name)];
  return value.text ? value.integer : otherwise;
}

double Arguments::real(const char *name, double otherwise) const {
  const Value &value = values[index(name)];
  return value.text ? value.real : otherwise;
}

bool Arguments::distinct(const char *output, const char *other, Error &error) const {
  const char *to = text(output), *from = text(other);
  return !to || !from || !sameFile(to, from) ||
         error.fail("%s: expected another file than that of %s, found '%s'", output, other,
                    quoted(to, strlen(to)).c_str());
}
