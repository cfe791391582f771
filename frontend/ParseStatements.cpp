// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Statements, and the blocks they stand in.

#include "frontend/Parser.h"
#include "frontend/Settings.h"

#include "llvm/ADT/ScopeExit.h"

using namespace llvm;
using namespace rondo;

static constexpr unsigned maximalBlocks = 32;

// body = { statement* }. False if the block does not end; its statements are there all the same.
bool Parser::parseBody(Stmts &body, Owner owner) {
  mlir::Location open = here();
  if (!expect(TokenKind::LeftBrace, "")) {
    skipStatement();
    return false;
  }
  while (!at(TokenKind::RightBrace)) {
    if (at(TokenKind::EndOfFile) || at(TokenKind::KwCell) || at(TokenKind::KwModel)) {
      auto error = mlir::emitError(here()) << "expected '}', found ";
      if (at(TokenKind::EndOfFile))
        error << "the end of the file";
      else
        error << "'" << peek().text << "'";
      error.attachNote(open) << "the block begins here";
      return false;
    }
    const char *start = peek().text.begin();
    if (at(TokenKind::KwLayout) && !nesting)
      parseLayout(*layouts);
    else if (StmtPtr stmt = parseStatement(owner))
      body.push_back(std::move(stmt));
    else
      skipStatement(/*mustMove=*/peek().text.begin() == start);
  }
  take();
  return true;
}

// statement = state | buffer | param | const | let | binding | repeat | return         in a cell
//           | axis | input | target | output | loss | generate | train | buffer | param | const | let | ..  in a model
StmtPtr Parser::parseStatement(Owner owner) {
  bool inModel = owner == Owner::model;
  auto belongs = [&](bool allowed, StringRef place) {
    if (!allowed)
      mlir::emitError(here()) << "expected '" << peek().text << "' only in a " << place << ", found it in a "
                              << (inModel ? "model" : "cell");
    return allowed;
  };
  switch (peek().kind) {
  case TokenKind::Identifier:
    // No word of its own: `loss = e` binds a name.
    if (peek().text == "loss" && peek(1).is(TokenKind::Identifier))
      return belongs(inModel, "model") ? parseLoss() : nullptr;
    if (peek().text == "const" && peek(1).is(TokenKind::Identifier))
      return parseConst();
    return parseBinding();
  case TokenKind::KwParam: {
    auto param = parseParam();
    return param ? std::make_unique<ParamStmt>(std::move(param)) : nullptr;
  }
  case TokenKind::KwLet:
    return parseLet();
  case TokenKind::KwRepeat:
    return parseRepeat(owner);
  case TokenKind::KwState:
    return belongs(!inModel, "cell") ? parseState() : nullptr;
  case TokenKind::KwReturn:
    return belongs(!inModel, "cell") ? parseReturn() : nullptr;
  case TokenKind::KwAxis:
    return parseAxis(owner);
  case TokenKind::KwInput:
    return belongs(inModel, "model") ? parsePort() : nullptr;
  case TokenKind::KwTarget:
    return belongs(inModel, "model") ? parsePort() : nullptr;
  case TokenKind::KwOutput:
    return belongs(inModel, "model") ? parseOutput() : nullptr;
  case TokenKind::KwGenerate:
    return belongs(inModel, "model") ? parseGenerate() : nullptr;
  case TokenKind::KwTrain:
    return belongs(inModel, "model") ? parseTrain() : nullptr;
  case TokenKind::KwLayout:
    mlir::emitError(here()) << "expected 'layout' only outside of 'repeat'";
    return nullptr;
  case TokenKind::KwBuffer:
    return parseBuffer();
  default:
    return errorExpected("a statement");
  }
}

// [over name (, name)*]
bool Parser::parseOptionalOver(std::vector<Identifier> &axes) {
  return !consumeIf(TokenKind::KwOver) || parseNames(axes, "the name of an axis after 'over'");
}

// name (, name)*
bool Parser::parseNames(std::vector<Identifier> &names, StringRef expected) {
  do {
    auto name = expectName(expected);
    if (!name)
      return false;
    names.push_back(*name);
  } while (consumeIf(TokenKind::Comma));
  return true;
}

// buffer = 'buffer' name (, name)* : shape [= expr]
StmtPtr Parser::parseBuffer() {
  auto buffer = std::make_unique<BufferStmt>(here());
  take();
  if (!parseNames(buffer->names, "the name of a buffer") || !expect(TokenKind::Colon, "and the buffer's shape") ||
      !parseShape(buffer->shape))
    return nullptr;
  if (consumeIf(TokenKind::Equal) && !(buffer->init = parseExpr()))
    return nullptr;
  return buffer;
}

