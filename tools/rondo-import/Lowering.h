// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From the nodes of a graph to statements of a program, one after the other.

#ifndef RONDO_TOOLS_RONDOIMPORT_LOWERING_H
#define RONDO_TOOLS_RONDOIMPORT_LOWERING_H

#include "tools/rondo-import/Program.h"
#include "tools/rondo-import/Reader.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Twine.h"
#include <functional>
#include <optional>

namespace rondo::importer {

/// A part of a dimension: what it is in the program.
struct Atom {
  enum class Kind {
    Unit,    // of size 1: nothing
    Batch,   // the axis that nobody writes
    Axis,    // one that the program declares
    Feature, // a dimension of the value's shape
    Stack    // values side by side, as the directions of a scan
  };

  Kind kind = Kind::Unit;
  int64_t size = 1;
  unsigned axis = 0;  // of Axis: its index in the program
  unsigned place = 0; // of Feature: its index in the shape; of Stack: of the first one the values are farthest apart
  int input = -1;     // the graph's input whose dimension it is; -1 if none
  unsigned dim = 0;   // which one of it
};
using Dim = std::vector<Atom>;

/// What is put around the positions along another axis.
struct Padding {
  unsigned from = 0;
  int64_t before = 0, behind = 0;
  std::string mode; // as a window's
};

/// What a name of the graph stands for: an array that is known, or an expression of the program whose shape and axes
/// are the dimensions of ONNX's tensor, in parts.
struct Value {
  enum class Type { Real, Integer, Truth, Token }; // Integer: whole numbers as the program's real ones

  std::shared_ptr<const Constant> constant;
  Type type = Type::Real;
  std::vector<Dim> dims;
  std::vector<std::string> parts;       // one expression, or those of a stack
  Sizes features;                       // the shape of each
  std::map<unsigned, Padding> paddings; // along axes of it, of which the expression knows nothing yet
  int input = -1;                       // of an input's own value
  int64_t rowStep = 0; // of integers: to each is added its row's number in the batch times so many, to pick by

  bool isConstant() const { return constant != nullptr; }
  /// All parts of dimensions but those of size 1.
  std::vector<Atom> atoms() const;
  Sizes shape() const;
  /// How many values are side by side in each stack, of which the last one is the innermost.
  Sizes stacks() const;
  /// Of a stack the values begin, begin + step, ..; a single one is no stack.
  void takeOfStack(unsigned place, int64_t begin, int64_t count, int64_t step);
};

/// Whether an expression is one name, which may be written more than once.
bool isName(llvm::StringRef text);

/// Whether an input's only dimension is as long as the first one of another input, which has several.
bool isRowsOfBatch(llvm::ArrayRef<OnnxPort> ports, size_t input);

/// What becomes of a dimension of an input, found where it is used.
enum class Role { Batch, Time, Axis, Feature };

/// What is known of the inputs: the lowering begins anew when it learns more, until it learns nothing.
struct Decisions {
  std::map<std::pair<int, unsigned>, Role> roles;
  std::map<std::pair<int, unsigned>, std::pair<int, unsigned>> aliases; // a dimension along the axis of another one
  std::map<int64_t, Role> openRoles;
  std::map<int, int64_t> vocabularies; // of inputs that are tokens
  std::set<int> integers;              // inputs of integers that are numbers if they are neither tokens nor lengths
  std::map<int, unsigned> lengths;     // of inputs that are lengths along a dimension of another input: its axis
  bool batchIsAxis = false;
  bool looksAhead = false; // as the compiler says of the program
};

class Lowering {
public:
  Lowering(const OnnxModel &model, Decisions &decisions) : model(model), decisions(decisions) {
    program.looksAhead = decisions.looksAhead;
  }

  /// Lowers the whole graph; false after an error or where it has to begin anew.
  bool run();

  ImportedProgram program;
  std::string error;
  bool again = false; // decisions have been added

private:
  using Handler = bool (Lowering::*)(const OnnxNode &);
  static const std::map<std::string, Handler> &handlers();

