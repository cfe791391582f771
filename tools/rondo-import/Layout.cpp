// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How values go together: what the dimensions of inputs are, repetition, parameters beside values.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace rondo::importer;
using llvm::StringRef;
using llvm::Twine;
using Kind = Atom::Kind;

bool Lowering::decide(const Atom &atom, Role role) {
  bool isNew;
  if (isOpen(atom.size)) {
    auto [place, added] = decisions.openRoles.emplace(atom.size, role);
    isNew = added || place->second != role;
    place->second = role;
  } else {
    auto [place, added] = decisions.roles.emplace(std::pair(atom.input, atom.dim), role);
    isNew = added || place->second < role; // towards the feature, which nothing turns back
    place->second = isNew ? role : place->second;
  }
  again |= isNew;
  return isNew;
}

bool Lowering::force(const OnnxNode &node, const Atom &atom, Role role, const char *what) {
  if (atom.input < 0 || !decide(atom, role))
    return refuse(node, Twine("expected ") + what + ", found a dimension that is none in the program");
  return false;
}

unsigned Lowering::addAxis(StringRef name, int64_t size, std::string rule) {
  ProgramAxis axis;
  axis.name = names.make(name);
  axis.size = size;
  axis.rule = std::move(rule);
  program.axes.push_back(axis);
  return program.axes.size() - 1;
}

unsigned Lowering::axisOf(int input, unsigned dim, int64_t size, Role role) {
  std::pair<int, unsigned> key(input, dim);
  for (size_t i = 0; i <= decisions.aliases.size(); ++i)
    if (auto alias = decisions.aliases.find(key); alias != decisions.aliases.end())
      key = alias->second;
  if (auto known = inputAxes.find(key); known != inputAxes.end())
    return known->second;
  unsigned axis;
  if (role == Role::Batch) {
    for (unsigned i = 0; i < program.axes.size(); ++i)
      if (program.axes[i].rule == "= " + std::to_string(size) && program.axes[i].name == "B")
        return i;
    axis = addAxis("B", size, "= " + std::to_string(size));
  } else if (role == Role::Time) {
    auto time = llvm::find_if(program.axes, [](const ProgramAxis &axis) { return axis.isTime; });
    if (time != program.axes.end() && time->size == size)
      return time - program.axes.begin();
    bool isFirst = time == program.axes.end();
    if (!isFirst && isOpen(size)) {
      if (isOpen(time->size))
        error = "expected one dimension of open size beside the batch, found a second in input '" +
                model.graph.inputs[static_cast<size_t>(input)].name + "'";
      time->isTime = false;
    }
    axis = addAxis(isFirst ? "T" : "T" + std::to_string(program.axes.size()), size);
    program.axes[axis].isTime = isFirst || isOpen(size);
  } else {
    axis = addAxis("S", size);
  }
  inputAxes[key] = axis;
  return axis;
}

static Dim withoutUnits(const Dim &dim) {
  Dim result;
  for (const Atom &atom : dim)
    if (atom.kind != Kind::Unit)
      result.push_back(atom);
  return result;
}

