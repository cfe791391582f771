// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Expressions.

#include "frontend/Parser.h"

#include "llvm/ADT/ScopeExit.h"

#include <cmath>

using namespace llvm;
using namespace rondo;

// Deeper trees and longer chains of operators are refused: what follows works by recursion.
static constexpr unsigned maximalDepth = 200;

ExprPtr Parser::limitDepth(ExprPtr expr, unsigned childDepth) {
  expr->depth = childDepth + 1;
  if (expr->depth <= maximalDepth)
    return expr;
  mlir::emitError(expr->loc) << "expected at most " << maximalDepth << " levels of nesting in an expression";
  return nullptr;
}

ExprPtr Parser::makeBinary(mlir::Location loc, BinaryOperator op, ExprPtr lhs, ExprPtr rhs) {
  if (!lhs || !rhs)
    return nullptr;
  unsigned depth = std::max(lhs->depth, rhs->depth);
  return limitDepth(std::make_unique<BinaryExpr>(loc, op, std::move(lhs), std::move(rhs)), depth);
}

static std::optional<BinaryOperator> comparison(TokenKind kind) {
  switch (kind) {
  case TokenKind::Less:
    return BinaryOperator::Less;
  case TokenKind::LessEqual:
    return BinaryOperator::LessEqual;
  case TokenKind::Greater:
    return BinaryOperator::Greater;
  case TokenKind::GreaterEqual:
    return BinaryOperator::GreaterEqual;
  case TokenKind::EqualEqual:
    return BinaryOperator::Equal;
  case TokenKind::NotEqual:
    return BinaryOperator::NotEqual;
  default:
    return std::nullopt;
  }
}

// expr = sum [(< | <= | > | >= | == | !=) sum]
ExprPtr Parser::parseExpr() {
  ExprPtr lhs = parseSum();
  if (!lhs)
    return nullptr;
  std::optional<BinaryOperator> op = comparison(peek().kind);
  if (!op)
    return lhs;
  mlir::Location loc = here();
  take();
  return makeBinary(loc, *op, std::move(lhs), parseSum());
}

// sum = product ((+ | -) product)*
ExprPtr Parser::parseSum() {
  ExprPtr lhs = parseProduct();
  while (lhs && (at(TokenKind::Plus) || at(TokenKind::Minus))) {
    mlir::Location loc = here();
    auto op = take().is(TokenKind::Plus) ? BinaryOperator::Add : BinaryOperator::Subtract;
    lhs = makeBinary(loc, op, std::move(lhs), parseProduct());
  }
  return lhs;
}

// product = unary ((* | /) unary)*
ExprPtr Parser::parseProduct() {
  ExprPtr lhs = parseUnary();
  while (lhs && (at(TokenKind::Star) || at(TokenKind::Slash))) {
    mlir::Location loc = here();
    auto op = take().is(TokenKind::Star) ? BinaryOperator::Multiply : BinaryOperator::Divide;
    lhs = makeBinary(loc, op, std::move(lhs), parseUnary());
  }
  return lhs;
}

// unary = - unary | matmul
ExprPtr Parser::parseUnary() {
  if (!at(TokenKind::Minus))
    return parseMatMul();
  if (nesting >= maximalDepth) {
    mlir::emitError(here()) << "expected at most " << maximalDepth << " levels of nesting in an expression";
    return nullptr;
  }
  ++nesting;
  scope_exit leave([&] { --nesting; });
  mlir::Location loc = here();
  take();
  ExprPtr operand = parseUnary();
  if (!operand)
    return nullptr;
  unsigned depth = operand->depth;
  return limitDepth(std::make_unique<UnaryExpr>(loc, std::move(operand)), depth);
}

// matmul = postfix (@ postfix)*
ExprPtr Parser::parseMatMul() {
  ExprPtr lhs = parsePostfix();
  while (lhs && at(TokenKind::At)) {
    mlir::Location loc = here();
    take();
    lhs = makeBinary(loc, BinaryOperator::MatMul, std::move(lhs), parsePostfix());
  }
  return lhs;
}

