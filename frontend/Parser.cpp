// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Declarations, and the handling of tokens.

#include "frontend/Parser.h"

using namespace llvm;
using namespace rondo;

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

const Token &Parser::peek(unsigned ahead) {
  while (lookahead.size() <= ahead)
    lookahead.push_back(lexer.next());
  return lookahead[ahead];
}

Token Parser::take() {
  Token token = peek();
  lookahead.pop_front();
  return token;
}

bool Parser::consumeIf(TokenKind kind) {
  if (!at(kind))
    return false;
  take();
  return true;
}

std::nullptr_t Parser::errorExpected(const Twine &what) {
  if (at(TokenKind::Error)) // reported by the lexer
    return nullptr;
  auto error = mlir::emitError(here()) << "expected " << what << ", found ";
  if (at(TokenKind::EndOfFile))
    error << "the end of the file";
  else
    error << "'" << peek().text << "'";
  return nullptr;
}

bool Parser::expect(TokenKind kind, StringRef where) {
  if (consumeIf(kind))
    return true;
  errorExpected(where.empty() ? Twine(describe(kind)) : describe(kind) + " " + where);
  return false;
}

std::optional<Identifier> Parser::expectName(StringRef what) {
  if (!at(TokenKind::Identifier)) {
    errorExpected(what);
    return std::nullopt;
  }
  mlir::Location loc = here();
  return Identifier{take().text, loc};
}

// A statement that is no assignment to several names begins here.
bool Parser::atStatementStart() {
  switch (peek().kind) {
  case TokenKind::KwAxis:
  case TokenKind::KwBuffer:
  case TokenKind::KwCell:
  case TokenKind::KwGenerate:
  case TokenKind::KwInput:
  case TokenKind::KwLayout:
  case TokenKind::KwLet:
  case TokenKind::KwModel:
  case TokenKind::KwOutput:
  case TokenKind::KwParam:
  case TokenKind::KwRepeat:
  case TokenKind::KwReturn:
  case TokenKind::KwState:
  case TokenKind::KwTarget:
  case TokenKind::KwTrain:
    return true;
  case TokenKind::Identifier:
    return peek(1).is(TokenKind::Equal) || peek(1).is(TokenKind::Prime);
  default:
    return false;
  }
}

