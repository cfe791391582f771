// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The sizes and costs of the functions that cover any batch.

#include "tools/compiler/CoverEntries.h"

#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace rondo;

namespace {

/// Numbers in the weights of products.
struct Weights {
  int64_t recurrent = 0; // of those that wait for a state
  int64_t others = 0;
  int64_t once = 0;  // of those without time that are not held, at all positions of other axes: each call computes them
  int64_t begin = 0; // the same of those that are held
};

/// The axes that the value of a node varies over, with those that scans run along around it.
AxisSet axesAround(const Node &node) {
  AxisSet axes = node.type.axes;
  for (const Scan *scan = node.region; scan; scan = scan->parent)
    axes |= scan->axes | setOf(scan->axis);
  return axes;
}

Weights weightsOf(const Graph &graph, ArrayRef<Node *> roots, std::optional<AxisIndex> cut) {
  std::vector<bool> needed = findNeeded(graph, roots, /*training=*/false);
  std::vector<bool> beside = cut ? findNeededBeside(graph, roots) : needed; // without a cut nothing is held
  std::vector<bool> waits(graph.nodes.size()), seen(graph.nodes.size());
  std::vector<int64_t> sizes = graph.info.sizesWith(1);
  Weights weights;
  for (const auto &node : graph.nodes) {
    auto waiting = [&](const Node *operand) { return operand->region == node->region && waits[operand->id]; };
    waits[node->id] = node->op == NodeOp::State || (node->region && any_of(node->operands, waiting));
    if (!needed[node->id] || node->op != NodeOp::Product)
      continue;
    bool isHeld = cut && (!beside[node->id] || is_contained(graph.held, node.get()));
    AxisSet axes = axesAround(*node) & ~(isHeld ? setOf(*cut) : noAxes);
    for (const Node *operand : node->operands) {
      if (operand->op != NodeOp::Parameter && operand->op != NodeOp::Given)
        continue;
      int64_t size = 1;
      for (int64_t dim : operand->type.shape)
        size *= dim;
      if (cut && !(axes & setOf(*cut))) {
        for (auto [axis, positions] : enumerate(sizes))
          size *= axes & setOf(axis + 1) ? positions : 1;
        (isHeld ? weights.begin : weights.once) += size;
      } else if (!seen[operand->id]) {
        seen[operand->id] = true;
        (waits[node->id] ? weights.recurrent : weights.others) += size;
      }
    }
  }
  return weights;
}

/// Cycles for the weights of one vector register at a position: two multiply-adds go in one, and what the register is
/// waited for beside them depends on the cache that holds so many bytes (measured, roughly, on two machines). Several
/// rows leave time to ask for it before: an LSTM of 512 took 1.6 cycles for one row, 4.2 for eight.
double cycles(int64_t rows, int64_t bytes, const Machine &machine) {
  double wait = bytes <= machine.l1 ? 0.1 : bytes <= machine.l2 ? 0.4 : bytes <= machine.l3 ? 1 : 3.5;
  return static_cast<double>(rows) / 2 + (rows < Machine::rowsWithTimeToLoad ? wait : wait / 4);
}

/// For how many rows there are functions that compute these values, and what they cost.
struct Heights {
  Heights(const Graph &graph, ArrayRef<Node *> roots, std::optional<AxisIndex> cut, const Machine &machine, bool f64)
      : machine(machine), weights(weightsOf(graph, roots, cut)), size(f64 ? 8 : 4), recurrent(weights.recurrent * size),
        all(recurrent + weights.others * size), some(f64 || !machine.hasManyRegisters() ? 4 : 8), rows{1, some} {
    if (recurrent > machine.l2)
      rows.push_back(many);
  }

  /// In a window the products that wait for no state have the rows of all its positions, and their weights are read
  /// once, for tiles of rows that a window that ends early fills but in part.
  CoverCost costOf(int64_t count, bool endsEarly) const {
    double lanes = static_cast<double>(machine.width) * 4 / static_cast<double>(size);
    auto others = static_cast<double>(weights.others), once = static_cast<double>(weights.once);
    double ofRows = others * cycles(count, 0, machine), ofWeights = others * cycles(0, all, machine);
    double ofCall =
        ofWeights + once * static_cast<double>(count) / 2 + (endsEarly ? others * cycles(some, 0, machine) / 2 : 0);
    double position = 1 + (static_cast<double>(weights.recurrent) * cycles(count, recurrent, machine) + ofRows) / lanes;
    return {position, 1 + ofCall / lanes, static_cast<double>(weights.begin) * cycles(count, 0, machine) / lanes};
  }

