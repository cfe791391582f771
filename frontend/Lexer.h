// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Text to tokens.

#ifndef RONDO_FRONTEND_LEXER_H
#define RONDO_FRONTEND_LEXER_H

#include "frontend/Token.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/SourceMgr.h"

namespace rondo {

/// Splits one buffer of a SourceMgr into tokens. Any bytes are accepted: what is no token is reported once
/// for each run of such bytes and comes out as a token of kind Error. The buffer outlives the tokens.
class Lexer {
public:
  Lexer(llvm::SourceMgr &sources, unsigned buffer, mlir::MLIRContext &context);

  /// The next token; at the end of the text EndOfFile, again and again.
  Token next();

  /// File, line and column (from 1) of a place in the buffer.
  mlir::Location locate(const char *place) const;

private:
  void skipBlanks(Token &token);
  Token finish(Token token, TokenKind kind, const char *start);
  Token lexNumber(Token token, const char *start);
  Token lexString(Token token, const char *start);
  Token lexGarbage(Token token, const char *start);
  char peek(size_t ahead = 0) const { return current + ahead < end ? current[ahead] : '\0'; }

  llvm::SourceMgr &sources;
  unsigned buffer;
  mlir::MLIRContext &context;
  const char *begin, *current, *end;
};

} // namespace rondo

#endif // RONDO_FRONTEND_LEXER_H