  // Lowering.cpp: names and nodes
  bool declareInputs();
  std::string *onlyUse(const std::string &name);
  bool lowerGraph(const OnnxGraph &graph);
  bool lowerNode(const OnnxNode &node);
  /// Counts by whom names are used; a use within another graph than that of the name's is as good as two.
  void countUses(const OnnxGraph &graph, bool isNested = false);
  /// The value of an operand; null after an error. Its padding is written out but where the caller takes it along.
  const Value *operand(const OnnxNode &node, size_t i, bool takesPadding = false);
  bool writePadding(const OnnxNode &node, Value &value);
  /// An operand that is known; null after an error.
  const Constant *known(const OnnxNode &node, size_t i, const char *what);
  bool has(const OnnxNode &node, size_t i) const { return i < node.inputs.size() && !node.inputs[i].empty(); }
  bool define(const OnnxNode &node, size_t i, Value value);
  bool fold(const OnnxNode &node, Constant constant) { return define(node, 0, valueOf(std::move(constant))); }
  static Value valueOf(Constant constant);
  bool refuse(const OnnxNode &node, const llvm::Twine &words);
  bool checkAttributes(const OnnxNode &node, llvm::ArrayRef<const char *> known);
  /// An attribute's value, `otherwise` where it is not there; none after an error.
  template <typename T>
  std::optional<T> attribute(const OnnxNode &node, const char *name, Attribute::Kind kind, T Attribute::*member,
                             const char *what, T otherwise);
  std::optional<int64_t> integer(const OnnxNode &node, const char *name, int64_t otherwise);
  std::optional<double> real(const OnnxNode &node, const char *name, double otherwise);
  std::optional<std::string> text(const OnnxNode &node, const char *name, const char *otherwise);
  std::optional<Sizes> integers(const OnnxNode &node, const char *name, Sizes otherwise);
  /// A dimension counted from the end if negative; none after an error.
  std::optional<unsigned> dimension(const OnnxNode &node, int64_t dim, size_t rank);
  /// The one of a value that the attribute `axis` says, or `otherwise`; the node has these attributes only. None after
  /// an error, as null is.
  std::optional<unsigned> dimensionByAxis(const OnnxNode &node, const Value *value, int64_t otherwise,
                                          llvm::ArrayRef<const char *> attributes = {"axis"});
  /// Whether a value is one of real numbers that the inputs change; an error otherwise.
  bool checkReals(const OnnxNode &node, const Value &value);
  /// The integers of an attribute, or of an operand since newer versions of the operator.
  std::optional<Sizes> sizesOf(const OnnxNode &node, const char *attribute, size_t operandIndex, bool &isThere);
  /// Writes `NAME = expression` for each part and returns the value of those names.
  Value bind(const OnnxNode &node, Value value, llvm::StringRef suffix = "");
  std::string nameOf(const OnnxNode &node, llvm::StringRef suffix) const;

  // Layout.cpp: how two values go together
  bool decide(const Atom &atom, Role role);
  bool force(const OnnxNode &node, const Atom &atom, Role role, const char *what);
  /// Whether a dimension of an input has been found to be features, which it remains.
  bool isFeatureByUse(const Atom &atom) const {
    auto role = decisions.roles.find({atom.input, atom.dim});
    return role != decisions.roles.end() && role->second == Role::Feature;
  }
  unsigned axisOf(int input, unsigned dim, int64_t size, Role role);
  unsigned addAxis(llvm::StringRef name, int64_t size, std::string rule = "");
  /// The dimensions of a result of two operands that are repeated as ONNX says.
  bool align(const OnnxNode &node, const Value &a, const Value &b, Value &result);
  bool alignDim(const OnnxNode &node, const Dim &a, const Dim &b, Dim &result);
  /// A known array as a value beside another one: a number, a parameter, or one row of it for each position.
  bool materialize(const OnnxNode &node, const Constant &constant, const Value &beside, llvm::StringRef suffix,
                   Value &result);
  bool materializeTable(const OnnxNode &node, const Atom &row, const Atom &column, llvm::ArrayRef<double> values,
                        llvm::StringRef name, Value &result);
  bool isMask(const std::string &name, int depth);
  /// A number, of an infinite one in a mask a finite one in its place; none after an error.
  std::optional<double> finite(const OnnxNode &node, double number);
  bool parameterAlong(const OnnxNode &node, const Atom &axis, Parameter parameter, Value &result);
  /// Other dimensions of inputs than one become axes; false where there were any.
  bool leaveFeatures(const OnnxNode &node, const Value &value, unsigned dim);
  /// The positions along an axis as a feature dimension in front of the others.
  bool gatherAxis(const OnnxNode &node, Value &value, unsigned axis);
  std::string addParameter(llvm::StringRef name, Sizes shape, std::vector<double> values);
  bool isTimeOfOpenSize(unsigned axis) const { return isOpen(program.axes[axis].size); }
  /// Notes that what is computed at a position reads others along the axis.
  void readsAlong(unsigned axis) { program.looksAhead |= program.axes[axis].isTime; }
  /// Notes that what is computed depends on how many positions there are along the axis.
  void counts(const OnnxNode &node, unsigned axis) {
    if (isTimeOfOpenSize(axis) && openReduction.empty())
      openReduction = node.spell();
  }
  /// The same, of what reads all of them.
  void reduces(const OnnxNode &node, unsigned axis) {
    readsAlong(axis);
    counts(node, axis);
  }
  std::string spellAxis(unsigned axis) const { return program.axes[axis].name; }