// postfix = primary ('[' [expr] : [expr] ']' | . name)*
ExprPtr Parser::parsePostfix() {
  ExprPtr base = parsePrimary();
  while (base) {
    if (at(TokenKind::LeftBracket)) {
      base = parseSliceOrSizes(std::move(base), nullptr);
    } else if (at(TokenKind::Dot)) {
      mlir::Location loc = here();
      take();
      auto member = expectName("a name after '.'");
      if (!member)
        return nullptr;
      unsigned depth = base->depth;
      base = limitDepth(std::make_unique<MemberExpr>(loc, std::move(base), member->text), depth);
    } else {
      break;
    }
  }
  return base;
}

// primary = number | training | scan | param | name-or-call | ( expr )
ExprPtr Parser::parsePrimary() {
  if (nesting >= maximalDepth) {
    mlir::emitError(here()) << "expected at most " << maximalDepth << " levels of nesting in an expression";
    return nullptr;
  }
  ++nesting;
  scope_exit leave([&] { --nesting; });
  switch (peek().kind) {
  case TokenKind::Integer:
  case TokenKind::Real:
    return parseNumber();
  case TokenKind::KwTraining: {
    mlir::Location loc = here();
    take();
    return std::make_unique<TrainingExpr>(loc);
  }
  case TokenKind::Identifier:
    if (peek().startsLine && peek(1).is(TokenKind::Equal)) // the next statement
      return errorExpected("an expression");
    return parseNameOrCall();
  case TokenKind::KwScan:
    return parseScan();
  case TokenKind::KwParam:
    return parseParam();
  case TokenKind::LeftParen: {
    take();
    ExprPtr inner = parseExpr();
    if (!inner || !expect(TokenKind::RightParen, ""))
      return nullptr;
    return inner;
  }
  default:
    return errorExpected("an expression");
  }
}

ExprPtr Parser::parseNumber() {
  mlir::Location loc = here();
  Token token = take();
  int64_t integer = 0;
  double value = 0;
  bool isInteger = token.is(TokenKind::Integer);
  bool bad = isInteger && token.text.getAsInteger(10, integer);
  if (bad || token.text.getAsDouble(value) || !std::isfinite(value)) {
    mlir::emitError(loc) << "expected a number that fits in 64 bits, found '" << token.text << "'";
    return nullptr;
  }
  return std::make_unique<NumberExpr>(loc, token.text, value, isInteger, integer);
}

// name-or-call = name ['] | name ['[' sizes ']'] ( arguments ) [as name]
ExprPtr Parser::parseNameOrCall() {
  mlir::Location loc = here();
  Identifier name{take().text, loc};
  if (consumeIf(TokenKind::Prime))
    return std::make_unique<NameExpr>(loc, name.text, /*primed=*/true);
  auto call = std::make_unique<CallExpr>(loc, name);
  if (at(TokenKind::LeftBracket)) {
    ExprPtr slice = parseSliceOrSizes(std::make_unique<NameExpr>(loc, name.text, /*primed=*/false), &call->sizes);
    if (slice || call->sizes.empty())
      return slice;
    call->hasSizes = true;
    return parseCallRest(std::move(call));
  }
  if (at(TokenKind::LeftParen))
    return parseCallRest(std::move(call));
  return std::make_unique<NameExpr>(loc, name.text, /*primed=*/false);
}

