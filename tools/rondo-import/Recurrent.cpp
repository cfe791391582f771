// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RNN, GRU and LSTM: scans of a cell.

#include "tools/rondo-import/Cells.h"
#include "tools/rondo-import/Lowering.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace rondo::importer;
using llvm::Twine;
using Kind = Atom::Kind;

namespace rondo::importer {

/// One node's way to scans.
class RecurrentLowering {
public:
  RecurrentLowering(Lowering &all, const OnnxNode &node) : all(all), node(node) {}

  bool run();

private:
  bool readAttributes();
  bool readActivations();
  bool readInput();
  bool flatten();
  bool readWeights();
  bool readLengths();
  /// `NAME = scan CELL(x) ..` of a direction, with its parameters.
  bool scan(size_t direction);
  bool initialState(size_t direction, size_t operand, const char *state, std::string &from);
  bool stateOf(const Value &states, size_t direction, const char *state, std::string &text);
  void addParameters(size_t direction, const std::string &path);
  void addGate(const std::string &path, size_t direction, size_t gate, bool ofInput, bool ofState);
  bool defineResults();
  bool refuse(const Twine &words) { return all.refuse(node, words); }

  Lowering &all;
  const OnnxNode &node;
  CellKind cell;               // of the first direction
  std::vector<CellKind> cells; // of each
  std::string direction;
  size_t directions = 1, gates = 1;
  int64_t hidden = 0, inputs = 0;
  bool batchFirst = false;
  const Constant *w = nullptr, *r = nullptr, *b = nullptr, *p = nullptr;
  Value x;
  Atom time;
  Dim batch;
  std::vector<size_t> columns; // of W, for each feature of x; empty where they are in order
  std::string here;            // 1 within a sequence's length, 0 behind it
  std::vector<std::string> scans;
};

bool RecurrentLowering::readActivations() {
  size_t each = node.op == "RNN" ? 1 : node.op == "GRU" ? 2 : 3;
  std::vector<std::string> names;
  for (size_t i = 0; i < directions; ++i)
    for (const char *name : {node.op == "RNN" ? "tanh" : "sigmoid", "tanh", "tanh"})
      if (names.size() < (i + 1) * each)
        names.push_back(name);
  std::vector<double> constants[2];
  const char *lists[] = {"activation_alpha", "activation_beta"};
  if (auto place = node.attributes.find("activations"); place != node.attributes.end()) {
    if (place->second.kind != Attribute::Kind::Texts || place->second.texts.size() != names.size())
      return refuse("expected " + Twine(names.size()) + " names as attribute 'activations'");
    for (size_t i = 0; i < names.size(); ++i)
      names[i] = llvm::StringRef(place->second.texts[i]).lower();
  }
  for (int i = 0; i < 2; ++i)
    if (auto place = node.attributes.find(lists[i]); place != node.attributes.end()) {
      if (place->second.kind != Attribute::Kind::Reals)
        return refuse(Twine("expected real numbers as attribute '") + lists[i] + "'");
      constants[i] = place->second.reals;
    }
  size_t used[2] = {0, 0};
  cells.assign(directions, cell);
  for (size_t i = 0; i < names.size(); ++i) {
    int count = constantsOf(names[i]), given = 0;
    if (count < 0)
      return refuse("the activation '" + names[i] + "' is not covered");
    Activation activation;
    activation.name = names[i];
    double *places[] = {&activation.alpha, &activation.beta};
    for (; given < count && used[given] < constants[given].size(); ++given)
      *places[given] = constants[given][used[given]++];
    if (!setUsualConstants(activation, given))
      return refuse("expected activation_alpha and activation_beta for the activation '" + names[i] + "'");
    cells[i / each].activations.push_back(activation);
  }
  return true;
}

bool RecurrentLowering::readAttributes() {
  bool isLstm = node.op == "LSTM", isGru = node.op == "GRU";
  if (!all.checkAttributes(node,
                           {"activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size",
                            "layout", isLstm ? "input_forget" : "layout", isGru ? "linear_before_reset" : "layout"}))
    return false;
  cell.op = node.op;
  gates = isLstm ? 4 : isGru ? 3 : 1;
  auto way = all.text(node, "direction", "forward");
  auto size = all.integer(node, "hidden_size", 0), layout = all.integer(node, "layout", 0);
  auto clip = all.real(node, "clip", 0);
  auto coupled = all.integer(node, "input_forget", 0), behind = all.integer(node, "linear_before_reset", 0);
  if (!way || !size || !layout || !clip || !coupled || !behind)
    return false;
  if (*way != "forward" && *way != "reverse" && *way != "bidirectional")
    return refuse("expected the direction forward, reverse or bidirectional, found '" + *way + "'");
  if (*layout != 0 && *layout != 1)
    return refuse("expected the layout 0 or 1, found " + Twine(*layout));
  if (!(*clip >= 0) || *clip > 1e30)
    return refuse("expected a positive number as attribute 'clip'");
  direction = *way;
  directions = direction == "bidirectional" ? 2 : 1;
  hidden = *size;
  batchFirst = *layout == 1;
  cell.clip = *clip;
  cell.couplesForget = *coupled != 0;
  cell.resetsBehind = isGru && *behind != 0;
  return true;
}

bool RecurrentLowering::readWeights() {
  w = all.known(node, 1, "weights W");
  r = w ? all.known(node, 2, "weights R") : nullptr;
  if (!r)
    return false;
  if (r->shape.size() != 3 || w->shape.size() != 3)
    return refuse("expected weights W and R of three dimensions");
  if (!hidden)
    hidden = r->shape[2];
  if (hidden < 1 || hidden > 1 << 24)
    return refuse("expected at least one state, found hidden_size " + Twine(hidden));
  auto check = [&](const Constant *array, const char *name, Sizes shape) {
    shape.insert(shape.begin(), static_cast<int64_t>(directions));
    if (array->shape == shape && array->isReal() && !array->uniform)
      return true;
    return refuse(Twine("expected ") + name + " to be reals of shape " + spellShape(shape) + ", found shape " +
                  spellShape(array->shape));
  };
  int64_t rows = static_cast<int64_t>(gates) * hidden;
  inputs = w->shape[2];
  if (inputs < 1 || !check(w, "W", {rows, inputs}) || !check(r, "R", {rows, hidden}))
    return refuse("expected W to have columns");
  if (all.has(node, 3)) {
    b = all.known(node, 3, "a bias B");
    if (!b || !check(b, "B", {2 * rows}))
      return false;
  }
  if (node.op == "LSTM" && all.has(node, 7)) {
    p = all.known(node, 7, "weights P");
    if (!p || !check(p, "P", {3 * hidden}))
      return false;
    cell.hasPeepholes = true;
  }
  return true;
}

// Positions of an axis beside features, as rows of an image: the features of all positions, one behind the other.
bool RecurrentLowering::flatten() {
  bool isAxisFirst = x.dims[2][0].kind == Kind::Axis;
  Atom axis = x.dims[2][isAxisFirst ? 0 : 1], feature = x.dims[2][isAxisFirst ? 1 : 0];
  if (axis.kind != Kind::Axis || feature.kind != Kind::Feature)
    return true;
  if (isOpen(axis.size) || axis.size > 256)
    return refuse("expected at most 256 positions beside features in dimension 2 of X");
  Value open = x;
  open.dims[2] = {axis};
  open.dims.push_back({feature});
  open = all.bind(node, open, "_x");
  std::string text;
  for (int64_t i = 0; i < axis.size; ++i) {
    Value part;
    if (!all.slice(node, open, 2, i, 1, 1, "_" + std::to_string(i), part))
      return false;
    text += (i ? ", " : "concat(") + part.parts.front();
  }
  for (int64_t i = 0; i < axis.size * feature.size && !isAxisFirst; ++i)
    columns.push_back(static_cast<size_t>(i % feature.size * axis.size + i / feature.size));
  x.parts = {axis.size > 1 ? text + ")" : x.parts.front()};
  feature.size *= axis.size;
  x.features = {feature.size};
  x.dims[2] = {feature};
  x = all.bind(node, x, "_features");
  return true;
}

bool RecurrentLowering::readInput() {
  const Value *value = all.operand(node, 0);
  if (!value)
    return false;
  if (value->isConstant() || value->type != Value::Type::Real || value->dims.size() != 3)
    return refuse("expected an input X of three dimensions that the graph's inputs change");
  x = *value;
  if (!all.unstack(node, x))
    return false;
  auto atomOf = [](const Dim &dim) { return dim.size() == 1 ? dim.front() : Atom(); };
  Atom first = atomOf(x.dims[batchFirst ? 1 : 0]), second = atomOf(x.dims[batchFirst ? 0 : 1]),
       last = atomOf(x.dims[2]);
  bool known = true;
  if (first.kind != Kind::Axis && first.input >= 0)
    known = all.force(node, first, Role::Time, "positions in time");
  if (second.kind == Kind::Feature && second.input >= 0)
    known = all.force(node, second, Role::Batch, "the batch");
  if (second.kind == Kind::Axis && second.input >= 0 && isOpen(second.size) && first.input >= 0)
    known = all.force(node, second, Role::Batch, "the batch");
  if (last.kind == Kind::Unit && last.input >= 0)
    known = all.force(node, last, Role::Feature, "features");
  if (!known)
    return false;
  if (first.kind != Kind::Axis)
    return refuse("expected positions in time in dimension " + Twine(batchFirst ? 1 : 0) +
                  " of X, found a dimension that is no axis of the program");
  time = first;
  batch = x.dims[batchFirst ? 0 : 1];
  for (const Atom &atom : batch)
    if (atom.kind != Kind::Batch && atom.kind != Kind::Axis && atom.kind != Kind::Unit)
      return refuse("expected a batch in dimension " + Twine(batchFirst ? 0 : 1) +
                    " of X, found features of the program");
  if (x.dims[2].size() == 2 && x.features.size() == 1 && !flatten())
    return false;
  for (unsigned axis = 0; axis < all.program.axes.size(); ++axis)
    if (llvm::any_of(x.dims[2], [&](const Atom &atom) { return atom.kind == Kind::Axis && atom.axis == axis; }))
      if (!all.gatherAxis(node, x, axis))
        return false;
  if (x.features.empty() && x.dims[2].empty()) {
    for (std::string &part : x.parts)
      part = "window(" + part + " over " + all.spellAxis(time.axis) + ", width: 1)";
    x.features = {1};
  }
  if (x.features.size() != 1 || x.features[0] != inputs)
    return refuse("expected an input X of " + Twine(inputs) + " features in one dimension, found shape " +
                  spellShape(x.features));
  return true;
}

bool RecurrentLowering::readLengths() {
  if (!all.has(node, 4))
    return true;
  const Value *lengths = all.operand(node, 4);
  if (!lengths)
    return false;
  std::string length, axis = all.spellAxis(time.axis);
  if (lengths->isConstant()) {
    Constant real = *lengths->constant;
    if (real.type != Constant::Type::Integer || real.shape.size() != 1)
      return refuse("expected sequence_lens to be a list of integers");
    auto isWhole = [&](int64_t size) { return size == time.size; };
    auto isWithin = [&](int64_t size) { return size >= 0 && (isOpen(time.size) || size <= time.size); };
    if (llvm::all_of(real.integers, isWhole))
      return true;
    if (!llvm::all_of(real.integers, isWithin))
      return refuse("expected lengths from 0 to that of X");
    if (real.isSame()) {
      length = std::to_string(real.integers.front());
    } else {
      real.type = Constant::Type::Real;
      real.reals.assign(real.integers.begin(), real.integers.end());
      Value beside, rows;
      beside.dims = {batch};
      if (!all.materialize(node, real, beside, "_lengths", rows))
        return false;
      length = rows.parts.front();
    }
  } else {
    bool isInteger = lengths->type == Value::Type::Integer;
    if (lengths->input < 0 || (lengths->type != Value::Type::Token && !isInteger))
      return refuse("expected sequence_lens to be known or an input of the graph");
    if (all.decisions.batchIsAxis)
      return refuse("lengths that are an input, beside states that each row has of its own, are not covered");
    if (!lengths->dims.empty() && !lengths->dims[0].empty() && lengths->dims[0][0].kind == Kind::Feature)
      return all.force(node, lengths->dims[0][0], Role::Batch, "the batch");
    all.decisions.lengths[lengths->input] = time.axis;
    all.again |= isInteger; // lengths, as it turns out
    length = "length(" + axis + ")";
  }
  all.readsAlong(time.axis);
  here = all.names.make(all.nameOf(node, "_here"));
  all.program.statements.push_back(here + " = select(index(" + axis + ") < " + length + ", 1, 0)");
  cell.isMasked = true;
  return true;
}

// The state of a direction in [directions, batch, hidden], or [batch, directions, hidden].
bool RecurrentLowering::stateOf(const Value &states, size_t direction, const char *state, std::string &text) {
  if (states.dims.size() != 3)
    return refuse("expected initial states of three dimensions");
  Value one;
  if (!all.slice(node, states, batchFirst ? 1 : 0, static_cast<int64_t>(direction), 1, 1,
                 std::string("_") + state + "0", one))
    return false;
  if (one.parts.size() != 1)
    return refuse("expected initial states of one direction");
  Dim &rows = one.dims[batchFirst ? 0 : 1], merged;
  if (rows.size() == 1 && rows[0].kind == Kind::Feature && rows[0].input >= 0)
    return all.force(node, rows[0], Role::Batch, "the batch");
  if (one.dims[2].size() == 1 && one.dims[2][0].kind == Kind::Unit && one.dims[2][0].input >= 0)
    return all.force(node, one.dims[2][0], Role::Feature, "features");
  if (!all.alignDim(node, batch, rows, merged))
    return false;
  if (one.features != Sizes{hidden})
    return refuse("expected initial states of " + Twine(hidden) + " features, found shape " + spellShape(one.features));
  text = one.parts.front();
  return true;
}

bool RecurrentLowering::initialState(size_t direction, size_t operandIndex, const char *state, std::string &from) {
  if (!all.has(node, operandIndex))
    return true;
  const Value *states = all.operand(node, operandIndex);
  if (!states)
    return false;
  std::string text;
  if (!states->isConstant()) {
    if (!stateOf(*states, direction, state, text))
      return false;
  } else {
    const Constant &whole = *states->constant;
    if (!whole.isReal() || whole.shape.size() != 3 || whole.shape[batchFirst ? 1 : 0] != int64_t(directions) ||
        whole.shape[2] != hidden)
      return refuse("expected initial states of shape [" + Twine(batchFirst ? "batch, " : "") + Twine(directions) +
                    (batchFirst ? ", " : ", batch, ") + Twine(hidden) + "], found " + spellShape(whole.shape));
    if (whole.stored() == 0 || (whole.isSame() && whole.reals.front() == 0))
      return true; // as without any
    int64_t rows = whole.shape[batchFirst ? 0 : 1];
    if (whole.uniform) {
      text = spellNumber(whole.reals.front());
    } else {
      auto at = [&](size_t i) {
        size_t row = i / static_cast<size_t>(hidden), column = i % static_cast<size_t>(hidden);
        size_t outer = batchFirst ? row * directions + direction : direction * static_cast<size_t>(rows) + row;
        return outer * static_cast<size_t>(hidden) + column;
      };
      Constant part = whole.rearranged({rows, hidden}, at);
      bool isSame = true;
      for (size_t i = 0; i < part.reals.size(); ++i)
        isSame &= part.reals[i] == part.reals[i % static_cast<size_t>(hidden)];
      if (isSame)
        part = part.rearranged({1, hidden}, [](size_t i) { return i; });
      Value beside, value;
      Atom feature;
      feature.kind = Kind::Feature;
      feature.size = hidden;
      beside.dims = {batch, {feature}};
      beside.features = {hidden};
      if (hidden == 1 && part.reals.size() == 1) {
        text = spellNumber(part.reals[0]);
        from += (from.empty() ? "" : ", ") + std::string(state) + ": " + text;
        return true;
      }
      if (hidden == 1) { // a row of one number, which would be none
        beside = Value();
        beside.dims = {batch};
        part = part.rearranged({rows}, [](size_t i) { return i; });
        if (!all.materialize(node, part, beside, std::string("_") + state + "0", value))
          return false;
        std::string one = all.addParameter(all.nameOf(node, "_one"), {1}, {1});
        all.program.statements.push_back("param " + one + ": [1] = ones");
        value.parts = {one + " * " + value.parts.front()};
      } else if (!all.materialize(node, part, beside, std::string("_") + state + "0" + (direction ? "_backward" : ""),
                                  value))
        return false;
      text = value.parts.front();
    }
  }
  from += (from.empty() ? "" : ", ") + std::string(state) + ": " + text;
  return true;
}

// Weights and bias of a gate; ONNX has two biases, of which one place knows both apart.
void RecurrentLowering::addGate(const std::string &path, size_t direction, size_t gate, bool ofInput, bool ofState) {
  size_t h = static_cast<size_t>(hidden), i = static_cast<size_t>(inputs), block = direction * gates + gate;
  auto rows = [&](const Constant &from, size_t width) {
    auto begin = from.reals.begin() + static_cast<std::ptrdiff_t>(block * h * width);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(h * width));
  };
  auto inOrder = [&](std::vector<double> given) {
    std::vector<double> result = given;
    for (size_t k = 0; k < result.size() && !columns.empty(); ++k)
      result[k] = given[k / i * i + columns[k % i]];
    return result;
  };
  if (ofInput)
    all.program.parameters.push_back({path + ".x", {hidden, inputs}, inOrder(rows(*w, i))});
  if (ofState)
    all.program.parameters.push_back({path + ".h", {hidden, hidden}, rows(*r, h)});
  std::vector<double> bias(h, 0);
  for (size_t k = 0; b && k < h; ++k) {
    size_t first = (2 * direction * gates + gate) * h + k, second = first + gates * h;
    bias[k] = (ofInput ? b->reals[first] : 0) + (ofState ? b->reals[second] : 0);
  }
  all.program.parameters.push_back({path + ".bias", {hidden}, bias});
}