  // Stack.cpp: values side by side
  /// An operand whose values side by side, as of two directions, are one value where they lie in one dimension with
  /// the features.
  const Value *joined(const OnnxNode &node, size_t i, bool takesPadding = false);
  /// The same; null after an error where values side by side remain.
  const Value *single(const OnnxNode &node, size_t i, bool takesPadding = false);
  /// Stacks in front of the features, in their dimension, as features of one value.
  bool unstack(const OnnxNode &node, Value &value);
  /// The stacks with these places, from the outermost on, as features.
  bool merge(const OnnxNode &node, Value &value, const std::vector<unsigned> &places);
  /// Whether operands are values side by side; none after an error.
  std::optional<bool> areSideBySide(const OnnxNode &node);
  /// Lowers the node for each of such values by itself.
  bool mapParts(const OnnxNode &node, Handler handler);
  /// A part of a dimension as `outer` ones, side by side, of the rest.
  bool split(const OnnxNode &node, Value &value, const Atom &whole, int64_t outer);

  // Fold.cpp: what is known
  bool lowerConstant(const OnnxNode &node);
  bool lowerShape(const OnnxNode &node);
  bool lowerConstantOfShape(const OnnxNode &node);
  bool lowerRange(const OnnxNode &node);
  bool lowerIndex(const OnnxNode &node, int64_t size);
  /// The numbers of the positions along an axis, as tokens.
  Value positionsAlong(unsigned axis);
  bool lowerTrilu(const OnnxNode &node);
  bool lowerReduceProd(const OnnxNode &node);
  bool lowerIf(const OnnxNode &node);
  bool foldBinary(const OnnxNode &node, const Constant &a, const Constant &b);
  bool foldUnary(const OnnxNode &node, const Constant &a);

  // Cast.cpp, Where.cpp
  bool lowerCast(const OnnxNode &node);
  bool lowerWhere(const OnnxNode &node);
  bool chooseAll(const OnnxNode &node, const Sizes &which, const Value &a, const Value &b, bool isFirst);
  bool chooseKnown(const OnnxNode &node, const Constant &which, const Constant &a, const Constant &b);

  // Elementwise.cpp
  bool lowerIdentity(const OnnxNode &node);
  bool lowerUnary(const OnnxNode &node);
  bool lowerBinary(const OnnxNode &node);
  bool lowerVariadic(const OnnxNode &node);
  bool lowerClip(const OnnxNode &node);
  bool lowerIsNaN(const OnnxNode &node);
  bool lowerPRelu(const OnnxNode &node);
  bool combine(const OnnxNode &node, const Value &a, const Value &b, llvm::StringRef suffix,
               llvm::function_ref<std::string(std::string, std::string)> spell, Value &result);

  // Integers.cpp
  /// Tokens, lengths and positions as whole numbers; other values as they are. False after an error, or where the
  /// lowering begins anew with the input as numbers.
  bool toNumber(const OnnxNode &node, Value &value);
  /// Known integers as real numbers; none after an error.
  std::optional<Constant> realOf(const OnnxNode &node, const Constant &constant);
  /// Whether a known 0, 1, .. in a dimension that the other operand lacks are the positions along an axis as long: the
  /// result is their value then.
  bool asPositions(const Constant &constant, const Value &beside, Value &result);