// state = 'state' name (, name)* : shape [over name (, name)*] [= expr]
StmtPtr Parser::parseState() {
  auto state = std::make_unique<StateStmt>(here());
  take();
  if (!parseNames(state->names, "the name of a state") || !expect(TokenKind::Colon, "and the state's shape") ||
      !parseShape(state->shape) || !parseOptionalOver(state->axes))
    return nullptr;
  if (consumeIf(TokenKind::Equal) && !(state->init = parseExpr()))
    return nullptr;
  return state;
}

// binding = name ['] (, name ['])* = expr
StmtPtr Parser::parseBinding() {
  auto bind = std::make_unique<BindStmt>(here());
  do {
    auto name = expectName("a name");
    if (!name)
      return nullptr;
    bind->targets.push_back({*name, consumeIf(TokenKind::Prime)});
  } while (consumeIf(TokenKind::Comma));
  if (!expect(TokenKind::Equal, "") || !(bind->value = parseExpr()))
    return nullptr;
  if (bind->targets.front().name.text != "loss" || !atWeight())
    return bind;
  mlir::emitError(here()) << "expected 'loss NAME = ..' with a weight, found a loss without a name";
  return nullptr;
}

// Whether the weight of a loss stands here. It is no word of its own: the next statement may bind it.
bool Parser::atWeight() {
  return at(TokenKind::Identifier) && peek().text == "weight" && !peek(1).is(TokenKind::Equal) &&
         !peek(1).is(TokenKind::Comma) && !peek(1).is(TokenKind::Prime);
}

// const = 'const' name : shape 'from' text
StmtPtr Parser::parseConst() {
  mlir::Location loc = here();
  take();
  Identifier name{peek().text, here()};
  take();
  auto constant = std::make_unique<ConstStmt>(loc, name);
  if (!expect(TokenKind::Colon, "and the constant's shape") || !parseShape(constant->shape) ||
      !expect(TokenKind::KwFrom, "and the constant's file"))
    return nullptr;
  if (!at(TokenKind::String))
    return errorExpected("a file in quotes, as \"patterns.npy\"");
  constant->fileLoc = here();
  constant->file = take().text.drop_front().drop_back();
  return constant;
}

// let = 'let' name = name ['[' sizes ']'] ['frozen']
std::unique_ptr<LetStmt> Parser::parseLet() {
  mlir::Location loc = here();
  take();
  auto name = expectName("a name after 'let'");
  if (!name || !expect(TokenKind::Equal, "and a cell"))
    return nullptr;
  auto callee = expectName("the name of a cell");
  if (!callee)
    return nullptr;
  auto let = std::make_unique<LetStmt>(loc, *name, *callee);
  if (at(TokenKind::LeftBracket) && !parseShape(let->sizes))
    return nullptr;
  let->frozen = parseOptionalFrozen();
  return let;
}

// return = 'return' expr
StmtPtr Parser::parseReturn() {
  auto result = std::make_unique<ReturnStmt>(here());
  take();
  if (!(result->value = parseExpr()))
    return nullptr;
  return result;
}

// One more block around what follows; the caller leaves it.
bool Parser::enterBlock() {
  if (nesting < maximalBlocks) {
    ++nesting;
    return true;
  }
  mlir::emitError(here()) << "expected at most " << maximalBlocks << " blocks in one another";
  return false;
}

// repeat = 'repeat' expr as name { statement* }
StmtPtr Parser::parseRepeat(Owner owner) {
  mlir::Location loc = here();
  if (!enterBlock())
    return nullptr;
  scope_exit leave([&] { --nesting; });
  take();
  ExprPtr count = parseExpr();
  if (!count || !expect(TokenKind::KwAs, "and a name for the counter"))
    return nullptr;
  auto counter = expectName("a name after 'as'");
  if (!counter)
    return nullptr;
  auto repeat = std::make_unique<RepeatStmt>(loc, std::move(count), *counter);
  parseBody(repeat->body, owner);
  return repeat;
}

// axis = 'axis' name [['=' expr] ['ragged'] ['max' expr] | 'like' name], in cells with one of '=' and 'like'
StmtPtr Parser::parseAxis(Owner owner) {
  mlir::Location loc = here();
  take();
  auto name = expectName("the name of an axis");
  if (!name)
    return nullptr;
  auto axis = std::make_unique<AxisStmt>(loc, *name);
  if (atAxisWord("like")) {
    take();
    axis->parent = expectName("the name of an axis after 'like'");
    if (!axis->parent)
      return nullptr;
  } else if (consumeIf(TokenKind::Equal) && !(axis->size = parseExpr())) {
    return nullptr;
  }
  if (!parseAxisLengths(*axis))
    return nullptr;
  if (owner == Owner::model || ((axis->parent || axis->size) && !axis->ragged))
    return axis;
  mlir::emitError(loc) << "expected 'axis " << name->text << " = SIZE' or 'axis " << name->text
                       << " like AXIS', the only axes that a cell declares";
  return nullptr;
}