// After a base: '[' [expr] : [expr] ']', a slice. With `sizes` also '[' expr (, expr)* ']' before a '(': then
// the result is null and the sizes are filled.
ExprPtr Parser::parseSliceOrSizes(ExprPtr base, Exprs *sizes) {
  mlir::Location loc = here();
  take();
  ExprPtr low, high;
  if (!at(TokenKind::Colon) && !(low = parseExpr()))
    return nullptr;
  if (consumeIf(TokenKind::Colon)) {
    if (!at(TokenKind::RightBracket) && !(high = parseExpr()))
      return nullptr;
    if (!expect(TokenKind::RightBracket, "after the slice"))
      return nullptr;
    unsigned depth = std::max({base->depth, low ? low->depth : 0, high ? high->depth : 0});
    return limitDepth(std::make_unique<SliceExpr>(loc, std::move(base), std::move(low), std::move(high)), depth);
  }
  if (!sizes)
    return errorExpected("':' in a slice");
  Exprs list;
  list.push_back(std::move(low));
  while (consumeIf(TokenKind::Comma)) {
    list.push_back(parseExpr());
    if (!list.back())
      return nullptr;
  }
  if (!at(TokenKind::RightBracket))
    return errorExpected("']', ',' or ':'");
  take();
  if (!at(TokenKind::LeftParen)) {
    mlir::emitError(loc) << "expected a slice, written x[a:b], or sizes in a call, f[n](x), found neither";
    return nullptr;
  }
  *sizes = std::move(list);
  return nullptr;
}

// ( arguments ) ['frozen'] [as name], the sizes being read
ExprPtr Parser::parseCallRest(std::unique_ptr<CallExpr> call) {
  if (!parseArguments(call->arguments, /*mayNameAxes=*/true) || (!call->isScan && !parseOptionalAs(*call)))
    return nullptr;
  unsigned depth = 0;
  for (const ExprPtr &size : call->sizes)
    depth = std::max(depth, size->depth);
  for (const Argument &argument : call->arguments)
    depth = std::max(depth, argument.value->depth);
  return limitDepth(std::move(call), depth);
}

// The word 'frozen', unless the next statement binds it; where it stands.
std::optional<mlir::Location> Parser::parseOptionalFrozen() {
  if (!at(TokenKind::Identifier) || peek().text != "frozen")
    return std::nullopt;
  const Token &next = peek(1);
  bool isBound = next.is(TokenKind::Equal) || next.is(TokenKind::Prime) || next.is(TokenKind::Comma);
  if (peek().startsLine && isBound)
    return std::nullopt;
  mlir::Location loc = here();
  take();
  return loc;
}

// ['frozen'] ['as' name], of which before a block 'as' is that of the counter of a repetition
bool Parser::parseOptionalAs(CallExpr &call) {
  call.frozen = parseOptionalFrozen();
  if (!at(TokenKind::KwAs) || peek(2).is(TokenKind::LeftBrace))
    return true;
  take();
  auto name = expectName("a name after 'as'");
  if (name)
    call.as = name->text;
  return name.has_value();
}

// name | ( name (, name)+ )
bool Parser::parseArgumentAxes(Argument &argument) {
  if (at(TokenKind::LeftParen)) {
    mlir::Location loc = here();
    take();
    if (!parseNames(argument.pooled, "the name of an axis") || !expect(TokenKind::RightParen, "or ','"))
      return false;
    if (argument.pooled.size() < 2)
      mlir::emitError(loc) << "expected two axes or more in the parentheses after 'over', found one";
    return argument.pooled.size() >= 2;
  }
  auto axis = expectName("the name of an axis after 'over'");
  if (axis && axis->text == batchName)
    argument.pooled.push_back(*axis);
  else
    argument.axis = axis;
  return axis.has_value();
}

// arguments = ( [argument (, argument)*] )    argument = [name :] expr [over name | over ( name (, name)+ )]
bool Parser::parseArguments(std::vector<Argument> &arguments, bool mayNameAxes) {
  if (!expect(TokenKind::LeftParen, "and arguments"))
    return false;
  while (!at(TokenKind::RightParen)) {
    Argument argument{{}, here(), nullptr};
    if (at(TokenKind::Identifier) && peek(1).is(TokenKind::Colon)) {
      argument.name = take().text;
      take();
    }
    if (!(argument.value = parseExpr()))
      return false;
    if (mayNameAxes && consumeIf(TokenKind::KwOver) && !parseArgumentAxes(argument))
      return false;
    arguments.push_back(std::move(argument));
    if (!consumeIf(TokenKind::Comma))
      break;
  }
  return expect(TokenKind::RightParen, "or ','");
}

