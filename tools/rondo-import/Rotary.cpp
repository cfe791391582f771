// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RotaryEmbedding: pairs of features that are turned by an angle of their position.

#include "tools/rondo-import/NodeSteps.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::Twine;

namespace rondo::importer {

/// Each feature times a cosine, and the one it is turned with times a sine: features that are not turned have 1 and 0.
class RotaryLowering : NodeSteps {
public:
  using NodeSteps::NodeSteps;

  bool run();

private:
  void findPairs(int64_t heads, int64_t size, int64_t turned, bool isInterleaved);
  std::string table(size_t i, double otherwise);
  std::string partners(const std::string &name);

  /// Of a feature of all heads: its pair, or -1, the feature it is turned with, and whether it is the pair's first.
  struct Feature {
    int64_t pair, other;
    bool isFirst;
  };
  std::vector<Feature> features;
};

void RotaryLowering::findPairs(int64_t heads, int64_t size, int64_t turned, bool isInterleaved) {
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t i = 0; i < size; ++i) {
      int64_t half = turned / 2, at = head * size + i;
      bool isFirst = isInterleaved ? i % 2 == 0 : i < half;
      int64_t distance = isInterleaved ? 1 : half, pair = isInterleaved ? i / 2 : i % half;
      if (i < turned)
        features.push_back({pair, isFirst ? at + distance : at - distance, isFirst});
      else
        features.push_back({-1, at, true});
    }
}

/// An array whose leading rows are all the same as one of them.
static void takeOneRow(Constant &array) {
  int64_t rows = array.shape.front();
  size_t stored = array.stored();
  auto isSame = [&](size_t i) { return array.number(i) == array.number(i % (stored / static_cast<size_t>(rows))); };
  if (rows < 2 || array.uniform || !llvm::all_of(llvm::seq<size_t>(0, stored), isSame))
    return;
  array.shape.front() = 1;
  array.reals.resize(array.reals.size() / static_cast<size_t>(rows));
  array.integers.resize(array.integers.size() / static_cast<size_t>(rows));
}

/// The cosines, or sines with their signs, of all features at each position; `otherwise` for those that are not turned.
std::string RotaryLowering::table(size_t i, double otherwise) {
  Constant from = *valueOf(node.inputs[i]).constant, wide;
  size_t half = static_cast<size_t>(from.shape.back()), rows = static_cast<size_t>(countOf(from.shape)) / half;
  wide.shape = from.shape;
  wide.shape.back() = static_cast<int64_t>(features.size());
  for (size_t row = 0; row < rows; ++row)
    for (const Feature &feature : features) {
      size_t at = row * half + static_cast<size_t>(feature.pair);
      double number = feature.pair < 0 ? otherwise : from.reals[from.uniform ? 0 : at];
      wide.reals.push_back(otherwise == 0 && feature.isFirst ? -number : number);
    }
  if (!all.has(node, 3)) {
    takeOneRow(wide);
    return array(std::move(wide));
  }
  std::string places = node.inputs[3];
  if (const Value &given = valueOf(places); given.isConstant() && !given.constant->shape.empty()) {
    Constant known = *given.constant;
    takeOneRow(known);
    places = array(std::move(known));
  }
  return step("Gather", {array(std::move(wide)), places});
}

/// For each feature the one it is turned with: parts of the features in another order where these are long.
std::string RotaryLowering::partners(const std::string &name) {
  Sizes order, starts;
  for (const Feature &feature : features) {
    if (order.empty() || feature.other != order.back() + 1)
      starts.push_back(static_cast<int64_t>(order.size()));
    order.push_back(feature.other);
  }
  int64_t count = static_cast<int64_t>(order.size());
  if (static_cast<int64_t>(starts.size()) * 2 > count)
    return step("Gather", {name, array(Constant::integer({count}, order))}, {{"axis", attributeOf(2)}});
  std::vector<std::string> parts;
  starts.push_back(count);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    int64_t begin = order[static_cast<size_t>(starts[i])], end = begin + starts[i + 1] - starts[i];
    parts.push_back(step("Slice", {name, array(Constant::integer({1}, {begin})), array(Constant::integer({1}, {end})),
                                   array(Constant::integer({1}, {2}))}));
  }
  return step("Concat", parts, {{"axis", attributeOf(2)}});
}

bool RotaryLowering::run() {
  auto isInterleaved = all.integer(node, "interleaved", 0), count = all.integer(node, "num_heads", 0);
  auto turns = all.integer(node, "rotary_embedding_dim", 0);
  if (!isInterleaved || !count || !turns ||
      !all.checkAttributes(node, {"interleaved", "num_heads", "rotary_embedding_dim"}))
    return false;
  const Value *value = all.joined(node, 0);
  const Constant *tables[2] = {};
  for (size_t i = 0; value && i < 2; ++i)
    if (!(tables[i] = all.known(node, i + 1, "a table of cosines or sines")))
      return false;
  if (!value || !all.checkReals(node, *value) || (all.has(node, 3) && !all.operand(node, 3)))
    return false;
  Sizes shape = value->shape();
  bool isWide = shape.size() == 3; // the heads in the dimension of the features
  int64_t width = shape.empty() ? unknownSize : shape.back(), most = 1 << 20;
  bool isKnown = isWide || (shape.size() == 4 && !isOpen(shape[1]) && shape[1] <= most);
  if (!isKnown || isOpen(width) || width > most || (!isWide && shape[1] * width > most))
    return refuse("expected 3 or 4 dimensions with at most 2^20 features of all heads, found shape " +
                  spellShape(shape));
  int64_t heads = isWide ? *count : shape[1];
  if (heads < 1 || (isWide && width % heads != 0))
    return refuse("expected a number of heads that divides " + Twine(width) +
                  " features as attribute 'num_heads', found " + Twine(heads));
  int64_t size = isWide ? width / heads : width, turned = *turns == 0 ? size : *turns;
  if (turned < 2 || turned > size || turned % 2 != 0)
    return refuse("expected an even number of features to turn, at most " + Twine(size) + ", found " + Twine(turned));
  size_t rank = all.has(node, 3) ? 2 : 3;
  for (const Constant *one : tables)
    if (!one->isReal() || one->shape.size() != rank || one->shape.back() != turned / 2 || countOf(one->shape) < 1)
      return refuse("expected a cosine and a sine for each of " + Twine(turned / 2) + " pairs in " + Twine(rank) +
                    " dimensions, found shape " + spellShape(one->shape));
  for (const Constant *one : tables)
    if (countOf({countOf(one->shape) / one->shape.back(), heads * size}) < 0)
      return refuse("expected at most 2^28 cosines of all heads and positions");
  if (isWide && !all.leaveFeatures(node, *value, 2))
    return false;
  findPairs(heads, size, turned, *isInterleaved != 0);
  std::string name = node.inputs[0];
  if (!isWide && !(name = transposed(name, {0, 2, 1, 3})).empty())
    name = reshaped(name, {0, 0, heads * size});
  std::string kept = name.empty() ? "" : step("Mul", {name, table(1, 1)});
  std::string partner = kept.empty() ? "" : partners(name);
  std::string result = partner.empty() ? "" : step("Add", {kept, step("Mul", {partner, table(2, 0)})});
  if (!isWide && !result.empty() && !(result = reshaped(result, {0, 0, heads, size})).empty())
    result = transposed(result, {0, 2, 1, 3});
  return finish(result);
}

} // namespace rondo::importer

bool Lowering::lowerRotaryEmbedding(const OnnxNode &node) { return RotaryLowering(*this, node).run(); }
