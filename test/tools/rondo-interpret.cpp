// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Runs a function in the reference interpreter, for tests:
//
//   rondo-interpret FILE --function f [--seed N] [--argument 'dense<..> : tensor<..>']...   prints the results
//   rondo-interpret FILE --function f --compare OTHER [--with g]     compares with the same function of another file
//
// Arguments that are not given are random. In comparing, all are, for each of --runs seeds.

#include "test/support/Compare.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace rondo;

namespace cl = llvm::cl;

static cl::opt<std::string> fileName(cl::Positional, cl::desc("FILE"), cl::init("-"));
static cl::opt<std::string> functionName("function", cl::desc("The function to run (default: the only one)"));
static cl::opt<std::string> compareWith("compare", cl::desc("The file with the function to compare with"));
static cl::opt<std::string> otherName("with", cl::desc("The other function's name, if it is another one"));
static cl::opt<uint64_t> seed("seed", cl::desc("The seed of random arguments"), cl::init(1));
static cl::opt<uint64_t> runs("runs", cl::desc("Seeds to compare with"), cl::init(3));
static cl::opt<int64_t> tokens("tokens", cl::desc("Random tokens (i32) are below this"), cl::init(4));
static cl::opt<double> scale("scale", cl::desc("Random floats are within -scale .. scale"), cl::init(1.0));
static cl::opt<double> tolerance("tolerance", cl::desc("The relative error allowed (default: by the type)"),
                                 cl::init(-1));
static cl::opt<unsigned> digits("digits", cl::desc("Significant digits to print"), cl::init(5));
static cl::list<std::string> givenArguments("argument", cl::desc("The value of the next argument, as an attribute"));
static cl::opt<bool> checkFinite("check-finite", cl::desc("Stop at the first op that makes a NaN or an infinity"));

static int complain(const llvm::Twine &message) {
  llvm::errs() << "rondo-interpret: " << message << "\n";
  return 1;
}

/// The nested form "[[1, 2], [3, 4]]" of dimension `d` on, from element `place` on.
static void print(const Tensor &tensor, size_t d, int64_t &place) {
  if (d == tensor.shape.size()) {
    if (tensor.isFloat())
      llvm::outs() << llvm::format("%.*g", static_cast<int>(digits), tensor.at(place++));
    else
      llvm::outs() << tensor.i[place++];
    return;
  }
  llvm::outs() << "[";
  for (int64_t n = 0; n < tensor.shape[d]; ++n) {
    llvm::outs() << (n ? ", " : "");
    print(tensor, d + 1, place);
  }
  llvm::outs() << "]";
}

static int runAndPrint(func::FuncOp function) {
  FailureOr<std::vector<Tensor>> arguments = test::randomArguments(function, seed, tokens, scale);
  if (failed(arguments))
    return 1;
  if (givenArguments.size() > arguments->size())
    return complain("more arguments are given than the function has");
  for (auto [n, text] : llvm::enumerate(givenArguments)) {
    Attribute attribute = parseAttribute(text, function.getContext());
    if (!attribute)
      return 1;
    FailureOr<Tensor> tensor = Tensor::fromAttribute(attribute);
    if (failed(tensor))
      return complain("cannot read the argument '" + text + "'");
    (*arguments)[n] = std::move(*tensor);
  }
  InterpretOptions options;
  options.checkFinite = checkFinite;
  FailureOr<std::vector<Tensor>> results = interpret(function, *arguments, options);
  if (failed(results))
    return 1;
  for (const Tensor &result : *results) {
    int64_t place = 0;
    print(result, 0, place);
    llvm::outs() << " : " << result.typeString() << "\n";
  }
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "Runs a function in the reference interpreter\n");
  std::unique_ptr<MLIRContext> context = test::makeContext();
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, context.get());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(fileName, sources, ParserConfig(context.get()));
  if (!module)
    return 1;
  auto functions = llvm::to_vector(module->getOps<func::FuncOp>());
  if (functionName.empty()) {
    if (functions.size() != 1)
      return complain("expected --function in a file with several functions");
    functionName = functions.front().getName().str();
  }
  auto function = module->lookupSymbol<func::FuncOp>(functionName);
  if (!function)
    return complain("the file has no function '" + functionName + "'");
  if (compareWith.empty())
    return runAndPrint(function);

  llvm::SourceMgr otherSources;
  SourceMgrDiagnosticHandler otherHandler(otherSources, context.get());
  OwningOpRef<ModuleOp> other = parseSourceFile<ModuleOp>(compareWith, otherSources, ParserConfig(context.get()));
  if (!other)
    return 1;
  for (uint64_t n = 0; n < runs; ++n)
    if (auto text =
            test::differenceOfModules(*module, *other, functionName, seed + n, tokens, tolerance, scale, otherName))
      return complain("'" + functionName + "' with seed " + llvm::Twine(seed + n) + ": " + *text);
  return 0;
}
