// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the front end says about a model besides its functions, and the functions that the driver does not ask for.

#include "frontend/Frontend.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace rondo;

namespace {

/// That number of the optimizer, which has it.
double numberOf(const TrainInfo &train, StringRef name) {
  for (const OptimizerNumber &number : train.numbers)
    if (number.name == name)
      return number.value;
  ADD_FAILURE() << train.optimizer << " has no " << name.str();
  return 0;
}

/// A program from text, with the messages that it caused.
class Source {
public:
  explicit Source(StringRef text)
      : handler(&context, [this](Diagnostic &diagnostic) {
          messages.push_back(diagnostic.str());
          return success();
        }) {
    sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "test.rondo"), llvm::SMLoc());
    program = parseProgram(sources, context);
  }

  MLIRContext context;
  std::vector<std::string> messages;
  ScopedDiagnosticHandler handler;
  llvm::SourceMgr sources;
  std::unique_ptr<Program> program;
};

const char *languageModel = R"(
  model M(vocab = 7, H = 4, p = 0.5) {
    axis T
    input  text: token[vocab] over T
    target next: token[vocab] over T = ahead(text, 2)
    e = embedding[H](text)
    a = scan LSTM[H](dropout(e, p))
    output logits: [vocab] = linear[vocab](a, init: orthogonal)
    loss = 2 * cross_entropy(logits, next)
    generate text from logits
    train {
      bptt(16, 32)
      batch 2 * H
      optimizer adam(rate: 2e-3, beta2: 0.99)
      clip norm 1.0
    }
  })";

TEST(Frontend, DescribesAModel) {
  Source source(languageModel);
  ASSERT_TRUE(source.program);
  std::unique_ptr<Graph> graph = elaborate(*source.program, {});
  ASSERT_TRUE(graph);
  const ModelInfo *info = &graph->info;
  EXPECT_EQ(info->name, "M");
  EXPECT_TRUE(info->losses.size() == 1 && info->streamable);

  ASSERT_EQ(info->parameters.size(), 1u + 4 * 3 + 2);
  EXPECT_EQ(info->parameters[0].path, "e");
  EXPECT_EQ(info->parameters[0].shape, (std::vector<int64_t>{7, 4}));
  EXPECT_EQ(info->parameters[0].init.kind, "normal");
  EXPECT_EQ(info->parameters[2].path, "a.i.h");
  EXPECT_EQ(info->parameters[2].init.kind, "uniform");
  EXPECT_DOUBLE_EQ(info->parameters[2].init.a, -0.5);
  EXPECT_DOUBLE_EQ(info->parameters[2].init.b, 0.5);
  EXPECT_EQ(info->parameters[13].path, "logits.a");
  EXPECT_EQ(info->parameters[13].init.kind, "orthogonal");
  EXPECT_EQ(info->parameters[14].init.kind, "zeros");

  ASSERT_EQ(info->states.size(), 2u);
  EXPECT_EQ(info->states[1].name, "a.c");
  EXPECT_EQ(info->states[1].shape, std::vector<int64_t>{4});
  ASSERT_EQ(info->inputs.size(), 1u);
  ASSERT_EQ(info->axes.size(), 1u);
  EXPECT_EQ(info->axes[0].name, "T");
  EXPECT_EQ(info->windowAxis(), 1u);
  EXPECT_TRUE(info->inputs[0].token && info->inputs[0].varies(1));
  EXPECT_EQ(info->inputs[0].vocab, 7);
  ASSERT_EQ(info->targets.size(), 1u);
  EXPECT_EQ(info->targets[0].aheadOf, "text");
  EXPECT_EQ(info->targets[0].ahead, 2);
  ASSERT_EQ(info->outputs.size(), 1u);
  EXPECT_FALSE(info->outputs[0].token);
  EXPECT_EQ(info->outputs[0].shape, std::vector<int64_t>{7});
  EXPECT_EQ(info->generate.answer, "text");
  EXPECT_EQ(info->generate.from, "logits");
  EXPECT_EQ(info->losses[0].name, "");
  EXPECT_EQ(info->losses[0].accuracyLogits, "logits");
  EXPECT_EQ(info->losses[0].accuracyTarget, "next");

  EXPECT_EQ(info->train.data, "bytes");
  EXPECT_EQ(info->train.batch, 8);
  EXPECT_EQ(info->train.k1, 16);
  EXPECT_EQ(info->train.k2, 32);
  EXPECT_EQ(info->train.steps, 1000);
  EXPECT_DOUBLE_EQ(info->train.rate, 2e-3);
  EXPECT_DOUBLE_EQ(numberOf(info->train, "beta1"), 0.9);
  EXPECT_DOUBLE_EQ(numberOf(info->train, "beta2"), 0.99);
  EXPECT_DOUBLE_EQ(info->train.clip, 1);
}

