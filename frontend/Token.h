// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The tokens of the language. A token is a piece of the source text and what it is; numbers and names are
// read from that text on demand.

#ifndef RONDO_FRONTEND_TOKEN_H
#define RONDO_FRONTEND_TOKEN_H

#include "llvm/ADT/StringRef.h"

namespace rondo {

// clang-format off
// Punctuation: X(name, spelling).
#define RONDO_PUNCTUATION(X) \
  X(LeftParen, "(") X(RightParen, ")") X(LeftBrace, "{") X(RightBrace, "}") \
  X(LeftBracket, "[") X(RightBracket, "]") X(Comma, ",") X(Colon, ":") \
  X(Dot, ".") X(Equal, "=") X(Arrow, "->") X(Plus, "+") \
  X(Minus, "-") X(Star, "*") X(Slash, "/") X(At, "@") \
  X(Less, "<") X(LessEqual, "<=") X(Greater, ">") X(GreaterEqual, ">=") \
  X(EqualEqual, "==") X(NotEqual, "!=")

// Words that cannot be names: X(name, spelling).
#define RONDO_KEYWORDS(X) \
  X(As, "as") X(Axis, "axis") X(Backward, "backward") X(Buffer, "buffer") X(Cell, "cell") \
  X(From, "from") X(Generate, "generate") X(Input, "input") X(Layout, "layout") X(Let, "let") \
  X(Model, "model") X(Output, "output") X(Over, "over") X(Param, "param") X(Repeat, "repeat") \
  X(Return, "return") X(Scan, "scan") X(State, "state") X(Target, "target") X(Token, "token") \
  X(Train, "train") X(Training, "training")
// clang-format on

enum class TokenKind {
  EndOfFile,
  Error, // already reported by the lexer
  Identifier,
  Integer,
  Real,
  Prime,  // '
  String, // "rnn", with its quotes
#define RONDO_TOKEN(name, spelling) name,
  RONDO_PUNCTUATION(RONDO_TOKEN)
#undef RONDO_TOKEN
#define RONDO_TOKEN(name, spelling) Kw##name,
      RONDO_KEYWORDS(RONDO_TOKEN)
#undef RONDO_TOKEN
};

/// The way a token of this kind is named in a diagnostic: `')'`, `a name`, `'cell'`.
llvm::StringRef describe(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  llvm::StringRef text;    // the characters in the source
  bool startsLine = false; // nothing but blanks before it on its line
  llvm::StringRef doc;     // the block of /// comments that ends on the line before, with its slashes

  bool is(TokenKind other) const { return kind == other; }
};

} // namespace rondo

#endif // RONDO_FRONTEND_TOKEN_H
