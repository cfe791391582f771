// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The model as a whole: its parameters, inputs, targets, outputs, loss.

#include "frontend/Elaborator.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cmath>

using namespace llvm;
using namespace rondo;

std::unique_ptr<Graph> Elaborator::run() {
  const ModelDecl *model = chooseModel();
  if (!model)
    return nullptr;
  graph = std::make_unique<Graph>(model->name.loc);
  graph->info.name = model->name.text.str();
  defineUsed.assign(options.defines.size(), false);
  Frame top;
  frame = &top;
  frames.push_back(frame);
  frame->entries.resize(model->slots);
  bindParameters(*model);
  // With a wrong size every shape would be in error.
  if (failed)
    return nullptr;
  expand(model->body);
  readTrain(*model);
  for (const StmtPtr &stmt : model->body)
    if (auto *generate = dyn_cast<GenerateStmt>(stmt.get()))
      declareGenerate(*generate);
  finishLoss(*model);
  checkOutputs();
  if (!failed) {
    finishStreams(*model);
    checkVolume();
  }
  graph->info.hasTime = hasAxis;
  return failed ? nullptr : std::move(graph);
}

const ModelDecl *Elaborator::chooseModel() {
  const auto &models = program.file.models;
  std::vector<std::string> names;
  for (const auto &model : models) {
    if (model->name.text == options.model || (options.model.empty() && models.size() == 1))
      return model.get();
    names.push_back(model->name.text.str());
  }
  std::string list = join(names, ", ");
  if (models.empty())
    error(program.start) << "expected a model in the file, found none";
  else if (options.model.empty())
    error(models[1]->name.loc) << "expected a choice with --model: the file's models are " << list;
  else
    error(program.start) << "expected a model of the file (" << list << ") after --model, found '" << options.model
                         << "'";
  return nullptr;
}

std::optional<Number> rondo::parseNumber(StringRef text) {
  int64_t integer;
  double real;
  if (!text.getAsInteger(10, integer))
    return Number::ofInteger(integer);
  if (!text.empty() && !text.getAsDouble(real) && std::isfinite(real))
    return Number::ofReal(real);
  return std::nullopt;
}

void Elaborator::bindParameters(const ModelDecl &model) {
  for (const SizeParameter &parameter : model.parameters) {
    StringRef name = parameter.name.text;
    if (findDefinableSetting(name))
      error(parameter.name.loc) << "expected another name for a parameter: '" << name << "' is a setting of 'train'";
    std::optional<Number> number;
    bool defined = false;
    for (auto [i, define] : enumerate(options.defines)) {
      if (define.first != name)
        continue;
      defined = true;
      defineUsed[i] = true;
      number = parseNumber(define.second);
      if (!number)
        error(parameter.name.loc) << "-D " << name << ": expected a number, found '" << define.second << "'";
    }
    if (!defined && parameter.value)
      number = evaluate(*parameter.value);
    else if (!defined)
      error(parameter.name.loc) << "expected a value for '" << name << "', which has no default: -D " << name
                                << "=VALUE";
    if (number)
      entryOf(parameter.name).meaning = *number;
  }
}

// input, target
void Elaborator::declarePort(const PortStmt &port) {
  PortInfo info;
  info.name = port.name.text.str();
  info.token = port.isToken;
  info.time = !port.axes.empty();
  ValueType type;
  type.axes = batchAxis | (info.time ? timeAxis : noAxes);
  if (port.axes.size() > 1) {
    error(port.axes[1].loc) << "a second axis is not supported yet: expected one name after 'over'";
  } else if (evaluateShape(port.shape, type.shape)) {
    if (port.isToken) {
      type.element = ValueType::Element::Token;
      info.vocab = type.vocab = type.shape.front();
      type.shape.clear();
    }
    info.shape.assign(type.shape.begin(), type.shape.end());
    if (port.value)
      declareAhead(port, info);
    Node *node = make(port.isTarget ? NodeOp::Target : NodeOp::Input, type, port.name.loc);
    auto &nodes = port.isTarget ? graph->targets : graph->inputs;
    auto &infos = port.isTarget ? graph->info.targets : graph->info.inputs;
    node->index = nodes.size();
    nodes.push_back(node);
    infos.push_back(std::move(info));
    entryOf(port.name).meaning = node;
  }
}

