// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The index terms of an attention.

#include "dialect/AttentionTerms.h"

using namespace mlir;
using namespace rondo;

static bool isTerm(StringRef term) {
  return llvm::all_of(term, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         llvm::all_of(term, [&](char c) { return term.count(c) == 1; });
}

/// The one letter that both terms have and none of `others`.
static std::optional<char> onlyLetter(StringRef a, StringRef b, StringRef others) {
  std::optional<char> found;
  for (char c : a)
    if (b.contains(c) && !others.contains(c)) {
      if (found)
        return std::nullopt;
      found = c;
    }
  return found;
}

std::optional<AttentionTerms> AttentionTerms::read(StringRef spec) {
  StringRef operands = spec.split("->").first, result = spec.split("->").second;
  SmallVector<StringRef> terms;
  operands.split(terms, ',');
  if (!spec.contains("->") || terms.size() != 3 || !isTerm(result) || !llvm::all_of(terms, isTerm))
    return std::nullopt;
  StringRef query = terms[0], keys = terms[1], values = terms[2];
  auto term = onlyLetter(query, keys, (values + result).str());
  auto key = onlyLetter(keys, values, (query + result).str());
  auto feature = onlyLetter(values, result, (query + keys).str());
  if (!term || !key || !feature || result.back() != *feature)
    return std::nullopt;
  auto isOfPoint = [&](char c) { return query.contains(c) && result.contains(c); };
  for (char c : (query + keys + values + result).str())
    if (c != *term && c != *key && c != *feature && !isOfPoint(c))
      return std::nullopt;
  const char *position = llvm::find_if(query, [&](char c) { return !keys.contains(c) && !values.contains(c); });
  if (position == query.end())
    return std::nullopt;
  return AttentionTerms{query.str(), keys.str(), values.str(), result.str(), *position, *key, *term, *feature};
}

FailureOr<AttentionTerms> AttentionTerms::parse(StringRef spec, llvm::function_ref<InFlightDiagnostic()> emitError) {
  if (std::optional<AttentionTerms> terms = read(spec))
    return *terms;
  return emitError()
         << "expected a spec of the form \"tbd,sbd,sbe->tbe\": one letter that queries and keys alone have, "
            "one of keys and values, one of values and result, there the last, the others in queries and "
            "result, one of them neither in keys nor in values; found \""
         << spec << "\"";
}

std::string AttentionTerms::outerOf(StringRef term) const {
  std::string letters;
  for (char c : term)
    if (c != key && c != this->term && c != feature)
      letters += c;
  return letters;
}
