// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiles a workload's program and loads its code into this process.

#include "tools/rondo-bench/LoadedModel.h"

#include "passes/Registration.h"
#include "runtime/Memory.h"
#include "tools/codegen/TargetCPU.h"
#include "tools/compiler/DiagnosticPrinter.h"
#include "tools/compiler/ModelCompiler.h"
#include "tools/compiler/OutputFile.h"
#include "tools/rondo-bench/PhaseClock.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include <chrono>
#include <optional>

using namespace mlir;
using namespace rondo;

namespace {

/// A program that is being compiled.
struct Compilation {
  DialectRegistry registry;
  std::unique_ptr<MLIRContext> context;
  llvm::SourceMgr sources;
  std::optional<DiagnosticPrinter> printer;
  std::unique_ptr<Program> program;
  DefaultTimingManager timing;

  bool parse(const Workload &workload, const LoadOptions &options) {
    std::string path = workload.program(options.programs);
    auto file = llvm::MemoryBuffer::getFile(path);
    if (std::error_code error = file.getError()) {
      llvm::WithColor::error(llvm::errs(), "rondo-bench")
          << workload.name << ": cannot read '" << path << "': " << error.message() << '\n';
      return false;
    }
    sources.AddNewSourceBuffer(std::move(*file), SMLoc());
    registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry);
    context->loadAllAvailableDialects();
    printer.emplace(sources, *context, llvm::errs());
    program = parseProgram(sources, *context);
    return program != nullptr;
  }

  FailureOr<CompiledModel> compile(const Workload &workload, CompileOptions &options, int64_t batch, int64_t length,
                                   Stage stage) {
    options.check = false;
    options.frontend.model = workload.model().str();
    options.frontend.defines = workload.defines();
    options.functions = {workload.train ? "train" : "run"};
    if (!workload.train)
      options.run = RunShape{batch, length};
    for (auto &[name, value] : options.frontend.defines)
      if (name == "batch")
        value = std::to_string(batch);
    TimingScope scope = timing.getRootScope();
    return compileModel(*program, options, stage, scope);
  }
};

/// The word for an argument's role, and its name.
std::pair<std::string, std::string> nameArgument(func::FuncOp function, unsigned index) {
  std::optional<NamedRole> role = roleOf(function.getArgAttrDict(index));
  return role ? std::make_pair(role->word().str(), role->name.str()) : std::pair<std::string, std::string>();
}

template <typename F> auto withElements(const Buffer &buffer, F f) {
  switch (buffer.kind) {
  case Tensor::Kind::F32:
    return f(reinterpret_cast<float *>(buffer.data.get()));
  case Tensor::Kind::F64:
    return f(reinterpret_cast<double *>(buffer.data.get()));
  case Tensor::Kind::I32:
    return f(reinterpret_cast<int32_t *>(buffer.data.get()));
  case Tensor::Kind::I1: // a byte each
  case Tensor::Kind::I8:
    return f(reinterpret_cast<int8_t *>(buffer.data.get()));
  case Tensor::Kind::I64:
  case Tensor::Kind::Index:
    break;
  }
  return f(reinterpret_cast<int64_t *>(buffer.data.get()));
}

} // namespace

int64_t Buffer::numElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

double Buffer::at(int64_t index) const {
  return withElements(*this, [&](auto *elements) { return static_cast<double>(elements[index]); });
}

void Buffer::set(int64_t index, double value) {
  withElements(*this, [&](auto *elements) {
    elements[index] = static_cast<std::remove_reference_t<decltype(*elements)>>(value);
  });
}

void LoadedModel::addEntry(Operation *op) {
  auto function = cast<func::FuncOp>(op);
  auto &names = arguments[function.getName().str()];
  if (auto pack = function->getAttrOfType<StringAttr>(packedByAttribute))
    packs.insert(pack.str());
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    std::pair<std::string, std::string> name = nameArgument(function, i);
    // One buffer for all entries; the arena is one as well, as they are called one after the other.
    names.push_back(name);
    auto type = cast<MemRefType>(function.getArgumentTypes()[i]);
    Buffer &buffer = buffers[name];
    int64_t bytes = type.getNumElements() * std::max(1u, type.getElementTypeBitWidth() / 8);
    if (buffer.data && bytes <= buffer.bytes)
      continue;
    buffer.kind = type.getElementType().isInteger(8) ? Tensor::Kind::I1 : *Tensor::kindOf(type.getElementType());
    buffer.shape = type.getShape().vec();
    buffer.bytes = bytes;
    buffer.data.reset(static_cast<char *>(allocateAligned(bytes)));
    if (!buffer.data) {
      llvm::WithColor::error(llvm::errs(), "rondo-bench") << "out of memory: " << bytes << " more bytes were needed\n";
      std::exit(1);
    }
  }
}