TEST(Frontend, AppliesDefinesInTheirOrder) {
  Source source(languageModel);
  FrontendOptions options;
  options.defines = {{"rate", "3"},        {"H", "9"},        {"momentum", "0.25"}, {"optimizer", "sgd"},
                     {"H", "6"},           {"bptt", "4,8"},   {"clip", "0"},        {"steps", "5"},
                     {"optimizer", "sgd"}, {"rate", "0.125"}, {"data", "arrays"}};
  std::unique_ptr<Graph> graph = elaborate(*source.program, options);
  ASSERT_TRUE(graph) << source.messages.front();
  const ModelInfo *info = &graph->info;
  EXPECT_EQ(info->states[0].shape, std::vector<int64_t>{6});
  EXPECT_EQ(info->train.batch, 12);
  EXPECT_EQ(info->train.k1, 4);
  EXPECT_EQ(info->train.k2, 8);
  EXPECT_EQ(info->train.steps, 5);
  EXPECT_EQ(info->train.optimizer, "sgd");
  EXPECT_DOUBLE_EQ(info->train.rate, 0.125);
  EXPECT_DOUBLE_EQ(numberOf(info->train, "momentum"), 0.25);
  EXPECT_DOUBLE_EQ(info->train.clip, 0);
  EXPECT_EQ(info->train.data, "arrays");
}

/// How a model with `setting` in its train block is trained after the -D options.
TrainInfo trainInfo(StringRef setting, std::vector<std::pair<std::string, std::string>> defines) {
  Source source(
      ("model M {\naxis T\ninput x: [2] over T\noutput o: [2] = linear[2](x)\ntrain {\n" + setting + "\n}\n}").str());
  FrontendOptions options;
  options.defines = std::move(defines);
  std::unique_ptr<Graph> graph;
  if (source.program)
    graph = elaborate(*source.program, options);
  EXPECT_TRUE(graph) << setting.str();
  return graph ? graph->info.train : TrainInfo();
}