  static constexpr int64_t many = 16;
  const Machine &machine;
  Weights weights;
  int64_t size, recurrent, all, some;
  SmallVector<int64_t> rows;
};

/// A function without a loss that computes outputs, of a whole sequence or of a part of one that streams, or what is
/// held.
EntryOptions optionsOf(const ModelInfo &info, StringRef name, int64_t rows, int64_t length, bool f64, bool streams) {
  EntryOptions options;
  options.name = formatv("{0}_{1}x{2}", name, rows, length).str();
  options.kind = EntryKind::run;
  options.rows = rows;
  options.sizes = streams ? info.streamSizesWith(length) : info.sizesWith(length);
  options.keepsRenamed = streams && info.keepsRenamed;
  options.f64 = f64;
  options.training = options.withLoss = false;
  return options;
}

/// Lets the entries read what functions of that name and their rows make.
void readHeld(MutableArrayRef<CoverEntry> entries, StringRef name) {
  for (CoverEntry &entry : entries) {
    entry.options.reads = true;
    entry.begin = formatv("{0}_{1}", name, entry.options.rows).str();
  }
}

/// Adds such functions for these rows.
void addBegins(const Graph &graph, StringRef name, bool generates, ArrayRef<int64_t> rows, bool f64,
               SmallVectorImpl<CoverEntry> &entries) {
  readHeld(entries, name);
  for (int64_t count : rows) {
    EntryOptions options = optionsOf(graph.info, name, count, 1, f64, /*streams=*/false);
    options.name = formatv("{0}_{1}", name, count).str();
    options.generates = generates;
    options.begins = true;
    entries.push_back({options, {}});
  }
}

} // namespace

bool rondo::runsInParts(const Graph &graph) {
  const ModelInfo &info = graph.info;
  std::optional<AxisIndex> window = info.windowAxis();
  if (!info.streamable || !window)
    return false;
  AxisSet others = noAxes;
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    if (axis != *window && info.rootOf(axis) == *window && !(info.keepsRenamed && info.lengthOf(axis) == *window))
      others |= setOf(axis);
  std::vector<Node *> roots = graph.outputs;
  if (graph.loss)
    roots.push_back(graph.loss);
  std::vector<bool> needed = findNeeded(graph, roots, std::nullopt);
  return none_of(graph.nodes, [&](const auto &node) { return needed[node->id] && (node->type.axes & others); });
}

void rondo::holdForEntries(Graph &graph) {
  if (runsInParts(graph))
    holdValues(graph, graph.outputs);
  if (graph.info.generate.hasFunctions)
    holdValues(graph, {graph.drawn});
}

/// Whether a window may end at any position, with the states behind it: along its axis there are scans, which do so,
/// and nothing takes the value at the window's last position, or its last positions for those behind the cut.
static bool mayEndEarly(const Graph &graph) {
  AxisIndex window = *graph.info.windowAxis();
  std::vector<bool> needed = findNeeded(graph, graph.outputs, /*training=*/false);
  bool scans = false;
  for (const auto &node : graph.nodes) {
    if (!needed[node->id])
      continue;
    scans |= node->op == NodeOp::Scan && node->scan->axis == window;
    bool isKept = node->op == NodeOp::Rename && node->source == window;
    if ((node->op == NodeOp::Last && node->axis == window) || pastOf(*node, window) || isKept)
      return false;
  }
  return scans;
}

/// A number of positions for calls of up to `length`, that is the size of nothing else in the model: passes make one
/// nest of what has equal sizes, whichever of them are positions, and a nest over positions ends with a call's.
static int64_t roomFor(const Graph &graph, int64_t length, ArrayRef<int64_t> heights) {
  const ModelInfo &info = graph.info;
  llvm::SmallDenseSet<int64_t> others(heights.begin(), heights.end());
  std::vector<int64_t> sizes = info.sizesWith(length);
  for (AxisIndex axis = 1; axis <= sizes.size(); ++axis)
    if (info.rootOf(axis) != info.windowAxis())
      others.insert(sizes[axis - 1]);
  for (const auto &node : graph.nodes) {
    // A table has its rows for tokens, over which nothing runs.
    if (node->op == NodeOp::Parameter)
      continue;
    int64_t all = 1;
    for (int64_t size : node->type.shape) {
      others.insert(size);
      all *= size;
    }
    others.insert(all);
  }
  int64_t room = length;
  while (others.contains(room))
    ++room;
  return room;
}

