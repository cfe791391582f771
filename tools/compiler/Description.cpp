// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the runtime must know about a compiled model, as JSON.

#include "tools/compiler/Description.h"

#include "dialect/DirectionAttributes.h"
#include "dialect/FrozenAttribute.h"
#include "dialect/ProductOptimizers.h"
#include "dialect/RondoDialect.h"
#include "passes/training/DerivedFunction.h"
#include "runtime/ProcessorFeatures.h"
#include "tools/compiler/LayoutDescription.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace rondo;
using Json = nlohmann::ordered_json;

static EntryAttr entryOf(func::FuncOp function) { return function->getAttrOfType<EntryAttr>(entryAttribute); }

bool rondo::isForCheck(func::FuncOp function, bool f64) {
  EntryAttr entry = entryOf(function);
  return entry && entry.getElement().isF64() && !f64;
}

/// The runtime's name for an entry: of what is packed, of what runs a batch, of a layer's, and of what trains batches
/// of fewer positions, there may be several.
static std::string entryName(func::FuncOp function, bool f64) {
  EntryKind kind = entryOf(function).getKind();
  if (kind == EntryKind::pack || kind == EntryKind::run || kind == EntryKind::vjp)
    return function.getName().str();
  if (function.getName().starts_with(shorterTrainName) || function.getName().starts_with(searchedTrainName))
    return function.getName().str();
  StringRef name = stringifyEntryKind(kind);
  for (StringRef suffix : {StringRef(tangentSuffix), StringRef(hessianSuffix), StringRef(gaussNewtonSuffix)})
    if (function.getName().ends_with(suffix))
      name = suffix.drop_front();
  return (name + (isForCheck(function, f64) ? "_f64" : "")).str();
}

std::vector<EntryFunction> rondo::entriesOf(ModuleOp module, bool f64) {
  std::vector<EntryFunction> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (entryOf(function))
      entries.push_back({entryName(function, f64), function.getName().str()});
  return entries;
}

static std::string elementName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

/// Role, name, element type, shape and access of one argument, and whether it may end with a call's positions.
static Json describeArgument(func::FuncOp function, unsigned index) {
  Json argument;
  if (std::optional<NamedRole> role = roleOf(function.getArgAttrDict(index))) {
    StringRef word = role->word(), name = role->name;
    if (name.consume_front(constantPrefix))
      word = "constant";
    argument["role"] = word.str();
    if (!name.empty())
      argument["name"] = name.str();
  }
  for (StringRef attribute : {primedAttribute, directionAttribute, productAttribute, slopeAttribute})
    if (Attribute value = function.getArgAttr(index, attribute)) {
      argument["role"] = attribute.split('.').second.str();
      if (auto path = dyn_cast<StringAttr>(value))
        argument["name"] = path.str();
    }
  auto type = cast<MemRefType>(function.getArgumentTypes()[index]);
  argument["type"] = elementName(type.getElementType());
  argument["shape"] = type.getShape().vec();
  auto access = function.getArgAttrOfType<StringAttr>(index, accessAttribute);
  argument["access"] = access ? access.str() : "in";
  if (function.getArgAttr(index, withinAttribute))
    argument["within"] = true;
  return argument;
}

static Json describeEntry(const EntryFunction &entry, func::FuncOp function) {
  EntryAttr facts = entryOf(function);
  Json json;
  json["name"] = entry.name;
  json["element"] = elementName(facts.getElement());
  json["batch"] = facts.getBatch();
  json["length"] = facts.getLength();
  int64_t arena = 0;
  Json arguments = Json::array();
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    if (function.getArgAttr(i, attributeOf(Role::arena)))
      arena = cast<MemRefType>(function.getArgumentTypes()[i]).getNumElements();
    arguments.push_back(describeArgument(function, i));
  }
  if (auto pack = function->getAttrOfType<StringAttr>(packedByAttribute))
    json["pack"] = pack.str();
  json["arena"] = arena;
  json["args"] = arguments;
  return json;
}

/// The axes but those of cells; those without a size are as long as an entry says.
static Json describeAxes(const ModelInfo &info) {
  Json json = Json::array();
  for (auto [i, size] : llvm::enumerate(info.sizesWith(info.train.k2))) {
    const Axis &axis = info.axes[i];
    if (axis.isLocal)
      continue;
    json.push_back({{"name", axis.name}});
    if (info.rootOf(i + 1) != info.windowAxis())
      json.back()["size"] = size;
    if (axis.hasLengths)
      json.back()["lengths"] = true;
    if (axis.hasLengths && info.windowAxis() == i + 1 && !info.holdsWhole())
      json.back()["cut"] = true;
    if (info.endsWithCall && info.windowAxis() == i + 1)
      json.back()["most"] = info.mostPositions();
  }
  return json;
}