bool Lowering::alignDim(const OnnxNode &node, const Dim &a, const Dim &b, Dim &result) {
  Dim left = withoutUnits(a), right = withoutUnits(b);
  if (left.empty() || right.empty()) {
    result = left.empty() ? (right.empty() ? a : right) : left;
    return true;
  }
  if (left.size() != right.size())
    return refuse(node, "its operands group their dimensions in different ways, which is not covered");
  for (size_t i = 0; i < left.size(); ++i) {
    const Atom &one = left[i], &other = right[i];
    if (!isOpen(one.size) && !isOpen(other.size) && one.size != other.size)
      return refuse(node, "expected dimensions of one size or of size 1, found " + Twine(one.size) + " and " +
                              Twine(other.size));
    bool isSame = one.kind != Kind::Stack || one.place == other.place;
    if (one.kind == other.kind && (one.kind != Kind::Axis || one.axis == other.axis) && one.size == other.size &&
        isSame)
      continue;
    if (one.kind == Kind::Axis && other.kind == Kind::Axis && other.input >= 0 && one.input >= 0) {
      again |= decisions.aliases.emplace(std::pair(other.input, other.dim), std::pair(one.input, one.dim)).second;
      return refuse(node, "expected one axis, found two");
    }
    for (auto [axis, feature] : {std::pair(one, other), std::pair(other, one)})
      if (axis.kind == Kind::Axis && axis.input >= 0 && !isOpen(axis.size) && feature.kind == Kind::Feature &&
          feature.input < 0)
        return force(node, axis, Role::Feature, "features");
    if (one.kind == Kind::Axis && other.kind != Kind::Axis)
      return force(node, other, program.axes[one.axis].isTime ? Role::Time : Role::Axis, "an axis");
    if (other.kind == Kind::Axis && one.kind != Kind::Axis)
      return force(node, one, program.axes[other.axis].isTime ? Role::Time : Role::Axis, "an axis");
    if (one.kind == Kind::Batch)
      return force(node, other, Role::Batch, "the batch");
    if (other.kind == Kind::Batch)
      return force(node, one, Role::Batch, "the batch");
    return refuse(node, "its operands have dimensions of different kinds, which is not covered");
  }
  result = left;
  return true;
}

bool Lowering::align(const OnnxNode &node, const Value &a, const Value &b, Value &result) {
  size_t rank = std::max(a.dims.size(), b.dims.size());
  result.dims.assign(rank, Dim());
  auto dimOf = [&](const Value &value, size_t i) {
    size_t missing = rank - value.dims.size();
    return i < missing ? Dim() : value.dims[i - missing];
  };
  for (size_t i = 0; i < rank; ++i)
    if (!alignDim(node, dimOf(a, i), dimOf(b, i), result.dims[i]))
      return false;
  if (!a.features.empty() && !b.features.empty()) {
    // Both are of one shape, with the features in one order.
    auto places = [](const Value &value, const Dim &dim) {
      std::vector<unsigned> places;
      for (const Atom &atom : dim)
        if (atom.kind == Kind::Feature)
          places.push_back(atom.place);
      return places;
    };
    for (size_t i = 0; i < rank; ++i)
      if (a.features.size() != b.features.size() || places(a, dimOf(a, i)) != places(b, dimOf(b, i))) {
        for (const Value *value : {&a, &b})
          for (size_t at = 0; at + 1 < rank; ++at)
            for (const Atom &atom : dimOf(*value, at))
              if (atom.kind == Kind::Feature && atom.input >= 0 && value->features.size() > 1)
                return force(node, atom, Role::Axis, "an axis");
        return refuse(node, "its operands have the shapes " + spellShape(a.features) + " and " +
                                spellShape(b.features) +
                                " in the program, of which one would have to be repeated or "
                                "transposed, which is not covered");
      }
  }
  result.features = a.features.empty() ? b.features : a.features;
  std::set<std::pair<Kind, unsigned>> lifted;
  for (const Atom &atom : result.atoms())
    if (atom.kind == Kind::Axis || atom.kind == Kind::Batch || atom.kind == Kind::Stack)
      if (!lifted.insert({atom.kind, atom.kind == Kind::Stack ? atom.place : atom.axis}).second)
        return refuse(node, atom.kind == Kind::Stack
                                ? "each of its values side by side would meet each of the others, which is not covered"
                                : "its result would vary twice along one axis, which is not covered");
  return true;
}

std::string Lowering::addParameter(StringRef name, Sizes shape, std::vector<double> values) {
  std::string path = names.make(name);
  program.parameters.push_back({path, std::move(shape), std::move(values)});
  return path;
}

