// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The model as a whole: its parameters, its loss, what can be carried from window to window.

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
  for (const auto &let : program.file.lets)
    expandLet(*let);
  // With a wrong size every shape would be in error.
  if (failed)
    return nullptr;
  expand(model->body);
  finishLayouts(*model);
  readTrain(*model);
  for (const StmtPtr &stmt : model->body)
    if (auto *generate = dyn_cast<GenerateStmt>(stmt.get()))
      declareGenerate(*generate);
  finishLoss(*model);
  checkOutputs();
  checkBatch();
  describeLosses();
  if (!failed) {
    findStopped();
    finishStreams(*model);
    for (const StmtPtr &stmt : model->body)
      if (auto *generate = dyn_cast<GenerateStmt>(stmt.get()))
        finishGenerate(*generate);
    checkIndices();
    if (checkVolume(*model, graph->info.train.batch, graph->info.train.k2))
      checkVolume(*model, /*batch=*/1, graph->info.mostPositions());
  }
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
    if (const SettingInfo *setting = findDefinableSetting(name); setting && !setting->isNumberOfOptimizer())
      error(parameter.name.loc) << "expected another name for a parameter: '" << name << "' is a setting of 'train'";
    std::optional<Number> number;
    bool defined = false;
    for (auto [i, define] : enumerate(options.defines)) {
      if (define.first != name)
        continue;
      defined = true;
      defineUsed[i] = true;
      number = parseNumber(define.second);
      if (number)
        number->define = &define;
      else
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

// Outputs must be known before the targets at their positions: what is predicted is seen as the past alone.
void Elaborator::checkOutputs() {
  std::vector<bool> needed = findNeeded(*graph, graph->outputs, std::nullopt);
  std::vector<Leak> leaks(graph->outputs.size());
  if (any_of(graph->targets, [&](Node *target) { return needed[target->id]; }))
    leaks = findLeaks(*graph);
  for (auto [node, info, leak] : zip(graph->outputs, graph->info.outputs, leaks)) {
    if (!leak.cause)
      continue;
    auto diagnostic = error(node->loc) << "expected an output that depends on no target but at earlier positions, by "
                                       << "'shift', found that '" << info.name << "' does";
    mlir::Diagnostic &note = diagnostic.attachNote(leak.cause->loc);
    if (leak.isAlongOther) {
      note << "its positions are read along another axis than the output's";
    } else if (leak.cause->op != NodeOp::Target) {
      note << "later positions of a target are used here";
    } else if (const PortInfo &target = graph->info.targets[leak.cause->index];
               int64_t behind = graph->info.behindNearest(target)) {
      note << "this target is ahead of '" << target.aheadOf << "' by " << behind
           << " more than another one: it is past "
           << "behind a shift by " << behind + 1;
    } else {
      note << "this target is used at its own position";
    }
  }
  if (!graph->loss && graph->outputs.empty() && !failed)
    error(graph->loc) << "expected an output or a loss in model '" << graph->info.name << "', found none";
}

static std::optional<double> initialOf(const ScanState &state) {
  if (!state.init)
    return state.initNumber;
  return state.init->op == NodeOp::Constant ? std::optional<double>(state.init->number) : std::nullopt;
}

// Whether outputs can be computed for any length up to the greatest one that the axis of windows has.
void Elaborator::checkMost(const ModelDecl &model, AxisIndex window) {
  const Axis &axis = graph->info.axes[window - 1];
  if (graph->info.counts) {
    graph->info.longestWindow = axis.most;
    return;
  }
  const char *reason = graph->info.streamable   ? "the model does not look ahead and so takes any number"
                       : graph->outputs.empty() ? "it is that of the outputs, of which there are none"
                                                : nullptr;
  if (reason) {
    auto says =
        find_if(model.body, [](const StmtPtr &stmt) { return isa<AxisStmt>(*stmt) && cast<AxisStmt>(*stmt).most; });
    error(cast<AxisStmt>(**says).most->loc)
        << "expected axis '" << axis.name << "' without a greatest number of positions, as " << reason;
    return;
  }
  if (axis.hasLengths && !axis.isRagged) // each sequence is filled up, and the program masks what is behind
    return;
  const Node *unended = findUnended(*graph);
  graph->info.endsWithCall = !unended;
  if (unended && !axis.isRagged) // which is filled up, and masked
    error(unended->loc) << "what is computed here for fewer positions of axis '" << axis.name
                        << "' than the greatest number is not supported yet: expected the axis without 'max'";
}

// Those of the scans that are needed along the window's axis, in their order, then what shifts, windows and renamed
// values need of the positions before a cut, but those in whose place other values are given.
std::vector<StateInfo> Elaborator::statesOf(const std::vector<bool> &needed, ArrayRef<const Node *> given) {
  std::optional<AxisIndex> axis = graph->info.windowAxis();
  std::vector<StateInfo> states;
  for (const auto &scan : graph->scans) {
    if (!scan->node || !needed[scan->node->id] || scan->axis != axis || scan->parent)
      continue;
    for (const auto &state : scan->states) {
      const ValueType &type = state->before->type;
      states.push_back({state->name, type.axes, ArrayRef(type.shape).vec(), initialOf(*state)});
    }
  }
  StringSet<> names;
  for (const StateInfo &state : states)
    names.insert(state.name);
  for (const auto &node : graph->nodes) {
    bool isKept = axis && graph->info.keepsRenamed && node->op == NodeOp::Rename && node->source == *axis;
    int64_t past = isKept ? graph->info.mostPositions() : axis ? pastOf(*node, *axis) : 0;
    if (!needed[node->id] || !past || is_contained(given, node.get()))
      continue;
    std::string path = node->path;
    for (unsigned number = 2; !names.insert(node->path).second; ++number)
      node->path = path + std::to_string(number);
    bool isShift = node->op == NodeOp::Shift;
    const ValueType &type = isShift  ? node->type
                            : isKept ? node->operands[0]->type
                                     : windowsWithin(node.get(), axis).back()->operands.front()->type;
    std::optional<double> initial = isShift  ? std::nullopt
                                    : isKept ? std::optional<double>(0)
                                             : std::optional<double>(node->window->value);
    if (isShift && node->operands[1]->op == NodeOp::Constant)
      initial = node->operands[1]->number;
    states.push_back({node->path, type.axes, ArrayRef(type.shape).vec(), initial, past, isKept});
  }
  return states;
}

bool Elaborator::renames(const std::vector<bool> &needed, AxisIndex axis) const {
  return any_of(graph->nodes, [&](const auto &node) {
    return needed[node->id] && node->op == NodeOp::Rename && node->source == axis;
  });
}

// Gives states that the program has not named what is left of names.
static void numberStates(const Graph &graph) {
  StringSet<> names;
  for (bool isNumbered : {false, true})
    for (const auto &scan : graph.scans)
      for (const auto &state : scan->states) {
        if (state->isNumbered != isNumbered)
          continue;
        std::string path = state->name;
        for (unsigned number = 2; !names.insert(state->name).second && isNumbered; ++number)
          state->name = path + std::to_string(number);
      }
}

// The states, and whether they can be carried from one window to the next.
void Elaborator::finishStreams(const ModelDecl &model) {
  numberStates(*graph);
  std::vector<Node *> roots = graph->outputs;
  if (graph->loss)
    roots.push_back(graph->loss);
  append_range(roots, primedValues(*graph));
  std::vector<bool> needed = findNeeded(*graph, roots, std::nullopt);
  std::optional<AxisIndex> axis = graph->info.windowAxis();
  const Node *ahead = axis ? findUncarried(*graph, needed, *axis) : nullptr;
  for (AxisIndex other = 1; axis && !ahead && other <= graph->info.axes.size(); ++other)
    for (const Node *root : roots)
      if ((root->type.axes & setOf(other)) && other != *axis && graph->info.lengthOf(other) == *axis)
        ahead = root;
  graph->info.streamable = !ahead;
  graph->info.keepsRenamed = axis && !ahead && renames(needed, *axis);
  graph->info.counts = axis && !ahead && countInRows(*graph, needed, *axis);
  graph->info.states = statesOf(needed);
  checkWholeWindow();
  if (axis && graph->info.axes[*axis - 1].most)
    checkMost(model, *axis);
  // The sequences of a batch begin at different steps, where the runtime sets their states.
  auto computed = find_if(graph->info.states, [](const StateInfo &state) { return !state.initial; });
  if (graph->info.train.data == "frames" && !ahead && !graph->info.holdsWhole() && computed != graph->info.states.end())
    error(model.name.loc) << "expected initial states that are numbers with 'data frames', found that '"
                          << computed->name << "' begins with a computed value";
}

// Each position has a row of the table that an index reads, and an index or length is exact in single precision.
void Elaborator::checkIndices() {
  ModelInfo &info = graph->info;
  std::optional<AxisIndex> window = info.windowAxis();
  std::vector<int64_t> sizes = info.sizesWith(std::max(info.train.k2, info.mostPositions()));
  for (const auto &node : graph->nodes) {
    if (node->op != NodeOp::Index && node->op != NodeOp::Length)
      continue;
    int64_t size = sizes[node->axis - 1], most = node->type.isReal() ? int64_t(1) << 24 : node->type.vocab;
    if (size > most)
      error(node->loc) << "expected at most " << most << " positions of axis '" << info.axes[node->axis - 1].name
                       << (!node->type.isReal()        ? "', as many as the table has rows"
                           : node->op == NodeOp::Index ? "', to have an index"
                                                       : "', to have a length")
                       << ", found " << size;
    if (node->source == window)
      info.longestWindow = std::min(info.longestWindow, info.longestRoot(node->axis, most));
  }
}

static StringRef fileOf(mlir::Location loc) {
  auto place = dyn_cast<mlir::FileLineColLoc>(loc);
  return place ? place.getFilename().getValue() : StringRef();
}

// Sizes that no memory holds would overflow later on.
bool Elaborator::checkVolume(const ModelDecl &model, int64_t batch, int64_t window) {
  std::vector<int64_t> sizes = graph->info.sizesWith(window);
  for (const auto &node : graph->nodes) {
    AxisSet axes = node->type.axes;
    const Scan *outermost = nullptr;
    for (const Scan *scan = node->region; scan; scan = scan->parent) {
      axes |= setOf(scan->axis);
      outermost = scan;
    }
    std::optional<int64_t> drawn = 1;
    auto times = [](std::optional<int64_t> &count, int64_t size) { count = count ? checkedMul(*count, size) : count; };
    for (int64_t size : node->type.shape)
      times(drawn, size);
    for (auto [i, size] : enumerate(sizes))
      if ((axes & setOf(i + 1)) && i + 1 != graph->info.windowAxis())
        times(drawn, size);
    std::optional<int64_t> elements = drawn;
    if (axes & batchAxis)
      times(elements, batch);
    if (std::optional<AxisIndex> axis = graph->info.windowAxis(); axis && (axes & setOf(*axis)))
      times(elements, window + pastOf(*node, *axis));
    // Random numbers are counted in 32 bits at each position of a sequence.
    bool isMask = node->op == NodeOp::Random && !(drawn && *drawn <= UINT32_MAX);
    if (elements && *elements <= maximalElements && !isMask)
      continue;
    auto diagnostic = error(node->loc) << "expected values of at most " << (isMask ? UINT32_MAX : maximalElements)
                                       << " elements" << (isMask ? " at a position" : "") << ", found more: batch "
                                       << batch << ", window " << window;
    for (auto [i, axis] : enumerate(graph->info.axes))
      if (axis.kind != Axis::Kind::Free && (axes & setOf(i + 1)))
        diagnostic << ", axis " << axis.name << " of " << sizes[i];
    diagnostic << ", shape " << spellShape(node->type.shape);
    if (outermost && outermost->node)
      diagnostic.attachNote(outermost->node->loc) << "in this scan";
    else if (fileOf(node->loc) != fileOf(model.name.loc)) // a parameter of a cell of the library
      diagnostic.attachNote(model.name.loc) << "in this model";
    return false;
  }
  return true;
}
