// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Attention of ONNX, and ONNX Runtime's MultiHeadAttention: the products and the softmax that they stand for.

#include "tools/rondo-import/NodeSteps.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo::importer;
using llvm::Twine;

namespace rondo::importer {

/// What both operators have: scores of the queries' and keys' heads, masked, and the mean of the values.
class AttentionLowering : NodeSteps {
public:
  using NodeSteps::NodeSteps;

  bool run();
  bool runMicrosoft();

private:
  bool expectNone(llvm::ArrayRef<std::pair<size_t, const char *>> inputs);
  std::string heads(size_t i, const std::string &name, int64_t count, bool isKey);
  std::string repeated(const std::string &name, int64_t queries, int64_t own);
  bool readMask(size_t i);
  std::string masked(std::string scores);
  std::string behindOthers(const std::string &scores);
  bool attend(const std::string &q, const std::string &k, const std::string &v, bool joinsHeads);

  int64_t queryHeads = 0, keyHeads = 0;
  double scale = 0, softcap = 0; // 0: that of the heads' size, and none
  bool isCausal = false;
  std::string mask; // empty if there is none
};

/// The scores where no other position is to be seen.
static constexpr double low = -1e30;

bool AttentionLowering::expectNone(llvm::ArrayRef<std::pair<size_t, const char *>> inputs) {
  for (auto [i, what] : inputs)
    if (all.has(node, i))
      return refuse(Twine(what) + " as input " + Twine(i + 1) + " is not covered");
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (!node.outputs[i].empty())
      return refuse("outputs beside the first one are not covered");
  return true;
}

// Queries and values as [batch, heads, positions, features], keys with the last two swapped.
std::string AttentionLowering::heads(size_t i, const std::string &name, int64_t count, bool isKey) {
  Sizes shape = valueOf(name).shape();
  if (shape.size() == 4)
    return isKey ? transposed(name, {0, 1, 3, 2}) : name;
  int64_t features = shape.back();
  if (isOpen(features) || features % count != 0) {
    refuse("expected features that " + Twine(count) + " heads divide as input " + Twine(i + 1) + ", found shape " +
           spellShape(shape));
    return "";
  }
  std::string divided = reshaped(name, {0, 0, count, features / count});
  if (!divided.empty() && !isKey)
    return transposed(divided, {0, 2, 1, 3});
  return divided.empty() ? "" : transposed(divided, {0, 2, 3, 1});
}

/// Heads of keys or values, each for as many of the queries' as there are more of these; a single one is for all.
std::string AttentionLowering::repeated(const std::string &name, int64_t queries, int64_t own) {
  if (queries == own || own == 1)
    return name;
  Value value = valueOf(name);
  Dim &dim = value.dims[1];
  if (dim.size() != 1 || dim[0].kind != Atom::Kind::Stack || static_cast<int64_t>(value.parts.size()) != own) {
    refuse("fewer heads of keys than of queries are covered where features are divided into them");
    return "";
  }
  std::vector<std::string> parts;
  for (int64_t head = 0; head < queries; ++head)
    parts.push_back(value.parts[static_cast<size_t>(head / (queries / own))]);
  dim[0].size = queries;
  value.parts = std::move(parts);
  std::string made = array({});
  all.values[made] = std::move(value);
  return made;
}

// Of a known one no row may leave out all positions: its mean would be of all here, and is 0 there.
bool AttentionLowering::readMask(size_t i) {
  if (!all.has(node, i))
    return true;
  const Value *value = all.operand(node, i);
  if (!value)
    return false;
  mask = node.inputs[i];
  if (!value->isConstant())
    return true;
  Constant known = *value->constant;
  if (known.type == Constant::Type::Integer || known.shape.empty() || countOf(known.shape) < 1)
    return refuse("expected numbers or truth values with dimensions as the mask");
  auto isOut = [&](size_t at) {
    return known.isReal() ? std::isinf(known.reals[at]) && known.reals[at] < 0 : known.integers[at] == 0;
  };
  size_t row = known.uniform ? 1 : static_cast<size_t>(known.shape.back());
  for (size_t from = 0; from < known.stored(); from += row)
    if (llvm::all_of(llvm::seq(from, from + row), isOut))
      return refuse("expected a mask that leaves each position one to see, found a row that leaves none");
  for (double &number : known.reals)
    number = std::isinf(number) && number < 0 ? low : number;
  mask = array(std::move(known));
  return true;
}

// By position: key j is seen by query i where j <= i.
std::string AttentionLowering::behindOthers(const std::string &scores) {
  const std::vector<Dim> &dims = valueOf(scores).dims;
  Sizes shape = valueOf(scores).shape();
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  auto isPositions = [](const Dim &dim) { return dim.size() == 1 && dim[0].kind == Atom::Kind::Axis; };
  if (isPositions(dims[dims.size() - 2]) && isPositions(dims.back())) {
    Value row = all.positionsAlong(dims[dims.size() - 2][0].axis), column = all.positionsAlong(dims.back()[0].axis);
    row.dims.push_back({});
    std::string names[2] = {array({}), array({})};
    all.values[names[0]] = column;
    all.values[names[1]] = row;
    return step("LessOrEqual", {names[0], names[1]});
  }
  if (countOf({rows, columns}) < 0) {
    refuse("a causal mask is covered over positions, or over dimensions of known sizes");
    return "";
  }
  Constant seen;
  seen.type = Constant::Type::Truth;
  seen.shape = {rows, columns};
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      seen.integers.push_back(j <= i);
  return array(std::move(seen));
}

std::string AttentionLowering::masked(std::string scores) {
  if (softcap != 0)
    scores = step("Mul", {step("Tanh", {step("Mul", {scores, number(1 / softcap)})}), number(softcap)});
  if (!mask.empty() && !scores.empty()) {
    const Value &value = valueOf(mask);
    bool isTruth =
        value.isConstant() ? value.constant->type == Constant::Type::Truth : value.type == Value::Type::Truth;
    scores = isTruth ? step("Where", {mask, scores, number(low)}) : step("Add", {scores, mask});
  }
  if (isCausal && !scores.empty())
    scores = step("Where", {behindOthers(scores), scores, number(low)});
  return scores;
}

bool AttentionLowering::attend(const std::string &q, const std::string &k, const std::string &v, bool joinsHeads) {
  if (q.empty() || k.empty() || v.empty())
    return false;
  int64_t size = valueOf(q).shape().back(), valueSize = valueOf(v).shape().back();
  if (scale == 0 && isOpen(size))
    return refuse("expected heads of a known size, or a scale");
  double factor = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(size));
  std::string keys = repeated(k, queryHeads, keyHeads), seen = repeated(v, queryHeads, keyHeads);
  std::string scores = masked(step("Mul", {step("MatMul", {q, keys}), number(factor)}));
  std::string result = step("MatMul", {step("Softmax", {scores}, {{"axis", attributeOf(-1)}}), seen});
  if (joinsHeads && !result.empty())
    result = reshaped(transposed(result, {0, 2, 1, 3}), {0, 0, queryHeads * valueSize});
  return finish(result);
}

