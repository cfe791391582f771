// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The syntax tree: what was written. What does not depend on any size of it the Resolver decides and writes into the
// members marked "resolved": what a name, a callee or an argument means. Names are pieces of the source text; the
// SourceMgr that owns the text outlives the tree.

#ifndef RONDO_FRONTEND_AST_H
#define RONDO_FRONTEND_AST_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rondo {

struct CellDecl;
struct LayoutDecl;
struct FunctionInfo;
struct InitialiserInfo;

/// A name at a place.
struct Identifier {
  llvm::StringRef text;
  mlir::Location loc;
  unsigned slot = 0; // resolved: the place of what it binds or means among all that its cell or model binds
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

struct Expr {
  enum class Kind { Number, Name, Training, Unary, Binary, Call, Slice, Member, Param };

  Expr(Kind kind, mlir::Location loc) : kind(kind), loc(loc) {}
  virtual ~Expr() = default;

  const Kind kind;
  mlir::Location loc;
  unsigned depth = 1; // of this tree; the parser keeps it small, so that later recursion is safe
};
using ExprPtr = std::unique_ptr<Expr>;
using Exprs = std::vector<ExprPtr>;

/// 64, 2e-3
struct NumberExpr : Expr {
  NumberExpr(mlir::Location loc, llvm::StringRef text, double value, bool isInteger, int64_t integer)
      : Expr(Kind::Number, loc), text(text), value(value), isInteger(isInteger), integer(integer) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Number; }

  llvm::StringRef text;
  double value;
  bool isInteger;
  int64_t integer;
};

/// h, h'
struct NameExpr : Expr {
  NameExpr(mlir::Location loc, llvm::StringRef name, bool primed) : Expr(Kind::Name, loc), name(name), primed(primed) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Name; }

  llvm::StringRef name;
  bool primed;
  unsigned slot = 0;           // resolved: as an Identifier's
  bool declares = false;       // resolved: in the shape of a cell's argument it stands for the size found there
  bool isUpdateNumber = false; // resolved: in a rate, the `step` that is the number of the update
};

/// training
struct TrainingExpr : Expr {
  explicit TrainingExpr(mlir::Location loc) : Expr(Kind::Training, loc) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Training; }
};

/// -x
struct UnaryExpr : Expr {
  UnaryExpr(mlir::Location loc, ExprPtr operand) : Expr(Kind::Unary, loc), operand(std::move(operand)) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Unary; }

  ExprPtr operand;
};

enum class BinaryOperator {
  Add,
  Subtract,
  Multiply,
  Divide,
  MatMul,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual
};

/// The operator as it is written.
llvm::StringRef spell(BinaryOperator op);

/// x + y; the location is the operator's.
struct BinaryExpr : Expr {
  BinaryExpr(mlir::Location loc, BinaryOperator op, ExprPtr lhs, ExprPtr rhs)
      : Expr(Kind::Binary, loc), op(op), lhs(std::move(lhs)), rhs(std::move(rhs)) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Binary; }

  BinaryOperator op;
  ExprPtr lhs, rhs;
};

/// What an argument is to what is called.
enum class ArgumentRole {
  Value, // of a cell: that of the argument `place`
  State, // of a cell: state `place` begins with the value (from) or is the caller's state (in a step)
  Initialiser,
  Bias, // the initialiser of the bias
  NoBias,
  Table,    // of embedding: the table
  Axis,     // of index, length and window: a name that is an axis
  First,    // of shift: the value before the first position
  Option,   // of window and batch_norm: a number
  Word,     // of window: how it is padded; of what draws: how often
  Renaming, // of rename: its name is an axis, which becomes the one that its value names
  Steps,    // of a scan: how many there are, along an axis without a name
};

/// x, or h: x, or x over N; the name is empty without the first, `axis` without the second and in no renaming. Of x
/// over batch, or over several as (batch, N), the axes are `pooled`.
struct Argument {
  llvm::StringRef name;
  mlir::Location loc;
  ExprPtr value;
  std::optional<Identifier> axis = std::nullopt;
  std::vector<Identifier> pooled = {};
  ArgumentRole role = ArgumentRole::Value;      // resolved
  unsigned place = 0;                           // resolved
  const InitialiserInfo *initialiser = nullptr; // resolved
};

/// R backward: one of the axes of a scan over (R backward, C).
struct ScanAxis {
  Identifier name;
  bool backward = false;
};

/// tanh(x), linear[H](x, bias: none) as q, scan LSTM[H](x) over T backward from (h: h0) as back
struct CallExpr : Expr {
  CallExpr(mlir::Location loc, Identifier callee) : Expr(Kind::Call, loc), callee(callee) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Call; }

  Identifier callee;
  bool hasSizes = false;
  Exprs sizes;
  std::vector<Argument> arguments;
  bool isScan = false;
  std::optional<Identifier> axis; // of a scan: along which it is said to run
  bool backward = false;          // of a scan
  std::vector<ScanAxis> axes;     // of a scan over several: over (R, C)
  std::vector<Argument> initials; // of a scan: from (name: value, ...)
  llvm::StringRef as;             // empty if not given
  std::optional<mlir::Location> frozen;
  // Resolved: a function or a cell; the cell's instance is `callee` if there is one.
  const FunctionInfo *function = nullptr;
  const CellDecl *cell = nullptr;
  bool isOfInstance = false;
};