// Whether the word stands here, on the axis's own line; or, of none, any that is no name which the next statement
// binds.
bool Parser::atAxisWord(StringRef word) {
  return at(TokenKind::Identifier) && !peek().startsLine &&
         (word.empty() ? !peek(1).is(TokenKind::Equal) : peek().text == word);
}

// What follows the axis's name and size.
bool Parser::parseAxisLengths(AxisStmt &axis) {
  while (atAxisWord("ragged") || atAxisWord("max")) {
    bool isRagged = peek().text == "ragged";
    if (isRagged ? axis.ragged.has_value() : axis.most != nullptr) {
      mlir::emitError(here()) << "expected '" << peek().text << "' once, found it twice";
      return false;
    }
    if (isRagged && axis.parent) {
      mlir::emitError(here()) << "expected 'ragged' of the axis that '" << axis.name.text
                              << "' is like, whose lengths it has, found it here";
      return false;
    }
    if (!isRagged && (axis.size || axis.parent)) {
      mlir::emitError(here()) << "expected 'max' of the time axis alone, found it behind the length of axis '"
                              << axis.name.text << "'";
      return false;
    }
    if (isRagged)
      axis.ragged = here();
    take();
    if (!isRagged && !(axis.most = parseExpr()))
      return false;
  }
  if (!atAxisWord("") || axis.size || axis.parent)
    return true;
  mlir::emitError(here()) << "expected nothing after the axis's name, found '" << peek().text
                          << "', which is not supported yet";
  return false;
}

// port = ('input' | 'target') name : ('token' '[' expr ']' | 'index' '[' name ']' | shape) [over name (, name)*] [=
// expr]
StmtPtr Parser::parsePort() {
  mlir::Location loc = here();
  bool isTarget = take().kind == TokenKind::KwTarget;
  auto name = expectName(isTarget ? "the name of a target" : "the name of an input");
  if (!name || !expect(TokenKind::Colon, isTarget ? "and the target's type" : "and the input's type"))
    return nullptr;
  auto port = std::make_unique<PortStmt>(loc, isTarget, *name);
  port->isToken = consumeIf(TokenKind::KwToken);
  bool isIndex = !port->isToken && at(TokenKind::Identifier) && peek().text == "index"; // no word of its own
  if (isIndex)
    take();
  if (!port->isToken && !at(TokenKind::LeftBracket))
    return errorExpected(isIndex ? "'[' and the name of an axis" : "'token', 'index' or a shape in brackets");
  if (port->isToken ? !parseVocabulary(port->name, port->shape)
      : isIndex     ? !parseIndexAxis(*port)
                    : !parseShape(port->shape))
    return nullptr;
  if (!parseOptionalOver(port->axes))
    return nullptr;
  if (at(TokenKind::Equal)) {
    if (!isTarget) {
      mlir::emitError(here()) << "expected no value for an input: its data are given";
      return nullptr;
    }
    take();
    if (!(port->value = parseExpr()))
      return nullptr;
  }
  return port;
}

// After index: [ name ]
bool Parser::parseIndexAxis(PortStmt &port) {
  take();
  port.indexAxis = expectName("the name of an axis after 'index['");
  return port.indexAxis && expect(TokenKind::RightBracket, "after the axis");
}

// output = 'output' name : shape = expr
StmtPtr Parser::parseOutput() {
  auto bind = std::make_unique<BindStmt>(here());
  bind->isOutput = true;
  take();
  auto name = expectName("the name of an output");
  if (!name || !expect(TokenKind::Colon, "and the output's shape") || !parseShape(bind->shape) ||
      !expect(TokenKind::Equal, "and the output's value"))
    return nullptr;
  bind->targets.push_back({*name, false});
  if (!(bind->value = parseExpr()))
    return nullptr;
  return bind;
}

// loss = 'loss' name = expr ['weight' expr]
StmtPtr Parser::parseLoss() {
  auto bind = std::make_unique<BindStmt>(here());
  bind->isLoss = true;
  take();
  auto name = expectName("a name");
  if (!name || !expect(TokenKind::Equal, "and the loss's value") || !(bind->value = parseExpr()))
    return nullptr;
  bind->targets.push_back({*name, false});
  if (!atWeight())
    return bind;
  take();
  bind->weight = parseExpr();
  return bind->weight ? std::move(bind) : nullptr;
}

