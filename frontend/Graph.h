// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A model with all sizes known: what the Elaborator makes of the syntax tree and IRGen turns into functions. Cells are
// expanded, repeats unrolled, names resolved; nothing depends on the batch, the length or whether one trains.

#ifndef RONDO_FRONTEND_GRAPH_H
#define RONDO_FRONTEND_GRAPH_H

#include "dialect/AttributeNames.h"
#include "frontend/ModelInfo.h"
#include "frontend/NodeOp.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <optional>

namespace rondo {

/// What a value is at one position of one example, and the axes over which it varies.
struct ValueType {
  enum class Element { Real, Token, Bool };

  Element element = Element::Real;
  int64_t vocab = 0; // of a token
  AxisSet axes = noAxes;
  llvm::SmallVector<int64_t, 2> shape;

  bool isReal() const { return element == Element::Real; }
};

/// How neighbours become features, or the positions of an axis.
struct WindowInfo {
  enum class Pad { Value, Edge, Reflect };

  AxisIndex neighbours = 0; // the axis whose positions they become; 0 is features
  int64_t width = 1, stride = 1, dilation = 1;
  // How many positions are put before the first one and behind the last one; negative ones are left out there.
  int64_t before = 0, after = 0;
  bool isPlaced = false; // `before` is given, and `after` follows from the number of windows
  bool isInside = false; // windows lie within the axis
  Pad pad = Pad::Value;
  double value = 0; // of those

  /// From a window's first position to its last one.
  int64_t reach() const { return (width - 1) * dilation; }
};

struct Scan;

struct Node {
  Node(unsigned id, NodeOp op, ValueType type, mlir::Location loc) : id(id), op(op), type(std::move(type)), loc(loc) {}

  unsigned id; // operands have lower ones
  NodeOp op;
  ValueType type;
  mlir::Location loc;
  llvm::SmallVector<Node *, 2> operands;
  Scan *region = nullptr; // the innermost scan in whose body it is computed; null outside of scans
  Scan *scan = nullptr;   // of Scan, Final, StateSequence and BodySequence, and of what is the `last` of one
  double number = 0;
  int64_t index = 0, low = 0, high = 0;
  AxisIndex axis = 0; // of what works over one: over which positions; 0 is over the features
  // Of Rename and Window: the axis whose place `axis` takes; of Index: the one from whose length that of `axis`
  // follows; of Length: the one that `axis` is as long as, or itself.
  AxisIndex source = 0;
  AxisSet pooled = noAxes;          // of Pool
  NodeOp pooling = NodeOp::Sum;     // of Pool: or Mean, or Max
  Node *body = nullptr;             // of BodySequence
  std::optional<WindowInfo> window; // of Window: the neighbours of each position of `axis` along `source`
  bool isAnew = false;              // of Random: anew in each window of training
  // Of Shift, Window and Rename: the name of the state that holds what lies before a cut.
  std::string path;
  // Of Product: a letter for each dimension of the features of its operands and its result, as "i,oi->o".
  std::string terms;
};

/// What an update gives to a buffer: the mean of the value over all axes that it varies over.
struct Prime {
  unsigned parameter; // the buffer's number among the parameters
  Node *value;
};

/// A state of a scan.
struct ScanState {
  std::string name; // its path
  Node *before;     // NodeOp::State
  Node *after = nullptr;
  Node *init = nullptr; // outside of the scan; null is `initNumber` throughout
  double initNumber = 0;
  bool isNumbered = false; // has a number behind its name where that is another's
};

struct Scan {
  std::string path;       // what the names of its states begin with
  Scan *parent = nullptr; // in whose body it stands; null outside of scans
  AxisIndex axis = 0;     // along which it runs
  AxisSet axes = noAxes;  // over which its states and results vary beside
  bool backward = false;
  // Along how many axes it runs with the scans that make it up: the result of each is that of the next one, at the
  // positions of which its states are what the one within has before.
  unsigned dimensions = 1;
  std::vector<std::unique_ptr<ScanState>> states;
  std::vector<Prime> primes; // whose values are computed in its body
  Node *result = nullptr;    // the returned value at one position
  Node *node = nullptr;      // the sequence
  Node *last = nullptr;      // in its place, the returned value at the last step: along an axis without a name
};

/// What a model is.
struct Graph {
  explicit Graph(mlir::Location loc) : loc(loc) {}

