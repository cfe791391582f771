// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Opening a library.

#include "Functions.h"

#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <link.h>
#include <new>

using namespace rondo;

/// Whether the file ends before what its headers say is loaded from it: the loader would map the rest, and the process
/// end at the first look there. What is no file of this machine's kind is left to the loader's own message.
static bool isTruncated(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    return false;
  auto size = static_cast<uint64_t>(file.tellg());
  auto read = [&](uint64_t at, void *to, size_t bytes) {
    return at <= size && bytes <= size - at && file.seekg(static_cast<std::streamoff>(at)) &&
           file.read(static_cast<char *>(to), static_cast<std::streamsize>(bytes));
  };
  ElfW(Ehdr) header;
  if (!read(0, &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_phentsize != sizeof(ElfW(Phdr)))
    return false;
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!read(header.e_phoff + i * sizeof(segment), &segment, sizeof(segment)))
      return true;
    bool fits = segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset;
    if (segment.p_type == PT_LOAD && !fits)
      return true;
  }
  return false;
}

Functions::Functions(const std::string &path) {
  // A name without a slash is a file too, not one that the system looks for.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  if (isTruncated(file))
    throw Failure("cannot open the library: '" + path + "' is truncated: it ends before what its headers say");
  library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw Failure(std::string("cannot open the library: ") + dlerror() +
                  ": expected the shared library of a model (rondoc --emit=shared), no executable or other file");
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
