// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The driver: a program's text -> any of its forms, or a native binary.

#include "frontend/Frontend.h"
#include "passes/Registration.h"
#include "passes/linalg/Unroll.h"
#include "tools/Version.h"
#include "tools/codegen/EmbedWeights.h"
#include "tools/codegen/EmitObject.h"
#include "tools/codegen/Entries.h"
#include "tools/codegen/Link.h"
#include "tools/codegen/LinkLibrary.h"
#include "tools/codegen/OptimizeLLVM.h"
#include "tools/codegen/ParallelObjects.h"
#include "tools/codegen/TargetCPU.h"
#include "tools/compiler/Description.h"
#include "tools/compiler/DiagnosticPrinter.h"
#include "tools/compiler/LibraryHeader.h"
#include "tools/compiler/LibraryOutput.h"
#include "tools/compiler/ModelCompiler.h"
#include "tools/compiler/OutputFile.h"
#include "tools/compiler/RemarkPrinter.h"
#include "tools/compiler/TraceNotFinite.h"
#include "tools/compiler/TrainingMemory.h"
#include "tools/rondoc/WordParser.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include <csignal>

using namespace mlir;
using namespace rondo;
namespace cl = llvm::cl;

namespace {

enum class Emit {
  AST,
  Latex,
  Rondo,
  Grad,
  Split,
  Linalg,
  Buffer,
  Vector,
  LLVMDialect,
  LLVM,
  Asm,
  Obj,
  Exe,
  // Any of these together.
  Header,
  Static,
  Shared
};

cl::OptionCategory category("rondoc options");
cl::opt<std::string> inputPath(cl::Positional, cl::Required, cl::desc("FILE.rondo"), cl::cat(category));
cl::opt<std::string>
    outputPath("o",
               cl::desc("Output file (default: standard output for text; else FILE, with .o for an object). Of a "
                        "library OUT.h, libOUT.a and libOUT.so"),
               cl::value_desc("OUT"), cl::cat(category));
cl::list<Emit, bool, WordParser<Emit>> emitForms(
    "emit", cl::desc("Form of the output"), cl::CommaSeparated,
    cl::values(clEnumValN(Emit::AST, "ast", "syntax tree"), clEnumValN(Emit::Latex, "latex", "equations for LaTeX"),
               clEnumValN(Emit::Rondo, "rondo", "rondo dialect, as imported"),
               clEnumValN(Emit::Grad, "grad", "the same, with the gradients and the update of the parameters"),
               clEnumValN(Emit::Split, "split", "the same, with what need not wait for the state out of the loops"),
               clEnumValN(Emit::Linalg, "linalg", "lowered to linalg on tensors"),
               clEnumValN(Emit::Buffer, "buffer", "linalg on buffers in one arena, dealt out to threads"),
               clEnumValN(Emit::Vector, "vector", "loops over vectors"),
               clEnumValN(Emit::LLVMDialect, "llvm-dialect", "llvm dialect"),
               clEnumValN(Emit::LLVM, "llvm", "LLVM IR, optimized"), clEnumValN(Emit::Asm, "asm", "assembly"),
               clEnumValN(Emit::Obj, "obj", "object"), clEnumValN(Emit::Exe, "exe", "executable (default)"),
               clEnumValN(Emit::Header, "header", "of a library for other programs: its C header"),
               clEnumValN(Emit::Static, "static", "and the static library"),
               clEnumValN(Emit::Shared, "shared", "and the shared one (several: --emit=header,static,shared)")),
    cl::cat(category));
Emit emitForm = Emit::Exe; // the first of them
cl::opt<std::string> givenPrefix("prefix",
                                 cl::desc("What names in a library begin with (default: OUT's name, in which "
                                          "what cannot be in a name of C becomes _)"),
                                 cl::value_desc("NAME"), cl::cat(category));
cl::opt<std::string>
    weightsPath("weights",
                cl::desc("Make these weights a part of the executable or the library, packed (with --inference)"),
                cl::value_desc("FILE"), cl::cat(category));
cl::opt<std::string> layoutName("layout", cl::desc("Whose tensors these weights are: torch, keras, onnx, own or auto"),
                                cl::value_desc("NAME"), cl::init("own"), cl::cat(category));
cl::opt<bool> forInference("inference", cl::desc("Leave out training, and with it gradcheck"), cl::cat(category));
cl::opt<bool> asLayer("layer",
                      cl::desc("With the vector-Jacobian products by which a library is a layer of a model of "
                               "another framework"),
                      cl::cat(category));
cl::list<std::string> defines("D", cl::Prefix, cl::desc("Size, constant or training setting in place of the program's"),
                              cl::value_desc("NAME=VALUE"), cl::cat(category));
cl::opt<std::string> modelName("model", cl::desc("Model to compile, where the file has several"), cl::cat(category));
cl::opt<std::string> cpu("mcpu", cl::desc("CPU to compile for (default: native, this machine)"), cl::init("native"),
                         cl::cat(category));
enum class Element { F32, F64 };
cl::opt<Element, false, WordParser<Element>>
    element("element", cl::desc("Element type"), cl::init(Element::F32),
            cl::values(clEnumValN(Element::F32, "f32", "single precision (default)"),
                       clEnumValN(Element::F64, "f64", "double precision")),
            cl::cat(category));
cl::opt<unsigned> level("O", cl::Prefix, cl::desc("Optimization level 0, 1, 2 or 3 (default: 2)"), cl::init(2),
                        cl::cat(category));
cl::opt<int64_t> unroll("unroll",
                        cl::desc("Time steps in one iteration of a loop over time (default: 1), with the same results"),
                        cl::value_desc("N"), cl::init(1), cl::cat(category));
cl::opt<std::string>
    memorySize("mem",
               cl::desc("Memory that training may take: what does not fit is computed again, segment by segment"),
               cl::value_desc("SIZE, in bytes or with K, M or G"), cl::cat(category));
cl::opt<bool> noGradcheck("no-gradcheck",
                          cl::desc("Leave out the functions in double precision that the program's gradcheck needs"),
                          cl::cat(category));
cl::opt<bool> secondOrder("second-order", cl::desc("With products of second derivatives, for gradcheck --second-order"),
                          cl::cat(category));
cl::opt<bool> showRemarks("remarks",
                          cl::desc("Show by source line what was hoisted, packed, fused and tiled, and what not"),
                          cl::cat(category));
cl::opt<std::string> programPrefix("program-prefix", cl::Hidden, cl::init(executablePrefix.str()),
                                   cl::desc("Name the program's symbol PREFIX_program"), cl::cat(category));
cl::opt<std::string> tracePath("trace-nan",
                               cl::desc("Name the first operation whose result is not finite, in the window of "
                                        "training that a program's train --trace-nan has written"),
                               cl::value_desc("FILE"), cl::cat(category));
cl::opt<bool> showTime("time", cl::desc("Show the time that each phase took"), cl::cat(category));

int fail(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "rondoc") << message << '\n';
  return 1;
}