  mlir::Location loc; // of the model's name
  ModelInfo info;
  std::vector<std::unique_ptr<Node>> nodes; // by id
  std::vector<std::unique_ptr<Scan>> scans;
  std::vector<Node *> parameters, inputs, targets, outputs; // in the order of `info`
  Node *loss = nullptr;                                     // one number a position; null if there is none
  std::vector<Node *> losses;                               // what it is the sum of, in the order of `info`
  std::vector<Node *> weights;                              // of these; null is 1
  Node *step = nullptr;                                     // the number of the update; null if no weight depends on it
  std::vector<Prime> primes;                                // whose values are outside of scans
  std::vector<Node *> reported;                             // what validation reports of it, in the order of `info`
  // Of a model that generates: the output that symbols are drawn from, and the values of the answer at the position
  // before, which are what was drawn.
  Node *drawn = nullptr;
  std::vector<const Node *> past;
  std::vector<Node *> held; // what functions need not compute in each call, in the order of `info`
};

/// One function to be made of a model.
struct EntryOptions {
  std::string name = "train"; // the function's
  EntryKind kind = EntryKind::train;
  int64_t rows = 1;           // the size of the batch
  std::vector<int64_t> sizes; // of the model's axes, in their order
  bool f64 = false;           // the elements are f64, else f32
  bool training = true;       // dropout is active
  bool withLoss = true;       // with the loss and the targets, if the model has one
  bool withOutputs = true;
  bool withLength = false; // a call may have fewer positions than the window, and says how many
  // Renamed values of earlier positions are states: the axes like the window's have a slot for each position that there
  // may be (ModelInfo::streamSizesWith).
  bool keepsRenamed = false;
  // One position of what generates: with the logits alone, and the symbol drawn before in the place of the answer's.
  bool generates = false;
  bool reads = false;  // what is held is given
  bool begins = false; // it computes that, and nothing else, of what such a function computes
  bool primes = false; // it computes the next values of the buffers
};

/// Calls `visit` on what the node's value is computed from: its operands, and of a scan what its body hands on and the
/// states begin with.
void forEachSource(const Node &node, llvm::function_ref<void(const Node *)> visit);

/// By id, which nodes `roots` need, themselves included. Scans need all of their states' equations. `training` says
/// whether one trains, if that is known: a select by Training needs one side only, a dropout maybe no mask. Those that
/// are `given`, if that is said, need nothing.
std::vector<bool> findNeeded(const Graph &graph, llvm::ArrayRef<Node *> roots, std::optional<bool> training,
                             llvm::function_ref<bool(const Node &)> given = nullptr);

/// Adds to the held values those that these roots need: what is the same at all positions of the window's axis, depends
/// on inputs, and is worth being kept: it takes a scan, a product over an axis or one with a large matrix (Held.cpp).
void holdValues(Graph &graph, llvm::ArrayRef<Node *> roots);
/// The held values that the roots need where all of them are given, and the nodes that they need then, without
/// training.
llvm::SmallVector<Node *> heldFor(const Graph &graph, llvm::ArrayRef<Node *> roots);
std::vector<bool> findNeededBeside(const Graph &graph, llvm::ArrayRef<Node *> roots);

/// How a value at one position of an axis depends on its operands at others.
enum class Mixing {
  None,  // only on those at its own
  Back,  // on earlier ones too
  Ahead, // on later ones too
  All,   // on every one
  End,   // as Back, but it is the value at the last position alone
};

/// How `node` mixes the positions of `axis`.
Mixing mixingOf(const Node &node, AxisIndex axis);

/// Of a shift or window, how many positions before a cut of `axis` a state holds for it; 0 of other nodes, and of those
/// for which there is no such state: within a scan, or where there would be too many.
int64_t pastOf(const Node &node, AxisIndex axis);

/// Makes indices along the axis, and what follows from them, values of each sequence, as these begin a window at
/// positions of their own. Whether there are any.
bool countInRows(Graph &graph, const std::vector<bool> &needed, AxisIndex axis);

/// The window with those of which it is one, the innermost last, of which all read the last one's operand. Where `cut`
/// is cut, what lies before comes first: then those within pad with the same number.
std::vector<Node *> windowsWithin(Node *node, std::optional<AxisIndex> cut);

/// A node by which a value at some position of `axis` depends on another one in a way that no state carries from one
/// window to the next, or null: one that looks ahead itself, or one whose value at the end is used at each position: of
/// any axis, as what follows from it in the dialect has lost the name of its axes; or one that looks back without a
/// state. Renamed values are carried where the axis says how many positions there are at most, if nothing looks ahead
/// along their axes. Only nodes that are `needed` count, and none that is `given`.
const Node *findUncarried(const Graph &graph, const std::vector<bool> &needed, AxisIndex axis,
                          llvm::ArrayRef<const Node *> given = {});

/// A node that the outputs of a model that looks ahead need, of which they can be computed only for as many positions
/// of the window's axis as a function is made for, or null (CallLength.cpp).
const Node *findUnended(const Graph &graph);

/// The first node, among those that are `needed`, by which a value depends on positions of `axis` behind its own along
/// an axis like it, to which values are renamed; null if all of these can be computed from slots in which positions are
/// kept as they come (Causal.cpp).
const Node *findAheadOfRenamed(const Graph &graph, const std::vector<bool> &needed, AxisIndex axis);

/// The values of the primes.
llvm::SmallVector<Node *> primedValues(const Graph &graph);

/// Why the value of an output at some position of the axis that is cut into windows, or of one like it, depends on a
/// target at that position or a later one, or on a target without positions.
struct Leak {
  const Node *cause = nullptr; // the target, or the node that mixes positions; null if there is no leak
  bool isAlongOther = false;   // the target's positions are those of another axis than the output's
};

/// The leak of each output, in their order (TargetReach.cpp).
std::vector<Leak> findLeaks(const Graph &graph);

} // namespace rondo

#endif // RONDO_FRONTEND_GRAPH_H
