// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From the syntax tree of a model to its graph: sizes, shapes, axes, parameter paths. A cell is expanded at each of its
// uses, as a template is. Its parts, Elaborator*.cpp: Model (the model as a whole), Ports (its axes and data), Loss
// (losses), Train (settings), Groups (of some parameters), Data (what they say of the data), Rate (a rate by the step),
// Body (statements of cells and models), Expr (operators), Calls and Functions (functions), Matrix (products), Random
// (what is drawn), Constants (arrays from files), Axes (those over an axis), Window (neighbours, derived axes),
// Parameters (paths, initialisers, linear), Buffers (and the batch), Cells (steps, states), Scans, Layout (files of
// other frameworks).

#ifndef RONDO_FRONTEND_SEMA_H
#define RONDO_FRONTEND_SEMA_H

#include "frontend/Functions.h"
#include "frontend/Graph.h"
#include "frontend/Program.h"
#include "frontend/Settings.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <map>
#include <optional>

namespace rondo {

/// A number known at compile time.
struct Number {
  double value = 0;
  bool isInteger = false;
  int64_t integer = 0;
  /// The name and value of a -D that it is computed from, if any.
  const std::pair<std::string, std::string> *define = nullptr;

  static Number ofInteger(int64_t integer) { return {static_cast<double>(integer), true, integer, nullptr}; }
  static Number ofReal(double value) { return {value, false, 0, nullptr}; }
  /// The same, computed from these.
  Number from(const Number &a, const Number &b) const {
    Number result = *this;
    result.define = a.define ? a.define : b.define;
    return result;
  }
};

/// The meaning of an expression: a number, a value of the graph, or (after an error, already reported) nothing.
struct Meaning {
  Meaning() = default;
  Meaning(Number number) : number(number) {}
  Meaning(Node *node) : node(node) {}

  explicit operator bool() const { return node || number; }

  Node *node = nullptr;
  std::optional<Number> number;
};

/// A cell made once, with its sizes, and used in several places.
struct Instance {
  const CellDecl *cell;
  std::vector<Number> sizes;
  std::string path;
  bool frozen = false; // its parameters are
  bool used = false;   // its parameters exist
};

/// A state, or a buffer, as the body of one cell or model sees it.
struct StateSlot {
  Node *before;
  llvm::SmallVector<Node *, 2> neighbours; // the same along each axis of the cell, if it runs along several
  Node *after = nullptr;                   // null until its equation
  ScanState *own = nullptr;
  StateSlot *bound = nullptr; // the state of the stepping cell that this one is
  bool isBuffer = false;      // it is a buffer, and `before` its parameter
  llvm::StringRef name;
};

/// One of the loops of a scan.
struct ScanLoop {
  AxisIndex axis;
  bool backward;
  unsigned place;       // of the axis among those of the cell
  Scan *scan = nullptr; // once it is there
};

/// A value that `from` gives to a state.
struct InitialValue {
  Node *node;
  mlir::Location loc;
};

class Elaborator {
public:
  Elaborator(const Program &program, const FrontendOptions &options) : program(program), options(options) {}

  /// The graph of the chosen model, or null after errors.
  std::unique_ptr<Graph> run();

private:
  friend class LayoutReader;
  /// What a slot of a body holds.
  struct Entry {
    Meaning meaning; // empty after an error
    StateSlot *state = nullptr;
    Instance *instance = nullptr;
    AxisIndex axis = 0; // 0 is none
  };

