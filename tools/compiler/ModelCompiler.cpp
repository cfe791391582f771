// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From a parsed program to the functions of its binary.

#include "tools/compiler/ModelCompiler.h"

#include "dialect/ProductOptimizers.h"
#include "dialect/SegmentsAttribute.h"
#include "tools/compiler/LayerEntries.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace rondo;

namespace {

/// The functions that are trained beside the whole one, on batches of sequences that are all shorter than a window: by
/// their numbers of positions.
SmallVector<EntryOptions> shorterImports(const ModelInfo &info, const CompileOptions &options) {
  SmallVector<EntryOptions> imports;
  std::optional<AxisIndex> window = info.windowAxis();
  bool isWhole = window && info.isRagged(*window) && info.holdsWhole();
  // Where a window is cut, the whole one takes less memory than these would.
  if (info.losses.empty() || !options.training || !options.functions.empty() || !isWhole || options.segments)
    return imports;
  constexpr int64_t fewest = 4;
  for (int64_t length : {info.train.k2 / 2, info.train.k2 / 4})
    if (length >= fewest) {
      imports.push_back({llvm::formatv("{0}{1}", shorterTrainName, length).str(), EntryKind::train, info.train.batch,
                         info.sizesWith(length), options.f64, true, true, false});
      imports.back().primes = true;
    }
  return imports;
}

/// The functions of which products of second derivatives are made, one for each element type.
SmallVector<std::string> secondOrderImports(const CompileOptions &options) {
  if (!options.secondOrder)
    return {};
  if (options.check && !options.f64)
    return {"second", "second_f64"};
  return {"second"};
}

/// The functions of the binary before differentiation.
SmallVector<EntryOptions> importsOf(const Graph &graph, const CompileOptions &options) {
  const ModelInfo &info = graph.info;
  std::vector<int64_t> sizes = info.sizesWith(info.train.k2);
  SmallVector<EntryOptions> imports;
  auto wanted = [&](StringRef name) { return options.functions.empty() || is_contained(options.functions, name); };
  if (!info.losses.empty() && options.training && wanted("train")) {
    imports.push_back({"train", EntryKind::train, info.train.batch, sizes, options.f64, true, true, false});
    imports.back().primes = true;
    if (options.check && !options.f64)
      imports.push_back({"train_f64", EntryKind::train, info.train.batch, sizes, true, true, true, false});
    imports.append(shorterImports(info, options));
    // With the outputs, at which rondo-gauss-newton cuts the loss. Behind @train, whose gradient is the first one.
    for (const std::string &function : secondOrderImports(options))
      imports.push_back(
          {function, EntryKind::train, info.train.batch, sizes, options.f64 || function != "second", true, true, true});
    if (takesProducts(*findOptimizer(info.train.optimizer)))
      imports.push_back(
          {searchedTrainName.str(), EntryKind::train, info.train.batch, sizes, options.f64, true, true, true});
  }
  bool scores = !info.losses.empty() && !options.library && !coverScores(graph);
  if (options.functions.empty() ? scores : wanted("score"))
    imports.push_back({"score", EntryKind::score, 1, sizes, options.f64, false, true, true});
  if (options.run)
    imports.push_back(
        {"run", EntryKind::run, options.run->rows,
         info.streamable ? info.streamSizesWith(options.run->length) : info.sizesWith(options.run->length), options.f64,
         false, false, true, false, info.streamable && info.keepsRenamed});
  return imports;
}

/// The same functions on a segment, and on what comes before the first one, for rondo-checkpoint.
void importSegments(const Graph &graph, const Segments &segments, const EntryOptions &whole, ModuleOp module) {
  const ModelInfo &info = graph.info;
  for (auto [ending, length] : {std::pair("_segment", segments.length), {"_rest", segments.rest}}) {
    if (length == 0)
      continue;
    EntryOptions part = whole;
    part.name += ending;
    part.sizes = info.sizesWith(length);
    emitEntry(graph, part, module);
    module.lookupSymbol(part.name)->setAttr(
        segmentsAttribute, StringAttr::get(module.getContext(), info.axes[*info.windowAxis() - 1].name));
  }
}

/// A hash of a function's text, which has no places of the source in it, and of the constants that it may take.
std::string hashOf(Operation *function, ArrayRef<ConstantInfo> constants) {
  if (!function)
    return "";
  std::string text;
  llvm::raw_string_ostream os(text);
  function->print(os, OpPrintingFlags().useLocalScope());
  for (const ConstantInfo &constant : constants)
    os << StringRef(reinterpret_cast<const char *>(constant.numbers->data()),
                    constant.numbers->size() * sizeof(double));
  return llvm::formatv("{0:x-16}", llvm::xxh3_64bits(text)).str();
}

/// Runs the phases between two stages.
LogicalResult runPhases(ModuleOp module, TimingScope &timing, Stage from, Stage to, const PipelineOptions &options) {
  for (const Phase &phase : phases()) {
    if (phase.end <= from || phase.end > to)
      continue;
    TimingScope scope = timing.nest(phase.name);
    PassManager manager(module->getContext());
    phase.build(manager, options);
    // What a phase makes is verified, not what each of its passes does, as in rondo-opt: that takes a fifth of the
    // time.
    manager.enableVerifier(false);
    if (failed(manager.run(module)) || failed(verify(module)))
      return failure();
  }
  return success();
}

/// What the model and its functions say of how they are trained.
void describeTraining(const ModelInfo &info, const CompileOptions &options, PipelineOptions &pipeline) {
  TrainingOptions &training = pipeline.training;
  training.functions.push_back("train");
  if (options.check && !options.f64)
    training.functions.push_back("train_f64");
  for (const std::string &function : secondOrderImports(options))
    training.second.push_back(function);
  // Finite differences need the loss alone in the element type of the check.
  if (!options.f64 || !options.check)
    training.replaced.push_back("train");
  for (const EntryOptions &shorter : shorterImports(info, options)) {
    training.functions.push_back(shorter.name);
    training.replaced.push_back(shorter.name);
  }
  training.k1 = info.train.k1;
  training.k2 = info.train.k2;
  training.segmentGroup = options.segments ? options.segments->group : 0;
  training.optimizer = info.train.optimizer;
  for (const OptimizerNumber &number : info.train.numbers)
    training.numbers.push_back(llvm::formatv("{0}={1:e17}", number.name, number.value).str());
  training.weightDecay = info.train.weightDecay;
  auto add = [](auto &list, const GroupInfo &group, StringRef kind, std::optional<double> number) {
    if (number)
      list.push_back(llvm::formatv("{0}={1}{2:e17}", group.pattern, kind, *number).str());
  };
  for (const GroupInfo &group : info.train.groups) {
    add(training.decays, group, "", group.weightDecay);
    add(training.rateFactors, group, "", group.rateFactor);
    add(training.clips, group, group.clipsValue ? "value:" : "norm:", group.clip);
  }
  if (takesProducts(*findOptimizer(info.train.optimizer)))
    training.gaussNewton.push_back(searchedTrainName.str());
  training.average = info.train.average;
  (info.train.clipsValue ? training.clipValue : training.clipNorm) = info.train.clip;
}

} // namespace