TEST(Frontend, AnotherOptimizerHasItsOwnDefaults) {
  EXPECT_DOUBLE_EQ(trainInfo("", {{"optimizer", "sgd"}}).rate, 1e-2);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer sgd", {{"optimizer", "adam"}}).rate, 1e-3);
  EXPECT_DOUBLE_EQ(numberOf(trainInfo("optimizer sgd(momentum: 0.9)", {{"optimizer", "rmsprop"}}), "momentum"), 0);
  EXPECT_DOUBLE_EQ(numberOf(trainInfo("optimizer sgd(momentum: 0.9)", {{"optimizer", "sgd"}}), "momentum"), 0.9);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer sgd(weight_decay: 0.1)", {{"optimizer", "adam"}}).weightDecay, 0);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer sgd(weight_decay: 0.1)", {{"weight_decay", "0.2"}}).weightDecay, 0.2);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer adamw", {}).weightDecay, 1e-2);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer adamw(weight_decay: 0)", {}).weightDecay, 0);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer adam(weight_decay: 0.1)", {{"optimizer", "adamw"}}).weightDecay, 1e-2);
  EXPECT_DOUBLE_EQ(trainInfo("optimizer adamw", {{"optimizer", "adam"}}).weightDecay, 0);
  EXPECT_DOUBLE_EQ(numberOf(trainInfo("optimizer adamw", {{"beta1", "0.5"}, {"rate", "0.25"}}), "beta1"), 0.5);
  EXPECT_DOUBLE_EQ(numberOf(trainInfo("optimizer adam(beta2: 0.5)", {{"optimizer", "lion"}}), "beta2"), 0.99);
  TrainInfo sgd = trainInfo("optimizer adam(rate: 0.5, beta1: 0.5)", {{"optimizer", "sgd"}});
  EXPECT_DOUBLE_EQ(sgd.rate, 0.5);
  ASSERT_EQ(sgd.numbers.size(), 1u);
  // A rate that depends on the step is kept with another optimizer, as a number is, and replaced by a number.
  EXPECT_EQ(trainInfo("optimizer adam(rate: 0.1 / step)", {{"optimizer", "sgd"}}).schedule.size(), 3u);
  EXPECT_TRUE(trainInfo("optimizer adam(rate: 0.1 / step)", {{"rate", "0.25"}}).schedule.empty());
  EXPECT_DOUBLE_EQ(trainInfo("", {{"rate", "0.25"}, {"optimizer", "sgd"}}).rate, 0.25);
}

TEST(Frontend, DescribesAModelWithoutStreams) {
  Source source(R"(
    model M {
      axis T
      input x: [3] over T
      input s: [2]
      target y: [3] over T
      r = scan GRU[3](x) backward
      output o: [3] = r
      loss = squared_error(o, y)
    })");
  std::unique_ptr<Graph> graph = elaborate(*source.program, {});
  ASSERT_TRUE(graph);
  const ModelInfo *info = &graph->info;
  EXPECT_FALSE(info->streamable);
  EXPECT_FALSE(info->inputs[1].varies(1));
  EXPECT_EQ(info->train.data, "arrays");
  EXPECT_TRUE(info->losses[0].accuracyLogits.empty() && info->generate.answer.empty());
}

TEST(Frontend, AccuracyIsOfATargetAtEachPosition) {
  auto logits = [](llvm::StringRef target) {
    Source source("model M {\n axis T\n input x: [3] over T\n target y: token[3]" + target.str() +
                  "\n output o: [3] = x\n loss = cross_entropy(o, y)\n}\n");
    std::unique_ptr<Graph> graph = elaborate(*source.program, {});
    return graph ? graph->info.losses[0].accuracyLogits : "failed";
  };
  EXPECT_EQ(logits(" over T"), "o");
  EXPECT_EQ(logits(""), "");
}

TEST(Frontend, AFinalStateUsedOverTimeLooksAhead) {
  auto streamable = [](llvm::StringRef statements) {
    Source source("model M {\n axis T\n input x: [3] over T\n a = scan GRU[3](x)\n" + statements.str() + "}\n");
    std::unique_ptr<Graph> graph = elaborate(*source.program, {});
    EXPECT_TRUE(graph) << source.messages.front();
    return graph && graph->info.streamable;
  };
  EXPECT_TRUE(streamable("output y: [3] = a.final.h * 2"));
  EXPECT_FALSE(streamable("output y: [3] = a.final.h * 2 + x"));
  EXPECT_FALSE(streamable("b = scan GRU[3](x) from (h: tanh(a.final.h))\n output y: [3] = b"));
  EXPECT_TRUE(streamable("b = scan GRU[3](x) from (h: tanh(a.final.h))\n output y: [3] = a"));
  EXPECT_FALSE(streamable("axis S like T\n output y: [3] = sum(rename(a, T: S) over S)"));
  EXPECT_FALSE(streamable("axis S like T\n output y: [3] = a + sum(index(S) over S)"));
  EXPECT_TRUE(streamable("output y: [3] = a + index(T)"));
  EXPECT_TRUE(streamable("output y: [3] = a + shift(a over T)"));
  EXPECT_TRUE(streamable("output y: [3] = a + shift(a over T, 4096)"));
  EXPECT_FALSE(streamable("output y: [3] = a + shift(a over T, 4097)"));
  EXPECT_FALSE(streamable("output y: [3] = a + shift(a over T, first: a.final.h)"));
  EXPECT_TRUE(streamable("output y: [3] = sum(linear[3](w: window(a over T, width: 4, dilation: 3))) + a"));
  EXPECT_FALSE(streamable("output y: [3] = sum(linear[3](w: window(a over T, width: 3, pad: zero))) + a"));
  EXPECT_TRUE(streamable("axis N = 3\n output y: [3] = a * sum(shift(a * index(N) over N) over N)"));
  EXPECT_TRUE(
      streamable("axis N = 3\n axis M like N\n w = a * index(N)\n output y: [3] = a + sum(rename(w, N: M) over M)"));
  EXPECT_FALSE(streamable("b = scan C[3](x, a.final.h)\n output y: [3] = b }\n"
                          "cell C[H](x: [H], y: [H]) -> [H] { state h: [H]\n h' = x + y\n return h' "));
}

