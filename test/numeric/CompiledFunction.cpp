// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiles a function in this process and runs it on tensors.

#include "test/numeric/CompiledFunction.h"

#include "test/numeric/TestCPU.h"
#include "test/numeric/TestTeam.h"

#include "dialect/AttributeNames.h"
#include "passes/Pipelines.h"
#include "passes/Registration.h"
#include "tools/codegen/TargetCPU.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <chrono>
#include <gtest/gtest.h>

using namespace mlir;
using namespace rondo;

static int64_t bytesOf(Type type) {
  auto shaped = cast<ShapedType>(type);
  return shaped.getNumElements() * std::max(1u, shaped.getElementTypeBitWidth() / 8);
}

/// Says on each argument and result which one it is: passes drop some, and put others between.
static void numberInterface(func::FuncOp function) {
  Builder builder(function.getContext());
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.setArgAttr(i, "test.argument", builder.getI32IntegerAttr(i));
  for (unsigned r = 0; r < function.getNumResults(); ++r) {
    DictionaryAttr attributes = function.getResultAttrDict(r);
    // By the rules of rondo-bufferize, it is written to the buffer of the argument of that name.
    for (unsigned i = 0; attributes && !attributes.empty() && i < function.getNumArguments(); ++i)
      if (llvm::all_of(attributes,
                       [&](NamedAttribute a) { return function.getArgAttr(i, a.getName()) == a.getValue(); }))
        function.setArgAttr(i, "test.result", builder.getI32IntegerAttr(r));
    function.setResultAttr(r, "test.result", builder.getI32IntegerAttr(r));
  }
}

/// Which buffer of a function holds what.
void CompiledModule::describe(func::FuncOp lowered, Function &function) {
  if (auto pack = lowered->getAttrOfType<StringAttr>(packedByAttribute))
    function.pack = pack.str();
  for (unsigned i = 0; i < lowered.getNumArguments(); ++i) {
    auto type = cast<MemRefType>(lowered.getArgumentTypes()[i]);
    Buffer buffer;
    buffer.kind = type.getElementType().isInteger(8) ? Tensor::Kind::I1 : *Tensor::kindOf(type.getElementType());
    buffer.shape = type.getShape().vec();
    buffer.bytes = bytesOf(type);
    auto number = lowered.getArgAttrOfType<IntegerAttr>(i, "test.argument");
    if (number)
      buffer.argument = number.getInt();
    else if (auto path = lowered.getArgAttrOfType<StringAttr>(i, attributeOf(Role::parameter)))
      buffer.parameter = path.str();
    if (auto result = lowered.getArgAttrOfType<IntegerAttr>(i, "test.result"))
      buffer.result = result.getInt();
    if (auto packed = lowered.getArgAttrOfType<StringAttr>(i, attributeOf(Role::packed)))
      buffer.packed = packed.str();
    function.buffers.push_back(buffer);
  }
}

std::unique_ptr<CompiledModule> CompiledModule::compile(ModuleOp module, StringRef cpu, int64_t unroll) {
  auto result = std::make_unique<CompiledModule>();
  for (auto function : module.getOps<func::FuncOp>()) {
    Function &compiled = result->functions[function.getName()];
    compiled.numResults = function.getNumResults();
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (auto path = function.getArgAttrOfType<StringAttr>(i, attributeOf(Role::parameter)))
        compiled.parameters[path.str()] = i;
    numberInterface(function);
  }

  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(cpu, 2, error);
  if (!machine) {
    ADD_FAILURE() << error;
    return nullptr;
  }
  // Every function is run by several threads and equal nests share their code, as small as they may be.
  LoweringOptions options;
  options.cpu = cpu.str();
  options.unroll = unroll;
  options.threadedWork = options.sharedWork = 0;
  PassManager manager(module->getContext());
  buildSplitPhase(manager);
  buildLinalgPhase(manager, options);
  buildBufferPhase(manager, options);
  buildVectorPhase(manager, options);
  if (failed(manager.run(module)))
    return nullptr;
  std::vector<EntryFunction> symbols;
  for (auto lowered : module.getOps<func::FuncOp>()) {
    if (lowered.isPrivate())
      continue;
    symbols.push_back({lowered.getName().str(), lowered.getName().str()});
    describe(lowered, result->functions[lowered.getName()]);
  }
  PassManager toLLVM(module->getContext());
  buildLLVMPhase(toLLVM);
  if (failed(toLLVM.run(module)))
    return nullptr;

  DefaultTimingManager timing;
  TimingScope scope = timing.getRootScope();
  auto code = LoadedCode::load(module, symbols, testTeamSymbols(), *machine, scope);
  if (!code) {
    ADD_FAILURE() << toString(code.takeError());
    return nullptr;
  }
  for (auto &[name, entry] : code->entries)
    result->functions[name].entry = entry;
  result->code = std::move(*code);
  return result;
}