/// A parameter of which each position of an axis has a row.
bool Lowering::parameterAlong(const OnnxNode &node, const Atom &axis, Parameter parameter, Value &result) {
  if (isTimeOfOpenSize(axis.axis))
    return refuse(node, "expected weights for a known number of positions, found them along '" + spellAxis(axis.axis) +
                            "', whose size is open");
  readsAlong(axis.axis);
  bool isNumber = parameter.shape.size() == 1;
  if (isNumber)
    parameter.shape.push_back(1);
  if (parameter.shape.size() > 4)
    return refuse(node, "weights along an axis have " + Twine(parameter.shape.size() - 1) +
                            " dimensions beside it, expected at most 3");
  std::string rows = addParameter(parameter.path, parameter.shape, parameter.values);
  program.statements.push_back("param " + rows + ": " + spellShape(parameter.shape) + " = zeros");
  std::string row = "embedding(index(" + spellAxis(axis.axis) + "), table: " + rows + ")";
  result.parts = {isNumber ? "sum(" + row + ")" : row};
  return true;
}

/// Whether all that reads a value takes it on to a softmax, where a number far below the others is like an infinite
/// one.
bool Lowering::isMask(const std::string &name, int depth) {
  static const std::set<std::string> further = {"Add", "Expand", "Reshape", "Squeeze", "Unsqueeze", "Where"};
  std::string output = StringRef(name).split('#').first.str();
  bool isRead = false;
  for (const OnnxNode &user : model.graph.nodes) {
    bool reads = llvm::any_of(user.inputs, [&](StringRef input) {
      return input == output || (input.consume_back("_output_0") && input == output);
    });
    if (!reads)
      continue;
    isRead = true;
    size_t place = user.op == "Attention" ? 3 : user.op == multiHeadAttention ? 5 : 0; // of the mask of an operator
    bool isOnlyMask = place > 0 && llvm::count(user.inputs, output) == 1 && place < user.inputs.size() &&
                      user.inputs[place] == output;
    if (user.op != "Softmax" && !isOnlyMask &&
        (depth > 8 || !further.count(user.op) || user.outputs.empty() || !isMask(user.outputs.front(), depth + 1)))
      return false;
  }
  return isRead && llvm::none_of(model.graph.outputs, [&](const OnnxPort &port) { return port.name == output; });
}

std::optional<double> Lowering::finite(const OnnxNode &node, double number) {
  if (std::isfinite(number))
    return number;
  if (number < 0 && (node.op == "Add" || node.op == "Where") && isMask(node.outputs.front(), 0))
    return -1e30;
  refuse(node, "expected a finite number, found " + Twine(number > 0   ? "an infinite one"
                                                          : number < 0 ? "a negative infinite one"
                                                                       : "no number"));
  return std::nullopt;
}

// Numbers along two axes: one of two on either side of a diagonal, as masks of attention are, or any.
bool Lowering::materializeTable(const OnnxNode &node, const Atom &row, const Atom &column,
                                llvm::ArrayRef<double> values, StringRef name, Value &result) {
  size_t rows = static_cast<size_t>(row.size), columns = static_cast<size_t>(column.size);
  for (const Atom *atom : {&row, &column}) {
    if (isTimeOfOpenSize(atom->axis))
      return refuse(node, "expected numbers for known sizes, found them along '" + spellAxis(atom->axis) +
                              "', whose size is open");
    readsAlong(atom->axis);
  }
  std::string i = "index(" + spellAxis(row.axis) + ")", j = "index(" + spellAxis(column.axis) + ")";
  double within = values[(rows - 1) * columns], beyond = values[columns - 1];
  for (size_t at = 0; at < rows; ++at) { // the first row with both says where the diagonal is
    llvm::ArrayRef<double> line = values.slice(at * columns, columns);
    int64_t off = (llvm::find(line, beyond) - line.begin()) - static_cast<int64_t>(at) - 1;
    if (line.front() != within || line.back() != beyond || within == beyond)
      continue;
    for (size_t k = 0; k < values.size(); ++k) {
      bool isWithin = static_cast<int64_t>(k % columns) - static_cast<int64_t>(k / columns) <= off;
      if (values[k] != (isWithin ? within : beyond))
        off = INT64_MAX;
    }
    if (off == INT64_MAX)
      break;
    std::string limit = off > 0 ? " + " + std::to_string(off) : off < 0 ? " - " + std::to_string(-off) : "";
    result.parts = {"select(" + j + " <= " + i + limit + ", " + spellNumber(within) + ", " + spellNumber(beyond) + ")"};
    return true;
  }
  if (rows > 1024 || columns > 1024)
    return refuse(node, "expected at most 1024 positions in either dimension of a table of numbers");
  std::vector<double> identity(columns * columns, 0);
  for (size_t at = 0; at < columns; ++at)
    identity[at * columns + at] = 1;
  std::string table = addParameter(name, {row.size, column.size}, values.vec());
  std::string one = addParameter((name + "_one").str(), {column.size, column.size}, std::move(identity));
  program.statements.push_back("param " + table + ": " + spellShape({row.size, column.size}) + " = zeros");
  program.statements.push_back("param " + one + ": " + spellShape({column.size, column.size}) + " = identity");
  result.parts = {"dot(embedding(" + i + ", table: " + table + "), embedding(" + j + ", table: " + one + "))"};
  return true;
}

