// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What is measured: a cell at a size, as the JSON list of workloads names it.

#ifndef RONDO_TOOLS_BENCH_WORKLOAD_H
#define RONDO_TOOLS_BENCH_WORKLOAD_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// One entry of the list. Members of its object: name, mode ("infer" or "train"), cell, T, B, H; and, where they are
/// not the default, I (H), layers (1), bidirectional (false), vocab (training: none is the mean square of the outputs),
/// heads (attention and matrices), context (the most positions of a model that keeps them) and past (0: how many are
/// behind it at the first of the T that are measured), segments (training: 0, or into how many a window is cut, behind
/// what remains) and recomputed (0: they are stored, or as many of them at a time are computed again), unchecked
/// (false): the reference interpreter would take minutes and gigabytes for it.
struct Workload {
  std::string name, cell;
  bool train = false, bidirectional = false, unchecked = false;
  int64_t T = 1, B = 1, H = 1, I = 1, layers = 1, vocab = 0, heads = 0, context = 0, past = 0, segments = 0,
          recomputed = 0;

  /// The cell's program in this folder.
  std::string program(llvm::StringRef folder) const;
  /// The model of the program that this is.
  llvm::StringRef model() const;
  /// What replaces the model's sizes and settings, as (name, value).
  std::vector<std::pair<std::string, std::string>> defines() const;
  /// All of that as rondoc's arguments. Batch and length of inference and a number of segments, which rondoc has no
  /// arguments for, are not in them.
  std::vector<std::string> arguments(llvm::StringRef folder) const;
};

/// Reads the list in `path`. Returns a worded error with its place, empty on success.
std::string readWorkloads(llvm::StringRef path, std::vector<Workload> &workloads);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_WORKLOAD_H
