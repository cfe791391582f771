// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the runtime must know about a model, as plain data. The driver writes it into the binary.

#ifndef RONDO_FRONTEND_MODELINFO_H
#define RONDO_FRONTEND_MODELINFO_H

#include "dialect/OptimizerTable.h"
#include "frontend/Axis.h"
#include "frontend/LayoutInfo.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rondo {

/// How a parameter starts. kind: zeros; constant {a}; uniform {a, b}: in [a, b); normal {a = mean, b = standard
/// deviation}; identity {a = scale}; orthogonal {a = gain}.
struct InitInfo {
  std::string kind = "zeros";
  double a = 0, b = 0;
};

struct ParameterInfo {
  std::string path;
  std::vector<int64_t> shape;
  InitInfo init;
  bool frozen = false;    // it has no gradient
  bool isBuffer = false;  // it is frozen, and an update may give it a value of its own
  bool isStopped = false; // a `stop` of the program hides a part that it has in the loss
};

/// An array that a file gave when the model was compiled.
struct ConstantInfo {
  std::string file; // as the program names it
  std::vector<int64_t> shape;
  std::shared_ptr<const std::vector<double>> numbers;
};

/// What the names of arguments begin with that are constants. In the dialect these are frozen parameters.
inline constexpr char constantPrefix[] = "constant/";

/// A scan's state, the last positions of what a shift or a window reads, or all positions of what is renamed. The shape
/// is that of the features at one position.
struct StateInfo {
  std::string name;
  AxisSet axes = batchAxis;
  std::vector<int64_t> shape;
  std::optional<double> initial; // what it begins with throughout, if that is a number
  int64_t past = 0;              // how many positions of the window's axis, if that is one of its axes
  bool isKept = false;           // position p of the sequence is at p
};

/// An input, target or output. The shape is that of the features at one position.
struct PortInfo {
  std::string name;
  bool token = false;
  int64_t vocab = 0;       // of a token
  AxisIndex positions = 0; // of an index[S]: the axis, if it is ragged, so that a sequence may have fewer
  AxisSet axes = batchAxis;
  std::vector<int64_t> shape;
  std::string aheadOf; // of a target: the input whose later values it is, empty if it is given by the data
  int64_t ahead = 0;   // by how many positions

  bool varies(AxisIndex axis) const { return axes & setOf(axis); }
};

/// Of a number that changes, in postfix order: a function of the values before it (runtime/NumberFunctions.h), `step`,
/// which is the number of the update, or with an empty name a number.
struct RateTerm {
  std::string name;
  double number = 0;
};

/// A loss that is reported by itself.
struct LossInfo {
  std::string name;                           // empty if there is but one, without a name
  std::string accuracyLogits, accuracyTarget; // an output and a target of the loss's cross entropy, or empty
  std::string squaredOutput, squaredTarget;   // an output and a target whose squared error is the loss, or empty
  bool isMasked = false;                      // it is the mean over the positions within the sequences' lengths
  double weight = 1;                          // in the sum that is trained
  std::vector<RateTerm> schedule;             // the weight in each update, if not empty; else it is `weight`
};

/// What the parameters that fit a pattern (dialect/ParameterPattern.h) have in place of what the train block says of
/// all.
struct GroupInfo {
  std::string pattern;
  std::optional<double> weightDecay, rateFactor, clip;
  bool clipsValue = false;
};

/// The train block, with -D applied.
struct TrainInfo {
  std::string data = "bytes"; // or windows, both of a text; lines or pairs, of its lines; arrays or frames
  int64_t batch = 32, k1 = 64, k2 = 64, steps = 1000;
  std::string optimizer;                // one of optimizerKinds()
  double rate = 0, weightDecay = 0;     // of all parameters
  std::vector<OptimizerNumber> numbers; // of the optimizer beside
  std::vector<RateTerm> schedule;       // the rate of each update, if not empty; else it is `rate`
  std::vector<GroupInfo> groups;        // of those that fit one the last counts
  double clip = 0;                      // 0 is no clipping
  bool clipsValue = false;              // each element, and not the norm of all
  double average = 0;                   // the decay of the average of the weights; 0: there is none
  int64_t accumulate = 1;               // batches of an update