bool Lowering::materialize(const OnnxNode &node, const Constant &constant, const Value &beside, StringRef suffix,
                           Value &result) {
  result = Value();
  if (constant.type == Constant::Type::Integer && beside.type != Value::Type::Real) {
    auto real = realOf(node, constant);
    if (!real || !materialize(node, *real, beside, suffix, result))
      return false;
    result.type = Value::Type::Integer;
    return true;
  }
  if (asPositions(constant, beside, result))
    return true;
  if (constant.stored() == 1 && (constant.uniform || countOf(constant.shape) == 1)) {
    auto number = finite(node, constant.number(0));
    if (!number)
      return false;
    result.parts = {spellNumber(*number)};
    if (constant.type == Constant::Type::Truth)
      result.parts = {constant.integers[0] ? "0 < 1" : "1 < 0"};
    result.type = constant.type == Constant::Type::Truth ? Value::Type::Truth : Value::Type::Real;
    result.dims.assign(constant.shape.size(), Dim());
    return true;
  }
  if (!constant.isReal() || constant.stored() == 0)
    return refuse(node, "expected an array of real numbers beside what the inputs change, found integers or none");
  size_t rank = constant.shape.size();
  // The atoms of each of its dimensions: those of the other operand's, or new features.
  Sizes features = beside.features, sizes;
  std::vector<Atom> atoms;
  for (size_t i = 0; i < rank; ++i) {
    size_t fromEnd = rank - i;
    Dim dim = fromEnd <= beside.dims.size() ? withoutUnits(beside.dims[beside.dims.size() - fromEnd]) : Dim();
    result.dims.emplace_back();
    if (constant.shape[i] == 1)
      continue;
    if (dim.empty()) {
      // What an input of one dimension has in it, as many as the batch has rows, is one number for each row.
      for (const Atom &atom : beside.atoms())
        if (atom.kind == Kind::Feature && atom.input >= 0 && isRowsOfBatch(model.graph.inputs, atom.input))
          return force(node, atom, Role::Batch, "the batch");
      if (!beside.features.empty())
        return refuse(node, "its result would have features that one operand lacks, which is not covered");
      Atom atom;
      atom.kind = Kind::Feature;
      atom.size = constant.shape[i];
      atom.place = features.size();
      features.push_back(atom.size);
      dim = {atom};
    }
    int64_t size = 1;
    for (const Atom &atom : dim) {
      if (atom.kind == Kind::Stack)
        return refuse(node, "weights along a dimension of values side by side are not covered");
      if (isOpen(atom.size))
        return refuse(node, "expected weights for known sizes, found them along a dimension whose size is open");
      if (atom.kind == Kind::Batch) {
        decisions.batchIsAxis = again = true; // each row of the batch has weights of its own
        return false;
      }
      size *= atom.size;
      sizes.push_back(atom.size);
      atoms.push_back(atom);
    }
    if (size != constant.shape[i])
      return refuse(node, "expected dimensions of one size or of size 1, found " + Twine(constant.shape[i]) + " and " +
                              Twine(size));
    result.dims.back() = dim;
  }
  // A row for each position of its axis, and all features, in the order of the other operand's.
  bool hasFeatures = llvm::any_of(atoms, [](const Atom &atom) { return atom.kind == Kind::Feature; });
  std::vector<unsigned> order;
  Sizes shape;
  const Atom *axis = nullptr;
  if (atoms.size() == 2 && atoms[0].kind == Kind::Axis && atoms[1].kind == Kind::Axis) {
    std::vector<double> numbers;
    for (double real : constant.reals) {
      auto number = finite(node, real);
      if (!number)
        return false;
      numbers.push_back(*number);
    }
    return materializeTable(node, atoms[0], atoms[1], numbers, nameOf(node, suffix), result);
  }
  for (const Atom &atom : atoms)
    if (atom.kind == Kind::Axis) {
      if (axis)
        return refuse(node, "weights along two axes are not covered");
      axis = &atom;
      shape.push_back(atom.size);
    }
  if (hasFeatures)
    shape.insert(shape.end(), features.begin(), features.end());
  Sizes strides = stridesOf(sizes), from(shape.size(), 0);
  for (size_t i = 0; i < atoms.size(); ++i)
    from[atoms[i].kind == Kind::Axis ? 0 : (axis ? 1 : 0) + atoms[i].place] = strides[i];
  if (countOf(shape) < 0)
    return refuse(node, "its weights, repeated over all features, have more than 2^28 elements");
  std::vector<double> values;
  for (size_t i = 0, count = static_cast<size_t>(countOf(shape)); i < count; ++i) {
    Sizes position = positionOf(i, shape);
    int64_t source = 0;
    for (size_t dim = 0; dim < shape.size(); ++dim)
      source += position[dim] * from[dim];
    values.push_back(constant.reals[static_cast<size_t>(source)]);
  }
  if (hasFeatures) {
    result.features = features;
    // Where it is repeated over features, its dimensions are all of the other operand's.
    if (!beside.features.empty())
      for (size_t i = 0; i < beside.dims.size(); ++i) {
        bool isFeature = llvm::any_of(beside.dims[i], [](const Atom &atom) { return atom.kind == Kind::Feature; });
        size_t fromEnd = beside.dims.size() - i;
        while (isFeature && result.dims.size() < fromEnd)
          result.dims.insert(result.dims.begin(), Dim());
        if (isFeature)
          result.dims[result.dims.size() - fromEnd] = beside.dims[i];
      }
  }
  std::string name = nameOf(node, suffix);
  if (axis)
    return parameterAlong(node, *axis, {name, shape, std::move(values)}, result);
  result.parts = {addParameter(name, shape, std::move(values))};
  program.statements.push_back("param " + result.parts.front() + ": " + spellShape(shape) + " = zeros");
  return true;
}

