// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The syntax tree of layout blocks: how the tensors of a foreign file become the parameters of a cell or model.

#ifndef RONDO_FRONTEND_LAYOUTDECL_H
#define RONDO_FRONTEND_LAYOUTDECL_H

#include "frontend/AST.h"

namespace rondo {

/// weight_ih, out_proj.weight, "0.weight" (without quotes): a tensor, or a path of one's own.
struct LayoutName {
  std::string text;
  mlir::Location loc;
};

/// a:b, with either left out, or one place, or the word `direction`.
struct Subscript {
  mlir::Location loc;
  bool isSlice = false, isDirection = false;
  ExprPtr low, high; // one place is `low`
};

/// -transpose(kernel[:, 0:H])
struct TensorTerm {
  LayoutName tensor;
  std::vector<Subscript> subscripts;
  bool isTransposed = false, isNegative = false;
};

/// A piece of a text in quotes: what is written, or in braces a name that stands for a number.
struct PrefixPart {
  llvm::StringRef text;
  ExprPtr number; // null of the former
};

/// One line of a block.
struct LayoutLine {
  enum class Kind {
    Values,   // i.bias = bias_ih[0:H] + bias_hh[0:H]
    Place,    // encoder <- "rnn" layer 0
    Optional, // optional bias_ih, bias_hh
    Ignore,   // ignore in_proj_bias[H:2*H], in a model ignore "stft.*"
    Repeat    // repeat heads as head { ... }
  };
  LayoutLine(Kind kind, mlir::Location loc) : kind(kind), loc(loc) {}

  Kind kind;
  mlir::Location loc;
  LayoutName path{{}, loc};          // of Values and Place: of one's own
  std::vector<Subscript> subscripts; // of Values: of the parameter
  std::vector<TensorTerm> terms;     // of Values the sum, else tensors
  std::vector<PrefixPart> prefix;    // of Place; of Ignore in a model the pattern
  ExprPtr layer;                     // of Place, null if not given
  ExprPtr count;                     // of Repeat
  std::optional<Identifier> counter; // of Repeat
  std::vector<LayoutLine> lines;     // of Repeat
};

/// layout torch where M == H { ... }
struct LayoutDecl {
  explicit LayoutDecl(Identifier name) : name(name) {}

  Identifier name;
  std::vector<std::pair<ExprPtr, ExprPtr>> conditions; // pairs of numbers that must be equal
  std::vector<LayoutLine> lines;
};

} // namespace rondo

#endif // RONDO_FRONTEND_LAYOUTDECL_H
