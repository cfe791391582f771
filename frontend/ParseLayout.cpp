// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Layout blocks.

#include "frontend/LayoutInfo.h"
#include "frontend/Parser.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace rondo;

// layout = 'layout' name [where expr == expr (, expr == expr)*] { line* }
void Parser::parseLayout(std::vector<LayoutDecl> &layouts) {
  take();
  auto name = expectName("the name of a layout: torch, keras or onnx");
  bool ok = name.has_value();
  if (ok && !is_contained(layoutNames, name->text)) {
    mlir::emitError(name->loc) << "expected the name of a layout: torch, keras or onnx, found '" << name->text << "'";
    ok = false;
  }
  LayoutDecl layout(name.value_or(Identifier{{}, here()}));
  ok = ok && parseConditions(layout);
  if (!ok)
    while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !peek().startsLine)
      take();
  if (!at(TokenKind::LeftBrace) && !ok)
    return;
  if (parseLayoutLines(layout.lines) && ok)
    layouts.push_back(std::move(layout));
}

// [where sum == sum (, sum == sum)*]
bool Parser::parseConditions(LayoutDecl &layout) {
  if (!at(TokenKind::Identifier) || peek().text != "where")
    return true;
  do {
    take();
    ExprPtr lhs = parseSum();
    if (!lhs || !expect(TokenKind::EqualEqual, "between two sizes after 'where'"))
      return false;
    ExprPtr rhs = parseSum();
    if (!rhs)
      return false;
    layout.conditions.push_back({std::move(lhs), std::move(rhs)});
  } while (at(TokenKind::Comma));
  return true;
}

// { line* }
bool Parser::parseLayoutLines(std::vector<LayoutLine> &lines) {
  if (!expect(TokenKind::LeftBrace, "and the lines of the layout"))
    return false;
  bool ok = true;
  while (!at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile)) {
    const char *start = peek().text.begin();
    if (auto line = parseLayoutLine()) {
      lines.push_back(std::move(*line));
      continue;
    }
    ok = false;
    // After an error: the next line, or the end of the block.
    unsigned depth = 0;
    if (peek().text.begin() == start)
      take();
    while (!at(TokenKind::EndOfFile) && (depth || (!at(TokenKind::RightBrace) && !peek().startsLine))) {
      depth += at(TokenKind::LeftBrace);
      depth -= at(TokenKind::RightBrace);
      take();
    }
  }
  return expect(TokenKind::RightBrace, "") && ok;
}

// line = name [subscripts] = term ((+ | -) term)* | name <- text [layer expr] | repeat expr as name { line* }
//      | optional name (, name)* | ignore (name [subscripts] | text)
std::optional<LayoutLine> Parser::parseLayoutLine() {
  mlir::Location loc = here();
  bool isWord = at(TokenKind::Identifier) && !peek(1).is(TokenKind::Dot) && !peek(1).is(TokenKind::Equal) &&
                !peek(1).is(TokenKind::Less) && !peek(1).is(TokenKind::LeftBracket);
  if (at(TokenKind::KwRepeat))
    return parseLayoutRepeat();
  if (isWord && peek().text == "optional") {
    LayoutLine line(LayoutLine::Kind::Optional, loc);
    do {
      take();
      auto name = parseLayoutName("the name of a tensor");
      if (!name)
        return std::nullopt;
      line.terms.push_back({std::move(*name), {}});
    } while (at(TokenKind::Comma));
    return line;
  }
  if (isWord && peek().text == "ignore") {
    LayoutLine line(LayoutLine::Kind::Ignore, loc);
    take();
    if (layoutsOfModel && at(TokenKind::String))
      return parsePrefix(line.prefix) ? std::optional(std::move(line)) : std::nullopt;
    auto term = parseTensor();
    if (!term)
      return std::nullopt;
    line.terms.push_back(std::move(*term));
    return line;
  }
  auto path = parseLayoutName("a line of the layout: a parameter's path and '=', or a part's and '<-'",
                              /*isWithinLine=*/false);
  if (!path)
    return std::nullopt;
  if (at(TokenKind::Less) && peek(1).is(TokenKind::Minus) && peek(1).text.begin() == peek().text.end())
    return parsePlace(std::move(*path));
  LayoutLine line(LayoutLine::Kind::Values, loc);
  line.path = std::move(*path);
  if (!parseSubscripts(line.subscripts) || !expect(TokenKind::Equal, "and tensors, or '<-' and a part of the file"))
    return std::nullopt;
  bool isNegative = consumeIf(TokenKind::Minus);
  while (auto term = parseTerm(/*isFirst=*/line.terms.empty())) {
    term->isNegative = isNegative;
    line.terms.push_back(std::move(*term));
    isNegative = at(TokenKind::Minus);
    if (!isNegative && !at(TokenKind::Plus))
      return line;
    take();
  }
  return std::nullopt;
}

