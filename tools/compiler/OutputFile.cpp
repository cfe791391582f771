// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Files that are written whole or not at all.

#include "tools/compiler/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static std::string cannotWrite(StringRef path, const Twine &reason) {
  if (path == "-")
    return ("cannot write to standard output: " + reason).str();
  return ("cannot write '" + path + "': " + reason).str();
}

static sys::fs::file_type typeOf(StringRef path) {
  sys::fs::file_status status;
  (void)sys::fs::status(path, status); // a file that cannot be seen has a type that says so
  return status.type();
}

std::string rondo::replaceFile(StringRef path, function_ref<std::string(StringRef)> make) {
  sys::fs::file_type type = typeOf(path);
  if (type == sys::fs::file_type::directory_file)
    return cannotWrite(path, "it is a directory");
  if (type != sys::fs::file_type::regular_file && type != sys::fs::file_type::file_not_found &&
      type != sys::fs::file_type::status_error)
    return cannotWrite(path, "it is not a regular file");
  // What a symbolic link points at is replaced, not the link.
  SmallString<128> target, temporary;
  if (sys::fs::real_path(path, target))
    target = path; // There is no file yet.
  if (std::error_code error = sys::fs::createUniqueFile(target + ".%%%%%%.tmp", temporary))
    return cannotWrite(path, error.message());
  FileRemover remover(temporary);
  sys::RemoveFileOnSignal(temporary);
  std::string failure = make(temporary);
  if (failure.empty())
    if (std::error_code error = sys::fs::rename(temporary, target))
      failure = cannotWrite(path, error.message());
  sys::DontRemoveFileOnSignal(temporary);
  if (failure.empty())
    remover.releaseFile();
  return failure;
}

std::string rondo::writeFile(StringRef path, StringRef data, function_ref<std::string()> before) {
  auto writeTo = [&](StringRef name) -> std::string {
    std::error_code error;
    raw_fd_ostream os(name, error, sys::fs::OF_None);
    if (!error) {
      os << data;
      os.flush();
      error = os.error();
      os.clear_error();
    }
    return error ? cannotWrite(path, error.message()) : "";
  };
  sys::fs::file_type type = typeOf(path);
  if (path == "-" || type == sys::fs::file_type::character_file || type == sys::fs::file_type::fifo_file) {
    std::string failure = before ? before() : "";
    return failure.empty() ? writeTo(path) : failure;
  }
  return replaceFile(path, [&](StringRef temporary) {
    std::string failure = writeTo(temporary);
    return failure.empty() && before ? before() : failure;
  });
}