bool AttentionLowering::run() {
  auto causal = all.integer(node, "is_causal", 0), precision = all.integer(node, "softmax_precision", 1);
  auto mode = all.integer(node, "qk_matmul_output_mode", 0);
  auto queries = all.integer(node, "q_num_heads", 0), keys = all.integer(node, "kv_num_heads", 0);
  auto factor = all.real(node, "scale", 0), cap = all.real(node, "softcap", 0);
  if (!causal || !precision || !mode || !queries || !keys || !factor || !cap ||
      !all.checkAttributes(node, {"is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale",
                                  "softcap", "softmax_precision"}))
    return false;
  if (!(*cap >= 0))
    return refuse("expected a real number from 0 on as attribute 'softcap'");
  if (!expectNone({{4, "a past key"}, {5, "a past value"}, {6, "a number of keys of each row"}}))
    return false;
  if (*precision != 1)
    return refuse("a softmax is covered in single precision, softmax_precision 1, found " + Twine(*precision));
  const Value *values[3] = {};
  for (size_t i = 0; i < 3; ++i)
    if (!(values[i] = all.joined(node, i)) || !all.checkReals(node, *values[i]))
      return false;
  size_t rank = values[0]->shape().size();
  if ((rank != 3 && rank != 4) || values[1]->shape().size() != rank || values[2]->shape().size() != rank)
    return refuse("expected three values of 3 dimensions, or of 4, found " + spellShape(values[0]->shape()) + ", " +
                  spellShape(values[1]->shape()) + " and " + spellShape(values[2]->shape()));
  if (rank == 4) {
    *queries = values[0]->shape()[1];
    *keys = values[1]->shape()[1];
  }
  if (*queries < 1 || *keys < 1 || *queries % *keys != 0 || (rank == 4 && values[2]->shape()[1] != *keys))
    return refuse("expected numbers of heads of which the keys' and values' divides the queries', found " +
                  spellShape({*queries}) + " and " + spellShape({*keys}));
  for (const Value *value : values)
    if (!all.leaveFeatures(node, *value, static_cast<unsigned>(rank - 1)))
      return false;
  queryHeads = *queries;
  keyHeads = *keys;
  scale = *factor;
  softcap = *cap;
  isCausal = *causal != 0;
  if (!readMask(3))
    return false;
  std::string q = heads(0, node.inputs[0], queryHeads, false);
  std::string k = q.empty() ? "" : heads(1, node.inputs[1], keyHeads, true);
  std::string v = k.empty() ? "" : heads(2, node.inputs[2], keyHeads, false);
  return attend(q, k, v, rank == 3);
}