  /// Integers to which the numbers of rows are added; none where the node does something else.
  std::optional<Value> addRows(const OnnxNode &node, const Value &a, const Value &b);
  /// One position of each row, by integers.
  bool pickOfRows(const OnnxNode &node, const Value &value, const Value &which);

  // Regroup.cpp: dimensions in another order or other groups
  bool lowerTranspose(const OnnxNode &node);
  bool lowerReshape(const OnnxNode &node);
  bool lowerFlatten(const OnnxNode &node);
  bool lowerSqueeze(const OnnxNode &node);
  bool lowerUnsqueeze(const OnnxNode &node);
  bool lowerExpand(const OnnxNode &node);
  bool repeat(const OnnxNode &node, Value value, const Sizes &to);
  bool lowerTile(const OnnxNode &node);
  bool expandKnown(const OnnxNode &node, const Constant &array, const Sizes &from, const Sizes &to);
  bool regroup(const OnnxNode &node, const Value &value, const Sizes &shape);

  // Parts.cpp, Gather.cpp
  bool lowerConcat(const OnnxNode &node);
  bool concatKnown(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim);
  bool concatValues(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim);
  bool concatAxes(const OnnxNode &node, llvm::ArrayRef<const Value *> all, unsigned dim);
  /// Whether the language has no slice for steps along a dimension: features, or positions from the last on.
  static bool isOrderOfOne(const Value &value, unsigned dim, int64_t step);
  /// Positions of an axis, or features, in any order.
  bool pickAny(const OnnxNode &node, const Value &value, unsigned dim, const Sizes &places, llvm::StringRef suffix,
               Value &result);
  bool pickKnown(const OnnxNode &node, const Constant &array, unsigned dim, const Constant &indices);
  bool takeLast(const OnnxNode &node, Value &value, unsigned dim);
  bool lookUp(const OnnxNode &node, const Value &table, const Value &tokens, unsigned dim);
  /// The first rows of a table, one for each position along an axis of open size.
  bool rowsOfPositions(const OnnxNode &node, const Constant &table, int64_t dim, int64_t size);
  bool lowerSplit(const OnnxNode &node);
  bool lowerSlice(const OnnxNode &node);
  bool lowerGather(const OnnxNode &node);
  bool slice(const OnnxNode &node, const Value &value, unsigned dim, int64_t begin, int64_t count, int64_t step,
             llvm::StringRef suffix, Value &result);

  // Products.cpp
  bool lowerMatMul(const OnnxNode &node);
  bool lowerGemm(const OnnxNode &node);
  bool lowerOneHot(const OnnxNode &node);
  bool lowerEinsum(const OnnxNode &node);
  bool foldProduct(const OnnxNode &node, const Constant &a, const Constant &b, bool isTransposed, double scale,
                   const Constant *bias, double biasScale);
  /// A product of the last dimension with `weights` [K, N], or [N, K] where `isTransposed`, and a bias [N].
  bool emitLinear(const OnnxNode &node, Value value, const Constant &weights, bool isTransposed, const Constant *bias,
                  double scale, double biasScale);
  unsigned likeAxis(unsigned axis);
  bool multiplyValues(const OnnxNode &node, Value a, Value b);
  /// Binds `linear[N](..)` of a value and adds its parameters; `weights` are of the shape [N] + the value's features.
  Value bindLinear(const OnnxNode &node, Value value, std::vector<double> weights, std::vector<double> bias,
                   int64_t outputs);
  /// The same of a number, whose features are none; `weights` are [N].
  Value scaleNumber(const OnnxNode &node, Value value, std::vector<double> weights, std::vector<double> bias,
                    int64_t outputs);
  /// The bias that the only user of a product adds, which is then done with; null if there is none.
  const Constant *biasBehind(const OnnxNode &node, int64_t size, const OnnxNode *&user);

