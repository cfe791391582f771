// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The index terms of a contraction, "a,b->c": reading, checking, and the sizes they imply.

#ifndef RONDO_DIALECT_EINSUM_H
#define RONDO_DIALECT_EINSUM_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace rondo {

/// The size of each letter of some terms; -1 for one that none has.
class LetterSizes {
public:
  LetterSizes() : sizes(26, -1) {}

  int64_t operator[](char letter) const { return sizes[letter - 'a']; }
  /// Those of all letters.
  llvm::SmallVector<int64_t> of(llvm::StringRef letters) const;
  /// Takes the sizes of the letters of `term`; the error says which is another one than before.
  llvm::LogicalResult add(llvm::StringRef term, llvm::ArrayRef<int64_t> shape,
                          llvm::function_ref<mlir::InFlightDiagnostic()> emitError);
  /// The same of all dimensions of `type`; the error may also be that there are more or fewer than letters.
  llvm::LogicalResult add(llvm::StringRef term, mlir::ShapedType type, llvm::StringRef name,
                          llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

private:
  llvm::SmallVector<int64_t> sizes;
};

/// "a,b->c" taken apart. The terms have one letter per dimension.
struct Einsum {
  std::string lhs, rhs, result;

  /// Reads `spec`; the error says what is wrong in it (contract_c1).
  static mlir::FailureOr<Einsum> parse(llvm::StringRef spec, llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  /// Reads the spec of an op that the verifier has accepted.
  static Einsum ofVerified(llvm::StringRef spec);

  std::string str() const { return lhs + "," + rhs + "->" + result; }

  /// The letters that are summed over, in the order in which they first appear in lhs, then rhs.
  std::string contracted() const;

  /// Of a gather: the letters of its table's or result's term that are neither indexed nor the tokens'.
  std::string rowOf(llvm::StringRef term) const;

  /// A letter that no term has.
  char freshLetter() const;

  /// What a gather without a spec says: "ij..,k..->k..j..".
  static Einsum ofRows(int64_t tableRank, int64_t tokensRank);

  /// The result type for operands of these types; checks contract_c1 to contract_c4.
  mlir::FailureOr<mlir::RankedTensorType> inferType(mlir::RankedTensorType lhsType, mlir::RankedTensorType rhsType,
                                                    llvm::function_ref<mlir::InFlightDiagnostic()> emitError) const;
};

} // namespace rondo

#endif // RONDO_DIALECT_EINSUM_H
