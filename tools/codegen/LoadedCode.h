// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// llvm dialect -> machine code in this process, for what runs a model without a binary.

#ifndef RONDO_TOOLS_CODEGEN_LOADEDCODE_H
#define RONDO_TOOLS_CODEGEN_LOADEDCODE_H

#include "runtime/abi.h"
#include "tools/codegen/Entries.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <map>

namespace rondo {

struct LoadedCode {
  /// What the code calls: the name and the address of a function.
  struct Symbol {
    llvm::StringRef name;
    void *address;
  };

  /// Optimises `module` (of the llvm dialect) at level 2 and loads it, as at most so many objects.
  static llvm::Expected<LoadedCode> load(mlir::ModuleOp module, llvm::ArrayRef<EntryFunction> entries,
                                         llvm::ArrayRef<Symbol> symbols, llvm::TargetMachine &machine,
                                         mlir::TimingScope &timing, unsigned mostObjects = 4);

  std::vector<llvm::SmallVector<char, 0>> objects; // as they were loaded
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::map<std::string, rondo_entry> entries;
};

} // namespace rondo

#endif // RONDO_TOOLS_CODEGEN_LOADEDCODE_H