  /// A cell or model being expanded.
  struct Frame {
    const CellDecl *cell = nullptr;            // null for the model
    std::optional<mlir::Location> use;         // of the cell
    std::string path, statePath;               // what the paths of parameters and states begin with
    Scan *scan = nullptr;                      // the innermost scan whose body this is part of
    std::vector<ScanLoop> loops;               // of the scan of this cell, from the outermost inwards
    bool sharesParameters = false;             // they exist: an instance is used again
    bool freezes = false;                      // parameters are not trained
    llvm::StringRef binding;                   // the name being bound
    StateSlot *primed = nullptr;               // the state whose equation it is
    std::map<unsigned, InitialValue> initials; // of states, by their place in the cell
    std::map<unsigned, StateSlot *> bounds;    // states that are the stepping cell's
    AxisSet localAxes = noAxes;                // those that the cell declares
    AxisSet lifted = noAxes;                   // those of its arguments, and of the cells around it
    Node *result = nullptr;
    std::vector<Entry> entries; // by slot
    std::vector<std::unique_ptr<StateSlot>> slots;
    std::vector<std::unique_ptr<Instance>> instances;
  };

  /// A loss, or the only one without a name.
  struct NamedLoss {
    Identifier name;
    Node *node;
    LossInfo info;
  };

  // ElaboratorModel.cpp
  const ModelDecl *chooseModel();
  void bindParameters(const ModelDecl &model);
  void checkOutputs();
  bool renames(const std::vector<bool> &needed, AxisIndex axis) const;
  std::vector<StateInfo> statesOf(const std::vector<bool> &needed, llvm::ArrayRef<const Node *> given = {});
  void finishStreams(const ModelDecl &model);
  void checkMost(const ModelDecl &model, AxisIndex window);
  void checkIndices();
  bool checkVolume(const ModelDecl &model, int64_t batch, int64_t window);

  // ElaboratorPorts.cpp
  void declareAxis(const AxisStmt &stmt);
  bool setRagged(const AxisStmt &stmt, Axis &axis);
  void addAxis(const Identifier &name, AxisSet &axes);
  std::optional<int64_t> sizeOfIndex(const Identifier &name);
  bool evaluateType(const PortStmt &port, ValueType &type);
  void declarePort(const PortStmt &port);
  void declareAhead(const PortStmt &port, PortInfo &info);
  void declareOutput(const BindStmt &bind, Node *node);

  // ElaboratorGenerate.cpp
  void declareGenerate(const GenerateStmt &generate);
  bool readGenerate(const GenerateStmt &generate, int64_t vocab);
  void finishGenerate(const GenerateStmt &generate);
  void findPast(const GenerateStmt &generate, const std::vector<bool> &needed);
  bool checkGiven(const GenerateStmt &generate, const std::vector<bool> &needed);

  // ElaboratorLoss.cpp
  bool checkLoss(const Node *loss);
  void declareLoss(const BindStmt &bind, Node *node);
  Node *makeWeight(const LossInfo &loss, mlir::Location loc);
  Node *findOnlyLoss(const ModelDecl &model);
  void finishLoss(const ModelDecl &model);
  void describeLosses();
  void findStopped();

  // ElaboratorTrain.cpp
  void readTrain(const ModelDecl &model);
  void readSetting(const Setting &setting);
  void chooseOptimizer(llvm::StringRef kind);
  void readOptimizer(const Setting &setting);
  std::vector<ParameterInfo *> findFitting(const Setting &setting);
  void readFreeze(const Setting &setting);
  void readGroup(const Setting &setting);
  std::optional<double> readBound(const Expr &value, llvm::StringRef name, bool isPositive);
  void applyDefines(const ModelDecl &model);
  bool applyDefine(llvm::StringRef name, llvm::StringRef text, mlir::Location loc);
  bool setCount(int64_t &field, llvm::StringRef name, const Number &number, mlir::Location loc);
  void setReal(const SettingInfo &info, const Number &number, mlir::Location loc);
  void setNumbers(const SettingInfo &info, llvm::ArrayRef<Number> numbers, mlir::Location loc);
  void setWord(const SettingInfo &info, llvm::StringRef word);
  void checkWindow(mlir::Location bptt);
  void checkWholeWindow();

