// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Tokens to the syntax tree, by recursive descent. Its parts: Parser.cpp (declarations), ParseStatements.cpp,
// ParseLayout.cpp, ParseExpressions.cpp; the grammar stands above each function.

#ifndef RONDO_FRONTEND_PARSER_H
#define RONDO_FRONTEND_PARSER_H

#include "frontend/LayoutDecl.h"
#include "frontend/Lexer.h"

#include <deque>
#include <optional>

namespace rondo {

/// Parses one file. Errors are diagnostics; after one the parser goes on with the next statement, so that a
/// run reports several. The caller finds out by its diagnostic handler whether there were any.
class Parser {
public:
  explicit Parser(Lexer lexer) : lexer(lexer) {}

  /// What could be understood of the file.
  SourceFile parseFile();

private:
  void skipToDeclaration();

  // Declarations.
  std::unique_ptr<CellDecl> parseCell();
  std::unique_ptr<ModelDecl> parseModel();
  bool parseSizeParameters(TokenKind close, std::vector<SizeParameter> &parameters);
  bool parseCellArguments(std::vector<CellArgument> &arguments);
  bool parseCellAxes(std::vector<Identifier> &axes);

  // Statements. A null result is an error that has been reported. Some belong to one of both owners only.
  enum class Owner { cell, model };
  bool parseBody(Stmts &body, Owner owner);
  bool enterBlock();
  StmtPtr parseStatement(Owner owner);
  StmtPtr parseBuffer();
  StmtPtr parseState();
  StmtPtr parseBinding();
  StmtPtr parseConst();
  bool atWeight();
  std::unique_ptr<LetStmt> parseLet();
  StmtPtr parseReturn();
  StmtPtr parseRepeat(Owner owner);
  StmtPtr parseAxis(Owner owner);
  bool atAxisWord(llvm::StringRef word);
  bool parseAxisLengths(AxisStmt &axis);
  StmtPtr parsePort();
  bool parseNames(std::vector<Identifier> &names, llvm::StringRef expected);
  bool parseOptionalOver(std::vector<Identifier> &axes);
  bool parseIndexAxis(PortStmt &port);
  StmtPtr parseOutput();
  StmtPtr parseLoss();
  StmtPtr parseGenerate();
  StmtPtr parseTrain();
  std::optional<Setting> parseSetting();
  llvm::StringRef parsePattern();

  // Layout blocks. No result is an error that has been reported.
  void parseLayout(std::vector<LayoutDecl> &layouts);
  bool parseConditions(LayoutDecl &layout);
  bool parseLayoutLines(std::vector<LayoutLine> &lines);
  std::optional<LayoutLine> parseLayoutLine();
  std::optional<LayoutLine> parsePlace(LayoutName path);
  std::optional<LayoutLine> parseLayoutRepeat();
  std::optional<TensorTerm> parseTerm(bool isFirst);
  std::optional<TensorTerm> parseTensor(bool isWithinLine = true);
  std::optional<LayoutName> parseLayoutName(llvm::StringRef what, bool isWithinLine = true);
  static bool classifiesAsPunctuation(const Token &token);
  bool parseSubscripts(std::vector<Subscript> &subscripts);
  bool parsePrefix(std::vector<PrefixPart> &prefix);

  // Expressions. A null result is an error that has been reported.
  ExprPtr parseExpr();
  ExprPtr parseSum();
  ExprPtr parseProduct();
  ExprPtr parseUnary();
  ExprPtr parseMatMul();
  ExprPtr parsePostfix();
  ExprPtr parsePrimary();
  ExprPtr parseNumber();
  ExprPtr parseNameOrCall();
  ExprPtr parseScan();
  bool parseArgumentAxes(Argument &argument);
  bool parseScanAxes(std::vector<ScanAxis> &axes, bool mayBeBackward);
  std::unique_ptr<ParamExpr> parseParam();
  ExprPtr parseSliceOrSizes(ExprPtr base, Exprs *sizes);
  ExprPtr parseCallRest(std::unique_ptr<CallExpr> call);
  bool parseArguments(std::vector<Argument> &arguments, bool mayNameAxes = false);
  bool parseShape(Exprs &shape);
  bool parseVocabulary(const Identifier &name, Exprs &shape);
  bool parseOptionalAs(CallExpr &call);
  std::optional<mlir::Location> parseOptionalFrozen();
  ExprPtr makeBinary(mlir::Location loc, BinaryOperator op, ExprPtr lhs, ExprPtr rhs);

  // Tokens.
  const Token &peek(unsigned ahead = 0);
  Token take();
  bool at(TokenKind kind) { return peek().is(kind); }
  bool consumeIf(TokenKind kind);
  bool expect(TokenKind kind, llvm::StringRef where);
  std::optional<Identifier> expectName(llvm::StringRef what);
  mlir::Location here() { return lexer.locate(peek().text.begin()); }
  std::nullptr_t errorExpected(const llvm::Twine &what);
  void skipStatement(bool mustMove = false);
  bool atStatementStart();

  /// Sets the depth of `expr` from its children and checks it; null if it is too deep.
  ExprPtr limitDepth(ExprPtr expr, unsigned childDepth);

  Lexer lexer;
  std::deque<Token> lookahead;
  std::vector<LayoutDecl> *layouts = nullptr; // of the current cell or model
  bool layoutsOfModel = false;
  unsigned nesting = 0; // of parentheses, blocks and prefix operators being parsed
};

} // namespace rondo

#endif // RONDO_FRONTEND_PARSER_H