FailureOr<CompiledModel> rondo::compileModel(Program &program, const CompileOptions &options, Stage stage,
                                             TimingScope &timing) {
  CompiledModel model;
  PipelineOptions pipeline;
  {
    TimingScope scope = timing.nest("import");
    std::unique_ptr<Graph> graph = elaborate(program, options.frontend);
    if (!graph)
      return failure();
    if (options.functions.empty())
      holdForEntries(*graph);
    model.info = graph->info;
    if (options.secondOrder && model.info.losses.empty()) {
      emitError(program.start)
          << "expected a loss with --second-order, which is of its derivatives, found none in model '"
          << model.info.name << "'";
      return failure();
    }
    if (options.run && options.run->length > model.info.longestWindow) {
      emitError(program.start) << "expected at most " << model.info.longestWindow << " positions, found "
                               << options.run->length;
      return failure();
    }
    if (const Axis *axis = options.run ? model.info.findMisfit(options.run->length) : nullptr) {
      emitError(program.start) << "expected a number of positions of which axis '" << axis->name
                               << "' has a whole one, at least 1, found " << options.run->length;
      return failure();
    }
    model.module = ModuleOp::create(program.start);
    for (const EntryOptions &entry : importsOf(*graph, options)) {
      emitEntry(*graph, entry, *model.module);
      if (options.segments && entry.kind == EntryKind::train)
        importSegments(*graph, *options.segments, entry, *model.module);
    }
    model.segments = options.segments;
    model.equations = hashOf(model.module->lookupSymbol("train"), model.info.constants);
    if (options.functions.empty())
      for (auto entries : {coverEntries, generatorEntries})
        for (const CoverEntry &entry : entries(*graph, machineOf(options.lowering), options.f64)) {
          emitEntry(*graph, entry.options, *model.module);
          if (!entry.options.begins)
            model.costs[entry.options.name] = entry.cost;
          if (!entry.begin.empty())
            model.begins[entry.options.name] = entry.begin;
        }
    FailureOr<SmallVector<EntryOptions>> layers = SmallVector<EntryOptions>();
    if (options.layer)
      layers = layerEntries(*graph, options.f64);
    if (failed(layers))
      return failure();
    for (const EntryOptions &layer : *layers) {
      emitEntry(*graph, layer, *model.module);
      pipeline.layers.push_back(layer.name);
    }
  }
  if (stage == Stage::Rondo)
    return model;

  pipeline.lowering.copyOptionValuesFrom(options.lowering);
  describeTraining(model.info, options, pipeline);
  Operation *train = model.module->lookupSymbol("train");
  pipeline.trains = train != nullptr;
  if (train && llvm::all_of(model.info.parameters, [](const ParameterInfo &parameter) { return parameter.frozen; })) {
    emitError(train->getLoc()) << "expected a parameter that the loss can train, found none in model '"
                               << model.info.name << "'";
    return failure();
  }
  if (train && options.library && model.info.train.average > 0) {
    emitError(train->getLoc()) << "expected no 'average' of model '" << model.info.name
                               << "' in a library that trains, which runs with the weights as they are trained";
    return failure();
  }
  if (train && takesProducts(*findOptimizer(model.info.train.optimizer)) && options.library) {
    emitError(train->getLoc()) << "expected another optimizer of model '" << model.info.name
                               << "' in a library that trains, found '" << model.info.train.optimizer << "'";
    return failure();
  }
  if (failed(runPhases(*model.module, timing, Stage::Rondo, stage, pipeline)))
    return failure();
  return model;
}

LogicalResult rondo::lowerToLLVMDialect(CompiledModel &model, TimingScope &timing) {
  return runPhases(*model.module, timing, Stage::Vector, Stage::LLVM, PipelineOptions());
}
