// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The graph's inputs and outputs.

#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <numeric>

using namespace rondo::importer;
using llvm::Twine;

bool rondo::importer::isRowsOfBatch(llvm::ArrayRef<OnnxPort> ports, size_t input) {
  const Sizes &shape = ports[input].shape;
  return shape.size() == 1 &&
         llvm::any_of(ports, [&](const OnnxPort &port) { return port.shape.size() > 1 && port.shape[0] == shape[0]; });
}

/// What a dimension of an input is until its uses say otherwise.
static Role usualRole(llvm::ArrayRef<OnnxPort> ports, const OnnxPort &port, unsigned dim) {
  bool isRows = port.type == Constant::Type::Integer && isRowsOfBatch(ports, &port - ports.data());
  if (dim == 0)
    return isOpen(port.shape[0]) || port.shape.size() > 1 || isRows ? Role::Batch : Role::Feature;
  return isOpen(port.shape[dim]) || port.type != Constant::Type::Real ? Role::Time : Role::Feature;
}

/// What dimensions of open size are, by their names: an input of two of them says it for the others, and then one whose
/// first dimension it is.
static std::map<int64_t, Role> namedRoles(llvm::ArrayRef<OnnxPort> ports) {
  std::map<int64_t, Role> roles;
  auto isFirst = [](const OnnxPort &port) { return !port.shape.empty() && isOpen(port.shape[0]); };
  for (int turn = 0; turn < 3; ++turn)
    for (const OnnxPort &port : ports)
      if (turn == 2 || (turn == 1 ? isFirst(port) : llvm::count_if(port.shape, isOpen) > 1))
        for (auto [dim, size] : llvm::enumerate(port.shape))
          if (isOpen(size))
            roles.emplace(size, usualRole(ports, port, static_cast<unsigned>(dim)));
  return roles;
}

bool Lowering::declareInputs() {
  std::map<int64_t, Role> openRoles = namedRoles(model.graph.inputs);
  for (const auto &[size, role] : decisions.openRoles)
    openRoles[size] = role;
  // A batch of open size goes before first dimensions of known sizes.
  int64_t batch = 0;
  for (const auto &[size, role] : openRoles)
    if (role == Role::Batch && !decisions.batchIsAxis)
      batch = size;
  for (auto [i, port] : llvm::enumerate(model.graph.inputs)) {
    if (!port.hasShape)
      return error = "input '" + port.name + "' has no shape, which the program needs", false;
    Value value;
    value.input = static_cast<int>(i);
    value.type = port.type == Constant::Type::Real      ? Value::Type::Real
                 : port.type == Constant::Type::Integer ? Value::Type::Token
                                                        : Value::Type::Truth;
    bool isNumber = !decisions.vocabularies.count(value.input) && !decisions.lengths.count(value.input);
    if (value.type == Value::Type::Token && isNumber && decisions.integers.count(value.input))
      value.type = Value::Type::Integer;
    if (value.type == Value::Type::Truth)
      return error = "input '" + port.name + "' has truth values, expected reals or integers", false;
    for (auto [dim, size] : llvm::enumerate(port.shape)) {
      if (size == 0)
        return error = "input '" + port.name + "' is empty: dimension " + std::to_string(dim) + " has size 0", false;
      Atom atom;
      atom.size = size;
      atom.input = value.input;
      atom.dim = static_cast<unsigned>(dim);
      Role role = size == 1 ? Role::Batch : usualRole(model.graph.inputs, port, atom.dim);
      auto known = decisions.roles.find({value.input, atom.dim});
      if (isOpen(size))
        role = openRoles[size];
      else if (known != decisions.roles.end())
        role = known->second;
      else if (role == Role::Batch && size > 1 && batch && batch != size)
        role = Role::Feature;
      if (size == 1 && role == Role::Batch) {
        atom.kind = Atom::Kind::Unit;
      } else if (role == Role::Batch && !decisions.batchIsAxis) {
        atom.kind = Atom::Kind::Batch;
        if (batch && batch != size)
          return error = "input '" + port.name + "' has a batch of another size than another input", false;
        batch = batchSize = size;
      } else if (role == Role::Feature) {
        atom.kind = Atom::Kind::Feature;
        atom.place = value.features.size();
        value.features.push_back(size);
      } else {
        atom.kind = Atom::Kind::Axis;
        atom.axis = axisOf(value.input, atom.dim, size, role);
      }
      value.dims.push_back({atom});
    }
    if (!error.empty())
      return false;
    value.parts = {names.make(port.name)};
    if (uses.count(port.name))
      values[port.name] = value;
  }
  return true;
}

