// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the runtime must know about a compiled model, as JSON.

#include "tools/compiler/Description.h"

#include "runtime/ProcessorFeatures.h"
#include "runtime/abi.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace rondo;
using Json = nlohmann::ordered_json;

/// The runtime's name for a function.
static std::string entryName(StringRef symbol) {
  // The precision comes last.
  if (symbol.consume_front("train_f64_grad"))
    return ("train_grad_f64" + symbol).str();
  return symbol.str();
}

std::vector<EntryFunction> rondo::entriesOf(ModuleOp module) {
  std::vector<EntryFunction> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isPrivate())
      entries.push_back({entryName(function.getName()), function.getName().str()});
  return entries;
}

static std::string elementName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

/// Role, name, element type, shape and access of one argument.
static Json describeArgument(func::FuncOp function, unsigned index) {
  Json argument;
  std::string access = "in";
  for (NamedAttribute attribute : function.getArgAttrDict(index)) {
    StringRef role = attribute.getName().strref();
    if (!role.consume_front("rondo."))
      continue;
    if (role == "access") {
      access = cast<StringAttr>(attribute.getValue()).str();
      continue;
    }
    argument["role"] = role.str();
    if (auto name = dyn_cast<StringAttr>(attribute.getValue()))
      argument["name"] = name.str();
  }
  auto type = cast<MemRefType>(function.getArgumentTypes()[index]);
  argument["type"] = elementName(type.getElementType());
  argument["shape"] = type.getShape().vec();
  argument["access"] = access;
  return argument;
}

static Json describeEntry(const EntryFunction &entry, func::FuncOp function, const ModelInfo &info, bool f64) {
  Json json;
  json["name"] = entry.name;
  json["element"] = f64 || StringRef(entry.name).contains("_f64") ? "f64" : "f32";
  bool whole = StringRef(entry.name).starts_with("train");
  json["batch"] = whole ? info.train.batch : 1;
  json["length"] = entry.name == "step" || !info.hasTime ? 1 : info.train.k2;
  int64_t arena = 0;
  Json arguments = Json::array();
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    Json argument = describeArgument(function, i);
    if (argument["role"] == "arena")
      arena = cast<MemRefType>(function.getArgumentTypes()[i]).getNumElements();
    arguments.push_back(argument);
  }
  if (auto pack = function->getAttrOfType<StringAttr>("rondo.pack"))
    json["pack"] = entryName(pack);
  json["arena"] = arena;
  json["args"] = arguments;
  return json;
}

static Json describePort(const PortInfo &port, bool withKind) {
  Json json;
  json["name"] = port.name;
  if (withKind) {
    json["kind"] = port.token ? "token" : "real";
    if (port.token)
      json["vocab"] = port.vocab;
  }
  json["time"] = port.time;
  json["shape"] = port.shape;
  if (!port.aheadOf.empty()) {
    json["ahead_of"] = port.aheadOf;
    json["ahead"] = port.ahead;
  }
  return json;
}

static Json describeTraining(const TrainInfo &train) {
  return {{"data", train.data},
          {"batch", train.batch},
          {"k1", train.k1},
          {"k2", train.k2},
          {"steps", train.steps},
          {"optimizer", train.optimizer},
          {"rate", train.rate},
          {"beta1", train.beta1},
          {"beta2", train.beta2},
          {"epsilon", train.epsilon},
          {"momentum", train.momentum},
          {"clip_norm", train.clipNorm},
          {"weight_decay", train.weightDecay}};
}

/// The instruction sets of the target that the runtime can ask a processor for.
static Json describeFeatures(const llvm::TargetMachine &machine) {
  Json features = Json::array();
  for (const ProcessorFeature &feature : processorFeatures)
    if (machine.getMCSubtargetInfo()->checkFeatures(std::string("+") + feature.name))
      features.push_back(feature.name);
  return features;
}

std::string rondo::describeModel(const ModelInfo &info, ModuleOp module, bool f64, const llvm::TargetMachine &machine) {
  Json json;
  json["abi"] = RONDO_ABI_VERSION;
  json["model"] = info.name;
  json["element"] = f64 ? "f64" : "f32";
  json["streamable"] = info.streamable;
  json["features"] = describeFeatures(machine);
  json["parameters"] = Json::array();
  for (const ParameterInfo &parameter : info.parameters)
    json["parameters"].push_back(
        {{"path", parameter.path},
         {"shape", parameter.shape},
         {"init", {{"kind", parameter.init.kind}, {"a", parameter.init.a}, {"b", parameter.init.b}}}});
  json["states"] = Json::array();
  if (info.streamable)
    for (const StateInfo &state : info.states)
      json["states"].push_back({{"name", state.name}, {"shape", state.shape}});
  auto describePorts = [&](const char *key, const std::vector<PortInfo> &ports, bool withKind) {
    json[key] = Json::array();
    for (const PortInfo &port : ports)
      json[key].push_back(describePort(port, withKind));
  };
  describePorts("inputs", info.inputs, true);
  describePorts("targets", info.targets, true);
  describePorts("outputs", info.outputs, false);
  if (!info.generateInput.empty())
    json["generate"] = {{"input", info.generateInput}, {"from", info.generateFrom}};
  if (!info.accuracyLogits.empty())
    json["accuracy"] = {{"logits", info.accuracyLogits}, {"target", info.accuracyTarget}};
  if (!info.squaredOutput.empty())
    json["squared_error"] = {{"output", info.squaredOutput}, {"target", info.squaredTarget}};
  json["train"] = describeTraining(info.train);
  json["entries"] = Json::array();
  for (const EntryFunction &entry : entriesOf(module))
    json["entries"].push_back(describeEntry(entry, module.lookupSymbol<func::FuncOp>(entry.symbol), info, f64));
  return json.dump();
}