// target next: token[vocab] over T = ahead(text, 1)
void Elaborator::declareAhead(const PortStmt &port, PortInfo &info) {
  auto &call = cast<CallExpr>(*port.value);
  auto &name = cast<NameExpr>(*call.arguments[0].value);
  const Node *node = frame->entries[name.slot].meaning.node;
  if (!node) // the input is in error
    return;
  const PortInfo *input = &graph->info.inputs[node->index];
  if (input->token != info.token || input->vocab != info.vocab || input->shape != info.shape || !input->time ||
      !info.time)
    error(port.name.loc) << "expected a target of the type of input '" << name.name << "', over the same axis";
  std::optional<int64_t> steps = evaluateSize(*call.arguments[1].value);
  info.aheadOf = name.name.str();
  info.ahead = steps.value_or(1);
}

void Elaborator::declareOutput(const BindStmt &bind, Node *node) {
  const Identifier &name = bind.targets.front().name;
  SmallVector<int64_t, 2> shape;
  if (!checkReal(node, bind.value->loc) || !evaluateShape(bind.shape, shape))
    return;
  if (node->type.shape != shape) {
    error(bind.value->loc) << "expected output '" << name.text << "' of shape " << spellShape(shape) << ", found "
                           << spellShape(node->type.shape);
    return;
  }
  PortInfo info;
  info.name = name.text.str();
  info.time = node->type.axes & timeAxis;
  info.shape.assign(shape.begin(), shape.end());
  graph->outputs.push_back(node);
  graph->info.outputs.push_back(std::move(info));
}

void Elaborator::declareGenerate(const GenerateStmt &generate) {
  auto findPort = [&](std::vector<PortInfo> &ports, const Identifier &name) -> const PortInfo * {
    auto port = find_if(ports, [&](const PortInfo &port) { return port.name == name.text; });
    return port == ports.end() ? nullptr : &*port;
  };
  const PortInfo *input = findPort(graph->info.inputs, generate.input);
  const PortInfo *from = findPort(graph->info.outputs, generate.from);
  if (!input || !input->token || !input->time) {
    error(generate.input.loc) << "expected a token input over the axis after 'generate', found '" << generate.input.text
                              << "'";
  } else if (!from || !from->time || from->shape != std::vector<int64_t>{input->vocab}) {
    if (from || !failed)
      error(generate.from.loc) << "expected an output of shape [" << input->vocab
                               << "] over the axis after 'from', found '" << generate.from.text << "'";
  } else if (!graph->info.generateInput.empty()) {
    error(generate.loc) << "expected one 'generate' in a model, found a second";
  } else {
    graph->info.generateInput = input->name;
    graph->info.generateFrom = from->name;
  }
}

void Elaborator::finishLoss(const ModelDecl &model) {
  if (!model.loss) {
    if (!failed && !graph->info.targets.empty())
      error(model.name.loc) << "expected a binding 'loss = ...' in a model with targets, found none";
    return;
  }
  // Its last value: a 'repeat' may have added to it.
  Meaning meaning = frame->entries[*model.loss].meaning;
  if (!meaning)
    return;
  Node *loss = graph->loss = lower(meaning, model.name.loc);
  if (!loss->type.isReal() || !loss->type.shape.empty())
    error(loss->loc) << "expected a loss that is one number at each position, found " << spellType(loss->type);
  else if (!(loss->type.axes & batchAxis))
    error(loss->loc) << "expected a loss that depends on the data, found a constant";
  graph->info.hasLoss = true;
  std::vector<bool> needed = findNeeded(*graph, loss, std::nullopt);
  for (const Node *part : losses)
    if (!needed[part->id])
      error(part->loc) << "expected a loss that the next value of 'loss' adds to, found one that it leaves out";
}

