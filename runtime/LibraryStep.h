// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One position of one row, as a stream of audio, text or prices needs it, with nothing of what any batch needs.
#ifndef RONDO_RUNTIME_LIBRARYSTEP_H
#define RONDO_RUNTIME_LIBRARYSTEP_H

#include "runtime/LibraryHeld.h"

namespace rondo {

/// Copies between the caller's arrays and the buffers of the entry for one row and one position, in which they lie
/// alike. What it does is what the cover does.
class LibraryStep {
public:
  /// Finds what is to be copied; none of it for models that it cannot serve.
  bool open(Cover &cover, const Model &model, const List<LibraryArray> &inputs, const List<LibraryArray> &outputs,
            const LibraryHeld &held, Error &error);
  /// Adds a state that is kept, whose first row it is.
  bool addState(const State &state, const Buffer &kept, Error &error);

  /// Runs the step from the kept states, which it replaces. Returns false, and has done nothing, where anything is out
  /// of the ordinary, which may be an error: the cover knows what to do then.
  bool run(const rondo_array *arrays, const rondo_array *results, int64_t seed, int64_t position);

private:
  struct Copy {
    size_t array;
    const Buffer *buffer;
    /// Of tokens, how many there are; 0 of others.
    int64_t vocab;
  };
  struct Kept {
    void *values;
    const Buffer *buffer;
  };
  bool addArray(size_t i, Role role, const Port &port, List<Copy> &copies, Error &error);

  Call *call = nullptr;
  const Model *counted = nullptr;
  const LibraryHeld *held = nullptr;
  List<Copy> inputs, outputs;
  List<Kept> states;
};

} // namespace rondo

#endif