/// The shape is that of one sequence: with the sizes of the axes that the state varies over, so many of its dimensions.
static Json describeState(const StateInfo &state, const ModelInfo &info) {
  std::vector<int64_t> shape = info.axisSizesOf(state);
  size_t axes = shape.size();
  llvm::append_range(shape, state.shape);
  Json json{{"name", state.name}, {"shape", shape}};
  if (state.initial)
    json["initial"] = *state.initial;
  if (axes)
    json["axes"] = axes;
  for (AxisIndex axis = 1, dim = 0; state.isKept && axis <= info.axes.size(); ++axis)
    if (state.axes & setOf(axis)) {
      if (axis == info.windowAxis())
        json["slots"] = dim;
      ++dim;
    }
  return json;
}

static void describeValues(const PortInfo &port, const ModelInfo &info, Json &json) {
  json["axes"] = Json::array();
  for (AxisIndex axis = 1; axis <= info.axes.size(); ++axis)
    if (port.varies(axis))
      json["axes"].push_back(info.axes[axis - 1].name);
  json["shape"] = port.shape;
}

static Json describeOutput(const PortInfo &port, const ModelInfo &info) {
  Json json;
  json["name"] = port.name;
  describeValues(port, info, json);
  return json;
}

/// An input or a target.
static Json describeInput(const PortInfo &port, const ModelInfo &info) {
  Json json;
  json["name"] = port.name;
  json["kind"] = port.token ? "token" : "real";
  if (port.token)
    json["vocab"] = port.vocab;
  if (port.positions)
    json["positions"] = info.axes[port.positions - 1].name;
  describeValues(port, info, json);
  if (!port.aheadOf.empty()) {
    json["ahead_of"] = port.aheadOf;
    json["ahead"] = port.ahead;
  }
  return json;
}

static Json describeGenerate(const ModelInfo &info) {
  const GenerateInfo &generate = info.generate;
  Json json{{"answer", generate.answer}, {"from", generate.from}};
  for (auto [name, number] : {std::pair("first", generate.first), {"until", generate.until}, {"most", generate.most}})
    if (number)
      json[name] = *number;
  if (generate.over && info.axes[info.lengthOf(generate.over) - 1].hasLengths)
    json["positions"] = info.axes[info.lengthOf(generate.over) - 1].name;
  // Those of functions that serve nothing else.
  for (const StateInfo &state : generate.hasFunctions ? generate.states : std::vector<StateInfo>())
    json["states"].push_back(describeState(state, info));
  return json;
}

/// A number, or what it is in each update.
static Json describeSchedule(const std::vector<RateTerm> &schedule, double number) {
  Json json = Json::array();
  for (const RateTerm &term : schedule)
    json.push_back(term.name.empty() ? Json(term.number) : Json(term.name));
  if (json.empty())
    json.push_back(number);
  return json;
}

static Json describeLoss(const LossInfo &loss) {
  Json json;
  json["name"] = loss.name;
  if (!loss.accuracyLogits.empty())
    json["accuracy"] = {{"logits", loss.accuracyLogits}, {"target", loss.accuracyTarget}};
  if (loss.isMasked)
    json["masked"] = true;
  if (!loss.squaredOutput.empty())
    json["squared_error"] = {{"output", loss.squaredOutput}, {"target", loss.squaredTarget}};
  if (!loss.schedule.empty() || loss.weight != 1)
    json["weight"] = describeSchedule(loss.schedule, loss.weight);
  return json;
}

/// The optimizer with its numbers, as the program would say it.
static std::string describeOptimizer(const TrainInfo &train) {
  std::string text = train.optimizer;
  auto add = [&](StringRef name, double value) { text += (" " + name + " " + Json(value).dump()).str(); };
  for (const OptimizerNumber &number : train.numbers)
    add(number.name, number.value);
  add("decay", train.weightDecay);
  for (const GroupInfo &group : train.groups) {
    auto addOwn = [&](StringRef name, std::optional<double> value) {
      if (value)
        add((name + " of " + group.pattern).str(), *value);
    };
    addOwn("decay", group.weightDecay);
    addOwn("rate factor", group.rateFactor);
    addOwn(group.clipsValue ? "clip value" : "clip", group.clip);
  }
  if (train.average > 0)
    add("average", train.average);
  if (train.accumulate > 1)
    add("accumulate", double(train.accumulate));
  add(train.clipsValue ? "clip value" : "clip", train.clip);
  return text;
}

