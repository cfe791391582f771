// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Links a model's object with the runtime, by the system's compiler driver, which knows the C library's place.

#include "tools/codegen/Link.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;

std::string rondo::linkExecutable(StringRef executable, ArrayRef<std::string> objects, StringRef output) {
  SmallString<256> runtime(sys::path::parent_path(sys::path::parent_path(executable)));
  sys::path::append(runtime, "lib", "librondo_rt.a");
  if (!sys::fs::exists(runtime))
    return "cannot find the runtime library '" + runtime.str().str() + "'";
  ErrorOr<std::string> driver = sys::findProgramByName("clang", {RONDO_LLVM_TOOLS_DIR});
  bool withLld = bool(driver);
  if (!driver)
    driver = sys::findProgramByName("cc");
  if (!driver)
    return "cannot find a linker: neither clang in " RONDO_LLVM_TOOLS_DIR " nor cc in PATH";
  SmallVector<StringRef> arguments{*driver, "-o", output};
  append_range(arguments, objects);
  append_range(arguments, ArrayRef<StringRef>{runtime, "-Wl,--gc-sections", "-lm", "-lpthread"});
  if (withLld)
    arguments.push_back("-fuse-ld=lld");
  std::string message;
  int status = sys::ExecuteAndWait(*driver, arguments, std::nullopt, {}, 0, 0, &message);
  if (status != 0)
    return "the linker '" + *driver + "' failed" + (message.empty() ? "" : ": " + message);
  return "";
}
