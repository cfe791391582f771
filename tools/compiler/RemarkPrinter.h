// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Collects the passes' remarks and prints them by source line.

#ifndef RONDO_TOOLS_COMPILER_REMARKPRINTER_H
#define RONDO_TOOLS_COMPILER_REMARKPRINTER_H

#include "mlir/IR/MLIRContext.h"
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace rondo {

/// The remarks of one compilation. Must outlive the passes, not the context.
class RemarkPrinter {
public:
  /// Listens to the remarks of passes on IR of `context`.
  void listen(mlir::MLIRContext &context);

  /// Prints "FILE:LINES: KIND: TEXT (FUNCTIONS)" for each remark, in the order of the source; "not KIND: .." for what
  /// was not done. `shows` says of which functions, by their names.
  void print(llvm::raw_ostream &os, llvm::function_ref<bool(llvm::StringRef)> shows) const;

private:
  class Listener;

  /// The source lines that an op comes from, by file, and the text.
  using Line = std::pair<std::set<std::pair<std::string, unsigned>>, std::string>;
  std::mutex mutex; // passes on functions run side by side
  std::map<Line, std::set<std::string>> functionsOf;
};

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_REMARKPRINTER_H