// generate = 'generate' name from name (first expr | until expr | max expr)*
StmtPtr Parser::parseGenerate() {
  mlir::Location loc = here();
  take();
  auto answer = expectName("the name of an input or a target after 'generate'");
  if (!answer || !expect(TokenKind::KwFrom, "and an output"))
    return nullptr;
  auto from = expectName("the name of an output after 'from'");
  if (!from)
    return nullptr;
  auto generate = std::make_unique<GenerateStmt>(loc, *answer, *from);
  auto valueOf = [&](StringRef word) {
    return word == "first"   ? &generate->first
           : word == "until" ? &generate->until
           : word == "max"   ? &generate->most
                             : nullptr;
  };
  while (ExprPtr *value = at(TokenKind::Identifier) && !peek().startsLine ? valueOf(peek().text) : nullptr) {
    if (*value) {
      mlir::emitError(here()) << "expected '" << peek().text << "' once, found it twice";
      return nullptr;
    }
    take();
    if (!(*value = parseExpr()))
      return nullptr;
  }
  if (at(TokenKind::Identifier) && !peek().startsLine && !peek(1).is(TokenKind::Equal)) {
    mlir::emitError(here()) << "expected 'first', 'until' or 'max' behind the output, found '" << peek().text << "'";
    return nullptr;
  }
  return generate;
}

// train = 'train' { setting* }
StmtPtr Parser::parseTrain() {
  auto train = std::make_unique<TrainStmt>(here());
  take();
  if (!expect(TokenKind::LeftBrace, "and the settings"))
    return nullptr;
  while (!at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile)) {
    if (auto setting = parseSetting()) {
      train->settings.push_back(std::move(*setting));
      continue;
    }
    // A setting is a line of its own.
    do
      take();
    while (!at(TokenKind::EndOfFile) && !at(TokenKind::RightBrace) && !peek().startsLine);
  }
  expect(TokenKind::RightBrace, "");
  return train;
}

// pattern = (name | number | . | *)+ without blanks between them; empty after an error
StringRef Parser::parsePattern() {
  auto isPart = [&] {
    return at(TokenKind::Identifier) || at(TokenKind::Integer) || at(TokenKind::Real) || at(TokenKind::Dot) ||
           at(TokenKind::Star);
  };
  if (!isPart())
    errorExpected("a pattern of parameters' paths, as *.bias");
  StringRef pattern;
  while (isPart() && (pattern.empty() || peek().text.begin() == pattern.end())) {
    StringRef part = take().text;
    pattern = pattern.empty() ? part : StringRef(pattern.begin(), part.end() - pattern.begin());
  }
  return pattern;
}

// setting = data name | batch expr | steps expr | bptt expr | bptt ( expr , expr )
//         | optimizer name [( arguments )] | clip norm expr | clip value expr
//         | accumulate expr | average expr | decay pattern expr | group pattern ( arguments ) | freeze pattern
std::optional<Setting> Parser::parseSetting() {
  std::string expected = "a setting: " + listBlockSettings();
  auto name = expectName(expected);
  if (!name)
    return std::nullopt;
  const SettingInfo *info = findSetting(name->text);
  if (!info || info->ofOptimizer) {
    mlir::emitError(name->loc) << "expected " << expected << ", found '" << name->text << "'";
    return std::nullopt;
  }
  Setting setting{*name, {}, {}};
  auto parseValue = [&] {
    Argument value{{}, here(), parseExpr()};
    bool ok = value.value != nullptr;
    if (ok)
      setting.values.push_back(std::move(value));
    return ok;
  };
  auto parseWord = [&](const Twine &what) {
    auto word = expectName(what.str());
    if (word)
      setting.word = word->text;
    return word.has_value();
  };
  bool ok = true;
  if (!info->words.empty())
    ok = parseWord(listWords(*info));
  else if (info->isOfParameters())
    ok = !(setting.word = parsePattern()).empty();
  bool mayHaveArguments = info->kind == SettingKind::Window || info->name == "optimizer";
  if (ok && info->kind == SettingKind::Group && !at(TokenKind::LeftParen)) {
    errorExpected("'(' and numbers of the parameters that fit");
    ok = false;
  }
  if (ok && info->kind == SettingKind::Group)
    ok = parseArguments(setting.values);
  else if (ok && mayHaveArguments && at(TokenKind::LeftParen))
    ok = parseArguments(setting.values);
  else if (ok && info->kind != SettingKind::Word && info->kind != SettingKind::Freeze)
    ok = parseValue();
  return ok ? std::optional<Setting>(std::move(setting)) : std::nullopt;
}
