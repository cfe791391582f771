// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Cells for the recurrent operators of ONNX.

#include "tools/rondo-import/Cells.h"

#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace rondo::importer;

namespace {

/// An activation that is a cell without states, with its constants a (and b).
struct ActivationRow {
  int constants;       // how many there are
  const char *cell;    // the cell's name; null for a function of the language
  const char *formula; // of x, a and b
  int usual;           // how many have usual values
  double alpha, beta;  // these
};

const std::map<std::string, ActivationRow> &activationRows() {
  static const std::map<std::string, ActivationRow> rows = {
      {"affine", {2, "Affine", "a * x + b", 0, 0, 0}},
      {"elu", {1, "Elu", "select(x < 0, a * (exp(min(x, 0)) - 1), x)", 1, 1, 0}},
      {"hardsigmoid", {2, "HardSigmoid", "max(0, min(1, a * x + b))", 2, 0.2, 0.5}},
      {"leakyrelu", {1, "LeakyRelu", "select(x < 0, a * x, x)", 1, 0.01, 0}},
      {"relu", {0, nullptr, "relu", 0, 0, 0}},
      {"scaledtanh", {2, "ScaledTanh", "a * tanh(b * x)", 0, 0, 0}},
      {"sigmoid", {0, nullptr, "sigmoid", 0, 0, 0}},
      {"softplus", {0, nullptr, "softplus", 0, 0, 0}},
      {"softsign", {0, "Softsign", "x / (1 + abs(x))", 0, 0, 0}},
      {"tanh", {0, nullptr, "tanh", 0, 0, 0}},
      {"thresholdedrelu", {1, "ThresholdedRelu", "select(x > a, x, 0)", 1, 1, 0}},
  };
  return rows;
}

} // namespace

int rondo::importer::constantsOf(const std::string &name) {
  auto row = activationRows().find(name);
  return row == activationRows().end() ? -1 : row->second.constants;
}

bool rondo::importer::setUsualConstants(Activation &activation, int given) {
  const ActivationRow &row = activationRows().at(activation.name);
  if (given < 1)
    activation.alpha = row.alpha;
  if (given < 2)
    activation.beta = row.beta;
  return given >= row.constants || row.usual == row.constants;
}

// The i-th activation of a value, clipped before.
std::string CellKind::activate(size_t i, const std::string &value, ImportedProgram &program) const {
  const ActivationRow &row = activationRows().at(activations[i].name);
  std::string clipped = clip > 0 ? "max(min(" + value + ", clip), -clip)" : value;
  if (!row.cell)
    return std::string(row.formula) + "(" + clipped + ")";
  std::string constants;
  if (row.constants)
    constants = ", " + spellNumber(activations[i].alpha);
  if (row.constants == 2)
    constants += ", " + spellNumber(activations[i].beta);
  program.addCell(std::string("cell ") + row.cell + "[N" + (row.constants ? ", a" : "") +
                  (row.constants == 2 ? ", b" : "") + "](x: [N]) -> [N] {\n  return " + row.formula + "\n}\n");
  return std::string(row.cell) + "[H" + constants + "](" + clipped + ")";
}

// A step's equations; the gates and their parameters have the names of the library's cells.
std::string CellKind::body(ImportedProgram &program) const {
  std::string text, sum = "linear[H](x, h)";
  auto line = [&](const std::string &words) { text += "  " + words + "\n"; };
  auto next = [&](const char *state, const std::string &value) {
    return std::string(state) + "' = " + (isMasked ? "select(here > 0, " + value + ", " + state + ")" : value);
  };
  auto behind = [&](const char *weight, const char *state) {
    return hasPeepholes ? sum + " + " + weight + " * " + state : sum;
  };
  line(op == "LSTM" ? "state h, c: [H]" : "state h: [H]");
  if (op == "RNN") {
    line(next("h", activate(0, sum + " as a", program)));
  } else if (op == "GRU") {
    line("r = " + activate(0, sum, program));
    line("z = " + activate(0, sum, program));
    if (resetsBehind)
      line("n = " + activate(1, "linear[H](x) as nx + r * linear[H](h) as nh", program));
    else
      line("n = " + activate(1, "linear[H](x, h: r * h)", program));
    line(next("h", "(1 - z) * n + z * h"));
  } else {
    for (const char *weight : {"pi", "pf", "po"})
      if (hasPeepholes && !(couplesForget && weight == std::string("pf")))
        line(std::string("param ") + weight + ": [H] = uniform(1 / sqrt(H))");
    line("i = " + activate(0, behind("pi", "c"), program));
    line("f = " + (couplesForget ? "1 - i" : activate(0, behind("pf", "c"), program)));
    line("g = " + activate(1, sum, program));
    line(next("c", "f * c + i * g"));
    line("o = " + activate(0, behind("po", "c'"), program));
    CellKind unclipped = *this; // the memory is not clipped before it goes out
    unclipped.clip = 0;
    line(next("h", "o * " + unclipped.activate(2, "c'", program)));
  }
  line(isMasked ? "return select(here > 0, h', 0)" : "return h'");
  return text;
}

std::string CellKind::nameInLibrary() const {
  if (isMasked || clip > 0 || couplesForget)
    return "";
  auto are = [&](std::vector<const char *> names) {
    for (size_t i = 0; i < names.size(); ++i)
      if (activations[i].name != names[i])
        return false;
    return true;
  };
  if (op == "RNN")
    return are({"tanh"}) ? "Elman" : are({"relu"}) ? "ElmanReLU" : "";
  if (op == "GRU")
    return !are({"sigmoid", "tanh"}) ? "" : resetsBehind ? "GRU" : "GRUReset";
  return !are({"sigmoid", "tanh", "tanh"}) ? "" : hasPeepholes ? "PeepholeLSTM" : "LSTM";
}

std::string CellKind::write(ImportedProgram &program) const {
  std::string name = nameInLibrary();
  if (!name.empty())
    return name + "[H]";
  std::string equations = body(program);
  name = op + (resetsBehind ? "" : op == "GRU" ? "Reset" : "");
  for (auto [is, word] :
       {std::pair(hasPeepholes, "Peephole"), {clip > 0, "Clipped"}, {couplesForget, "Coupled"}, {isMasked, "Masked"}})
    if (is)
      name = word + name;
  std::string rest = std::string("[H") + (clip > 0 ? ", clip" : "") + "](x: [I]" + (isMasked ? ", here: []" : "") +
                     ") -> [H] {\n" + equations + "}\n";
  std::string free = name;
  for (int i = 2;; ++i) {
    std::string head = "cell " + free, cell = head + rest;
    bool isTaken = false, isThere = false;
    for (const std::string &other : program.cells) {
      isTaken |= llvm::StringRef(other).starts_with(head + "[");
      isThere |= other == cell;
    }
    if (!isTaken || isThere) {
      program.addCell(cell);
      break;
    }
    free = name + std::to_string(i);
  }
  return free + "[H" + (clip > 0 ? ", " + spellNumber(clip) : "") + "]";
}
