// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Einsum: the transpositions, sums and products that it stands for.

#include "tools/rondo-import/NodeSteps.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo::importer;
using llvm::Twine;

namespace rondo::importer {

/// One equation's way to nodes of other operators.
class EinsumLowering : NodeSteps {
public:
  using NodeSteps::NodeSteps;

  bool run();

private:
  bool readEquation();
  /// A value whose dimensions have these labels as one in which they are in that order.
  std::string ordered(const std::string &name, const std::string &labels, const std::string &wanted);
  std::string summed(const std::string &name, std::string &labels);
  bool multiplyWeights(size_t weights);
  bool multiplyBoth();
  bool finishWith(std::string name, const std::string &labels);

  std::vector<std::string> names, labels; // of each operand
  std::string result;
  std::map<char, int64_t> sizes;
};

bool EinsumLowering::readEquation() {
  auto text = all.text(node, "equation", "");
  if (!text || !all.checkAttributes(node, {"equation"}))
    return false;
  llvm::erase(*text, ' ');
  auto [left, right] = llvm::StringRef(*text).split("->");
  bool isThere = llvm::StringRef(*text).contains("->");
  llvm::SmallVector<llvm::StringRef> parts;
  left.split(parts, ',');
  if (parts.size() != node.inputs.size() || parts.size() > 2 || parts.empty())
    return refuse("an equation of one or two operands is covered, found '" + Twine(*text) + "'");
  std::map<char, int> found;
  for (auto [i, part] : llvm::enumerate(parts)) {
    const Value *value = all.joined(node, i);
    if (!value)
      return false;
    Sizes shape = value->shape();
    std::set<char> own(part.begin(), part.end());
    if (shape.size() != part.size() || own.size() != part.size() ||
        !llvm::all_of(part, [](char c) { return llvm::isAlpha(c); }))
      return refuse("expected a letter of its own for each dimension, found '" + Twine(*text) + "'");
    for (size_t dim = 0; dim < part.size(); ++dim) {
      auto [place, isNew] = sizes.emplace(part[dim], shape[dim]);
      if (!isNew && place->second != shape[dim])
        return refuse("expected dimensions of one size for one letter, found " + spellShape({place->second}) + " and " +
                      spellShape({shape[dim]}));
      ++found[part[dim]];
    }
    names.push_back(node.inputs[i]);
    labels.push_back(part.str());
  }
  for (auto [letter, times] : found)
    if (!isThere && times == 1)
      result += letter;
  if (isThere)
    result = right.str();
  std::set<char> own(result.begin(), result.end());
  if (own.size() != result.size() || !llvm::all_of(result, [&](char c) { return found.count(c) != 0; }))
    return refuse("expected letters of the operands, each once, behind the arrow, found '" + Twine(result) + "'");
  return true;
}

std::string EinsumLowering::ordered(const std::string &name, const std::string &from, const std::string &wanted) {
  Sizes order;
  for (char c : wanted)
    order.push_back(static_cast<int64_t>(from.find(c)));
  return from == wanted ? name : transposed(name, order);
}

// Over the letters that no other operand and not the result has.
std::string EinsumLowering::summed(const std::string &name, std::string &own) {
  Sizes gone;
  std::string kept;
  for (size_t dim = 0; dim < own.size(); ++dim) {
    char letter = own[dim];
    bool isOther = llvm::any_of(
        labels, [&](const std::string &other) { return &other != &own && other.find(letter) != std::string::npos; });
    if (isOther || result.find(letter) != std::string::npos)
      kept += letter;
    else
      gone.push_back(static_cast<int64_t>(dim));
  }
  if (gone.empty())
    return name;
  own = kept;
  return step("ReduceSum", {name}, {{"axes", attributeOf(gone)}, {"keepdims", attributeOf(0)}});
}

// All letters of both are multiplied over, all others of the weights are features of the result.
bool EinsumLowering::multiplyWeights(size_t weights) {
  const std::string &own = labels[weights], &other = labels[1 - weights];
  std::string inner, outer, kept;
  for (char c : own)
    (other.find(c) != std::string::npos ? inner : outer) += c;
  for (char c : other)
    if (inner.find(c) == std::string::npos)
      kept += c;
  for (char c : inner)
    if (result.find(c) != std::string::npos)
      return refuse("weights that vary along a dimension of both operands and of the result are not covered");
  if (inner.empty())
    return refuse("expected a letter that both operands have");
  auto count = [&](const std::string &letters) {
    int64_t product = 1;
    for (char c : letters)
      product = productOf(product, sizes[c]);
    return product;
  };
  std::string w = ordered(names[weights], own, inner + outer), x = ordered(names[1 - weights], other, kept + inner);
  if (w.empty() || x.empty() || (w = reshaped(w, {count(inner), count(outer)})).empty())
    return false;
  Sizes shape;
  for (char c : kept)
    shape.push_back(sizes[c]);
  Sizes features = shape;
  features.push_back(count(inner));
  if (inner.size() > 1 && (x = reshaped(x, features)).empty())
    return false;
  std::string product = step("MatMul", {x, w});
  for (char c : outer)
    shape.push_back(sizes[c]);
  if (!product.empty() && outer.size() != 1)
    product = reshaped(product, shape);
  return !product.empty() && finishWith(product, kept + outer);
}

bool EinsumLowering::multiplyBoth() {
  std::string batch, inner, rows, columns;
  for (char c : labels[0])
    if (labels[1].find(c) == std::string::npos)
      rows += c;
    else
      (result.find(c) != std::string::npos ? batch : inner) += c;
  for (char c : labels[1])
    if (labels[0].find(c) == std::string::npos)
      columns += c;
  if (inner.size() != 1 || rows.size() > 1 || columns.size() > 1)
    return refuse("of two values the inputs change one letter is multiplied over, and each has at most one of its own");
  std::string a = ordered(names[0], labels[0], batch + rows + inner);
  std::string b = ordered(names[1], labels[1], batch + inner + columns);
  int64_t at = static_cast<int64_t>(batch.size());
  if (rows.empty() && !a.empty())
    a = step("Unsqueeze", {a}, {{"axes", attributeOf(Sizes{at})}});
  if (columns.empty() && !b.empty())
    b = step("Unsqueeze", {b}, {{"axes", attributeOf(Sizes{at + 1})}});
  std::string product = a.empty() || b.empty() ? "" : step("MatMul", {a, b});
  Sizes gone;
  if (rows.empty())
    gone.push_back(at);
  if (columns.empty())
    gone.push_back(at + 1);
  if (!product.empty() && !gone.empty())
    product = step("Squeeze", {product}, {{"axes", attributeOf(gone)}});
  return !product.empty() && finishWith(product, batch + rows + columns);
}

bool EinsumLowering::finishWith(std::string name, const std::string &own) { return finish(ordered(name, own, result)); }

bool EinsumLowering::run() {
  if (!readEquation())
    return false;
  for (size_t i = 0; i < names.size(); ++i)
    if ((names[i] = summed(names[i], labels[i])).empty())
      return false;
  if (names.size() == 1)
    return finishWith(names[0], labels[0]);
  bool isKnown[] = {all.values[names[0]].isConstant(), all.values[names[1]].isConstant()};
  if (isKnown[0] && isKnown[1])
    return refuse("of two known arrays this operator is not covered");
  return isKnown[0] || isKnown[1] ? multiplyWeights(isKnown[0] ? 0 : 1) : multiplyBoth();
}

} // namespace rondo::importer

bool Lowering::lowerEinsum(const OnnxNode &node) { return EinsumLowering(*this, node).run(); }
