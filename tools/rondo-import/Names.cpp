// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Names of a graph, made into names of the language.

#include "tools/rondo-import/Program.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace rondo::importer;
using llvm::StringRef;

std::string Names::make(StringRef wanted) {
  static const llvm::StringSet<> words = {"as",       "axis",   "backward", "buffer", "cell",     "from",
                                          "generate", "input",  "layout",   "let",    "model",    "output",
                                          "over",     "param",  "repeat",   "return", "scan",     "state",
                                          "step",     "target", "token",    "train",  "training", "final"};
  wanted.consume_back("_output_0");
  std::string name;
  for (char c : wanted) {
    bool isPart = llvm::isAlnum(c) || c == '_';
    if (isPart)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.size() > 1 && name.back() == '_')
    name.pop_back();
  if (name.size() > 60)
    name.resize(60);
  if (name.empty() || llvm::isDigit(name[0]))
    name = "v" + name;
  if (words.contains(name))
    name += "_";
  std::string free = name;
  for (int i = 2; !taken.insert(free).second; ++i)
    free = name + "_" + std::to_string(i);
  return free;
}