std::unique_ptr<LoadedModel> LoadedModel::load(const Workload &workload, const LoadOptions &options) {
  auto begin = std::chrono::steady_clock::now();
  Compilation compilation;
  if (!compilation.parse(workload, options))
    return nullptr;
  auto fail = [&](const llvm::Twine &message) {
    llvm::WithColor::error(llvm::errs(), "rondo-bench") << workload.name << ": " << message << '\n';
    return nullptr;
  };
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(options.cpu, 2, error);
  if (!machine)
    return fail(error);
  CompileOptions compile;
  compile.lowering.profile = options.profile;
  compile.lowering.cpu = options.cpu;
  compile.lowering.unroll = options.unroll;
  if (int64_t count = workload.segments)
    compile.segments = Segments{count, workload.T / count, workload.T % count, workload.recomputed};
  FailureOr<CompiledModel> model = compilation.compile(workload, compile, workload.B, workload.T, Stage::Vector);
  if (failed(model))
    return nullptr;
  if (compile.segments && (!model->info.streamable || model->info.keepsRenamed))
    return fail("expected a model that does not look ahead with \"segments\"");
  auto result = std::make_unique<LoadedModel>();
  result->info = model->info;
  result->train = workload.train;
  result->team = options.team;
  if (auto places = (*model->module)->getAttrOfType<ArrayAttr>(profileAttribute))
    for (StringAttr place : places.getAsRange<StringAttr>())
      result->places.push_back(place.str());
  if (auto flops = (*model->module)->getAttrOfType<DenseF64ArrayAttr>(profileFlopsAttribute))
    result->placeFlops = flops.asArrayRef().vec();
  std::vector<EntryFunction> symbols;
  for (auto function : model->module->getOps<func::FuncOp>()) {
    if (function.isPrivate())
      continue;
    result->addEntry(function);
    symbols.push_back({function.getName().str(), function.getName().str()});
  }
  TimingScope scope = compilation.timing.getRootScope();
  if (failed(lowerToLLVMDialect(*model, scope)))
    return nullptr;
  const LoadedCode::Symbol runtime[] = {{"rondo_profile", reinterpret_cast<void *>(&rondo_profile)},
                                        {"rondo_team_barrier", reinterpret_cast<void *>(&rondo_team_barrier)}};
  // Whoever wants to see the object wants all code in it.
  unsigned mostObjects = options.objects.empty() ? 4 : 1;
  auto code = LoadedCode::load(*model->module, symbols, runtime, *machine, scope, mostObjects);
  if (!code)
    return fail(toString(code.takeError()));
  if (!options.objects.empty()) {
    StringRef object(code->objects.front().data(), code->objects.front().size());
    error = writeFile(options.objects + "/" + workload.name + ".o", object);
    if (!error.empty())
      return fail(error);
  }
  for (auto &[name, body] : code->entries) {
    Entry &entry = result->entries[name];
    entry.code = body;
    for (const auto &argument : result->arguments[name])
      entry.pointers.push_back(result->buffers[argument].data.get());
  }
  result->code = std::move(*code);
  result->compileSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

Buffer *LoadedModel::find(StringRef role, StringRef name) {
  auto found = buffers.find({role.str(), name.str()});
  return found == buffers.end() ? nullptr : &found->second;
}

void LoadedModel::forEach(llvm::function_ref<void(StringRef, StringRef, Buffer &)> f) {
  for (auto &[name, buffer] : buffers)
    f(name.first, name.second, buffer);
}

void LoadedModel::call(StringRef name) {
  const Entry &entry = entries.find(name.str())->second;
  runBody(entry.code, entry.pointers.data(), team);
}

void LoadedModel::pack() {
  for (const std::string &name : packs)
    call(name);
}

void LoadedModel::step() {
  if (!train)
    return call("run");
  call("train_grad");
  call("update");
  pack();
}

struct WorkloadModule::State {
  Compilation compilation;
  CompiledModel model;
};

WorkloadModule::~WorkloadModule() = default;

std::unique_ptr<WorkloadModule> WorkloadModule::load(const Workload &workload, const LoadOptions &options,
                                                     int64_t batch, int64_t length, Stage stage, bool f64) {
  auto result = std::make_unique<WorkloadModule>();
  result->state = std::make_unique<State>();
  Compilation &compilation = result->state->compilation;
  if (!compilation.parse(workload, options))
    return nullptr;
  CompileOptions compile;
  compile.f64 = f64;
  compile.lowering.cpu = options.cpu;
  FailureOr<CompiledModel> model = compilation.compile(workload, compile, batch, length, stage);
  if (failed(model))
    return nullptr;
  result->state->model = std::move(*model);
  return result;
}

ModuleOp WorkloadModule::module() { return *state->model.module; }

func::FuncOp WorkloadModule::function(StringRef name) { return state->model.module->lookupSymbol<func::FuncOp>(name); }
