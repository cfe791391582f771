// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The processor that code is made for, by its name.

#ifndef RONDO_PASSES_SUPPORT_PROCESSOR_H
#define RONDO_PASSES_SUPPORT_PROCESSOR_H

#include "passes/support/Caches.h"
#include "passes/support/Machine.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CommandLine.h"
#include <optional>
#include <string>

namespace rondo {

/// A processor as LLVM's code generator is told about it.
struct Processor {
  std::string cpu, features;
  Caches caches;

  /// The processor "native", which is this machine's, or one by a name that LLVM knows for x86-64. Without a value
  /// there is a worded reason in `error`.
  static std::optional<Processor> find(llvm::StringRef name, std::string &error);

  /// What of it the passes decide by.
  Machine machine() const;
};

/// The name of a processor as an option of a pipeline: another one is refused where the option is read.
struct ProcessorParser : llvm::cl::parser<std::string> {
  using parser::parser;

  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef argument, std::string &name) {
    std::string error;
    if (!Processor::find(argument, error))
      return option.error(error);
    name = argument.str();
    return false;
  }
};

} // namespace rondo

#endif // RONDO_PASSES_SUPPORT_PROCESSOR_H