/// The axis of the sequences side by side, which reductions may name.
constexpr llvm::StringLiteral batchName = "batch";

/// The call's argument of this role, or null.
inline const Argument *findArgument(const CallExpr &call, ArgumentRole role) {
  auto found = llvm::find_if(call.arguments, [&](const Argument &argument) { return argument.role == role; });
  return found == call.arguments.end() ? nullptr : &*found;
}

/// x[a:b]; either bound may be missing
struct SliceExpr : Expr {
  SliceExpr(mlir::Location loc, ExprPtr base, ExprPtr low, ExprPtr high)
      : Expr(Kind::Slice, loc), base(std::move(base)), low(std::move(low)), high(std::move(high)) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Slice; }

  ExprPtr base, low, high;
};

/// r.final.h, h.R
struct MemberExpr : Expr {
  MemberExpr(mlir::Location loc, ExprPtr base, llvm::StringRef member)
      : Expr(Kind::Member, loc), base(std::move(base)), member(member) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Member; }

  ExprPtr base;
  llvm::StringRef member;
  std::optional<unsigned> neighbour; // resolved: `base` is a state, and this the place of the axis among its cell's
};

/// param w: [H, I] = uniform(r) frozen
struct ParamExpr : Expr {
  ParamExpr(mlir::Location loc, Identifier name) : Expr(Kind::Param, loc), name(name) {}
  static bool classof(const Expr *expr) { return expr->kind == Kind::Param; }

  Identifier name;
  Exprs shape;
  ExprPtr init;                                 // null if not given
  const InitialiserInfo *initialiser = nullptr; // resolved
  bool frozen = false;
};

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

struct Stmt {
  enum class Kind { State, Buffer, Bind, Param, Const, Let, Return, Repeat, Axis, Port, Generate, Train };

  Stmt(Kind kind, mlir::Location loc) : kind(kind), loc(loc) {}
  virtual ~Stmt() = default;

  const Kind kind;
  mlir::Location loc;
};
using StmtPtr = std::unique_ptr<Stmt>;
using Stmts = std::vector<StmtPtr>;

/// state h, c: [H] = 0, state cover: [] over S
struct StateStmt : Stmt {
  explicit StateStmt(mlir::Location loc) : Stmt(Kind::State, loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::State; }

  std::vector<Identifier> names;
  Exprs shape;
  std::vector<Identifier> axes; // after over: those of the cell's arguments
  ExprPtr init;                 // null if not given
  unsigned firstState = 0;      // resolved: the place of the first name among the cell's states
};

/// buffer m, v: [H] = 0
struct BufferStmt : Stmt {
  explicit BufferStmt(mlir::Location loc) : Stmt(Kind::Buffer, loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Buffer; }

  std::vector<Identifier> names;
  Exprs shape;
  ExprPtr init; // null if not given
};

/// y = e, h' = e, a, b = split(e), output y: [N] = e, loss a = e weight w
struct BindStmt : Stmt {
  struct Target {
    Identifier name;
    bool primed;
  };

  explicit BindStmt(mlir::Location loc) : Stmt(Kind::Bind, loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Bind; }

  std::vector<Target> targets;
  ExprPtr value;
  bool isOutput = false, isLoss = false;
  Exprs shape;    // of an output
  ExprPtr weight; // of a loss; null if not given
};

/// A declared parameter as a statement.
struct ParamStmt : Stmt {
  explicit ParamStmt(std::unique_ptr<ParamExpr> param) : Stmt(Kind::Param, param->loc), param(std::move(param)) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Param; }

  std::unique_ptr<ParamExpr> param;
};

/// const p: [P, N] from "patterns.npy"
struct ConstStmt : Stmt {
  ConstStmt(mlir::Location loc, Identifier name) : Stmt(Kind::Const, loc), name(name), fileLoc(loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Const; }

  Identifier name;
  Exprs shape;
  llvm::StringRef file; // without the quotes
  mlir::Location fileLoc;
};

/// let rnn = GRU[H] frozen
struct LetStmt : Stmt {
  LetStmt(mlir::Location loc, Identifier name, Identifier callee) : Stmt(Kind::Let, loc), name(name), callee(callee) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Let; }

  Identifier name, callee;
  Exprs sizes;
  std::optional<mlir::Location> frozen;
  const CellDecl *cell = nullptr; // resolved
};

struct ReturnStmt : Stmt {
  explicit ReturnStmt(mlir::Location loc) : Stmt(Kind::Return, loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Return; }

