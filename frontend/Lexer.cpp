// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Text to tokens.

#include "frontend/Lexer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"

using namespace llvm;
using namespace rondo;

StringRef rondo::describe(TokenKind kind) {
  switch (kind) {
  case TokenKind::EndOfFile:
    return "the end of the file";
  case TokenKind::Error:
    return "a character that the language does not use";
  case TokenKind::Identifier:
    return "a name";
  case TokenKind::Integer:
    return "an integer";
  case TokenKind::Real:
    return "a number";
  case TokenKind::Prime:
    return "a prime";
  case TokenKind::String:
    return "a text in quotes";
#define RONDO_TOKEN(name, spelling)                                                                                    \
  case TokenKind::name:                                                                                                \
    return "'" spelling "'";
    RONDO_PUNCTUATION(RONDO_TOKEN)
#undef RONDO_TOKEN
#define RONDO_TOKEN(name, spelling)                                                                                    \
  case TokenKind::Kw##name:                                                                                            \
    return "'" spelling "'";
    RONDO_KEYWORDS(RONDO_TOKEN)
#undef RONDO_TOKEN
  }
  return "";
}

static TokenKind classifyWord(StringRef word) {
#define RONDO_TOKEN(name, spelling) .Case(spelling, TokenKind::Kw##name)
  return StringSwitch<TokenKind>(word) RONDO_KEYWORDS(RONDO_TOKEN).Default(TokenKind::Identifier);
#undef RONDO_TOKEN
}

static bool startsWord(char c) { return isAlpha(c) || c == '_'; }
static bool continuesWord(char c) { return isAlnum(c) || c == '_'; }
static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool startsToken(char c) { return continuesWord(c) || StringRef("(){}[],:.='\"-+*/@<>!").contains(c); }

Lexer::Lexer(SourceMgr &sources, unsigned buffer, mlir::MLIRContext &context)
    : sources(sources), buffer(buffer), context(context) {
  StringRef text = sources.getMemoryBuffer(buffer)->getBuffer();
  begin = current = text.begin();
  end = text.end();
  // The mark that some editors put in front of UTF-8.
  if (text.starts_with("\xEF\xBB\xBF"))
    begin = current += 3;
}

mlir::Location Lexer::locate(const char *place) const {
  auto [line, column] = sources.getLineAndColumn(SMLoc::getFromPointer(place), buffer);
  StringRef name = sources.getMemoryBuffer(buffer)->getBufferIdentifier();
  return mlir::FileLineColLoc::get(&context, name, line, column);
}

// Skips blanks and comments; remembers the last block of /// comments without an empty line after it.
void Lexer::skipBlanks(Token &token) {
  token.startsLine = current == begin;
  const char *docStart = nullptr, *docEnd = nullptr;
  unsigned lineEnds = 0; // since the end of the last doc comment
  while (current != end) {
    if (isBlank(*current)) {
      if (*current == '\n') {
        token.startsLine = true;
        if (++lineEnds > 1)
          docStart = nullptr;
      }
      ++current;
    } else if (peek() == '/' && peek(1) == '/') {
      const char *start = current;
      while (current != end && *current != '\n')
        ++current;
      bool isDoc = StringRef(start, current - start).starts_with("///");
      if (isDoc && !docStart)
        docStart = start;
      if (isDoc)
        docEnd = current;
      else
        docStart = nullptr;
      lineEnds = 0;
    } else {
      break;
    }
  }
  if (docStart)
    token.doc = StringRef(docStart, docEnd - docStart);
}

Token Lexer::finish(Token token, TokenKind kind, const char *start) {
  token.kind = kind;
  token.text = StringRef(start, current - start);
  return token;
}

