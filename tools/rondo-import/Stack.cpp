// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Values side by side: the directions of a scan, the heads of attention, the groups of a normalisation.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

Sizes Value::stacks() const {
  std::map<unsigned, int64_t> byPlace;
  for (const Atom &atom : atoms())
    if (atom.kind == Kind::Stack)
      byPlace[atom.place] = atom.size;
  Sizes sizes;
  for (auto [place, size] : byPlace)
    sizes.push_back(size);
  return sizes;
}

/// Stacks that have gone leave no gaps in the places of the others.
static void renumber(Value &value) {
  std::set<unsigned> places;
  for (const Atom &atom : value.atoms())
    if (atom.kind == Kind::Stack)
      places.insert(atom.place);
  for (Dim &dim : value.dims)
    for (Atom &atom : dim)
      if (atom.kind == Kind::Stack)
        atom.place = static_cast<unsigned>(std::distance(places.begin(), places.find(atom.place)));
}

void Value::takeOfStack(unsigned place, int64_t begin, int64_t count, int64_t step) {
  Sizes from = stacks(), to = from, strides = stridesOf(from);
  to[place] = count;
  std::vector<std::string> chosen;
  for (size_t i = 0; i < static_cast<size_t>(countOf(to)); ++i) {
    Sizes position = positionOf(i, to);
    position[place] = begin + position[place] * step;
    int64_t source = 0;
    for (size_t at = 0; at < position.size(); ++at)
      source += position[at] * strides[at];
    chosen.push_back(parts[static_cast<size_t>(source)]);
  }
  parts = std::move(chosen);
  for (Dim &dim : dims) {
    for (Atom &atom : dim)
      if (atom.kind == Kind::Stack && atom.place == place)
        atom.size = count;
    llvm::erase_if(dim,
                   [&](const Atom &atom) { return count == 1 && atom.kind == Kind::Stack && atom.place == place; });
  }
  renumber(*this);
}

// Each part becomes as many as there are stacks of it to join, side by side as features.
bool Lowering::merge(const OnnxNode &node, Value &value, const std::vector<unsigned> &places) {
  if (value.features.size() > 1)
    return refuse(node, "values side by side are expected in front of one dimension of features here");
  Sizes sizes = value.stacks(), strides = stridesOf(sizes), kept, joined;
  if (countOf(sizes) != static_cast<int64_t>(value.parts.size()))
    return refuse(node, "expected as many values side by side as its dimensions say, " + Twine(countOf(sizes)) +
                            ", found " + Twine(value.parts.size()));
  for (unsigned place = 0; place < sizes.size(); ++place)
    if (!llvm::is_contained(places, place))
      kept.push_back(place);
  auto sizesOfPlaces = [&](const auto &list) {
    Sizes result;
    for (auto place : list)
      result.push_back(sizes[static_cast<size_t>(place)]);
    return result;
  };
  Sizes keptSizes = sizesOfPlaces(kept), joinedSizes = sizesOfPlaces(places);
  if (value.features.empty()) { // numbers, each as a vector of one
    std::string one = addParameter(nameOf(node, "_one"), {1}, {1});
    program.statements.push_back("param " + one + ": [1] = ones");
    for (std::string &part : value.parts)
      part = one + " * (" + part + ")";
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i < static_cast<size_t>(countOf(keptSizes)); ++i) {
    std::string text = "concat(";
    Sizes outer = positionOf(i, keptSizes);
    for (size_t j = 0; j < static_cast<size_t>(countOf(joinedSizes)); ++j) {
      Sizes inner = positionOf(j, joinedSizes);
      int64_t source = 0;
      for (size_t at = 0; at < kept.size(); ++at)
        source += outer[at] * strides[static_cast<size_t>(kept[at])];
      for (size_t at = 0; at < places.size(); ++at)
        source += inner[at] * strides[places[at]];
      text += (j ? ", " : "") + value.parts[static_cast<size_t>(source)];
    }
    parts.push_back(text + ")");
  }
  value.parts = std::move(parts);
  int64_t size = countOf(joinedSizes) * (value.features.empty() ? 1 : value.features[0]);
  Atom feature;
  feature.kind = Kind::Feature;
  feature.size = size;
  bool isPlaced = !value.features.empty();
  value.features = {size};
  for (Dim &dim : value.dims) {
    auto isJoined = [&](const Atom &atom) {
      return atom.kind == Kind::Stack && llvm::is_contained(places, atom.place);
    };
    if (!llvm::any_of(dim, isJoined) && !llvm::any_of(dim, [](const Atom &a) { return a.kind == Kind::Feature; }))
      continue;
    if (!isPlaced) {
      *llvm::find_if(dim, isJoined) = feature;
      isPlaced = true;
    }
    llvm::erase_if(dim, [&](const Atom &atom) { return isJoined(atom) || atom.kind == Kind::Unit; });
    for (Atom &atom : dim)
      if (atom.kind == Kind::Feature)
        atom = feature;
  }
  renumber(value);
  return true;
}

bool Lowering::unstack(const OnnxNode &node, Value &value) {
  if (value.parts.size() == 1)
    return true;
  // The dimension with the features, or the last one with stacks where they are numbers.
  const Dim *found = nullptr;
  for (const Dim &dim : value.dims)
    if (llvm::any_of(
            dim, [&](const Atom &atom) { return atom.kind == (value.features.empty() ? Kind::Stack : Kind::Feature); }))
      found = &dim;
  std::vector<unsigned> places;
  for (const Atom &atom : found ? llvm::ArrayRef<Atom>(*found) : llvm::ArrayRef<Atom>())
    if (atom.kind == Kind::Stack) {
      places.push_back(atom.place);
    } else if (atom.kind != Kind::Unit && (atom.kind != Kind::Feature || &atom != &found->back())) {
      places.clear();
      break;
    }
  if (places.empty())
    return refuse(node, "values side by side are expected in front of one dimension of features here");
  return merge(node, value, places);
}

