// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Files that are there while a tool runs.

#include "tools/codegen/TemporaryFiles.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace rondo;

std::string TemporaryFiles::add(StringRef data) {
  SmallString<128> file;
  int descriptor;
  if (std::error_code error = sys::fs::createTemporaryFile("rondoc", "o", descriptor, file)) {
    sys::path::system_temp_directory(/*ErasedOnReboot=*/true, file);
    return ("cannot create a temporary file in '" + file + "' (TMPDIR): " + error.message()).str();
  }
  names.push_back(file.str().str());
  removers.emplace_back(file);
  sys::RemoveFileOnSignal(file);
  raw_fd_ostream os(descriptor, /*shouldClose=*/true);
  os << data;
  os.flush();
  if (!os.has_error())
    return "";
  std::string reason = os.error().message();
  os.clear_error();
  return ("cannot write '" + file + "': " + reason).str();
}