// integer = digit+, real = digit+ [. digit+] [(e|E) [+|-] digit+]
Token Lexer::lexNumber(Token token, const char *start) {
  TokenKind kind = TokenKind::Integer;
  auto digits = [&] {
    while (isDigit(peek()))
      ++current;
  };
  digits();
  if (peek() == '.' && isDigit(peek(1))) {
    kind = TokenKind::Real;
    ++current;
    digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    size_t sign = peek(1) == '+' || peek(1) == '-';
    if (isDigit(peek(1 + sign))) {
      kind = TokenKind::Real;
      current += 1 + sign;
      digits();
    }
  }
  if (!continuesWord(peek()))
    return finish(token, kind, start);
  while (continuesWord(peek()))
    ++current;
  token = finish(token, TokenKind::Error, start);
  mlir::emitError(locate(start)) << "expected a number, found '" << token.text << "'";
  return token;
}

// string = " character* ", of printable ASCII on one line
Token Lexer::lexString(Token token, const char *start) {
  ++current;
  while (current != end && isPrint(*current) && *current != '"')
    ++current;
  if (peek() == '"') {
    ++current;
    return finish(token, TokenKind::String, start);
  }
  mlir::emitError(locate(current)) << "expected '\"' at the end of a text of printable ASCII characters";
  return finish(token, TokenKind::Error, start);
}

Token Lexer::lexGarbage(Token token, const char *start) {
  ++current;
  while (current != end && !isBlank(*current) && !startsToken(*current))
    ++current;
  auto error = mlir::emitError(locate(start));
  auto *bytes = reinterpret_cast<const UTF8 *>(start);
  size_t length = getNumBytesForUTF8(*bytes);
  if (isPrint(*start))
    error << "unexpected character '" << StringRef(start, 1) << "'";
  else if (length > 1 && isLegalUTF8Sequence(bytes, reinterpret_cast<const UTF8 *>(end)))
    error << "unexpected character '" << StringRef(start, length) << "'";
  else
    error << "unexpected byte 0x" << toHex(StringRef(start, 1));
  return finish(token, TokenKind::Error, start);
}

Token Lexer::next() {
  Token token;
  skipBlanks(token);
  const char *start = current;
  if (current == end)
    return finish(token, TokenKind::EndOfFile, start);
  if (startsWord(*current)) {
    while (continuesWord(peek()))
      ++current;
    return finish(token, classifyWord(StringRef(start, current - start)), start);
  }
  if (isDigit(*current))
    return lexNumber(token, start);

  auto take = [&](TokenKind kind, unsigned length = 1) {
    current += length;
    return finish(token, kind, start);
  };
  bool equalNext = peek(1) == '=';
  switch (*current) {
  case '(':
    return take(TokenKind::LeftParen);
  case ')':
    return take(TokenKind::RightParen);
  case '{':
    return take(TokenKind::LeftBrace);
  case '}':
    return take(TokenKind::RightBrace);
  case '[':
    return take(TokenKind::LeftBracket);
  case ']':
    return take(TokenKind::RightBracket);
  case ',':
    return take(TokenKind::Comma);
  case ':':
    return take(TokenKind::Colon);
  case '.':
    return take(TokenKind::Dot);
  case '\'':
    return take(TokenKind::Prime);
  case '"':
    return lexString(token, start);
  case '+':
    return take(TokenKind::Plus);
  case '*':
    return take(TokenKind::Star);
  case '/':
    return take(TokenKind::Slash);
  case '@':
    return take(TokenKind::At);
  case '-':
    return peek(1) == '>' ? take(TokenKind::Arrow, 2) : take(TokenKind::Minus);
  case '=':
    return equalNext ? take(TokenKind::EqualEqual, 2) : take(TokenKind::Equal);
  case '<':
    return equalNext ? take(TokenKind::LessEqual, 2) : take(TokenKind::Less);
  case '>':
    return equalNext ? take(TokenKind::GreaterEqual, 2) : take(TokenKind::Greater);
  case '!':
    if (equalNext)
      return take(TokenKind::NotEqual, 2);
    break;
  default:
    break;
  }
  return lexGarbage(token, start);
}
