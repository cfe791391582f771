// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Options whose value is one of some words.

#ifndef RONDO_TOOLS_RONDOC_WORDPARSER_H
#define RONDO_TOOLS_RONDOC_WORDPARSER_H

#include "llvm/Support/CommandLine.h"

namespace rondo {

/// As LLVM's parser of enumerations, but the error for another word says which there are.
template <typename T> class WordParser : public llvm::cl::parser<T> {
public:
  using llvm::cl::parser<T>::parser;

  bool parse(llvm::cl::Option &option, llvm::StringRef, llvm::StringRef word, T &value) {
    std::string words;
    for (const auto &known : this->Values) {
      if (known.Name == word) {
        value = known.V.getValue();
        return false;
      }
      words += (words.empty() ? "" : ", ") + known.Name.str();
    }
    return option.error("expected one of " + words + ", found '" + word + "'");
  }
};

} // namespace rondo

#endif // RONDO_TOOLS_RONDOC_WORDPARSER_H
