// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The index terms of a contraction.

#include "dialect/Einsum.h"

using namespace mlir;
using namespace rondo;

SmallVector<int64_t> LetterSizes::of(StringRef letters) const {
  return llvm::map_to_vector(letters, [&](char letter) { return (*this)[letter]; });
}

LogicalResult LetterSizes::add(StringRef term, ArrayRef<int64_t> shape,
                               llvm::function_ref<InFlightDiagnostic()> emitError) {
  for (auto [letter, size] : llvm::zip(term, shape)) {
    int64_t &known = sizes[letter - 'a'];
    if (known >= 0 && known != size)
      return emitError() << "expected one size for the letter '" << std::string(1, letter) << "', found " << known
                         << " and " << size;
    known = size;
  }
  return success();
}

LogicalResult LetterSizes::add(StringRef term, ShapedType type, StringRef name,
                               llvm::function_ref<InFlightDiagnostic()> emitError) {
  if (int64_t(term.size()) != type.getRank())
    return emitError() << "expected " << term.size() << " dimensions in " << name << " for the term \"" << term
                       << "\", found " << type;
  return add(term, type.getShape(), emitError);
}

static bool isTerm(StringRef term) {
  return llvm::all_of(term, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         llvm::all_of(term, [&](char c) { return term.count(c) == 1; });
}

FailureOr<Einsum> Einsum::parse(StringRef spec, llvm::function_ref<InFlightDiagnostic()> emitError) {
  auto [operands, result] = spec.split("->");
  auto [lhs, rhs] = operands.split(",");
  if (!spec.contains("->") || !operands.contains(',') || !isTerm(lhs) || !isTerm(rhs) || !isTerm(result))
    return emitError() << "expected a spec of the form \"ab,bc->ac\" with no letter twice in a term, found \"" << spec
                       << "\"";
  for (char c : result)
    if (!lhs.contains(c) && !rhs.contains(c))
      return emitError() << "expected the result's letter '" << std::string(1, c) << "' in an operand's term of \""
                         << spec << "\"";
  return Einsum{lhs.str(), rhs.str(), result.str()};
}

Einsum Einsum::ofVerified(StringRef spec) {
  return *parse(spec, []() -> InFlightDiagnostic { llvm_unreachable("the verifier has checked the spec"); });
}

std::string Einsum::contracted() const {
  std::string letters;
  for (char c : lhs + rhs)
    if (result.find(c) == std::string::npos && letters.find(c) == std::string::npos)
      letters += c;
  return letters;
}

std::string Einsum::rowOf(StringRef term) const {
  std::string letters;
  for (char c : term)
    if (rhs.find(c) == std::string::npos && result.find(c) != std::string::npos)
      letters += c;
  return letters;
}

Einsum Einsum::ofRows(int64_t tableRank, int64_t tokensRank) {
  Einsum terms;
  char letter = 'a';
  for (int64_t i = 0; i < tableRank; ++i)
    terms.lhs += letter++;
  for (int64_t i = 0; i < tokensRank; ++i)
    terms.rhs += letter++;
  terms.result = terms.rhs + terms.lhs.substr(1);
  return terms;
}

char Einsum::freshLetter() const {
  // 't' first: a new dimension is nearly always time.
  for (char c : std::string("tabcdefghijklmnopqrsuvwxyz"))
    if ((lhs + rhs + result).find(c) == std::string::npos)
      return c;
  llvm_unreachable("a contraction has fewer than 26 dimensions");
}

FailureOr<RankedTensorType> Einsum::inferType(RankedTensorType lhsType, RankedTensorType rhsType,
                                              llvm::function_ref<InFlightDiagnostic()> emitError) const {
  if (lhsType.getElementType() != rhsType.getElementType())
    return emitError() << "expected operands of one element type, found " << lhsType << " and " << rhsType;
  LetterSizes sizes;
  if (failed(sizes.add(lhs, lhsType, "lhs", emitError)) || failed(sizes.add(rhs, rhsType, "rhs", emitError)))
    return failure();
  return RankedTensorType::get(sizes.of(result), lhsType.getElementType());
}