/// " over T, S" of what is written, empty without an axis.
static std::string spellAxes(const Value &value, const ImportedProgram &program) {
  std::string text;
  for (auto [i, axis] : llvm::enumerate(program.axes))
    if (llvm::any_of(value.atoms(),
                     [&, i = i](const Atom &atom) { return atom.kind == Atom::Kind::Axis && atom.axis == i; }))
      text += (text.empty() ? " over " : ", ") + axis.name;
  return text;
}

/// A part of a dimension as it is printed, and where it stands among the others in the program's file.
static std::pair<std::string, unsigned> spellPart(const Atom &atom, const ImportedProgram &program) {
  std::string spelled = isOpen(atom.size) ? "" : std::to_string(atom.size);
  if (atom.kind == Atom::Kind::Batch)
    return {"batch", 0};
  if (atom.kind == Atom::Kind::Axis) {
    const ProgramAxis &axis = program.axes[atom.axis];
    return {spelled.empty() || (axis.isTime && !program.looksAhead) ? axis.name : spelled, 1 + atom.axis};
  }
  return {spelled, (atom.kind == Atom::Kind::Feature ? 2000 : 1000) + atom.place};
}

/// How the array of ONNX lies in the program's file.
static PortNote noteOf(const Value &value, const ImportedProgram &program) {
  PortNote note;
  std::vector<std::pair<unsigned, unsigned>> ranks;
  for (const Dim &dim : value.dims) {
    std::string whole;
    for (const Atom &atom : dim)
      if (atom.kind != Atom::Kind::Unit) {
        auto [spelled, rank] = spellPart(atom, program);
        whole += (whole.empty() ? "" : " * ") + spelled;
        ranks.push_back({rank, static_cast<unsigned>(ranks.size())});
        note.parts.push_back(spelled);
      }
    note.shape.push_back(whole.empty() ? "1" : whole);
  }
  // Values side by side, and their features, are what comes last: of more dimensions than a value may have they are
  // one.
  constexpr size_t mostDimensions = 4;
  auto last = static_cast<size_t>(llvm::count_if(ranks, [](auto rank) { return rank.first >= 1000; }));
  if (value.parts.size() > 1 && last > mostDimensions)
    note.joined = last;
  llvm::sort(ranks);
  for (auto [rank, i] : ranks)
    note.order.push_back(i);
  return note;
}

// The statement that binds a name which no other one reads, and which names no parameters; null if there is none.
std::string *Lowering::onlyUse(const std::string &name) {
  std::string *found = nullptr;
  for (std::string &statement : program.statements) {
    bool binds = llvm::StringRef(statement).starts_with(name + " = ");
    for (size_t at = statement.find(name, binds ? name.size() : 0); at != std::string::npos;
         at = statement.find(name, at + 1)) {
      auto isPart = [&](size_t i) {
        return i < statement.size() && (llvm::isAlnum(statement[i]) || statement[i] == '_');
      };
      if (!(at && isPart(at - 1)) && !isPart(at + name.size()))
        return nullptr;
    }
    found = binds ? &statement : found;
  }
  for (const Parameter &parameter : program.parameters)
    if (llvm::StringRef(parameter.path).split('.').first == name)
      return nullptr;
  // Outputs that are still to be written.
  size_t readers = 0;
  for (const OnnxPort &port : model.graph.outputs)
    if (auto place = values.find(port.name); place != values.end())
      for (const std::string &part : place->second.parts)
        readers += llvm::StringRef(part).contains(name);
  if (readers > 1)
    return nullptr;
  return found;
}

