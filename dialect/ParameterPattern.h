// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which parameters a pattern means.

#ifndef RONDO_DIALECT_PARAMETERPATTERN_H
#define RONDO_DIALECT_PARAMETERPATTERN_H

#include "llvm/Support/GlobPattern.h"

#include <optional>

namespace rondo {

/// A pattern of parameters' paths. In it * stands for any text; one without * is a path, or that of an instance, whose
/// parameters all fit.
class ParameterPattern {
public:
  /// None if the text is no pattern.
  static std::optional<ParameterPattern> create(llvm::StringRef text) {
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(text);
    if (!glob) {
      llvm::consumeError(glob.takeError());
      return std::nullopt;
    }
    return ParameterPattern{*glob, text.contains('*') ? "" : text.str() + "."};
  }

  bool fits(llvm::StringRef path) const {
    return glob.match(path) || (!instance.empty() && path.starts_with(instance));
  }

private:
  ParameterPattern(const llvm::GlobPattern &glob, std::string instance) : glob(glob), instance(std::move(instance)) {}

  llvm::GlobPattern glob;
  std::string instance; // with a dot behind it; empty if the pattern names none
};

} // namespace rondo

#endif // RONDO_DIALECT_PARAMETERPATTERN_H