const Value *Lowering::joined(const OnnxNode &node, size_t i, bool takesPadding) {
  if (!operand(node, i, takesPadding))
    return nullptr;
  Value &value = values.find(node.inputs[i])->second;
  bool areFeatures = llvm::any_of(value.dims, [](const Dim &dim) {
    return llvm::any_of(dim, [](const Atom &atom) { return atom.kind == Kind::Stack; }) &&
           llvm::any_of(dim, [](const Atom &atom) { return atom.kind == Kind::Feature; });
  });
  if (value.parts.size() == 1 || !areFeatures)
    return &value;
  if (!unstack(node, value))
    return nullptr;
  // Bound once, under the graph's name of it, for all that read it.
  StringRef name = node.inputs[i];
  name.consume_back("_output_0");
  for (auto [at, part] : llvm::enumerate(value.parts)) {
    std::string bound = names.make(value.parts.size() > 1 ? (name + "_" + Twine(at)).str() : name.str());
    program.statements.push_back(bound + " = " + part);
    part = bound;
  }
  return &value;
}

const Value *Lowering::single(const OnnxNode &node, size_t i, bool takesPadding) {
  const Value *value = joined(node, i, takesPadding);
  if (!value || value->parts.size() <= 1)
    return value;
  refuse(node, "expected one value, found " + Twine(value->parts.size()) +
                   " side by side, as the directions of a scan, in a dimension of their own");
  return nullptr;
}

std::optional<bool> Lowering::areSideBySide(const OnnxNode &node) {
  bool are = false;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (has(node, i)) {
      const Value *value = joined(node, i);
      if (!value)
        return std::nullopt;
      are |= value->parts.size() > 1;
    }
  return are;
}

// The handler sees the dimension of the stack as one that it need not know, like the batch.
bool Lowering::mapParts(const OnnxNode &node, Handler handler) {
  Sizes sizes;
  for (const std::string &name : node.inputs)
    if (auto place = values.find(name); place != values.end() && place->second.parts.size() > 1) {
      Sizes own = place->second.stacks();
      if (!sizes.empty() && own != sizes)
        return refuse(node, "its operands are values side by side, not as many of one as of the other");
      sizes = own;
    }
  Value all;
  StringRef base = node.outputs.front();
  base.consume_back("_output_0");
  for (size_t i = 0; i < static_cast<size_t>(countOf(sizes)); ++i) {
    OnnxNode one = node;
    std::string mark = "#" + std::to_string(i);
    for (std::string &name : one.inputs)
      if (auto place = values.find(name); place != values.end() && place->second.parts.size() > 1) {
        Value part = place->second;
        part.parts = {part.parts[i]};
        name += mark;
        values[name] = std::move(part);
      }
    one.outputs.front() = base.str() + mark;
    values.erase(one.outputs.front());
    if (!(this->*handler)(one))
      return false;
    auto result = values.find(one.outputs.front());
    if (result == values.end() || result->second.parts.size() != 1)
      return refuse(node, "values side by side are not covered");
    std::string part = result->second.parts.front();
    if (i == 0)
      all = result->second;
    else
      all.parts.push_back(part);
  }
  size_t stacked = llvm::count_if(all.atoms(), [](const Atom &atom) { return atom.kind == Kind::Stack; });
  if (all.stacks() != sizes || stacked != sizes.size())
    return refuse(node, "values side by side in the dimension that it works on are not covered");
  return define(node, 0, all);
}

// An outer and an inner part of one dimension, of features or of values side by side.
bool Lowering::split(const OnnxNode &node, Value &value, const Atom &whole, int64_t outer) {
  int64_t inner = whole.size / outer;
  if (whole.kind == Kind::Stack) {
    for (Dim &dim : value.dims)
      for (size_t i = 0; i < dim.size(); ++i) {
        if (dim[i].kind != Kind::Stack || dim[i].place < whole.place)
          continue;
        if (dim[i].place > whole.place) {
          ++dim[i].place;
          continue;
        }
        dim[i].size = outer;
        dim.insert(dim.begin() + static_cast<std::ptrdiff_t>(++i), whole);
        dim[i].size = inner;
        ++dim[i].place;
      }
    return true;
  }
  if (whole.kind != Kind::Feature)
    return refuse(node, "dividing the batch or an axis of the program is not covered");
  if (value.type != Value::Type::Real || outer > 1024)
    return refuse(node, "expected real numbers, divided into at most 1024 parts");
  for (const Atom &atom : value.atoms())
    if (atom.kind == Kind::Feature && atom.place != whole.place)
      return force(node, atom, Role::Axis, "an axis beside the features that are divided");
  unsigned place = static_cast<unsigned>(value.stacks().size());
  std::vector<std::string> parts;
  for (const std::string &part : value.parts)
    for (int64_t i = 0; i < outer; ++i)
      parts.push_back((llvm::StringRef(part).ends_with(")") ? "(" + part + ")" : part) + "[" +
                      std::to_string(i * inner) + ":" + std::to_string((i + 1) * inner) + "]");
  value.parts = std::move(parts);
  value.features = {inner};
  for (Dim &dim : value.dims)
    for (size_t i = 0; i < dim.size(); ++i)
      if (dim[i].kind == Kind::Feature) {
        dim[i].size = inner;
        dim[i].input = -1;
        Atom stack = dim[i];
        stack.kind = Kind::Stack;
        stack.size = outer;
        stack.place = place;
        dim.insert(dim.begin() + static_cast<std::ptrdiff_t>(i++), stack);
      }
  value.input = -1;
  value = bind(node, value);
  return true;
}
