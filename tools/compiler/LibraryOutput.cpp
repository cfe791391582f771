// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The files of a model that is compiled as a library.

#include "tools/compiler/LibraryOutput.h"

#include "tools/codegen/EmbedWeights.h"
#include "tools/codegen/LinkLibrary.h"
#include "tools/compiler/OutputFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace rondo;

LibraryOutput::LibraryOutput(StringRef out, StringRef givenPrefix) : prefix(givenPrefix) {
  StringRef folder = sys::path::parent_path(out), name = sys::path::filename(out);
  auto pathOf = [&](const Twine &file) {
    SmallString<128> path(folder);
    sys::path::append(path, file);
    return path.str().str();
  };
  header = pathOf(name + ".h");
  archive = pathOf("lib" + name + ".a");
  shared = pathOf("lib" + name + ".so");
  if (!prefix.empty())
    return;
  for (char c : name)
    prefix += isAlnum(c) ? c : '_';
  if (name.empty() || isDigit(name[0]))
    prefix = "_" + prefix;
}

std::string LibraryOutput::write(StringRef tool, TemporaryFiles &objects, TargetMachine &machine) const {
  TemporaryFiles whole;
  std::string error = weights.empty() ? "" : embedWeights(tool, weights, layout.c_str(), objects, machine);
  if (error.empty() && (wantsArchive || wantsShared)) {
    error = whole.add("");
    if (error.empty())
      error = linkLibraryObject(tool, objects.names, libraryFunctions(parts), prefix, whole.names[0]);
  }
  if (error.empty() && wantsShared)
    error = replaceFile(shared, [&](StringRef temporary) {
      return linkSharedLibrary(tool, whole.names[0], sys::path::filename(shared), libraryFunctions(parts), prefix,
                               temporary);
    });
  if (error.empty() && wantsArchive)
    error = replaceFile(archive,
                        [&](StringRef temporary) { return archiveLibrary(whole.names[0], prefix + ".o", temporary); });
  if (error.empty() && wantsHeader)
    error = writeFile(header, declarations);
  return error;
}