std::vector<Tensor> CompiledModule::run(StringRef name, ArrayRef<Tensor> arguments, CallTiming *timing) const {
  const Function &function = functions.find(name)->second;
  Packed packed;
  if (!function.pack.empty())
    call(functions.find(function.pack)->second, function, arguments, packed);
  return call(function, function, arguments, packed, timing);
}

/// Calls `function` with the arguments of `caller`.
std::vector<Tensor> CompiledModule::call(const Function &function, const Function &caller, ArrayRef<Tensor> arguments,
                                         Packed &packed, CallTiming *timing) const {
  // 64 bytes of a known pattern behind each buffer show writes beyond its end.
  constexpr int64_t guard = 64;
  constexpr unsigned char pattern = 0xA5;
  std::vector<Memory> memory;
  std::vector<void *> pointers;
  auto forEach = [](char *data, Tensor &tensor, bool write) {
    for (int64_t k = 0; k < tensor.numElements(); ++k) {
      auto move = [&](auto *typed, auto &value) {
        if (write)
          typed[k] = static_cast<std::remove_reference_t<decltype(*typed)>>(value);
        else
          value = typed[k];
      };
      if (tensor.kind == Tensor::Kind::F32)
        move(reinterpret_cast<float *>(data), tensor.f32[k]);
      else if (tensor.kind == Tensor::Kind::F64)
        move(reinterpret_cast<double *>(data), tensor.f64[k]);
      else if (tensor.kind == Tensor::Kind::I32)
        move(reinterpret_cast<int32_t *>(data), tensor.i[k]);
      else if (tensor.kind == Tensor::Kind::I1)
        move(reinterpret_cast<int8_t *>(data), tensor.i[k]);
      else
        move(reinterpret_cast<int64_t *>(data), tensor.i[k]);
    }
  };
  for (const Buffer &buffer : function.buffers) {
    int64_t size = llvm::alignTo(buffer.bytes, 64) + guard;
    Memory &place = buffer.packed.empty() ? memory.emplace_back() : packed[buffer.packed];
    if (!place) {
      place.reset(static_cast<char *>(std::aligned_alloc(64, size)));
      std::memset(place.get(), pattern, size);
    }
    char *data = place.get();
    int argument = buffer.parameter.empty() ? buffer.argument : caller.parameters.at(buffer.parameter);
    if (argument >= 0) {
      Tensor tensor = arguments[argument];
      assert(tensor.kind == buffer.kind);
      forEach(data, tensor, /*write=*/true);
    }
    pointers.push_back(data);
  }
  runByTestTeam(function.entry, pointers.data());
  for (unsigned i = 0; timing && i < timing->calls; ++i) {
    auto start = std::chrono::steady_clock::now();
    runByTestTeam(function.entry, pointers.data());
    std::chrono::duration<double, std::nano> duration = std::chrono::steady_clock::now() - start;
    timing->nanoseconds = std::min(timing->nanoseconds, duration.count());
  }
  std::vector<Tensor> results(function.numResults);
  for (auto [i, buffer] : llvm::enumerate(function.buffers)) {
    for (int64_t k = buffer.bytes; k < int64_t(llvm::alignTo(buffer.bytes, 64)) + guard; ++k)
      if (static_cast<unsigned char *>(pointers[i])[k] != pattern) {
        ADD_FAILURE() << "byte " << k - buffer.bytes << " behind buffer " << i << " was written";
        break;
      }
    if (buffer.result < 0)
      continue;
    Tensor tensor = Tensor::zeros(buffer.kind, buffer.shape);
    forEach(static_cast<char *>(pointers[i]), tensor, /*write=*/false);
    results[buffer.result] = tensor;
  }
  return results;
}

