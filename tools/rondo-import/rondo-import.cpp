// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An ONNX model -> a program of the language, and its weights.

#include "frontend/Frontend.h"
#include "tools/Version.h"
#include "tools/compiler/DiagnosticPrinter.h"
#include "tools/compiler/OutputFile.h"
#include "tools/rondo-import/Lowering.h"
#include "tools/rondo-import/WeightsFile.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include <csignal>

using namespace rondo;
using llvm::StringRef;
using llvm::Twine;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("rondo-import options");
cl::opt<std::string> inputPath(cl::Positional, cl::Required, cl::desc("FILE.onnx"), cl::cat(category));
cl::opt<std::string> outputPath("o", cl::desc("Program to write (default: FILE.rondo in this folder)"),
                                cl::value_desc("OUT"), cl::cat(category));
cl::opt<std::string> weightsPath("weights", cl::desc("Weights to write (default: OUT with .safetensors)"),
                                 cl::value_desc("FILE"), cl::cat(category));
cl::opt<std::string> modelName("model", cl::desc("Name of the model in the program (default: FILE's name)"),
                               cl::value_desc("NAME"), cl::cat(category));

int fail(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "rondo-import") << message << '\n';
  return 1;
}

/// Lowers the graph as often as it learns more of its inputs: each time of at least one of their dimensions.
std::string lower(const importer::OnnxModel &model, bool looksAhead, importer::ImportedProgram &program) {
  importer::Decisions decisions;
  decisions.looksAhead = looksAhead;
  for (int i = 0; i < 1000; ++i) {
    importer::Lowering lowering(model, decisions);
    if (lowering.run()) {
      program = std::move(lowering.program);
      return "";
    }
    if (!lowering.again)
      return lowering.error;
  }
  return "the dimensions of the inputs are used in too many ways";
}

/// Compiles what has been written as far as to its parameters. Returns a worded error, empty on success.
std::string check(const importer::ImportedProgram &program, const std::string &text, bool &looksAhead) {
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "the imported program"), llvm::SMLoc());
  mlir::MLIRContext context;
  std::string said;
  llvm::raw_string_ostream os(said);
  DiagnosticPrinter printer(sources, context, os);
  std::unique_ptr<Program> parsed = parseProgram(sources, context);
  std::unique_ptr<Graph> graph = parsed ? elaborate(*parsed, {}) : nullptr;
  if (!graph)
    return "the model asks for more than the language has:\n" + said;
  looksAhead = !graph->info.streamable;
  return checkWeights(program, graph->info);
}

std::string besides(StringRef path, StringRef extension) {
  llvm::SmallString<128> result(path);
  llvm::sys::path::replace_extension(result, extension);
  return result.str().str();
}

std::string nameOfModel(StringRef path) {
  if (modelName.getNumOccurrences())
    return modelName;
  std::string name = importer::Names().make(llvm::sys::path::stem(path));
  name[0] = static_cast<char>(llvm::toUpper(name[0]));
  return name;
}

bool isSameFile(StringRef path, StringRef other) {
  bool same = false;
  return !llvm::sys::fs::equivalent(path, other, same) && same;
}

/// What is wrong with the names of files; empty if nothing is.
std::string checkPaths(StringRef output, StringRef weights) {
  if (output == "-" && !weightsPath.getNumOccurrences())
    return "expected --weights FILE beside -o -, which names no file that the weights could stand beside";
  if (output.empty() || weights.empty())
    return "expected the name of a file after -o and --weights, found an empty one";
  if (weights == "-")
    return "expected a file for the weights, found standard output";
  bool same = output == weights;
  for (StringRef path : {output, weights})
    same = same || (path != "-" && isSameFile(path, inputPath));
  if (same)
    return "expected three different files: the model, the program and its weights";
  return weights.ends_with(".safetensors")
             ? ""
             : ("expected weights with a name that ends with .safetensors, found '" + weights + "'").str();
}

/// The shape of the program's file, in which the last dimensions may be one, and sequences are the first one.
std::string fileShape(const importer::PortNote &port) {
  std::string text = llvm::is_contained(port.parts, "batch") ? "" : "1";
  for (size_t i = 0; i < port.order.size(); ++i)
    text += (text.empty() ? "" : i + port.joined > port.order.size() ? " * " : ", ") + port.parts[port.order[i]];
  return "[" + text + "]";
}