void RecurrentLowering::addParameters(size_t direction, const std::string &path) {
  auto both = [&](const char *gate, size_t index) { addGate(path + "." + gate, direction, index, true, true); };
  if (node.op == "RNN") {
    both("a", 0);
  } else if (node.op == "GRU") {
    both("z", 0);
    both("r", 1);
    if (cell.resetsBehind) {
      addGate(path + ".nx", direction, 2, true, false);
      addGate(path + ".nh", direction, 2, false, true);
    } else {
      both("n", 2);
    }
  } else {
    const char *names[] = {"i", "o", "f", "g"};
    for (size_t gate = 0; gate < 4; ++gate)
      if (!(cell.couplesForget && gate == 2))
        both(names[gate], gate);
    size_t h = static_cast<size_t>(hidden);
    for (size_t k = 0; p && k < 3; ++k) {
      auto begin = p->reals.begin() + static_cast<std::ptrdiff_t>((direction * 3 + k) * h);
      if (!(cell.couplesForget && k == 2))
        all.program.parameters.push_back(
            {path + ".p" + names[k], {hidden}, std::vector<double>(begin, begin + hidden)});
    }
  }
}

bool RecurrentLowering::scan(size_t direction) {
  bool isBackward = this->direction == "reverse" || direction == 1;
  std::string from;
  if (!initialState(direction, 5, "h", from) || (node.op == "LSTM" && !initialState(direction, 6, "c", from)))
    return false;
  CellKind kind = cell;
  kind.activations = cells[direction].activations;
  std::string name = kind.write(all.program), size = "[" + std::to_string(hidden);
  name.replace(name.find("[H"), 2, size);
  std::string path = all.names.make(all.nameOf(node, directions == 1 ? "" : isBackward ? "_backward" : "_forward"));
  if (isBackward)
    all.readsAlong(time.axis);
  if (isBackward && here.empty())
    all.counts(node, time.axis); // it begins at the last position
  size_t axes = llvm::count_if(x.atoms(), [](const Atom &atom) { return atom.kind == Kind::Axis; });
  std::string text = path + " = scan " + name + "(" + x.parts.front() + (here.empty() ? "" : ", " + here) + ")";
  if (axes > 1 || !here.empty())
    text += " over " + all.spellAxis(time.axis);
  if (isBackward)
    text += " backward";
  if (!from.empty())
    text += " from (" + from + ")";
  all.program.statements.push_back(text);
  addParameters(direction, path);
  scans.push_back(path);
  return true;
}

