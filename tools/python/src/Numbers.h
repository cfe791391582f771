// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Numbers and truth values of Python and NumPy. In options of functions others are a TypeError that names the option.

#ifndef RONDO_PYTHON_NUMBERS_H
#define RONDO_PYTHON_NUMBERS_H

#include <nanobind/nanobind.h>

#include <cstdint>
#include <vector>

namespace rondo {

/// An integer from `least` to `most`; a ValueError where it is another one. `name` is "run(): lengths" or the like.
int64_t integerOf(nanobind::handle value, const char *name, int64_t least = INT64_MIN, int64_t most = INT64_MAX);
/// A real number or an integer.
double realOf(nanobind::handle value, const char *name);
/// True or False.
bool truthOf(nanobind::handle value, const char *name);

/// A tuple of sizes.
nanobind::tuple tupleOf(const std::vector<int64_t> &sizes);

/// The name of an object's type.
std::string typeNameOf(nanobind::handle object);

} // namespace rondo

#endif // RONDO_PYTHON_NUMBERS_H