void printPorts(const importer::ImportedProgram &program) {
  auto list = [](const std::vector<std::string> &sizes) { return "[" + llvm::join(sizes, ", ") + "]"; };
  for (const importer::PortNote &port : program.ports) {
    std::vector<std::string> ordered;
    for (unsigned i : port.order)
      ordered.push_back(port.parts[i]);
    llvm::outs() << (port.isOutput ? "output " : "input ") << port.file << ' ' << fileShape(port) << " is "
                 << list(port.shape) << " of '" << port.name << "'";
    if (port.shape != port.parts)
      llvm::outs() << ", reshaped to " << list(port.parts);
    llvm::outs() << ", transposed by";
    for (unsigned i : port.order)
      llvm::outs() << ' ' << i;
    if (fileShape(port) != list(ordered))
      llvm::outs() << ", reshaped to " << fileShape(port);
    llvm::outs() << '\n';
  }
  for (const importer::PortNote &port : program.ports)
    if (port.isInteger)
      llvm::outs() << "input " << port.file << " takes its integers as real numbers, which are exact below 2^24\n";
  for (const importer::PortNote &port : program.ports)
    if (StringRef(port.file).starts_with("length."))
      llvm::outs() << "behind a row's " << port.file << " inputs over " << port.file.substr(7)
                   << " are read as 0, whatever they hold, and outputs are 0, not what ONNX computes there\n";
}

int importModel() {
  StringRef extension = llvm::sys::path::extension(inputPath);
  StringRef found = llvm::StringSwitch<StringRef>(extension)
                        .Cases({".pt", ".pth"}, ", a file of PyTorch: torch.onnx.export writes its model as ONNX")
                        .Cases({".safetensors", ".npz"}, ", a file of weights, which says nothing of the model: "
                                                         "torch.onnx.export writes one of PyTorch as ONNX")
                        .Cases({".h5", ".keras"}, ", a file of Keras: tf2onnx writes its model as ONNX")
                        .Case(".rondo", ", a program already: it is for rondoc")
                        .Default("");
  if (!found.empty())
    return fail("expected an ONNX model, found '" + inputPath + "'" + found);
  std::string output =
      outputPath.getNumOccurrences() ? outputPath.getValue() : besides(llvm::sys::path::filename(inputPath), "rondo");
  std::string weights =
      weightsPath.getNumOccurrences() || output == "-" ? weightsPath.getValue() : besides(output, "safetensors");
  if (std::string error = checkPaths(output, weights); !error.empty())
    return fail(error);
  if (modelName.getNumOccurrences() && importer::Names().make(modelName) != modelName)
    return fail("expected a name of the language after --model, found '" + modelName + "'");
  auto file = llvm::MemoryBuffer::getFile(inputPath, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = file.getError())
    return fail("cannot read '" + inputPath + "': " + error.message());
  importer::OnnxModel model;
  if (std::string error = importer::readModel((*file)->getBuffer(), inputPath, model); !error.empty())
    return fail("'" + inputPath + "': " + error);
  for (StringRef path : {StringRef(output), StringRef(weights)})
    if (llvm::any_of(model.dataFiles, [&](StringRef data) { return path != "-" && isSameFile(path, data); }))
      return fail("expected an output other than the model's data, found '" + path + "'");
  std::string origin = llvm::sys::path::filename(inputPath).str();
  std::replace_if(origin.begin(), origin.end(), [](char c) { return !llvm::isPrint(c); }, '?');
  importer::ImportedProgram program;
  std::string error, text;
  // Again where only the compiler sees that the program looks ahead, as by a final state that another scan begins with.
  for (bool looksAhead = false, isAgain = true; error.empty() && isAgain;) {
    isAgain = false;
    error = lower(model, looksAhead, program);
    if (!error.empty())
      break;
    program.model = nameOfModel(inputPath);
    program.comments = {"From the ONNX model " + origin + "."};
    text = program.text();
    error = check(program, text, looksAhead);
    isAgain = looksAhead && !program.looksAhead;
  }
  if (!error.empty())
    return fail("'" + inputPath + "': " + error);
  llvm::SmallVector<char, 0> bytes;
  error = importer::weightsFile(program, bytes);
  if (!error.empty())
    return fail("'" + inputPath + "': " + error);
  // The program second: where it is there, so are its weights. Where it cannot be written, they are as they were.
  error = writeFile(output, text, [&] { return writeFile(weights, StringRef(bytes.data(), bytes.size())); });
  if (!error.empty())
    return fail(error);
  if (output != "-")
    printPorts(program);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  std::signal(SIGXFSZ, SIG_IGN); // a write beyond a limit of the shell is an error like any other
  setVersionOf("rondo-import");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "rondo-import: writes an ONNX model as a program, and its weights\n\n"
                              "Prints how the model's inputs and outputs lie in the program's. Inputs that are initial "
                              "states\nare read at the first step only: the program carries its states by itself.\n");
  return importModel();
}