/// Splits the -D options; returns a worded error, empty on success.
std::string parseDefines(FrontendOptions &options) {
  for (const std::string &define : defines) {
    auto [name, value] = StringRef(define).split('=');
    if (name.empty() || value.empty())
      return "expected -D NAME=VALUE, found '-D " + define + "'";
    if (llvm::is_contained(llvm::make_first_range(options.defines), name))
      return ("expected one -D " + name + ", found a second, '-D " + define + "'").str();
    options.defines.emplace_back(name.str(), value.str());
  }
  return "";
}

bool isNameInC(StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

std::string prefixOfProgram() {
  // What is to have weights becomes a library first, which packs them.
  bool isLibrary = emitForm >= Emit::Header || weightsPath.getNumOccurrences();
  return isLibrary ? libraryPrefix.str() : programPrefix.getValue();
}

/// What is wrong with the program's prefix; empty if nothing is.
std::string checkPrefix() {
  if (!isNameInC(programPrefix))
    return "expected --program-prefix to be a name in C, found '" + programPrefix + "'";
  if (givenPrefix.getNumOccurrences() && !isNameInC(givenPrefix))
    return "expected --prefix to be a name in C, found '" + givenPrefix + "'";
  if (givenPrefix.getNumOccurrences() && emitForm < Emit::Header)
    return "--prefix is for libraries: --emit=header, static or shared";
  if (weightsPath.getNumOccurrences() && emitForm < Emit::Exe)
    return "--weights is for executables and libraries: --emit=exe, header, static or shared";
  if (weightsPath.getNumOccurrences() && weightsPath.empty())
    return "expected the name of a file after --weights, found an empty one";
  if (layoutName.getNumOccurrences() && !weightsPath.getNumOccurrences())
    return "expected --weights with --layout: it is the layout of weights";
  if (weightsPath.getNumOccurrences() && !forInference)
    return "expected --inference with --weights: weights in a program cannot be trained";
  if (asLayer && (emitForm <= Emit::Latex || emitForm == Emit::Exe))
    return "--layer is for libraries: --emit=header, static or shared, or a form before them";
  if (asLayer && weightsPath.getNumOccurrences())
    return "--layer cannot be combined with --weights: weights in a program have no gradients";
  if (emitForm == Emit::Exe && programPrefix != executablePrefix)
    return ("an executable's program has the prefix '" + executablePrefix + "', found '" + programPrefix + "'").str();
  return "";
}

/// Takes the forms apart; returns a worded error, empty on success.
std::string parseForms() {
  for (Emit form : emitForms)
    if (emitForms.size() > 1 && form < Emit::Header)
      return "expected one form after --emit=, or several of header, static and shared";
    else if (llvm::count(emitForms, form) > 1)
      return "expected each form after --emit= once, found one twice";
  if (!emitForms.empty())
    emitForm = emitForms.front();
  return "";
}

/// Takes --mem; returns a worded error, empty on success.
std::string parseMemory(CompileOptions &options) {
  if (!memorySize.getNumOccurrences())
    return "";
  if (emitForm <= Emit::Latex || forInference || tracePath.getNumOccurrences())
    return "--mem is the memory of training: expected no --emit=ast, --inference or --trace-nan beside it";
  std::optional<int64_t> bytes = parseBytes(memorySize);
  if (!bytes)
    return "expected --mem to be a number of bytes above 0, or one with K, M or G, found '" + memorySize + "'";
  options.memory = *bytes;
  return "";
}

/// A word as a shell reads it back.
std::string quoteForShell(StringRef word) {
  constexpr StringLiteral plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%^";
  if (!word.empty() && word.find_first_not_of(plain) == StringRef::npos)
    return word.str();
  std::string quoted = "'";
  for (char c : word)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// What compiles the program as now, as far as it is another program otherwise.
std::string commandLine() {
  std::string command = "rondoc " + (inputPath == "-" ? "FILE.rondo" : quoteForShell(inputPath));
  for (const std::string &define : defines)
    command += " -D " + quoteForShell(define);
  if (!modelName.empty())
    command += " --model=" + quoteForShell(modelName);
  return command + (element == Element::F64 ? " --element=f64" : "");
}

/// Says where a number that is not finite arises: exit status 1 as if it had been found in compiling.
int trace(Program &program, CompileOptions &options, TimingScope &timing) {
  std::string error;
  program.start.getContext()->printOpOnDiagnostic(false);
  TraceResult result = traceNotFinite(program, options, tracePath, llvm::outs(), error, timing);
  if (!error.empty())
    return fail(error);
  return result == TraceResult::Finite ? 0 : 1;
}

std::string defaultOutput() {
  if (emitForm < Emit::Obj)
    return "-";
  SmallString<128> path(llvm::sys::path::filename(inputPath));
  llvm::sys::path::replace_extension(path, emitForm == Emit::Obj ? "o" : "");
  return path.str().str();
}

/// What a file is by its name that is no program, and what takes it; empty if it may be one.
StringRef kindOfInput() {
  return llvm::StringSwitch<StringRef>(llvm::sys::path::extension(inputPath))
      .Case(".onnx", "an ONNX model: rondo-import makes a program of it")
      .Cases({".safetensors", ".npz"}, "a file of weights: it is for --weights")
      .Cases({".pt", ".pth"}, "a file of PyTorch: its weights, as safetensors.torch.save_file writes them, are for "
                              "--weights")
      .Cases({".h5", ".keras"}, "a file of Keras: its weights, as numpy.savez writes them, are for --weights")
      .Default("");
}

/// What is wrong with the output's name; empty if nothing is.
std::string checkOutput(StringRef output) {
  if (outputPath.getNumOccurrences() && outputPath.empty())
    return "expected the name of a file after -o, found an empty one";
  if (outputPath.empty() && inputPath == "-" && emitForm >= Emit::Obj)
    return "expected -o OUT for a program from standard input";
  if (output == "-" && emitForm >= Emit::Exe)
    return emitForm == Emit::Exe ? "expected a file for the executable, found standard output"
                                 : "expected the name of the library, found standard output";
  if (emitForm >= Emit::Header)
    for (StringRef ending : {".so", ".a", ".h"})
      if (output.ends_with(ending))
        return ("expected the name of the library after -o, of which the files are NAME.h, libNAME.a and libNAME.so, "
                "found '" +
                output + "'")
            .str();
  const std::pair<StringRef, StringRef> inputs[] = {{inputPath, "the program"}, {weightsPath, "the weights"}};
  for (auto [input, what] : inputs) {
    bool same = false;
    if (output != "-" && input != "-" && !llvm::sys::fs::is_directory(input) &&
        !llvm::sys::fs::equivalent(output, input, same) && same)
      return ("expected an output other than " + what + ", found '" + output + "'").str();
  }
  return "";
}

/// Up to where the model is compiled as one module: the last stage that knows its interface, or the form itself.
Stage stageOf(Emit form) {
  switch (form) {
  case Emit::AST:
  case Emit::Latex:
  case Emit::Rondo:
    return Stage::Rondo;
  case Emit::Grad:
    return Stage::Differentiated;
  case Emit::Split:
    return Stage::Split;
  case Emit::Linalg:
    return Stage::Linalg;
  case Emit::Buffer:
    return Stage::Buffer;
  case Emit::Vector:
  case Emit::LLVMDialect:
  case Emit::LLVM:
  case Emit::Asm:
  case Emit::Obj:
  case Emit::Exe:
  case Emit::Header:
  case Emit::Static:
  case Emit::Shared:
    break;
  }
  return Stage::Vector;
}

/// Writes text or an object to the output: all of it or, on an error, nothing.
int writeOutput(const std::string &path, llvm::function_ref<bool(llvm::raw_pwrite_stream &)> write) {
  SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream os(buffer);
  if (!write(os))
    return fail("the target cannot emit this form");
  std::string error = writeFile(path, StringRef(buffer.data(), buffer.size()));
  return error.empty() ? 0 : fail(error);
}

/// Writes a module as rondo-opt prints it.
int writeModule(const std::string &path, ModuleOp module) {
  return writeOutput(path, [&](llvm::raw_ostream &os) { return module.print(os), os << '\n', true; });
}

/// Makes the objects in temporary files. Returns a worded error, empty on success.
std::string makeObjects(std::unique_ptr<llvm::Module> module, const llvm::TargetMachine &machine,
                        TemporaryFiles &files) {
  std::vector<SmallVector<char, 0>> objects = emitObjects(std::move(module), prefixOfProgram(), level, machine);
  if (objects.empty())
    return "the target cannot emit objects";
  for (const SmallVector<char, 0> &object : objects)
    if (std::string error = files.add(StringRef(object.data(), object.size())); !error.empty())
      return error;
  return "";
}

/// This program's path.
std::string pathOf(const char *argv0) {
  return llvm::sys::fs::getMainExecutable(argv0, reinterpret_cast<void *>(&pathOf));
}

int writeExecutable(const std::string &path, TemporaryFiles &objects, llvm::TargetMachine &machine, const char *argv0) {
  std::string tool = pathOf(argv0);
  std::string error = weightsPath.empty() ? "" : embedWeights(tool, weightsPath, layoutName.c_str(), objects, machine);
  if (error.empty())
    error = replaceFile(
        path, [&](StringRef temporary) { return linkExecutable(tool, objects.names, prefixOfProgram(), temporary); });
  return error.empty() ? 0 : fail(error);
}

/// What is to be written of a library.
LibraryOutput libraryOf(const CompiledModel &model, const CompileOptions &options, StringRef output) {
  LibraryOutput library(output, givenPrefix);
  auto wants = [](Emit form) { return llvm::is_contained(emitForms, form); };
  library.wantsHeader = wants(Emit::Header);
  library.wantsArchive = wants(Emit::Static);
  library.wantsShared = wants(Emit::Shared);
  library.parts = {options.training && !model.info.losses.empty(), options.layer, !model.info.generate.answer.empty()};
  library.weights = weightsPath;
  library.layout = layoutName;
  library.declarations = libraryHeader(model, options.f64, library.parts, library.prefix);
  return library;
}

int compile(const char *argv0, TimingScope &timing) {
  CompileOptions options;
  if (std::string error = parseForms(); !error.empty())
    return fail(error);
  if (std::string error = parseDefines(options.frontend); !error.empty())
    return fail(error);
  if (emitForm <= Emit::Latex && (!defines.empty() || modelName.getNumOccurrences()))
    return fail("-D and --model have no effect on --emit=ast and --emit=latex");
  if (emitForm < Emit::Vector && showRemarks)
    return fail("--remarks needs a form behind the loops over vectors, such as --emit=vector");
  if (emitForm < Emit::Linalg && unroll.getNumOccurrences())
    return fail("--unroll needs a form with loops over time, such as --emit=linalg");
  if (unroll < 1 || unroll > mostUnrolledSteps)
    return fail("expected --unroll to be from 1 to " + Twine(mostUnrolledSteps) + ", found " + Twine(int64_t(unroll)));
  if (tracePath.getNumOccurrences() && (!emitForms.empty() || outputPath.getNumOccurrences() || showRemarks))
    return fail("--trace-nan makes no output: expected no --emit, -o or --remarks beside it");
  if (tracePath.getNumOccurrences() && tracePath.empty())
    return fail("expected the name of a file after --trace-nan, found an empty one");
  options.frontend.model = modelName;
  options.f64 = element == Element::F64;
  options.library = emitForm >= Emit::Header;
  options.check = emitForm >= Emit::Asm && !options.library && !noGradcheck && !forInference;
  options.training = !forInference;
  options.secondOrder = secondOrder;
  options.layer = asLayer;
  if (emitForm < Emit::Asm && forInference)
    return fail("--inference needs machine code, such as --emit=exe");
  if (std::string error = checkPrefix(); !error.empty())
    return fail(error);
  if (std::string error = parseMemory(options); !error.empty())
    return fail(error);
  if (secondOrder && (forInference || noGradcheck || options.memory || options.library || emitForm <= Emit::Latex))
    return fail(
        "--second-order is for gradcheck: expected no --inference, --no-gradcheck, --mem, --emit=ast or library");
  if (level > 3)
    return fail("expected an optimization level of 0 to 3, found " + Twine(level));
  std::string targetError;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(cpu, level, targetError);
  if (!machine)
    return fail(targetError);
  options.lowering.cpu = cpu;
  options.lowering.unroll = unroll;
  std::string output = outputPath.empty() ? defaultOutput() : outputPath.getValue();
  if (std::string error = checkOutput(output); !error.empty())
    return fail(error);

  if (StringRef words = kindOfInput(); !words.empty())
    return fail("expected a program, found '" + inputPath + "', " + words);
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(inputPath, /*IsText=*/false);
  if (std::error_code error = file.getError())
    return fail("cannot read '" + inputPath + "': " + error.message());
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), SMLoc());

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  DiagnosticPrinter printer(sources, context, llvm::errs());
  RemarkPrinter remarks;
  std::unique_ptr<Program> program;
  {
    TimingScope scope = timing.nest("parse");
    program = parseProgram(sources, context);
  }
  if (!program)
    return 1;

  if (tracePath.getNumOccurrences())
    return trace(*program, options, timing);
  if (emitForm <= Emit::Latex)
    return writeOutput(output, [&](llvm::raw_ostream &os) {
      return (emitForm == Emit::AST ? dumpAST : printEquations)(*program, os), true;
    });

  // The description names buffers, which the llvm dialect no longer does: so stop before and go on from there.
  if (options.memory && failed(chooseSegments(*program, options, timing)))
    return 1;
  if (showRemarks)
    remarks.listen(context);
  FailureOr<CompiledModel> model = compileModel(*program, options, stageOf(emitForm), timing);
  if (failed(model) || (options.memory && stageOf(emitForm) >= Stage::Buffer && failed(checkMemory(*model, options))))
    return 1;
  remarks.print(llvm::errs(), [&](StringRef name) {
    auto function = model->module->lookupSymbol<func::FuncOp>(name);
    return !function || !isForCheck(function, options.f64);
  });
  if (emitForm <= Emit::Vector)
    return writeModule(output, *model->module);
  std::vector<EntryFunction> entries = entriesOf(*model->module, options.f64);
  std::string description = describeModel(*model, options.f64, *machine, commandLine());
  bool checks = llvm::any_of(model->module->getOps<func::FuncOp>(),
                             [&](func::FuncOp function) { return isForCheck(function, options.f64); });
  std::vector<ConstantArray> constants;
  for (const ConstantInfo &constant : model->info.constants)
    constants.push_back({constant.file, *constant.numbers, !options.f64, options.f64 || checks});
  std::optional<LibraryOutput> library;
  if (emitForm >= Emit::Header)
    library = libraryOf(*model, options, output);
  if (failed(lowerToLLVMDialect(*model, timing)))
    return 1;
  if (emitForm == Emit::LLVMDialect)
    return writeModule(output, *model->module);

  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> module =
      translateModel(*model->module, entries, constants, description, prefixOfProgram(), *machine, llvmContext, timing);
  if (!module)
    return 1;
  // Not taken to pieces, op by op, of a process that ends: known here, so that it is no leak.
  [[maybe_unused]] static Operation *const kept = model->module.release();
  TimingScope scope = timing.nest("emit");
  if (emitForm >= Emit::Exe) {
    TemporaryFiles objects;
    if (std::string error = makeObjects(std::move(module), *machine, objects); !error.empty())
      return fail(error);
    if (!library)
      return writeExecutable(output, objects, *machine, argv0);
    std::string error = library->write(pathOf(argv0), objects, *machine);
    return error.empty() ? 0 : fail(error);
  }
  optimizeModule(*module, *machine, level);
  if (emitForm == Emit::LLVM)
    return writeOutput(output, [&](llvm::raw_ostream &os) { return module->print(os, nullptr), true; });
  auto type = emitForm == Emit::Asm ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  return writeOutput(output, [&](llvm::raw_pwrite_stream &os) { return emitMachineCode(*module, *machine, type, os); });
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // A write beyond a limit of the shell is an error like any other, here and in the linker.
  std::signal(SIGXFSZ, SIG_IGN);
  setVersionOf("rondoc");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "rondoc: compiles recurrent models to native binaries\n");
  DefaultTimingManager timing;
  timing.setEnabled(showTime);
  timing.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  TimingScope scope = timing.getRootScope();
  return compile(argv[0], scope);
}