TEST(Frontend, ScansMixPositionsOfTheirAxisAlone) {
  mlir::MLIRContext context;
  auto mixing = [&](NodeOp op, bool backward, AxisIndex axis) {
    Scan scan;
    scan.axis = 2;
    scan.backward = backward;
    Node node(0, op, {}, UnknownLoc::get(&context));
    node.scan = &scan;
    return mixingOf(node, axis);
  };
  EXPECT_EQ(mixing(NodeOp::Scan, false, 2), Mixing::Back);
  EXPECT_EQ(mixing(NodeOp::Scan, true, 2), Mixing::Ahead);
  EXPECT_EQ(mixing(NodeOp::Scan, true, 1), Mixing::None);
  EXPECT_EQ(mixing(NodeOp::Final, false, 2), Mixing::End);
  EXPECT_EQ(mixing(NodeOp::Final, false, 1), Mixing::None);
  EXPECT_EQ(mixing(NodeOp::Softmax, false, 2), Mixing::None);
}

TEST(Frontend, AxesHaveTheSizesOfAWindow) {
  ModelInfo info;
  EXPECT_FALSE(info.windowAxis());
  info.axes = {{"N", Axis::Kind::Fixed, 7}, {"T", Axis::Kind::Free}, {"S", Axis::Kind::Like}};
  info.axes[2].parent = 2;
  EXPECT_EQ(info.windowAxis(), 2u);
  EXPECT_EQ(info.sizesWith(5), (std::vector<int64_t>{7, 5, 5}));
  EXPECT_TRUE(info.overWindow(batchAxis | setOf(2)));
  EXPECT_FALSE(info.overWindow(batchAxis | setOf(2) | setOf(1)));
}

/// The function's arguments and results as `name: type`.
std::string signature(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto print = [&](DictionaryAttr attributes, Type type) {
    for (NamedAttribute attribute : attributes)
      os << attribute.getName().strref().drop_front(6) << ' ' << type << '\n';
  };
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (!function.getArgAttr(i, attributeOf(Role::parameter)))
      print(function.getArgAttrDict(i), function.getArgumentTypes()[i]);
  os << "->\n";
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    print(function.getResultAttrDict(i), function.getResultTypes()[i]);
  return text;
}

std::string emit(Source &source, const EntryOptions &entry) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(source.program->start);
  std::unique_ptr<Graph> graph = elaborate(*source.program, {});
  if (!graph)
    return "failed";
  emitEntry(*graph, entry, *module);
  if (failed(verify(*module)))
    return "failed";
  return signature(module->lookupSymbol<func::FuncOp>(entry.name));
}

