// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The functions of a model's shared library, and the memory of its objects.

#ifndef RONDO_PYTHON_FUNCTIONS_H
#define RONDO_PYTHON_FUNCTIONS_H

#include "rondo_model.h"

#include <memory>
#include <stdexcept>
#include <string>

namespace rondo {

/// What a function of the library, or of the system, found wrong: rondo.Error.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An open library. Its functions have the names of the model's header; those that it was compiled without are null.
class Functions {
public:
  /// Opens the library of a file. Throws Failure where it is none of a model, or one for another version.
  explicit Functions(const std::string &path);
  Functions(const Functions &) = delete;
  Functions &operator=(const Functions &) = delete;
  ~Functions();

#define RONDO_FUNCTION(name) decltype(rondo_model_##name) *name = nullptr;
#include "Functions.inc"

private:
  void *library;
};

/// Memory for an object of the library.
struct Memory {
  /// Throws Failure where `bytes` is 0, with the word for what cannot be.
  Memory(size_t bytes, const char *what);
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory();

  size_t bytes;
  void *data;
};

} // namespace rondo

#endif // RONDO_PYTHON_FUNCTIONS_H