static Json describeTraining(const CompiledModel &model) {
  const TrainInfo &train = model.info.train;
  Json json = {{"data", train.data},
               {"batch", train.batch},
               {"k1", train.k1},
               {"k2", train.k2},
               {"steps", train.steps},
               {"rate", describeSchedule(train.schedule, train.rate)},
               {"optimizer", describeOptimizer(train)},
               {"equations", model.equations}};
  if (train.accumulate > 1)
    json["accumulate"] = train.accumulate;
  if (takesProducts(*findOptimizer(train.optimizer)))
    for (const OptimizerNumber &number : train.numbers)
      json["search"][number.name.str()] = number.value;
  if (const std::optional<Segments> &cut = model.segments)
    json["segments"] = {{"count", cut->count}, {"length", cut->length}, {"rest", cut->rest}, {"group", cut->group}};
  return json;
}

/// The instruction sets of the target that the runtime can ask a processor for.
static Json describeFeatures(const llvm::TargetMachine &machine) {
  Json features = Json::array();
  for (const ProcessorFeature &feature : processorFeatures)
    if (machine.getMCSubtargetInfo()->checkFeatures(std::string("+") + feature.name))
      features.push_back(feature.name);
  return features;
}

std::string rondo::describeModel(const CompiledModel &model, bool f64, const llvm::TargetMachine &machine,
                                 const std::string &command) {
  const ModelInfo &info = model.info;
  ModuleOp module = *model.module;
  Json json;
  json["model"] = info.name;
  json["command"] = command;
  json["element"] = f64 ? "f64" : "f32";
  json["streamable"] = info.streamable;
  if (info.counts)
    json["indexed"] = info.longestWindow;
  if (info.keepsRenamed)
    json["keeps_positions"] = true;
  json["features"] = describeFeatures(machine);
  json["axes"] = describeAxes(info);
  json["parameters"] = Json::array();
  for (const ParameterInfo &parameter : info.parameters) {
    json["parameters"].push_back(
        {{"path", parameter.path},
         {"shape", parameter.shape},
         {"init", {{"kind", parameter.init.kind}, {"a", parameter.init.a}, {"b", parameter.init.b}}}});
    if (parameter.frozen)
      json["parameters"].back()["frozen"] = true;
    if (parameter.isBuffer)
      json["parameters"].back()["buffer"] = true;
    if (parameter.isStopped)
      json["parameters"].back()["stopped"] = true;
  }
  for (const ConstantInfo &constant : info.constants)
    json["constants"].push_back({{"file", constant.file}, {"shape", constant.shape}});
  json["layouts"] = describeLayouts(info);
  json["states"] = Json::array();
  if (info.streamable)
    for (const StateInfo &state : info.states)
      json["states"].push_back(describeState(state, info));
  for (const StateInfo &held : info.held)
    json["held"].push_back(describeState(held, info));
  auto describePorts = [&](const char *key, const std::vector<PortInfo> &ports, auto describe) {
    json[key] = Json::array();
    for (const PortInfo &port : ports)
      json[key].push_back(describe(port, info));
  };
  describePorts("inputs", info.inputs, describeInput);
  describePorts("targets", info.targets, describeInput);
  describePorts("outputs", info.outputs, describeOutput);
  if (!info.generate.answer.empty())
    json["generate"] = describeGenerate(info);
  json["losses"] = Json::array();
  for (const LossInfo &loss : info.losses)
    json["losses"].push_back(describeLoss(loss));
  for (const LossInfo &loss : info.reported)
    if (info.reported.size() != info.losses.size())
      json["terms"].push_back(describeLoss(loss));
  json["train"] = describeTraining(model);
  json["entries"] = Json::array();
  for (const EntryFunction &entry : entriesOf(module, f64)) {
    json["entries"].push_back(describeEntry(entry, module.lookupSymbol<func::FuncOp>(entry.symbol)));
    if (auto cost = model.costs.find(entry.symbol); cost != model.costs.end()) {
      json["entries"].back()["cost"] = cost->second.position;
      if (cost->second.generates)
        json["entries"].back()["generates"] = true;
      if (cost->second.fixed > 0)
        json["entries"].back()["fixed_cost"] = cost->second.fixed;
      if (cost->second.begin > 0)
        json["entries"].back()["begin_cost"] = cost->second.begin;
    }
    if (auto begin = model.begins.find(entry.symbol); begin != model.begins.end())
      json["entries"].back()["begin"] = begin->second;
  }
  // The name of a file may be any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}