bool Lowering::run() {
  for (const OnnxPort &port : model.graph.outputs)
    if (!outputNames.emplace(port.name, names.make(port.name)).second)
      return error = "expected one output '" + port.name + "', found a second", false;
  if (model.graph.outputs.empty())
    return error = "the graph has no output", false;
  countUses(model.graph);
  if (!declareInputs() || !lowerGraph(model.graph))
    return false;
  // Sequences shorter than the program's window are the same to it, but to ONNX there are fewer positions then.
  for (auto [input, axis] : decisions.lengths)
    if (isTimeOfOpenSize(axis) && !openReduction.empty())
      return error = openReduction +
                     ": what depends on the number of positions, where that is open beside lengths "
                     "that are an input, is not covered: expected a model exported with a known number of positions",
             false;
  // The time axis first: it is the first in every file as well.
  for (const OnnxPort &port : model.graph.inputs) {
    auto place = values.find(port.name);
    if (place == values.end())
      continue;
    const Value &value = place->second;
    std::string file = value.parts.front();
    if (auto axis = decisions.lengths.find(value.input); axis != decisions.lengths.end()) {
      file = "length." + program.axes[axis->second].name;
    } else {
      std::string type = spellShape(value.features);
      if (value.type == Value::Type::Token) {
        auto size = decisions.vocabularies.find(value.input);
        if (size == decisions.vocabularies.end())
          return error =
                     "input '" + port.name +
                     "' has integers that pick no rows of a table and are no numbers to compute with, which are not "
                     "covered",
                 false;
        type = "token[" + std::to_string(size->second) + "]";
      }
      program.inputs.push_back("input " + file + ": " + type + spellAxes(value, program));
    }
    program.ports.push_back(noteOf(value, program));
    program.ports.back().name = port.name;
    program.ports.back().file = file;
    program.ports.back().isInteger = value.type == Value::Type::Integer;
  }
  for (const OnnxPort &port : model.graph.outputs) {
    if (!values.count(port.name))
      return error = "output '" + port.name + "' is computed by no node", false;
    OnnxNode self;
    self.op = "output";
    self.name = port.name;
    self.inputs = self.outputs = {port.name};
    const Value *joint = joined(self, 0);
    if (!joint)
      return false;
    Value value = *joint;
    if (value.isConstant() || value.type != Value::Type::Real)
      return error = "output '" + port.name + "' is " +
                     (value.isConstant() ? "known without any input" : "no real number") + ", which is not covered",
             false;
    PortNote note = noteOf(value, program);
    Sizes shape = value.stacks();
    std::vector<unsigned> stacks(shape.size());
    std::iota(stacks.begin(), stacks.end(), 0);
    shape.insert(shape.end(), value.features.begin(), value.features.end());
    if (value.parts.size() > 1 && !merge(self, value, stacks))
      return false;
    if (note.joined > 1)
      shape = value.features;
    std::string name = outputNames[port.name], type = ": " + spellShape(shape) + " = ";
    auto bound = llvm::find_if(program.statements, [&](const std::string &statement) {
      return llvm::StringRef(statement).starts_with(name + " = ");
    });
    std::string *only = bound == program.statements.end() ? onlyUse(value.parts.front()) : nullptr;
    if (only) {
      only->replace(0, value.parts.front().size() + 3, "output " + name + type);
    } else if (bound == program.statements.end()) {
      program.statements.push_back("output " + name + type + value.parts.front());
    } else if (value.parts.front() == name) {
      bound->replace(0, name.size() + 3, "output " + name + type);
    } else {
      name = names.make(port.name);
      program.statements.push_back("output " + name + type + value.parts.front());
    }
    note.isOutput = true;
    note.name = port.name;
    note.file = name;
    program.ports.push_back(note);
  }
  return true;
}
