// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a library: a relocatable link of what its functions reach, whose other symbols then become local, so that the
// runtimes of several models, and other versions of it, can be in one program.

#include "tools/codegen/LinkLibrary.h"

#include "tools/codegen/Link.h"

#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/Binary.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace rondo;

/// Renames the functions of an object and makes all else local.
static Error hideSymbols(StringRef file, ArrayRef<std::string> functions, StringRef prefix) {
  Expected<object::OwningBinary<object::Binary>> binary = object::createBinary(file);
  if (!binary)
    return binary.takeError();
  objcopy::ConfigManager config;
  objcopy::CommonConfig &common = config.Common;
  common.InputFilename = common.OutputFilename = file;
  // The configuration refers to names.
  std::vector<std::string> old, renamed;
  for (const std::string &function : functions) {
    old.push_back((functionPrefix + "_" + function).str());
    renamed.push_back((prefix + "_" + function).str());
  }
  for (auto [from, to] : zip_equal(old, renamed)) {
    common.SymbolsToRename[from] = to;
    // Which symbols stay is decided by their old names.
    if (Error error = common.SymbolsToKeepGlobal.addMatcher(
            objcopy::NameOrPattern::create(from, objcopy::MatchStyle::Literal, [](Error error) { return error; })))
      return error;
  }
  SmallVector<char, 0> bytes;
  raw_svector_ostream object(bytes);
  if (Error error = objcopy::executeObjcopyOnBinary(config, *binary->getBinary(), object))
    return error;
  binary = object::OwningBinary<object::Binary>(); // which may be a view of the file
  std::error_code code;
  raw_fd_ostream os(file, code);
  if (code)
    return createFileError(file, code);
  os << object.str();
  os.flush();
  code = os.error();
  os.clear_error();
  return code ? createFileError(file, code) : Error::success();
}

std::string rondo::linkLibraryObject(StringRef executable, ArrayRef<std::string> objects,
                                     ArrayRef<std::string> functions, StringRef prefix, StringRef output) {
  Linker linker;
  if (std::string error = linker.find(executable); !error.empty())
    return error;
  std::vector<std::string> inputs = objects.vec();
  inputs.push_back(linker.archive("rondo_library"));
  inputs.push_back(linker.archive("rondo_rt"));
  std::vector<std::string> options{"-r", "-nostdlib", "-Wl,--force-group-allocation"};
  for (const std::string &function : functions)
    options.push_back(("-Wl,-u," + functionPrefix + "_" + function).str());
  if (std::string error = linker.link("the library", inputs, options, output); !error.empty())
    return error;
  if (Error error = hideSymbols(output, functions, prefix))
    return "cannot link the library: " + toString(std::move(error));
  return "";
}

std::string rondo::archiveLibrary(StringRef object, StringRef name, StringRef output) {
  Expected<NewArchiveMember> member = NewArchiveMember::getFile(object, /*Deterministic=*/true);
  if (!member)
    return "cannot make the library: " + toString(member.takeError());
  member->MemberName = name;
  if (Error error = writeArchive(output, *member, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU,
                                 /*Deterministic=*/true, /*Thin=*/false))
    return "cannot make the library: " + toString(std::move(error));
  return "";
}

std::string rondo::linkSharedLibrary(StringRef executable, StringRef object, StringRef name,
                                     ArrayRef<std::string> functions, StringRef prefix, StringRef output) {
  Linker linker;
  if (std::string error = linker.find(executable); !error.empty())
    return error;
  std::vector<std::string> options{"-shared", ("-Wl,-soname," + name).str(), "-Wl,-z,defs", "-lm", "-lpthread"};
  // By these names, which none in C is like, programs find the functions that do not know the prefix.
  for (const std::string &function : functions)
    options.push_back(("-Wl,--defsym,rondo." + function + "=" + prefix + "_" + function).str());
  return linker.link("the library", {object.str()}, options, output);
}