TEST(Frontend, EmitsTheFunctionAskedFor) {
  Source source(languageModel);
  EntryOptions entry;
  entry.rows = 2;
  entry.sizes = {5};
  EXPECT_EQ(emit(source, entry), "input tensor<5x2xi32>\ntarget tensor<5x2xi32>\nseed tensor<2xi64>\n->\n"
                                 "loss tensor<f32>\noutput tensor<5x2x7xf32>\n");
  entry.withOutputs = false;
  entry.f64 = true;
  EXPECT_EQ(emit(source, entry),
            "input tensor<5x2xi32>\ntarget tensor<5x2xi32>\nseed tensor<2xi64>\n->\nloss tensor<f64>\n");
  entry.withOutputs = true;
  entry.withLoss = entry.training = false;
  EXPECT_EQ(emit(source, entry), "input tensor<5x2xi32>\n->\noutput tensor<5x2x7xf64>\n");
}

TEST(Frontend, OutputsThatReadThePastOfTargetsNeedThem) {
  Source source("model M {\n  axis T\n  input x: [3] over T\n  target y: [3] over T\n"
                "  output z: [3] = x + shift(y over T)\n  loss = squared_error(z, y)\n}\n");
  EntryOptions entry;
  entry.sizes = {4};
  entry.withLoss = false;
  EXPECT_EQ(emit(source, entry), "input tensor<4x1x3xf32>\ntarget tensor<4x1x3xf32>\n->\noutput tensor<4x1x3xf32>\n");
}

TEST(Frontend, OneGraphServesEveryFunction) {
  Source source(languageModel);
  std::unique_ptr<Graph> graph = elaborate(*source.program, {});
  ASSERT_TRUE(graph);
  OwningOpRef<ModuleOp> together = ModuleOp::create(source.program->start);
  for (bool training : {true, false}) {
    EntryOptions entry;
    entry.name = training ? "train" : "score";
    entry.sizes = {3};
    entry.training = training;
    emitEntry(*graph, entry, *together);
    OwningOpRef<ModuleOp> alone = ModuleOp::create(source.program->start);
    emitEntry(*elaborate(*source.program, {}), entry, *alone);
    auto print = [&](ModuleOp module) {
      std::string text;
      llvm::raw_string_ostream os(text);
      module.lookupSymbol(entry.name)->print(os);
      return text;
    };
    EXPECT_EQ(print(*together), print(*alone));
  }
}

TEST(Frontend, EveryOperationHasItsPlace) {
  Source source(languageModel);
  OwningOpRef<ModuleOp> module = ModuleOp::create(source.program->start);
  std::unique_ptr<Graph> graph = elaborate(*source.program, {});
  ASSERT_TRUE(graph);
  EntryOptions entry;
  entry.sizes = {3};
  emitEntry(*graph, entry, *module);
  module->walk([](Operation *op) { EXPECT_TRUE(isa<FileLineColLoc>(op->getLoc())); });
}

TEST(Frontend, ReportsAtMostTwentyErrors) {
  std::string text = "model M {\n";
  for (int i = 0; i < 50; ++i)
    text += "  a" + std::to_string(i) + " = unknown\n";
  Source source(text + "}\n");
  EXPECT_FALSE(source.program);
  ASSERT_EQ(source.messages.size(), 21u);
  EXPECT_EQ(source.messages[0], "expected a value bound before, found 'unknown'");
  EXPECT_EQ(source.messages[20], "expected fewer errors, found 30 more that are not shown");
}

TEST(Frontend, ChoosesTheModel) {
  Source source("model A { output o: [] = 1 }\nmodel B { output o: [] = 2 }\n");
  FrontendOptions options;
  EXPECT_FALSE(elaborate(*source.program, options));
  options.model = "B";
  std::unique_ptr<Graph> graph = elaborate(*source.program, options);
  ASSERT_TRUE(graph);
  const ModelInfo *info = &graph->info;
  EXPECT_EQ(info->name, "B");
}

TEST(Frontend, SurvivesEveryPrefixOfAProgram) {
  StringRef text = languageModel;
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(Source(text.take_front(length)).program && length > 30);
}

} // namespace