// After an error: goes to the next statement on a new line, or to the '}' that ends the block. `mustMove` if
// the statement in error begins at the current token.
void Parser::skipStatement(bool mustMove) {
  unsigned depth = 0;
  while (!at(TokenKind::EndOfFile)) {
    bool startsLine = peek().startsLine;
    if (startsLine && (at(TokenKind::KwCell) || at(TokenKind::KwModel)))
      return;
    if (depth == 0 && (at(TokenKind::RightBrace) || (!mustMove && startsLine && atStatementStart())))
      return;
    TokenKind kind = take().kind;
    if (kind == TokenKind::LeftBrace)
      ++depth;
    else if (kind == TokenKind::RightBrace)
      --depth;
    mustMove = false;
  }
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

static std::string stripSlashes(StringRef doc) {
  std::string result;
  while (!doc.empty()) {
    auto [line, rest] = doc.split('\n');
    line = line.ltrim();
    line.consume_front("///");
    line.consume_front(" ");
    if (!result.empty())
      result += '\n';
    result += line.rtrim();
    doc = rest;
  }
  return result;
}

// file = (cell | let | model)*
SourceFile Parser::parseFile() {
  SourceFile file;
  while (!at(TokenKind::EndOfFile)) {
    if (at(TokenKind::KwCell)) {
      if (auto cell = parseCell())
        file.cells.push_back(std::move(cell));
    } else if (at(TokenKind::KwModel)) {
      if (auto model = parseModel())
        file.models.push_back(std::move(model));
    } else if (at(TokenKind::KwLet)) {
      if (auto let = parseLet())
        file.lets.push_back(std::move(let));
      else
        skipToDeclaration();
    } else {
      errorExpected("'cell', 'let' or 'model'");
      take();
      skipToDeclaration();
    }
  }
  return file;
}

// One complaint for all that follows up to the next declaration.
void Parser::skipToDeclaration() {
  while (!at(TokenKind::EndOfFile) && !at(TokenKind::KwCell) && !at(TokenKind::KwLet) && !at(TokenKind::KwModel))
    take();
}

// parameters = [parameter (, parameter)*]    parameter = name [= expr]
bool Parser::parseSizeParameters(TokenKind close, std::vector<SizeParameter> &parameters) {
  while (!at(close)) {
    auto name = expectName("the name of a size");
    if (!name)
      return false;
    SizeParameter parameter{*name, nullptr};
    if (consumeIf(TokenKind::Equal) && !(parameter.value = parseExpr()))
      return false;
    parameters.push_back(std::move(parameter));
    if (!consumeIf(TokenKind::Comma))
      break;
  }
  return expect(close, "or ','");
}

// token [ vocabulary ]; the word is taken already
bool Parser::parseVocabulary(const Identifier &name, Exprs &shape) {
  if (!at(TokenKind::LeftBracket)) {
    errorExpected("'[' and the size of the vocabulary");
    return false;
  }
  if (!parseShape(shape))
    return false;
  if (shape.size() != 1)
    mlir::emitError(name.loc) << "expected one size, the vocabulary, after 'token', found " << shape.size();
  return shape.size() == 1;
}

// arguments = [argument (, argument)*]    argument = name : ('token' '[' expr ']' | shape) [over name]
bool Parser::parseCellArguments(std::vector<CellArgument> &arguments) {
  while (!at(TokenKind::RightParen)) {
    auto name = expectName("the name of an argument");
    if (!name || !expect(TokenKind::Colon, "and the argument's shape"))
      return false;
    CellArgument argument{*name, false, {}};
    argument.isToken = consumeIf(TokenKind::KwToken);
    if (!(argument.isToken ? parseVocabulary(*name, argument.shape) : parseShape(argument.shape)))
      return false;
    if (consumeIf(TokenKind::KwOver) && !(argument.axis = expectName("a name for an axis after 'over'")))
      return false;
    arguments.push_back(std::move(argument));
    if (!consumeIf(TokenKind::Comma))
      break;
  }
  return expect(TokenKind::RightParen, "or ','");
}

// cell-axes = [over ( name, name (, name)* )]
bool Parser::parseCellAxes(std::vector<Identifier> &axes) {
  std::vector<ScanAxis> list;
  if (!consumeIf(TokenKind::KwOver))
    return true;
  if (!at(TokenKind::LeftParen)) {
    errorExpected("'(' and two axes or more after 'over'");
    return false;
  }
  if (!parseScanAxes(list, /*mayBeBackward=*/false))
    return false;
  for (const ScanAxis &axis : list)
    axes.push_back(axis.name);
  return true;
}

CellDecl::CellDecl(Identifier name) : name(name) {}
CellDecl::~CellDecl() = default;
ModelDecl::ModelDecl(Identifier name) : name(name) {}
ModelDecl::~ModelDecl() = default;

// cell = 'cell' name ['[' parameters ']'] '(' arguments ')' cell-axes -> shape { statement* }
std::unique_ptr<CellDecl> Parser::parseCell() {
  std::string doc = stripSlashes(take().doc);
  auto name = expectName("the name of the cell");
  if (!name) {
    skipStatement();
    return nullptr;
  }
  auto cell = std::make_unique<CellDecl>(*name);
  cell->doc = std::move(doc);
  bool ok = !consumeIf(TokenKind::LeftBracket) || parseSizeParameters(TokenKind::RightBracket, cell->sizes);
  ok = ok && expect(TokenKind::LeftParen, "and the cell's arguments") && parseCellArguments(cell->arguments) &&
       parseCellAxes(cell->axes) && expect(TokenKind::Arrow, "and the result's shape") && parseShape(cell->resultShape);
  if (!ok) {
    // The body is still worth reading: it may hold further errors.
    while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !at(TokenKind::KwCell) && !at(TokenKind::KwModel))
      take();
    if (!at(TokenKind::LeftBrace))
      return cell;
  }
  layouts = &cell->layouts;
  layoutsOfModel = false;
  parseBody(cell->body, Owner::cell);
  return cell;
}

// model = 'model' name ['(' parameters ')'] { statement* }
std::unique_ptr<ModelDecl> Parser::parseModel() {
  std::string doc = stripSlashes(take().doc);
  auto name = expectName("the name of the model");
  if (!name) {
    skipStatement();
    return nullptr;
  }
  auto model = std::make_unique<ModelDecl>(*name);
  model->doc = std::move(doc);
  if (consumeIf(TokenKind::LeftParen) && !parseSizeParameters(TokenKind::RightParen, model->parameters)) {
    while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !at(TokenKind::KwCell) && !at(TokenKind::KwModel))
      take();
    if (!at(TokenKind::LeftBrace))
      return model;
  }
  layouts = &model->layouts;
  layoutsOfModel = true;
  parseBody(model->body, Owner::model);
  return model;
}