  // ElaboratorData.cpp
  void chooseData(mlir::Location data);
  bool fitsText() const;
  void checkPairs(mlir::Location data);
  void checkFrames(mlir::Location data);
  void checkFrameNames();
  void checkLengths(mlir::Location data);

  // ElaboratorRate.cpp
  bool readSchedule(const Expr &expr, std::vector<RateTerm> &schedule);
  bool addRateTerms(const Expr &expr, std::vector<RateTerm> &terms);

  // ElaboratorBody.cpp
  void expand(const Stmts &body);
  void expand(const Stmt &stmt);
  void expand(const BindStmt &bind);
  void expand(const RepeatStmt &repeat);
  void expandLet(const LetStmt &let);
  void bindTarget(const BindStmt &bind, const BindStmt::Target &target, Meaning meaning);
  Entry &entryOf(const Identifier &name) { return frame->entries[name.slot]; }

  // ElaboratorExpr.cpp
  Meaning elaborate(const Expr &expr);
  Node *elaborateValue(const Expr &expr);
  Node *elaborateToken(const Expr &expr);
  Node *elaborateReal(const Expr &expr);
  Meaning elaborate(const NameExpr &name);
  Meaning elaborate(const UnaryExpr &unary);
  Meaning elaborate(const BinaryExpr &binary);
  Meaning elaborate(const SliceExpr &slice);
  Meaning elaborate(const MemberExpr &member);
  Meaning combine(mlir::Location loc, BinaryOperator op, const Number &lhs, const Number &rhs);
  std::optional<Number> evaluate(const Expr &expr);
  std::optional<Number> evaluateWhole(const Expr &expr);
  std::optional<int64_t> evaluateInteger(const Expr &expr);
  std::optional<int64_t> evaluateSize(const Expr &expr);
  bool evaluateShape(const Exprs &exprs, llvm::SmallVectorImpl<int64_t> &shape);
  bool evaluateSizes(llvm::ArrayRef<const Expr *> exprs, llvm::SmallVectorImpl<int64_t> &shape);

  // ElaboratorCalls.cpp
  Meaning elaborate(const CallExpr &call);
  Meaning callFunction(const CallExpr &call, const FunctionInfo &info);
  Meaning callOnValues(const CallExpr &call, const FunctionInfo &info, llvm::ArrayRef<Node *> operands);
  std::optional<Number> callOnNumbers(const FunctionInfo &info, llvm::ArrayRef<Meaning> arguments);