void rondo::expectClose(ArrayRef<Tensor> expected, ArrayRef<Tensor> found, const std::string &what,
                        SingleBound single) {
  ASSERT_EQ(expected.size(), found.size());
  // The gradient of what a softmax's scores share cancels to almost nothing, with the rounding of its terms.
  double terms = 0;
  for (const Tensor &want : expected)
    for (int64_t i = 0; want.kind == Tensor::Kind::F32 && i < want.numElements(); ++i)
      terms = std::max(terms, std::abs(want.at(i)));
  for (size_t r = 0; r < expected.size(); ++r) {
    const Tensor &want = expected[r];
    double scale = want.kind == Tensor::Kind::F32 ? single.partOfAll * terms : 0, difference = 0;
    for (int64_t i = 0; i < want.numElements(); ++i) {
      ASSERT_FALSE(std::isnan(want.at(i))) << "the reference has a NaN in result " << r << " for " << what;
      scale = std::max(scale, std::abs(want.at(i)));
      // Written so that a NaN counts as a difference, and stays one.
      double distance = std::abs(want.at(i) - found[r].at(i));
      if (!std::isnan(difference) && !(distance <= difference))
        difference = distance;
    }
    double tolerance = want.kind == Tensor::Kind::F32 ? single.tolerance : want.kind == Tensor::Kind::F64 ? 1e-12 : 0;
    EXPECT_TRUE(difference <= tolerance * std::max(scale, 1e-30) || difference == 0)
        << "result " << r << " differs by " << difference << " of " << scale << " for " << what;
  }
}

/// Bit for bit. What is empty need not have an address, as memcmp wants one.
template <typename T> static bool areIdentical(const std::vector<T> &a, const std::vector<T> &b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

void rondo::expectIdentical(ArrayRef<Tensor> expected, ArrayRef<Tensor> found, const std::string &what) {
  ASSERT_EQ(expected.size(), found.size());
  for (size_t r = 0; r < expected.size(); ++r) {
    const Tensor &want = expected[r], &have = found[r];
    EXPECT_TRUE(llvm::ArrayRef(want.i) == llvm::ArrayRef(have.i) && areIdentical(want.f32, have.f32) &&
                areIdentical(want.f64, have.f64))
        << "result " << r << " is not the same for " << what;
  }
}

void rondo::compareWithReference(const CompiledModule &compiled, StringRef name, ArrayRef<Tensor> arguments,
                                 ArrayRef<Tensor> expected, const std::string &what, SingleBound single) {
  setTestTeam({1, TestTeam::Together});
  std::vector<Tensor> found = compiled.run(name, arguments);
  expectClose(expected, found, what, single);
  const char *orders[] = {"at the same time", "ascending", "descending"};
  for (TestTeam team :
       {TestTeam{2, TestTeam::Together}, TestTeam{3, TestTeam::Together}, TestTeam{4, TestTeam::Together},
        TestTeam{2, TestTeam::Descending}, TestTeam{3, TestTeam::Ascending}, TestTeam{3, TestTeam::Descending}}) {
    setTestTeam(team);
    expectIdentical(found, compiled.run(name, arguments),
                    std::to_string(team.threads) + " threads, " + orders[team.order] + ", " + what);
  }
  setTestTeam({1, TestTeam::Together});
}

void rondo::expectCompiledEqualsReference(StringRef source, int64_t tokens, StringRef cpu, int64_t unroll) {
  if (!takesNext())
    return;
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    ADD_FAILURE() << diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(source, ParserConfig(&context));
  ASSERT_TRUE(module) << source.str();
  auto function = *module->getOps<func::FuncOp>().begin();
  std::vector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), 17 * i + 1, 0.5, tokens));
  FailureOr<std::vector<Tensor>> expected = interpret(function, arguments);
  ASSERT_TRUE(succeeded(expected));
  std::string name = function.getName().str();
  std::unique_ptr<CompiledModule> compiled = CompiledModule::compile(*module, cpu, unroll);
  ASSERT_TRUE(compiled) << source.str();
  compareWithReference(*compiled, name, arguments, *expected, cpu.str() + "\n" + source.str());
}