  ExprPtr value;
};

/// repeat 4 as block { ... }
struct RepeatStmt : Stmt {
  RepeatStmt(mlir::Location loc, ExprPtr count, Identifier counter)
      : Stmt(Kind::Repeat, loc), count(std::move(count)), counter(counter) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Repeat; }

  ExprPtr count;
  Identifier counter;
  Stmts body;
};

/// axis T, axis N = 64, axis S like T, axis U = (T - 4) / 2; cells have the third alone
struct AxisStmt : Stmt {
  AxisStmt(mlir::Location loc, Identifier name) : Stmt(Kind::Axis, loc), name(name) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Axis; }

  Identifier name;
  ExprPtr size;                         // null if not given
  ExprPtr most;                         // of the time axis: how many positions a call may have; null if not given
  std::optional<Identifier> parent;     // the axis that it is as long as; resolved: of a derived one, from which
  std::optional<mlir::Location> ragged; // where it says that each sequence has a length of its own
  // Resolved: pieces of the size of a derived axis, null if not given.
  bool isDerived = false, adds = false;
  Expr *offset = nullptr, *divisor = nullptr;
};

/// input text: token[vocab] over T, target y: [2] over T, target next: token[vocab] over T = ahead(text, 1)
struct PortStmt : Stmt {
  PortStmt(mlir::Location loc, bool isTarget, Identifier name)
      : Stmt(Kind::Port, loc), isTarget(isTarget), name(name) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Port; }

  bool isTarget;
  Identifier name;
  bool isToken = false;
  std::optional<Identifier> indexAxis; // index[S]: of which axis it is a position; then there is no shape
  Exprs shape;                         // as a CellArgument's
  std::vector<Identifier> axes;        // after over
  ExprPtr value;                       // of a target: ahead(input, n); null if not given
};

/// generate text from logits first 0 until 1 max 40
struct GenerateStmt : Stmt {
  GenerateStmt(mlir::Location loc, Identifier answer, Identifier from)
      : Stmt(Kind::Generate, loc), answer(answer), from(from) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Generate; }

  Identifier answer, from;    // an input or a target, an output
  ExprPtr first, until, most; // null if not given
};

/// One line of a train block: name, a word (`data bytes`, `optimizer adam`, `clip norm`) and values.
struct Setting {
  Identifier name;
  llvm::StringRef word; // or a pattern: `decay *.bias 0`; empty if there is none
  std::vector<Argument> values;
};

struct TrainStmt : Stmt {
  explicit TrainStmt(mlir::Location loc) : Stmt(Kind::Train, loc) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == Kind::Train; }

  std::vector<Setting> settings;
};

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

/// H, alpha = 0.1
struct SizeParameter {
  Identifier name;
  ExprPtr value; // the default; null if there is none
};

/// x: [I], memory: [M] over S, word: token[V]
struct CellArgument {
  Identifier name;
  bool isToken = false;
  Exprs shape;                                   // the vocabulary alone if it is a token
  std::optional<Identifier> axis = std::nullopt; // a name for the one that is found at the use
};

/// That a cell names another one.
struct CellUse {
  CellDecl *cell;
  bool isStep; // else it scans it, or has an instance
};

struct CellDecl {
  explicit CellDecl(Identifier name);
  ~CellDecl();

  Identifier name;
  std::string doc; // without the slashes
  std::vector<SizeParameter> sizes;
  std::vector<CellArgument> arguments;
  std::vector<Identifier> axes; // over (R, C): those along which it runs, if there are several
  Exprs resultShape;
  Stmts body;
  std::vector<LayoutDecl> layouts;
  // Resolved, the last three of this cell with all cells that it uses.
  unsigned slots = 0;
  std::vector<CellUse> uses;
  bool hasStates = false; // its own, or those of cells that it steps
  bool hasScans = false;  // of cells with states
  bool hasParameters = false;
};

struct ModelDecl {
  explicit ModelDecl(Identifier name);
  ~ModelDecl();

  Identifier name;
  std::string doc;
  std::vector<SizeParameter> parameters;
  Stmts body;
  std::vector<LayoutDecl> layouts;
  unsigned slots = 0;           // resolved
  std::optional<unsigned> loss; // resolved: the slot of `loss`
};

/// One source file.
struct SourceFile {
  std::vector<std::unique_ptr<CellDecl>> cells;
  std::vector<std::unique_ptr<LetStmt>> lets; // instances that the models share
  std::vector<std::unique_ptr<ModelDecl>> models;
};

/// Prints the tree, one node a line, children indented.
void dump(const SourceFile &file, llvm::raw_ostream &os);

/// Prints its equations as LaTeX (EquationPrinter.cpp).
void printLatex(const SourceFile &file, llvm::raw_ostream &os);

} // namespace rondo

#endif // RONDO_FRONTEND_AST_H