// Names the output and the target whose squared error the whole loss is, so that the loss of a single position is
// known.
static void findSquaredError(Graph &graph) {
  Node *square = graph.loss;
  if (square->op == NodeOp::Mean)
    square = square->operands[0];
  if (square->op != NodeOp::Multiply || square->operands[0] != square->operands[1] ||
      square->operands[0]->op != NodeOp::Subtract)
    return;
  Node *a = square->operands[0]->operands[0], *b = square->operands[0]->operands[1];
  if (a->op == NodeOp::Target)
    std::swap(a, b);
  auto output = llvm::find(graph.outputs, a);
  if (b->op != NodeOp::Target || output == graph.outputs.end() || a->type.axes != b->type.axes ||
      a->type.shape != b->type.shape)
    return;
  graph.info.squaredOutput = graph.info.outputs[output - graph.outputs.begin()].name;
  graph.info.squaredTarget = graph.info.targets[b->index].name;
}

// Outputs must be known without the targets. The accuracy is that of the loss's cross entropy of an output.
void Elaborator::checkOutputs() {
  for (auto [node, info] : zip(graph->outputs, graph->info.outputs)) {
    std::vector<bool> needed = findNeeded(*graph, node, std::nullopt);
    if (any_of(graph->targets, [&](Node *target) { return needed[target->id]; }))
      error(node->loc) << "expected an output that does not depend on a target, found that '" << info.name << "' does";
  }
  if (!graph->loss && graph->outputs.empty() && !failed)
    error(graph->loc) << "expected an output or a loss in model '" << graph->info.name << "', found none";
  if (!graph->loss)
    return;
  findSquaredError(*graph);
  std::vector<bool> needed = findNeeded(*graph, graph->loss, std::nullopt);
  for (const auto &node : graph->nodes) {
    if (!needed[node->id] || node->op != NodeOp::CrossEntropy || node->operands[1]->op != NodeOp::Target)
      continue;
    auto output = llvm::find(graph->outputs, node->operands[0]);
    if (output == graph->outputs.end())
      continue;
    graph->info.accuracyLogits = graph->info.outputs[output - graph->outputs.begin()].name;
    graph->info.accuracyTarget = graph->info.targets[node->operands[1]->index].name;
    return;
  }
}

// The states, and whether they can be carried from one window to the next.
void Elaborator::finishStreams(const ModelDecl &model) {
  std::vector<Node *> roots = graph->outputs;
  if (graph->loss)
    roots.push_back(graph->loss);
  std::vector<bool> needed = findNeeded(*graph, roots, std::nullopt);
  for (const auto &scan : graph->scans) {
    if (!scan->node || !needed[scan->node->id])
      continue;
    for (const auto &state : scan->states) {
      ArrayRef<int64_t> shape = state->before->type.shape;
      graph->info.states.push_back({state->name, shape.vec()});
    }
  }
  const Node *scan = findLookAhead(*graph, needed);
  graph->info.streamable = !scan;
  if (!scan || graph->info.generateInput.empty())
    return;
  auto diagnostic =
      error(scan->loc) << "expected no look ahead in a model that generates, found "
                       << (scan->scan->backward ? "a backward scan" : "that this scan's final state is used over time");
  for (const StmtPtr &stmt : model.body)
    if (stmt->kind == Stmt::Kind::Generate)
      diagnostic.attachNote(stmt->loc) << "it generates here";
}

// Sizes that no memory holds would overflow later on.
void Elaborator::checkVolume() {
  const TrainInfo &train = graph->info.train;
  for (const auto &node : graph->nodes) {
    std::optional<int64_t> elements = 1;
    auto times = [&](int64_t size) { elements = elements ? checkedMul(*elements, size) : elements; };
    for_each(node->type.shape, times);
    if (node->type.axes & batchAxis)
      times(train.batch);
    if ((node->type.axes & timeAxis) || node->region)
      times(train.k2);
    // The positions of random numbers are counted in 32 bits.
    int64_t most = node->op == NodeOp::DropoutMask ? UINT32_MAX : maximalElements;
    if (elements && *elements <= most)
      continue;
    error(node->loc) << "expected values of at most " << most << " elements, found more: batch " << train.batch
                     << ", window " << train.k2 << ", shape " << spellShape(node->type.shape);
    return;
  }
}