  TrainInfo() { setOptimizer(*findOptimizer("adam")); }
  /// Chooses the optimizer, with its defaults.
  void setOptimizer(const OptimizerKind &kind);

  bool readsText() const { return data == "bytes" || data == "windows"; }
  bool readsLines() const { return data == "lines" || data == "pairs"; }
};

/// What is generated: the symbols of an input, or of a target whose values at the position before are read, each drawn
/// from an output's logits.
struct GenerateInfo {
  std::string answer, from; // empty if the model does not generate
  bool ofTarget = false;
  AxisIndex over = 0; // the axis of which a symbol is a position; 0 if its logit is a feature
  // What stands before the first symbol, which symbol is the last one, how many there are at most; none if not said.
  std::optional<int64_t> first, until, most;
  // Whether there are functions of one position for it alone, as those of all outputs do not serve: they read other
  // values over time, or look ahead. Their states.
  bool hasFunctions = false;
  std::vector<StateInfo> states;
};

struct ModelInfo {
  std::string name;
  std::vector<Axis> axes; // axis i of an AxisSet is at i - 1
  std::vector<ParameterInfo> parameters;
  std::vector<ConstantInfo> constants;
  std::vector<StateInfo> states; // of all scans, shifts and windows along the window's axis, in their order
  // What a sequence has one value of, that functions may be given: named by numbers.
  std::vector<StateInfo> held;
  std::vector<PortInfo> inputs, targets, outputs;
  GenerateInfo generate;
  std::vector<LossInfo> losses;      // the sum of which is trained
  std::vector<LossInfo> reported;    // by validation: the losses, or the terms of one that is a sum without a name
  bool endsWithCall = false;         // it looks ahead, and its outputs are computed for any length up to the greatest
  bool streamable = true;            // all that it knows of the past are states, carried from window to window
  std::vector<LayoutModule> modules; // what files of each layout have as a whole, in the program's order
  std::vector<IgnoredNames> ignored;
  int64_t longestWindow = INT64_MAX; // so many positions have an index
  bool counts = false;               // it streams or generates, and takes `index` of the window's axis
  bool keepsRenamed = false;         // it streams or generates, and renamed values of earlier positions are states
  TrainInfo train;

  /// The axis along which a long sequence is cut into windows, or none.
  std::optional<AxisIndex> windowAxis() const;
  /// The axis that says how long `axis` is: the one that it is like, or itself.
  AxisIndex lengthOf(AxisIndex axis) const;
  /// The axis from whose length that of `axis` follows: a free or fixed one.
  AxisIndex rootOf(AxisIndex axis) const;
  /// The length of that axis at which `axis` has at most so many positions.
  int64_t longestRoot(AxisIndex axis, int64_t positions) const;
  /// An axis that has no whole number of positions, or none, where the window is so long.
  const Axis *findMisfit(int64_t window) const;
  /// Whether each sequence ends along the axis at a length of its own, and what is behind is left out.
  bool isRagged(AxisIndex axis) const { return axes[lengthOf(axis) - 1].isRagged; }
  /// Whether there are lengths along the window's axis and a window holds a whole sequence. Else, of a ragged axis,
  /// windows are cut of sequences with the states carried, which the runtime sets in rows where others begin.
  bool holdsWhole() const;
  /// Whether `axes` are that axis and the batch.
  bool overWindow(AxisSet axes) const;
  /// Whether a loss over `axes` is averaged over positions within lengths: the window's axis is one of them and has
  /// some.
  bool hasMaskOver(AxisSet axes) const;
  /// By how many positions the target is ahead of its input beyond the nearest target of the same input, whose later
  /// values its own are.
  int64_t behindNearest(const PortInfo &target) const;
  /// The most positions of the window's axis in a call of a model that looks ahead: what its declaration says, or as
  /// many as a window that is trained.
  int64_t mostPositions() const;
  /// The sizes of the axes that the state varies over, in their order.
  std::vector<int64_t> axisSizesOf(const StateInfo &state) const;
  /// The sizes of all axes in a function whose window is so long.
  std::vector<int64_t> sizesWith(int64_t window) const;
  /// The same of one that keeps renamed values: the axes like the window's have slots for all positions there may be.
  std::vector<int64_t> streamSizesWith(int64_t window) const;
};

} // namespace rondo

#endif // RONDO_FRONTEND_MODELINFO_H