bool Lowering::leaveFeatures(const OnnxNode &node, const Value &value, unsigned dim) {
  for (unsigned i = 0; i < value.dims.size(); ++i)
    for (const Atom &atom : value.dims[i])
      if (i != dim && atom.kind == Kind::Feature && atom.input >= 0)
        return force(node, atom, Role::Axis, "an axis beside the features");
  return true;
}

bool Lowering::gatherAxis(const OnnxNode &node, Value &value, unsigned axis) {
  int64_t size = program.axes[axis].size;
  if (isOpen(size) || size > 4096 || value.features.size() >= 4)
    return refuse(node, "expected a dimension of at most 4096 features, found the axis '" + spellAxis(axis) + "'");
  readsAlong(axis);
  for (std::string &part : value.parts)
    part = "last(window(" + part + " over " + spellAxis(axis) + ", width: " + std::to_string(size) + ") over " +
           spellAxis(axis) + ")";
  value.features.insert(value.features.begin(), size);
  for (Dim &dim : value.dims)
    for (Atom &atom : dim)
      if (atom.kind == Kind::Feature) {
        ++atom.place;
      } else if (atom.kind == Kind::Axis && atom.axis == axis) {
        atom.kind = Kind::Feature;
        atom.place = 0;
        atom.input = -1;
      }
  return true;
}