  // Convolution.cpp, Windows.cpp
  struct Spatial {
    Sizes kernel, strides, dilations, begins, ends;
    int same = 0; // whether pads follow from the size: 1 with the odd one behind, -1 before
    Sizes counts,
        skipped; // how many windows there are along dimensions of known size, and how many before them are left out
  };
  bool lowerConv(const OnnxNode &node);
  bool lowerConvTranspose(const OnnxNode &node);
  bool readKernel(const OnnxNode &node, const Constant *&weights, const Constant *&bias,
                  std::optional<int64_t> &groups);
  bool channelsOf(const OnnxNode &node, Value &value, int64_t channels);
  bool convolveGroups(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias,
                      Spatial &spatial, int64_t groups);
  bool convolveEach(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias, Spatial &spatial);
  bool spread(const OnnxNode &node, Value &value, unsigned dim, int64_t stride);
  void chompBehind(const OnnxNode &node, Spatial &spatial);
  bool convolve(const OnnxNode &node, Value value, const Constant &weights, const Constant *bias, Spatial &spatial);
  bool lowerPool(const OnnxNode &node);
  bool divideByCounts(const OnnxNode &node, Value &value, int64_t size, const Spatial &spatial, size_t i);
  bool lowerGlobalPool(const OnnxNode &node);
  bool lowerPad(const OnnxNode &node);
  bool readSpatial(const OnnxNode &node, const Sizes &kernel, Spatial &spatial);
  bool spatialAxes(const OnnxNode &node, Value &value, Spatial &spatial);
  /// Wraps an expression in the windows along the axis of a dimension, which becomes that of the windows.
  bool windowAlong(const OnnxNode &node, Value &value, const Spatial &spatial, size_t i, const std::string &width,
                   std::string pad);
  /// The axis of so many windows along another one, which start at -before.
  unsigned derivedAxis(unsigned from, int64_t count, int64_t stride, int64_t before, std::string rule = "");
  /// The axis of so many neighbours.
  unsigned neighbours(int64_t count);
  /// An axis of one position is none.
  void dropSingle(Value &value, unsigned dim);
  void cropBehind(const OnnxNode &node, unsigned dim, Spatial &spatial, size_t i, int64_t count);

  // Reduce.cpp
  bool lowerReduce(const OnnxNode &node);
  bool reduceStack(const OnnxNode &node, const Value &value, unsigned dim, bool keeps);
  bool lowerSoftmax(const OnnxNode &node);
  bool softmaxOverAll(const OnnxNode &node, const Value &value, unsigned first);
  bool lowerCumSum(const OnnxNode &node);

  // Normalize.cpp
  bool lowerLayerNorm(const OnnxNode &node);
  bool lowerBatchNorm(const OnnxNode &node);
  bool lowerInstanceNorm(const OnnxNode &node);
  std::optional<std::string> meanOver(const OnnxNode &node, const Value &value, std::string text, unsigned first);
  bool standardize(const OnnxNode &node, Value &value, unsigned first, double epsilon);
  bool scaleAndShift(const OnnxNode &node, const Value &value, const Constant &gain, const Constant *bias);

  // Attention.cpp, Rotary.cpp
  bool lowerAttention(const OnnxNode &node);
  bool lowerMultiHeadAttention(const OnnxNode &node);
  bool lowerRotaryEmbedding(const OnnxNode &node);

  // Recurrent.cpp
  bool lowerRecurrent(const OnnxNode &node);

  // Scan.cpp, Loop.cpp
  bool lowerScan(const OnnxNode &node);
  bool lowerLoop(const OnnxNode &node);

  friend class AttentionLowering;
  friend class EinsumLowering;
  friend class LoopLowering;
  friend class NodeSteps;
  friend class RecurrentLowering;
  friend class RotaryLowering;
  friend class ScanLowering;

  const OnnxModel &model;
  Decisions &decisions;
  Names names;
  std::map<std::string, Value> values;
  std::map<std::string, unsigned> uses;
  std::map<std::string, const OnnxNode *> users; // the last one
  std::map<std::string, std::string> outputNames;
  std::vector<std::shared_ptr<OnnxGraph>> copies; // graphs that are lowered in other forms than the model has them
  std::set<const OnnxNode *> done;                // as a part of another node
  std::map<std::pair<int, unsigned>, unsigned> inputAxes;
  std::set<std::string> boundOutputs;
  std::map<std::vector<int64_t>, unsigned> derivedAxes;
  int64_t batchSize = 0;              // where an input has a batch
  std::string openReduction;          // the first node that reduces an axis of open size
  std::set<const OnnxNode *> cropped; // slices of windows that are not computed where nothing else reads them
};

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_LOWERING_H