bool AttentionLowering::runMicrosoft() {
  auto count = all.integer(node, "num_heads", 0), causal = all.integer(node, "unidirectional", 0);
  auto factor = all.real(node, "scale", 0);
  if (!count || !causal || !factor || !all.checkAttributes(node, {"num_heads", "scale", "unidirectional"}))
    return false;
  if (!expectNone({{4, "a mask of keys"},
                   {6, "a past key"},
                   {7, "a past value"},
                   {8, "a past length"},
                   {9, "an indirection of a cache"}}))
    return false;
  if (*count < 1)
    return refuse("expected a number of heads from 1 on as attribute 'num_heads', found " + Twine(*count));
  std::string names[3];
  for (size_t i = 0; i < 3; ++i) {
    if (!all.has(node, i))
      return refuse("queries, keys and values in one input are not covered");
    const Value *value = all.joined(node, i);
    if (!value || !all.checkReals(node, *value))
      return false;
    if (value->shape().size() != 3 || isOpen(value->shape().back()))
      return refuse("expected 3 dimensions, the last one of known size, as input " + Twine(i + 1) + ", found shape " +
                    spellShape(value->shape()));
    if (!all.leaveFeatures(node, *value, 2))
      return false;
    names[i] = node.inputs[i];
  }
  if (all.has(node, 3)) {
    const Constant *bias = all.known(node, 3, "a bias");
    if (!bias)
      return false;
    size_t at = 0;
    Sizes sizes;
    for (const std::string &name : names)
      sizes.push_back(valueOf(name).shape().back());
    if (!bias->isReal() || bias->uniform || bias->shape != Sizes{sizes[0] + sizes[1] + sizes[2]})
      return refuse("expected a bias of " + Twine(sizes[0] + sizes[1] + sizes[2]) + " numbers, found shape " +
                    spellShape(bias->shape));
    for (size_t i = 0; i < 3; at += static_cast<size_t>(sizes[i++])) {
      auto from = bias->reals.begin() + static_cast<std::ptrdiff_t>(at);
      names[i] = step("Add", {names[i], array(Constant::real({sizes[i]}, {from, from + sizes[i]}))});
    }
  }
  queryHeads = keyHeads = *count;
  scale = *factor;
  isCausal = *causal != 0;
  if (names[0].empty() || names[1].empty() || names[2].empty() || !readMask(5))
    return false;
  if (isCausal && valueOf(names[0]).shape()[1] != valueOf(names[1]).shape()[1])
    return refuse("attribute 'unidirectional' is covered with as many queries as keys");
  std::string q = heads(0, names[0], queryHeads, false);
  std::string k = q.empty() ? "" : heads(1, names[1], keyHeads, true);
  std::string v = k.empty() ? "" : heads(2, names[2], keyHeads, false);
  return attend(q, k, v, true);
}

} // namespace rondo::importer

bool Lowering::lowerAttention(const OnnxNode &node) { return AttentionLowering(*this, node).run(); }
bool Lowering::lowerMultiHeadAttention(const OnnxNode &node) { return AttentionLowering(*this, node).runMicrosoft(); }