SmallVector<CoverEntry> rondo::coverEntries(const Graph &graph, const Machine &machine, bool f64) {
  const ModelInfo &info = graph.info;
  if (info.outputs.empty())
    return {};
  bool inParts = runsInParts(graph);
  Heights heights(graph, graph.outputs, inParts ? info.windowAxis() : std::nullopt, machine, f64);
  constexpr int64_t many = Heights::many;
  // One row reads the weights of all products for a single position; those that wait for no state are read once in a
  // window. Several rows compute all the time: windows save calls. Where they may end early all have as many rows of
  // positions, so that their products that wait for no state are one kernel; else some that one row fills up need be
  // short: they compute as long as they read from four positions on. What ends early needs no more code for longer
  // windows, but memory.
  bool isBound = inParts && mayEndEarly(graph);
  constexpr int64_t longest = 128;
  auto lengthsOf = [&](int64_t rows) {
    SmallVector<int64_t> lengths;
    if (!inParts) {
      lengths.push_back(info.windowAxis() ? info.mostPositions() : 1);
      // A call takes the shortest that it fits in: tiles, and what threads share, are chosen for a number of positions.
      for (int64_t length : {64, 8, 1})
        if (info.endsWithCall && info.mostPositions() > length)
          lengths.push_back(length);
      for (int64_t &length : lengths)
        if (info.endsWithCall && length > 1)
          length = roomFor(graph, length, {1, 4, 8, 16}); // the same sizes for any machine
      lengths.erase(llvm::unique(lengths), lengths.end());
      return lengths;
    }
    if (isBound)
      lengths = {longest / rows};
    else if (rows == 1 && info.keepsRenamed) // each window reads what is kept before it
      lengths = {longest, 16};
    else if (rows == 1)
      lengths = {32, 4};
    else if (rows < many)
      lengths = {16};
    if (!isBound || rows == 1)
      lengths.push_back(1);
    for (int64_t &length : lengths)
      length = std::min(length, isBound || info.keepsRenamed ? info.longestWindow : info.train.k2);
    lengths.erase(llvm::unique(lengths), lengths.end());
    return lengths;
  };
  SmallVector<CoverEntry> entries;
  for (int64_t rows : heights.rows)
    for (int64_t length : lengthsOf(rows)) {
      EntryOptions options = optionsOf(info, "run", rows, length, f64, info.streamable);
      options.withLength = (isBound || info.endsWithCall) && length > 1;
      entries.push_back({options, heights.costOf(rows, options.withLength)});
    }
  if (inParts && !heldFor(graph, graph.outputs).empty())
    addBegins(graph, "begin", /*generates=*/false, heights.rows, f64, entries);
  return entries;
}

SmallVector<CoverEntry> rondo::generatorEntries(const Graph &graph, const Machine &machine, bool f64) {
  SmallVector<CoverEntry> entries;
  if (!graph.info.generate.hasFunctions)
    return entries;
  Heights heights(graph, {graph.drawn}, graph.info.windowAxis(), machine, f64);
  for (int64_t rows : heights.rows) {
    EntryOptions options = optionsOf(graph.info, "generate", rows, 1, f64, /*streams=*/true);
    options.generates = true;
    CoverCost cost = heights.costOf(rows, /*endsEarly=*/false);
    cost.generates = true;
    entries.push_back({options, cost});
  }
  SmallVector<Node *> held = heldFor(graph, {graph.drawn});
  if (held.empty())
    return entries;
  bool areMade = runsInParts(graph) && held == heldFor(graph, graph.outputs);
  Heights ofOutputs(graph, graph.outputs, graph.info.windowAxis(), machine, f64);
  if (areMade && ofOutputs.rows == heights.rows)
    readHeld(entries, "begin");
  else
    addBegins(graph, "generate_begin", /*generates=*/true, heights.rows, f64, entries);
  return entries;
}

bool rondo::coverScores(const Graph &graph) {
  const ModelInfo &info = graph.info;
  if (info.outputs.empty() || !(runsInParts(graph) || info.endsWithCall))
    return false;
  AxisIndex window = *info.windowAxis();
  auto isOfOutput = [&](const LossInfo &loss) {
    bool ofLogits = !loss.accuracyLogits.empty();
    const std::string &name = ofLogits ? loss.accuracyLogits : loss.squaredOutput;
    auto output = find_if(info.outputs, [&](const PortInfo &port) { return port.name == name; });
    if (output == info.outputs.end())
      return false;
    // What is trained at the end of a window is not what there is at the end of a shorter sequence.
    if (!output->varies(window) && info.axes[window - 1].hasLengths && !info.isRagged(window))
      return false;
    return ofLogits || info.overWindow(output->axes) || output->axes == batchAxis;
  };
  return all_of(info.reported, isOfOutput);
}
