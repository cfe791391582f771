// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The files of a model that is compiled as a library.

#ifndef RONDO_TOOLS_COMPILER_LIBRARYOUTPUT_H
#define RONDO_TOOLS_COMPILER_LIBRARYOUTPUT_H

#include "tools/codegen/TemporaryFiles.h"
#include "tools/compiler/LibraryHeader.h"

#include "llvm/Target/TargetMachine.h"
#include <string>

namespace rondo {

/// The library OUT: OUT.h, libOUT.a, libOUT.so.
struct LibraryOutput {
  /// With the paths for OUT, and the prefix, or if it is empty the one that follows from OUT's name: what cannot be in
  /// a name of C becomes _.
  LibraryOutput(llvm::StringRef out, llvm::StringRef prefix);

  std::string header, archive, shared; // paths
  std::string prefix;
  bool wantsHeader = false, wantsArchive = false, wantsShared = false;
  LibraryParts parts;       // what it has functions for
  std::string weights;      // the path of those that become a part of it, or empty
  std::string layout;       // of these
  std::string declarations; // the text of the header

  /// Links `objects`, whose program has the prefix `libraryPrefix`, and writes the files that are wanted, the header
  /// last. `tool` is this program's path. Returns a worded error, empty on success.
  std::string write(llvm::StringRef tool, TemporaryFiles &objects, llvm::TargetMachine &machine) const;
};

} // namespace rondo

#endif // RONDO_TOOLS_COMPILER_LIBRARYOUTPUT_H