// After a path: <- text [layer expr]
std::optional<LayoutLine> Parser::parsePlace(LayoutName path) {
  LayoutLine line(LayoutLine::Kind::Place, path.loc);
  line.path = std::move(path);
  take();
  take();
  if (!parsePrefix(line.prefix))
    return std::nullopt;
  if (at(TokenKind::Identifier) && !peek().startsLine && peek().text == "layer") {
    take();
    if (peek().startsLine)
      return errorExpected("the number of a layer"), std::nullopt;
    if (!(line.layer = parseExpr()))
      return std::nullopt;
  }
  return line;
}

// repeat = 'repeat' expr as name { line* }
std::optional<LayoutLine> Parser::parseLayoutRepeat() {
  LayoutLine line(LayoutLine::Kind::Repeat, here());
  if (!enterBlock())
    return std::nullopt;
  scope_exit leave([&] { --nesting; });
  take();
  line.count = parseExpr();
  if (!line.count || !expect(TokenKind::KwAs, "and a name for the counter"))
    return std::nullopt;
  line.counter = expectName("a name after 'as'");
  if (!line.counter || !parseLayoutLines(line.lines))
    return std::nullopt;
  return line;
}

// term = tensor | transpose ( tensor )
std::optional<TensorTerm> Parser::parseTerm(bool isFirst) {
  if (!at(TokenKind::Identifier) || peek().text != "transpose" || !peek(1).is(TokenKind::LeftParen))
    return parseTensor(isFirst);
  take();
  take();
  auto term = parseTensor();
  if (!term || !expect(TokenKind::RightParen, "after the tensor"))
    return std::nullopt;
  term->isTransposed = true;
  return term;
}

// tensor = name [subscripts]
std::optional<TensorTerm> Parser::parseTensor(bool isWithinLine) {
  auto name = parseLayoutName("the name of a tensor", isWithinLine);
  if (!name)
    return std::nullopt;
  TensorTerm term{std::move(*name), {}};
  if (!parseSubscripts(term.subscripts))
    return std::nullopt;
  return term;
}

// name = word (. word)* | text
std::optional<LayoutName> Parser::parseLayoutName(StringRef what, bool isWithinLine) {
  mlir::Location loc = here();
  if (isWithinLine && peek().startsLine)
    return errorExpected(what), std::nullopt;
  if (at(TokenKind::String))
    return LayoutName{take().text.drop_front().drop_back().str(), loc};
  auto atWord = [&] { return at(TokenKind::Identifier) || !classifiesAsPunctuation(peek()); };
  if (!atWord()) {
    errorExpected(what);
    return std::nullopt;
  }
  LayoutName name{take().text.str(), loc};
  while (at(TokenKind::Dot)) {
    take();
    if (!atWord()) {
      errorExpected("a name after '.'");
      return std::nullopt;
    }
    name.text += ("." + take().text).str();
  }
  return name;
}

bool Parser::classifiesAsPunctuation(const Token &token) {
  return token.is(TokenKind::Error) || token.text.empty() || !(isAlpha(token.text[0]) || token.text[0] == '_');
}

// ["[" subscript (, subscript)* "]"]    subscript = [expr] : [expr] | expr | direction
bool Parser::parseSubscripts(std::vector<Subscript> &subscripts) {
  if (!consumeIf(TokenKind::LeftBracket))
    return true;
  do {
    Subscript subscript{here(), false, false, nullptr, nullptr};
    bool isWord = at(TokenKind::Identifier) && peek().text == "direction";
    if (isWord && (peek(1).is(TokenKind::Comma) || peek(1).is(TokenKind::RightBracket))) {
      take();
      subscript.isDirection = true;
    } else {
      if (!at(TokenKind::Colon) && !(subscript.low = parseExpr()))
        return false;
      subscript.isSlice = consumeIf(TokenKind::Colon);
      bool hasHigh = subscript.isSlice && !at(TokenKind::RightBracket) && !at(TokenKind::Comma);
      if (hasHigh && !(subscript.high = parseExpr()))
        return false;
    }
    subscripts.push_back(std::move(subscript));
  } while (consumeIf(TokenKind::Comma));
  return expect(TokenKind::RightBracket, "or ','");
}

// text = '"' (character | { name })* '"'
bool Parser::parsePrefix(std::vector<PrefixPart> &prefix) {
  if (!at(TokenKind::String)) {
    errorExpected("a part of the file in quotes, as \"encoder.rnn\"");
    return false;
  }
  StringRef rest = take().text.drop_front().drop_back();
  while (!rest.empty()) {
    size_t open = rest.find('{');
    prefix.push_back({rest.take_front(open), nullptr});
    if (open == StringRef::npos)
      break;
    rest = rest.drop_front(open + 1);
    size_t close = rest.find('}');
    StringRef name = rest.take_front(close);
    bool isName = !name.empty() && !isDigit(name[0]) && all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
    if (close == StringRef::npos || !isName) {
      mlir::emitError(lexer.locate(rest.begin())) << "expected a name and '}' after '{'";
      return false;
    }
    prefix.push_back({{}, std::make_unique<NameExpr>(lexer.locate(name.begin()), name, /*primed=*/false)});
    rest = rest.drop_front(close + 1);
  }
  return true;
}
