// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a model's object with the runtime, by the system's compiler driver, which knows the C library's place.

#include "tools/codegen/Link.h"

#include "tools/codegen/Entries.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <sys/resource.h>

using namespace llvm;
using namespace rondo;

/// Why no file of `size` bytes fits into the folder of `path`; empty if one does.
static std::string findLackOfSpace(StringRef path, uint64_t size) {
  StringRef folder = sys::path::parent_path(path);
  ErrorOr<sys::fs::space_info> space = sys::fs::disk_space(folder.empty() ? "." : folder);
  if (space && space->available < size)
    return std::make_error_code(std::errc::no_space_on_device).message();
  rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size)
    return std::make_error_code(std::errc::file_too_large).message();
  return "";
}

/// Runs the linker. It maps its output into memory and dies of a signal, with a dump of its stack, where the disk gets
/// full: so what it says is kept until it is known why it failed.
static std::string runLinker(StringRef what, StringRef driver, ArrayRef<StringRef> arguments, StringRef output,
                             uint64_t size) {
  SmallString<128> log;
  std::optional<StringRef> streams[] = {std::nullopt, std::nullopt, std::nullopt};
  if (!sys::fs::createTemporaryFile("rondoc-link", "txt", log))
    streams[1] = streams[2] = StringRef(log);
  FileRemover remover(log);
  std::string message;
  int status = sys::ExecuteAndWait(driver, arguments, std::nullopt, streams, 0, 0, &message);
  std::string lack = status ? findLackOfSpace(output, size) : "";
  if (!lack.empty())
    return ("cannot link " + what + ": " + lack).str();
  if (auto said = MemoryBuffer::getFile(log))
    errs() << (*said)->getBuffer();
  if (status == 0)
    return "";
  return ("the linker '" + driver + "' failed" + (message.empty() ? "" : ": " + message)).str();
}

std::string Linker::find(StringRef executable) {
  SmallString<256> path(sys::path::parent_path(sys::path::parent_path(executable)));
  sys::path::append(path, "lib");
  folder = path.str().str();
  if (std::string runtime = archive("rondo_rt"); !sys::fs::exists(runtime))
    return "cannot find the runtime library '" + runtime + "'";
  ErrorOr<std::string> found = sys::findProgramByName("clang", {RONDO_LLVM_TOOLS_DIR});
  // Debian's package of clang has no lld.
  usesLLD = found && sys::findProgramByName("ld.lld", {RONDO_LLVM_TOOLS_DIR});
  if (!found)
    found = sys::findProgramByName("cc");
  if (!found)
    return "cannot find a linker: neither clang in " RONDO_LLVM_TOOLS_DIR " nor cc in PATH";
  driver = *found;
  return "";
}

std::string Linker::archive(StringRef name) const {
  SmallString<256> path(folder);
  sys::path::append(path, "lib" + name + ".a");
  return path.str().str();
}

std::string Linker::link(StringRef what, ArrayRef<std::string> inputs, ArrayRef<std::string> options,
                         StringRef output) const {
  SmallVector<StringRef> arguments{driver, "-o", output};
  append_range(arguments, inputs);
  append_range(arguments, options);
  arguments.push_back("-Wl,--gc-sections");
  if (usesLLD)
    arguments.push_back("-fuse-ld=lld");
  // What is linked is about as large as what is linked together.
  uint64_t size = 0, part = 0;
  for (StringRef file : inputs)
    size += sys::fs::file_size(file, part) ? 0 : part;
  return runLinker(what, driver, arguments, output, size);
}

std::string rondo::linkExecutable(StringRef executable, ArrayRef<std::string> objects, StringRef prefix,
                                  StringRef output) {
  Linker linker;
  if (std::string error = linker.find(executable); !error.empty())
    return error;
  std::vector<std::string> inputs = objects.vec();
  inputs.push_back(linker.archive("rondo_rt"));
  std::vector<std::string> options{"-lm", "-lpthread"};
  if (prefix != executablePrefix)
    options.push_back(("-Wl,--defsym=" + executablePrefix + "_program=" + prefix + "_program").str());
  return linker.link("the executable", inputs, options, output);
}
