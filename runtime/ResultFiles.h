// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file of `run --out`: all outputs by name as safetensors, or one as NumPy's array or as a table.
#ifndef RONDO_RUNTIME_RESULTFILES_H
#define RONDO_RUNTIME_RESULTFILES_H

#include "runtime/RunInput.h"

namespace rondo {

/// Whether the file's format, by the end of its name, can hold the model's outputs. The errors say which one can.
bool checkResultFormat(const char *path, const Model &model, Error &error);
/// Whether it can hold those of so many rows.
bool checkResultRows(const char *path, const Model &model, int64_t rows, Error &error);

/// Replaces `path` by the outputs, in the order of the program, at once or not at all. Where rows have been given
/// lengths, safetensors have them too, as `length.AXIS`.
bool writeResults(const char *path, const Model &model, const RunInput &input, const List<NamedTensor> &results,
                  Error &error);

} // namespace rondo

#endif
