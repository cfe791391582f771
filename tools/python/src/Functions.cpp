// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Opening a library.

#include "Functions.h"

#include <dlfcn.h>
#include <new>

using namespace rondo;

Functions::Functions(const std::string &path) {
  // A name without a slash is a file too, not one that the system looks for.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw Failure(std::string("cannot open the library: ") + dlerror());
  auto find = [&](const char *name) { return dlsym(library, (std::string("rondo.") + name).c_str()); };
  auto fail = [&](const std::string &message) {
    dlclose(library);
    throw Failure("'" + path + "': " + message);
  };
  if (void *symbol = find("interface"))
    interface = reinterpret_cast<decltype(interface)>(symbol);
  else
    fail("expected the shared library of a model (rondoc --emit=shared), found another one");
  if (int version = interface(); version != RONDO_INTERFACE)
    fail("expected a model compiled for version " + std::to_string(RONDO_INTERFACE) +
         " of the library's interface, found version " + std::to_string(version));
#define RONDO_FUNCTION(name) name = reinterpret_cast<decltype(name)>(find(#name));
#include "Functions.inc"
#define RONDO_FUNCTION(name)                                                                                           \
  if (!name)                                                                                                           \
    fail("expected the function '" #name "', found none");
#define RONDO_OPTIONAL(name)
#include "Functions.inc"
}

Functions::~Functions() { dlclose(library); }

Memory::Memory(size_t bytes, const char *what) : bytes(bytes), data(nullptr) {
  if (bytes == 0)
    throw Failure(std::string("cannot make ") + what +
                  ": the processor lacks instruction sets that the model was compiled for, or memory is short");
  data = ::operator new(bytes, std::align_val_t(64));
}

Memory::~Memory() { ::operator delete(data, std::align_val_t(64)); }
