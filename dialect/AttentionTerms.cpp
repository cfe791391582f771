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

FailureOr<AttentionTerms> rondo::verifyAttention(llvm::function_ref<InFlightDiagnostic()> emitError, StringRef spec,
                                                 ShapedType query, ShapedType keys, ShapedType values,
                                                 ShapedType result, std::optional<uint64_t> first) {
  FailureOr<AttentionTerms> terms = AttentionTerms::parse(spec, emitError); // attention_c1
  if (failed(terms))
    return failure();
  LetterSizes sizes; // attention_c2
  for (auto [term, type, name] :
       {std::tuple(terms->query, query, "queries"), std::tuple(terms->keys, keys, "keys"),
        std::tuple(terms->values, values, "values"), std::tuple(terms->result, result, "the result")}) {
    if (failed(sizes.add(term, type, name, emitError)))
      return failure();
    if (type.getElementType() != result.getElementType()) // attention_c3
      return emitError() << "expected " << name << " of element type " << result.getElementType() << ", found " << type;
  }
  if (sizes[terms->key] == 0 || sizes[terms->term] == 0)
    return emitError() << "expected at least one key and one term of its scores, found " << sizes[terms->key] << " and "
                       << sizes[terms->term];
  if (int64_t(first.value_or(0)) < 0) // attention_c4
    return emitError() << "expected a number of keys before the first query that is not negative, found "
                       << int64_t(*first);
  return terms;
}

LogicalResult rondo::verifyAttentionBounds(llvm::function_ref<InFlightDiagnostic()> emitError,
                                           const AttentionTerms &terms, const LetterSizes &sizes, Value firsts,
                                           Value lengths, std::optional<uint64_t> first,
                                           std::optional<StringRef> rows) {
  if (firsts && !first)
    return emitError() << "expected 'causal' beside 'first'";
  bool hasRows = false;
  for (auto [value, name] : {std::pair(firsts, "first"), std::pair(lengths, "lengths")}) {
    auto type = value ? cast<ShapedType>(value.getType()) : ShapedType();
    if (!type || type.getRank() == 0)
      continue;
    bool isLetter = rows && rows->size() == 1 && StringRef(terms.query).contains(*rows) &&
                    StringRef(terms.result).contains(*rows) && rows->front() != terms.position;
    if (!isLetter)
      return emitError() << "expected a letter of queries and result other than '" << terms.position
                         << "' as the rows of '" << name << "', found \"" << rows.value_or("") << "\"";
    if (type.getRank() != 1 || type.getDimSize(0) != sizes[rows->front()])
      return emitError() << "expected one number in '" << name << "', or one for each of " << sizes[rows->front()]
                         << " rows, found " << type;
    hasRows = true;
  }
  if (rows && !hasRows)
    return emitError() << "expected rows where 'first' or 'lengths' has a dimension, found \"" << *rows << "\"";
  return success();
}

std::string AttentionTerms::matrices() const {
  std::string letters;
  for (char c : outerOf(result))
    if (StringRef(keys).contains(c) && StringRef(values).contains(c))
      letters += c;
  return letters;
}
