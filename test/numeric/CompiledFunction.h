// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Compiles a function in this process and runs it on tensors, to be compared with the reference interpreter.

#ifndef RONDO_TEST_NUMERIC_COMPILEDFUNCTION_H
#define RONDO_TEST_NUMERIC_COMPILEDFUNCTION_H

#include "dialect/Reference.h"
#include "tools/codegen/LoadedCode.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace rondo {

/// Asks for a function to be called `calls` times more, and takes what the shortest of these calls took.
struct CallTiming {
  unsigned calls;
  double nanoseconds = INFINITY;
};

/// Machine code of a module's functions of the rondo dialect (static shapes), made by the phases that rondoc runs.
class CompiledModule {
public:
  /// Compiles the functions of `module`, which it lowers, for `cpu`; null after an error, which is printed.
  static std::unique_ptr<CompiledModule> compile(mlir::ModuleOp module, llvm::StringRef cpu = "native",
                                                 int64_t unroll = 1);

  /// Runs the function `name`; one argument per argument of the function. Returns its results.
  std::vector<Tensor> run(llvm::StringRef name, llvm::ArrayRef<Tensor> arguments, CallTiming *timing = nullptr) const;

private:
  struct Buffer {
    Tensor::Kind kind = Tensor::Kind::F32;
    std::vector<int64_t> shape;
    int argument = -1;     // whose value it begins with, or none
    int result = -1;       // that it holds at the end, or none
    std::string parameter; // what a packing function reads; the caller knows it by this name
    std::string packed;    // the number of what a packing function makes of parameters, or empty
    int64_t bytes = 0;
  };
  struct Function {
    std::vector<Buffer> buffers;
    size_t numResults = 0;
    std::string pack;                      // the function that makes what is packed, or empty
    std::map<std::string, int> parameters; // the arguments that are parameters
    rondo_entry entry{};
  };
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  using Memory = std::unique_ptr<char, Free>;
  /// What packed buffers hold, by number.
  using Packed = std::map<std::string, Memory>;

  static void describe(mlir::func::FuncOp lowered, Function &function);
  std::vector<Tensor> call(const Function &function, const Function &caller, llvm::ArrayRef<Tensor> arguments,
                           Packed &packed, CallTiming *timing = nullptr) const;

  llvm::StringMap<Function> functions;
  LoadedCode code;
};

/// What results in single precision may differ by, relative to the largest expected value of each, or to a part of the
/// largest of all if that is more: what cancels, as gradients do, keeps the rounding of its terms.
struct SingleBound {
  double tolerance = 2e-5;
  double partOfAll = 1e-4;
};

/// Reports the largest difference of each result, relative to its largest expected value, as a test failure where it
/// exceeds the tolerance of the element type: `single` in f32, 1e-12 in f64, else none. `what` is said with it.
void expectClose(llvm::ArrayRef<Tensor> expected, llvm::ArrayRef<Tensor> found, const std::string &what,
                 SingleBound single = {});

/// Reports results that differ in a bit as a test failure. `what` is said with it.
void expectIdentical(llvm::ArrayRef<Tensor> expected, llvm::ArrayRef<Tensor> found, const std::string &what);

/// Runs the function `name` of `compiled` and compares its results with the expected ones, as expectClose; then on
/// several threads, in all orders, which must give the same bits. `what` is said with each failure.
void compareWithReference(const CompiledModule &compiled, llvm::StringRef name, llvm::ArrayRef<Tensor> arguments,
                          llvm::ArrayRef<Tensor> expected, const std::string &what, SingleBound single = {});

/// Parses `source`, runs its only function on random arguments in the interpreter and as generated code, and reports
/// the largest difference relative to the largest value of each result, as a test failure where it exceeds the
/// tolerance of the element type, or depends on the threads. Tokens are below `tokens`. A member of a sweep
/// (TestCPU.h).
void expectCompiledEqualsReference(llvm::StringRef source, int64_t tokens = 1, llvm::StringRef cpu = "native",
                                   int64_t unroll = 1);

} // namespace rondo

#endif // RONDO_TEST_NUMERIC_COMPILEDFUNCTION_H