  // ElaboratorFunctions.cpp
  Node *callPow(const CallExpr &call, Node *base, const Meaning &exponent);
  Node *callGelu(mlir::Location loc, Node *operand);
  Node *callSilu(mlir::Location loc, Node *operand);
  Node *callSoftplus(mlir::Location loc, Node *operand);
  Node *callClamp(mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *callSign(mlir::Location loc, Node *operand);
  Node *callElu(mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *callLogSumExp(mlir::Location loc, Node *operand, AxisIndex axis);
  Node *callLogAddExp(mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *withinFloats(mlir::Location loc, Node *largest);
  Node *callSoftmax(mlir::Location loc, Node *operand);
  Node *callConcat(const CallExpr &call, llvm::ArrayRef<Node *> parts);
  Node *callSelect(const CallExpr &call, llvm::ArrayRef<Node *> operands);
  Node *callLoss(const CallExpr &call, const FunctionInfo &info, llvm::ArrayRef<Node *> operands);
  Node *callCrossEntropy(const CallExpr &call, llvm::ArrayRef<Node *> operands);
  Node *callArgMax(mlir::Location loc, Node *operand);
  Node *callOneHot(const CallExpr &call, Node *tokens);
  std::vector<Node *> callSplit(const CallExpr &call, size_t parts);
  Node *slice(mlir::Location loc, Node *base, int64_t low, int64_t high);
  Node *reduce(mlir::Location loc, NodeOp op, Node *operand, AxisIndex axis = 0);

  // ElaboratorRandom.cpp
  AxisSet axesAround() const;
  Node *makeOutside(mlir::Location loc, llvm::function_ref<Node *()> build);
  Node *makeUniform(const ValueType &type, bool isAnew, mlir::Location loc);
  Node *makeNormal(const ValueType &type, bool isAnew, mlir::Location loc);
  Node *makeGumbel(const ValueType &type, bool isAnew, mlir::Location loc);
  Node *elaborateDrawn(const CallExpr &call, const Argument &argument, Function function);
  bool typeDrawn(const CallExpr &call, const Argument &argument, const Node &operand, llvm::StringRef per,
                 ValueType &type);
  Node *callDraw(const CallExpr &call, Function function);
  Node *callDropout(const CallExpr &call, Node *operand, const Meaning &probability);

  // ElaboratorMatrix.cpp
  Node *makeProduct(mlir::Location loc, Node *lhs, Node *rhs, std::string left, std::string right,
                    const llvm::Twine &result);
  Node *makeExpand(mlir::Location loc, Node *operand, size_t place, llvm::ArrayRef<int64_t> sizes);
  Node *matmul(mlir::Location loc, Node *lhs, Node *rhs);
  Node *scaleBy(mlir::Location loc, Node *factors, Node *value, size_t place);
  Node *callDot(mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *callOuter(mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *callDiagonal(mlir::Location loc, Node *operand);
  Node *callTranspose(mlir::Location loc, Node *operand);
  Node *callRange(const CallExpr &call);
  Node *callWithSizes(const CallExpr &call, NodeOp op);

  // ElaboratorAxes.cpp
  AxisSet endsOf(AxisIndex axis) const;
  Node *callOver(const CallExpr &call, const FunctionInfo &info, const Meaning &meaning);
  Node *callIndex(const CallExpr &call);
  Node *callLength(const CallExpr &call);
  Node *makeIndex(const Node &index, int64_t vocab);
  Node *callRename(const CallExpr &call);
  void declareLocalAxis(const AxisStmt &stmt);
  AxisIndex makeLocalAxis(Axis axis, mlir::Location loc);
  Node *callShift(const CallExpr &call);
  Node *elaborateFirst(const CallExpr &call, const Node &operand, const Identifier &axis);
  Node *callPick(const CallExpr &call);
  Node *callPickFeature(const CallExpr &call);
  Node *callCrossEntropyOver(const CallExpr &call, Node *scores, Node *position);
  bool checkOver(const Node &operand, const Argument &argument, llvm::StringRef function);
  Node *checkPosition(Node *position, const Argument &argument, const Identifier &axis);

  // ElaboratorWindow.cpp
  bool deriveAxis(const AxisStmt &stmt, AxisIndex parent, Axis &axis);
  Node *callWindow(const CallExpr &call);
  bool readWindow(const CallExpr &call, WindowInfo &window);
  bool placeWindows(const CallExpr &call, AxisIndex from, AxisIndex to, WindowInfo &window);
  bool checkRaggedWindows(const CallExpr &call, AxisIndex from, AxisIndex to, const WindowInfo &window);
  bool checkWindows(const CallExpr &call, AxisIndex from, AxisIndex to, const WindowInfo &window);

  // ElaboratorParameters.cpp
  Node *callLinear(const CallExpr &call);
  Node *callEmbedding(const CallExpr &call);
  Node *elaborateTable(const Argument &argument);
  Node *makeTable(const CallExpr &call, int64_t rows);
  Node *callLayerNorm(const CallExpr &call, Node *operand);
  Meaning declareParam(const ParamExpr &param);
  bool checkFrozen(llvm::StringRef name, bool hasParameters, const std::optional<mlir::Location> &frozen);
  std::optional<llvm::StringRef> ownName(const CallExpr &call);
  std::string pathOfPast() const;
  bool claim(const std::string &path, mlir::Location loc);
  Node *makeParameter(const std::string &path, llvm::ArrayRef<int64_t> shape, const InitInfo &init, mlir::Location loc);
  std::optional<InitInfo> elaborateInit(const Expr &expr, const InitialiserInfo &info, llvm::ArrayRef<int64_t> shape);
  std::optional<InitInfo> elaborateInit(const CallExpr &call, ArgumentRole role, llvm::ArrayRef<int64_t> shape,
                                        const InitInfo &standard);

  // ElaboratorBuffers.cpp
  void expandBuffers(const BufferStmt &stmt);
  Node *makeBuffer(const std::string &path, llvm::ArrayRef<int64_t> shape, double init, mlir::Location loc);
  void primeBuffer(StateSlot &slot, Node *value, mlir::Location loc);
  void prime(Node *buffer, Node *value, mlir::Location loc);
  void finishPrimes(Scan &scan);
  Node *pool(mlir::Location loc, NodeOp pooling, Node *operand, AxisSet axes);
  bool addPooledAxes(const CallExpr &call, const Node &operand, AxisSet &axes);
  Node *callPooled(const CallExpr &call, const FunctionInfo &info, const Meaning &meaning);
  std::optional<double> readNormOption(const CallExpr &call, llvm::StringRef name, double standard);
  Node *callBatchNorm(const CallExpr &call);
  void checkBatch();

  // ElaboratorConstants.cpp
  std::optional<unsigned> readConstant(const std::string &file, mlir::Location loc);
  Node *declareConst(const ConstStmt &stmt);

  // ElaboratorLayout.cpp
  void addModules(const std::string &path, llvm::StringRef kind,
                  llvm::function_ref<void(LayoutModule &module, unsigned layout)> describe);
  void addLinearModule(const std::string &path, llvm::ArrayRef<Node *> weights, Node *bias);
  void addEmbeddingModule(const std::string &path, Node *table);
  void addNormModule(const std::string &path, Node *gain, Node *bias);
  void addBatchNormModule(const std::string &path, llvm::ArrayRef<Node *> parts);
  const LayoutDecl *chooseLayout(const std::vector<LayoutDecl> &layouts, llvm::StringRef name);
  void finishLayouts(const CellDecl &cell, size_t firstParameter, size_t firstModule);
  bool replaceParts(const LayoutModule &own, const LayoutDecl &layout);
  void finishLayouts(const ModelDecl &model);

  // ElaboratorCells.cpp
  Meaning callCell(const CallExpr &call, const CellDecl &cell, Instance *instance);
  bool gatherArguments(const CallExpr &call, Frame &inner, std::vector<Node *> &arguments);
  Node *expandCell(const CellDecl &cell, llvm::ArrayRef<Number> sizes, Frame &inner, llvm::ArrayRef<Node *> arguments);
  bool checkOwnAxes(const CellDecl &cell, llvm::ArrayRef<Node *> arguments);
  bool bindSizes(const CellDecl &cell, llvm::ArrayRef<Number> sizes);
  bool bindArgument(const CellArgument &argument, Node *value);
  bool bindAxis(const CellArgument &argument, Node *value);
  void expandReturn(const ReturnStmt &stmt);
  void expandStates(const StateStmt &state);
  Meaning elaborateStart(const Expr &expr, const ValueType &type);
  StateSlot *makeSlot(const Identifier &name, unsigned place, const ValueType &type, const Meaning &start);
  void makeState(StateSlot &slot, const Identifier &name, unsigned place, const ValueType &type, const Meaning &start);
  void finishStates(Frame &inner);
  void primeState(StateSlot &slot, Node *value, mlir::Location loc);

  // ElaboratorScans.cpp
  bool findLoops(const CallExpr &call, const CellDecl &cell, llvm::ArrayRef<Node *> arguments,
                 std::vector<ScanLoop> &loops);
  bool makeLoopOfSteps(const CellDecl &cell, const Argument &steps, Frame &inner, std::vector<ScanLoop> &loops);
  Node *lastOf(Scan &scan, mlir::Location loc);
  Node *callCumulativeSum(const CallExpr &call, Node *operand, AxisIndex axis);
  Node *scanCell(const CallExpr &call, const CellDecl &cell, llvm::ArrayRef<Number> sizes, Frame &inner,
                 std::vector<Node *> arguments);
  std::optional<AxisSet> findLiftedAxes(const CellDecl &cell, const Frame &inner, llvm::ArrayRef<Node *> arguments);
  Node *closeScan(Scan &scan, Scan *around, Node *result, mlir::Location loc);

  // Elaborator.cpp
  Node *make(NodeOp op, ValueType type, mlir::Location loc, llvm::ArrayRef<Node *> operands = {});
  /// The value at the current position of the scan, within its body; the value itself if it does not vary along it.
  Node *makePosition(Node *sequence, Scan *scan, mlir::Location loc);
  void checkAxes(const Node &node);
  Node *makeConstant(double value, mlir::Location loc);
  Node *makeElementwise(NodeOp op, mlir::Location loc, llvm::ArrayRef<Node *> operands);
  Node *lower(const Meaning &meaning, mlir::Location loc);
  bool checkReal(Node *node, mlir::Location loc);
  bool checkTokens(llvm::ArrayRef<Node *> operands, mlir::Location loc);
  Node *asNumber(Node *node, mlir::Location loc);

  /// `'T', 'N'`, or `no axis`
  std::string spellAxes(AxisSet axes);

  /// An error with notes for the cells in whose use it stands.
  mlir::InFlightDiagnostic error(mlir::Location loc);
  /// The same at the use of the current cell.
  mlir::InFlightDiagnostic errorAtUse(mlir::Location loc);

  const Program &program;
  const FrontendOptions &options;
  std::unique_ptr<Graph> graph;
  Frame *frame = nullptr;
  std::vector<Frame *> frames;
  llvm::StringMap<mlir::Location> claims; // of paths
  llvm::StringMap<Node *> parameterNodes; // by path
  llvm::StringSet<> knownModules;         // paths of functions with parameters
  llvm::StringMap<unsigned> constants;    // those that have been read, by file
  std::vector<bool> defineUsed;
  std::vector<const Node *> losses; // all values that `loss` was bound to
  std::vector<Node *> stops;        // those of the program, not of functions that need one
  std::vector<NamedLoss> namedLosses;
  std::vector<std::pair<AxisIndex, mlir::Location>> lengths; // all that the program asks for, and where
  std::optional<mlir::Location> windowSetting;               // where 'bptt' stands
  bool hasDataSetting = false, failed = false;
  bool hasRate = false;               // the program's optimizer names its rate
  bool knowsParameters = false;       // no error has kept one from being declared
  llvm::SmallSet<unsigned, 4> primed; // the parameters that are buffers with an equation
  unsigned budget = 200000;           // of nodes and statements: a bound on the work that a short program can ask for
  int64_t draws = 0;                  // the streams of random numbers
};

/// The most elements that a parameter, or a value of a whole window and batch, may have.
constexpr int64_t maximalElements = int64_t(1) << 40;
/// The most dimensions of a shape.
constexpr unsigned maximalRank = 4;

/// `[2, 3]`
std::string spellShape(llvm::ArrayRef<int64_t> shape);
/// `[2, 3]`, `token[96]`, `a truth value`
std::string spellType(const ValueType &type);
/// `64`, `0.5`, `2.5, from -D H=2.5`
std::string spellNumber(const Number &number);
/// The number that a -D gives, or none if it is no number.
std::optional<Number> parseNumber(llvm::StringRef text);
/// `path.name`, or the name alone at the top.
std::string joinPath(llvm::StringRef path, llvm::StringRef name);

} // namespace rondo

#endif // RONDO_FRONTEND_SEMA_H
