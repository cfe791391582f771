// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The index terms of an attention, "q,k,v->o": reading and checking.

#ifndef RONDO_DIALECT_ATTENTIONTERMS_H
#define RONDO_DIALECT_ATTENTIONTERMS_H

#include "dialect/Einsum.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace rondo {

/// "q,k,v->o" taken apart. The terms have one letter per dimension.
struct AttentionTerms {
  std::string query, keys, values, result;
  char position; // of the queries: the first letter of q that is in neither k nor v
  char key;      // what the softmax is over
  char term;     // what the scores are summed over
  char feature;  // of the values and the result

  /// Reads `spec`; the error says what is wrong in it (attention_c1).
  static mlir::FailureOr<AttentionTerms> parse(llvm::StringRef spec,
                                               llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  /// Reads a spec, or nothing if it is not of this form.
  static std::optional<AttentionTerms> read(llvm::StringRef spec);

  /// Reads the spec of an op that the verifier has accepted.
  static AttentionTerms ofVerified(llvm::StringRef spec) { return *read(spec); }

  std::string str() const { return query + "," + keys + "," + values + "->" + result; }

  /// The letters of keys that values have too, beside that of keys: each of their positions has keys and values of its
  /// own, in the order of the result.
  std::string matrices() const;

  /// Whether terms are the last of queries and keys, and features that of values.
  bool hasSumsLast() const { return query.back() == term && keys.back() == term && values.back() == feature; }

  /// The letters of keys, or values, beside their own two, in their order: each of their positions has a matrix.
  std::string outerOf(llvm::StringRef term) const;
};

/// The terms of an attention of operands of these types, whose first query sees `first` keys beside its own; the error
/// says what does not fit (attention_c1 to attention_c4).
mlir::FailureOr<AttentionTerms> verifyAttention(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                                llvm::StringRef spec, mlir::ShapedType query, mlir::ShapedType keys,
                                                mlir::ShapedType values, mlir::ShapedType result,
                                                std::optional<uint64_t> first);

/// Checks the numbers of keys that are first seen, and are there, of an attention of these terms and sizes; each may be
/// null. The error says what does not fit (attention_c5).
mlir::LogicalResult verifyAttentionBounds(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                          const AttentionTerms &terms, const LetterSizes &sizes, mlir::Value firsts,
                                          mlir::Value lengths, std::optional<uint64_t> first,
                                          std::optional<llvm::StringRef> rows);

} // namespace rondo

#endif // RONDO_DIALECT_ATTENTIONTERMS_H