// scan-axes = ( name [backward], name [backward] (, name [backward])* )
bool Parser::parseScanAxes(std::vector<ScanAxis> &axes, bool mayBeBackward) {
  mlir::Location loc = here();
  take();
  do {
    auto name = expectName("the name of an axis");
    if (!name)
      return false;
    axes.push_back({*name, mayBeBackward && consumeIf(TokenKind::KwBackward)});
  } while (consumeIf(TokenKind::Comma));
  if (!expect(TokenKind::RightParen, "or ','"))
    return false;
  if (axes.size() < 2)
    mlir::emitError(loc) << "expected two axes or more in the parentheses after 'over', found one";
  return axes.size() >= 2;
}

// scan = 'scan' name ['[' sizes ']'] ( arguments ) [over name | over scan-axes] [backward] [from ( arguments )]
//        ['frozen'] [as name]
ExprPtr Parser::parseScan() {
  mlir::Location loc = here();
  take();
  auto name = expectName("the name of a cell after 'scan'");
  if (!name)
    return nullptr;
  auto call = std::make_unique<CallExpr>(loc, *name);
  call->isScan = true;
  if (at(TokenKind::LeftBracket)) {
    call->hasSizes = true;
    if (!parseShape(call->sizes))
      return nullptr;
  }
  if (!at(TokenKind::LeftParen))
    return errorExpected("'(' and the arguments of the scan");
  CallExpr *scan = call.get();
  ExprPtr result = parseCallRest(std::move(call));
  if (!result)
    return nullptr;
  if (consumeIf(TokenKind::KwOver)) {
    if (at(TokenKind::LeftParen) ? !parseScanAxes(scan->axes, /*mayBeBackward=*/true)
                                 : !(scan->axis = expectName("the name of an axis after 'over'")))
      return nullptr;
  }
  if (at(TokenKind::KwBackward) && !scan->axes.empty()) {
    mlir::emitError(here()) << "expected 'backward' after one of the axes in the parentheses, found it behind them";
    return nullptr;
  }
  scan->backward = consumeIf(TokenKind::KwBackward);
  if (consumeIf(TokenKind::KwFrom)) {
    if (!parseArguments(scan->initials))
      return nullptr;
    for (const Argument &initial : scan->initials) {
      if (initial.name.empty()) {
        mlir::emitError(initial.loc) << "expected the name of a state and ':' before its initial value";
        return nullptr;
      }
      scan->depth = std::max(scan->depth, initial.value->depth + 1);
    }
  }
  if (!parseOptionalAs(*scan))
    return nullptr;
  return limitDepth(std::move(result), scan->depth - 1);
}

// param = 'param' name : shape [= expr] ['frozen']
std::unique_ptr<ParamExpr> Parser::parseParam() {
  mlir::Location loc = here();
  take();
  auto name = expectName("the name of the parameter");
  if (!name || !expect(TokenKind::Colon, "and the parameter's shape"))
    return nullptr;
  auto param = std::make_unique<ParamExpr>(loc, *name);
  if (!parseShape(param->shape))
    return nullptr;
  if (consumeIf(TokenKind::Equal) && !(param->init = parseExpr()))
    return nullptr;
  // An initialiser has no parameters: the word behind it is the parameter's.
  auto *call = param->init ? dyn_cast<CallExpr>(param->init.get()) : nullptr;
  param->frozen = (call && call->frozen) || parseOptionalFrozen();
  for (const ExprPtr &size : param->shape)
    param->depth = std::max(param->depth, size->depth + 1);
  if (param->init)
    param->depth = std::max(param->depth, param->init->depth + 1);
  return param;
}

// shape = '[' [expr (, expr)*] ']'
bool Parser::parseShape(Exprs &shape) {
  if (!expect(TokenKind::LeftBracket, "and a shape"))
    return false;
  while (!at(TokenKind::RightBracket)) {
    ExprPtr size = parseExpr();
    if (!size)
      return false;
    shape.push_back(std::move(size));
    if (!consumeIf(TokenKind::Comma))
      break;
  }
  return expect(TokenKind::RightBracket, "or ','");
}