bool RecurrentLowering::defineResults() {
  Atom feature, stack;
  feature.kind = Kind::Feature;
  feature.size = hidden;
  stack.kind = Kind::Stack;
  stack.size = static_cast<int64_t>(directions);
  Dim side = directions == 2 ? Dim{stack} : Dim(), rows;
  for (Atom atom : batch)
    if (atom.kind != Kind::Unit)
      rows.push_back(atom);
  Value y;
  y.dims =
      batchFirst ? std::vector<Dim>{rows, {time}, side, {feature}} : std::vector<Dim>{{time}, side, rows, {feature}};
  y.features = {hidden};
  y.parts = scans;
  Value last = y;
  last.dims = batchFirst ? std::vector<Dim>{rows, side, {feature}} : std::vector<Dim>{side, rows, {feature}};
  auto final = [&](const char *state) {
    Value value = last;
    for (std::string &part : value.parts)
      part += std::string(".final.") + state;
    return value;
  };
  bool readsFinal = llvm::any_of(llvm::drop_begin(node.outputs),
                                 [&](const std::string &name) { return !name.empty() && all.uses.count(name); });
  if (readsFinal && here.empty())
    all.counts(node, time.axis);
  return all.define(node, 0, y) && all.define(node, 1, final("h")) &&
         (node.op != "LSTM" || all.define(node, 2, final("c")));
}

bool RecurrentLowering::run() {
  size_t most = node.op == "LSTM" ? 8 : 6, results = node.op == "LSTM" ? 3 : 2;
  if (node.inputs.size() > most || node.outputs.size() > results)
    return refuse("expected at most " + Twine(most) + " inputs and " + Twine(results) + " outputs");
  if (!readAttributes() || !readWeights() || !readInput() || !readLengths() || !readActivations())
    return false;
  for (size_t i = 0; i < directions; ++i)
    if (!scan(i))
      return false;
  return defineResults();
}

} // namespace rondo::importer

bool Lowering::lowerRecurrent(const OnnxNode &node) { return RecurrentLowering(*this, node).run(); }
