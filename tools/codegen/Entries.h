// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// llvm dialect -> LLVM IR with the entries of abi.h.

#ifndef RONDO_TOOLS_CODEGEN_ENTRIES_H
#define RONDO_TOOLS_CODEGEN_ENTRIES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <string>

namespace rondo {

/// An entry of the binary: its name for the runtime and the function that it calls.
struct EntryFunction {
  std::string name, symbol;
};

/// An array that is part of the binary, in the types that entries take it in.
struct ConstantArray {
  std::string name;
  llvm::ArrayRef<double> numbers;
  bool f32, f64;
};

/// The prefix of the program in an executable, by which the runtime's main() knows it.
constexpr llvm::StringLiteral executablePrefix = "rondo_main";

/// Translates a module of the llvm dialect and adds what abi.h asks for: the program, under the name PREFIX_program,
/// with its entries' bodies, the constants and the description. All other functions and variables are internal. Null on
/// failure, after a diagnostic.
std::unique_ptr<llvm::Module> translateModel(mlir::ModuleOp module, llvm::ArrayRef<EntryFunction> entries,
                                             llvm::ArrayRef<ConstantArray> constants, llvm::StringRef description,
                                             llvm::StringRef prefix, llvm::TargetMachine &machine,
                                             llvm::LLVMContext &context, mlir::TimingScope &timing);

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_ENTRIES_H
