// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// From a parsed program to the functions of its binary.

#include "tools/compiler/ModelCompiler.h"

#include "dialect/RondoDialect.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace rondo;

namespace {

/// A function of the binary before differentiation.
struct Import {
  StringRef name;
  int64_t batch, length;
  bool f64, training, withLoss, withOutputs;
};

SmallVector<Import> importsOf(const ModelInfo &info, const CompileOptions &options) {
  int64_t window = info.hasTime ? info.train.k2 : 1;
  SmallVector<Import> imports;
  auto wanted = [&](StringRef name) { return options.functions.empty() || is_contained(options.functions, name); };
  if (info.hasLoss && wanted("train")) {
    imports.push_back({"train", info.train.batch, window, options.f64, true, true, false});
    if (options.check && !options.f64)
      imports.push_back({"train_f64", info.train.batch, window, true, true, true, false});
  }
  if (wanted("score"))
    imports.push_back({"score", 1, window, options.f64, false, true, true});
  if (options.run)
    imports.push_back(
        {"run", options.run->batch, info.hasTime ? options.run->length : 1, options.f64, false, false, true});
  if (!info.generateInput.empty() && wanted("step"))
    imports.push_back({"step", 1, 1, options.f64, false, false, true});
  return imports;
}

LogicalResult runPhase(ModuleOp module, TimingScope &timing, StringRef name,
                       llvm::function_ref<void(OpPassManager &)> build) {
  TimingScope scope = timing.nest(name);
  PassManager manager(module->getContext());
  build(manager);
  return manager.run(module);
}

/// Fills in how the model is trained.
void describeTraining(const ModelInfo &info, const CompileOptions &options, TrainingOptions &training) {
  training.functions.push_back("train");
  if (options.check && !options.f64)
    training.functions.push_back("train_f64");
  training.k1 = info.train.k1;
  training.k2 = info.train.k2;
  training.optimizer = info.train.optimizer;
  training.momentum = info.train.momentum;
  training.beta1 = info.train.beta1;
  training.beta2 = info.train.beta2;
  training.epsilon = info.train.epsilon;
  training.weightDecay = info.train.weightDecay;
  training.clipNorm = info.train.clipNorm;
}

} // namespace

FailureOr<CompiledModel> rondo::compileModel(Program &program, const CompileOptions &options, Stage stage,
                                             TimingScope &timing) {
  CompiledModel model;
  {
    TimingScope scope = timing.nest("import");
    std::unique_ptr<Graph> graph = elaborate(program, options.frontend);
    if (!graph)
      return failure();
    model.info = graph->info;
    model.module = ModuleOp::create(program.start);
    for (const Import &import : importsOf(model.info, options)) {
      EntryOptions entry;
      entry.name = import.name.str();
      entry.batch = import.batch;
      entry.length = import.length;
      entry.f64 = import.f64;
      entry.training = import.training;
      entry.withLoss = import.withLoss;
      entry.withOutputs = import.withOutputs;
      emitEntry(*graph, entry, *model.module);
    }
  }
  if (stage == Stage::Rondo)
    return model;

  if (Operation *train = model.module->lookupSymbol("train"); train && model.info.parameters.empty()) {
    emitError(train->getLoc()) << "expected a parameter that the loss can train, found none in model '"
                               << model.info.name << "'";
    return failure();
  }
  if (!model.info.streamable) // No state is carried, so none is looked for by its name.
    model.module->walk([](ScanOp scan) { scan.removeStatesAttr(); });
  else if (failed(runPhase(*model.module, timing, "stream", buildStreamPhase)))
    return failure();
  if (model.module->lookupSymbol("train")) {
    TrainingOptions training;
    describeTraining(model.info, options, training);
    if (failed(runPhase(*model.module, timing, "differentiate",
                        [&](OpPassManager &manager) { buildDifferentiatePhase(manager, training); })))
      return failure();
    // Finite differences need the loss alone in the element type of the check.
    if (!options.f64 || !options.check)
      if (auto train = model.module->lookupSymbol<func::FuncOp>("train"))
        train.erase();
  }
  if (stage == Stage::Differentiated)
    return model;
  if (failed(runPhase(*model.module, timing, "split", buildSplitPhase)) ||
      failed(runPhase(*model.module, timing, "linalg",
                      [&](OpPassManager &manager) { buildLinalgPhase(manager, options.pipeline); })))
    return failure();
  if (stage == Stage::Linalg)
    return model;
  PipelineOptions pipeline = options.pipeline;
  if (options.profile)
    pipeline.threadedWork = std::numeric_limits<int64_t>::max(); // the clock is one thread's
  if (failed(runPhase(*model.module, timing, "buffer",
                      [&](OpPassManager &manager) { buildBufferPhase(manager, pipeline); })))
    return failure();
  if (options.profile && failed(runPhase(*model.module, timing, "profile",
                                         [](OpPassManager &manager) { manager.addPass(createProfile()); })))
    return failure();
  if (failed(runPhase(*model.module, timing, "vector",
                      [&](OpPassManager &manager) { buildVectorPhase(manager, options.pipeline); })))
    return failure();
  return model;
}

LogicalResult rondo::lowerToLLVMDialect(CompiledModel &model, TimingScope &timing) {
  return runPhase(*model.module, timing, "llvm", buildLLVMPhase);
}
