// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tensor of an input or target in a file: sequences first, then its axes in the order of their declarations, then
// the features.
#ifndef RONDO_RUNTIME_PORTTENSOR_H
#define RONDO_RUNTIME_PORTTENSOR_H

#include "runtime/Model.h"

namespace rondo {

/// Where its dimensions are.
struct PortLayout {
  /// The one along the window's axis, or -1; in frames that is the first one.
  int cut = -1;
  /// Where it is in rows, behind the sequences.
  int rowCut = -1;
  /// How many elements of one sequence the axes before that one have, or all where there is none; and those behind it.
  int64_t before = 1, behind = 1;
};

/// Finds the layout. Where sequences stand one behind the other (`joined`), time takes their place. Errors: a type or
/// shape that does not fit the port.
bool checkPortTensor(const Model &model, const Port &port, const Buffer &data, bool joined, PortLayout &layout,
                     Error &error);

/// Checks values of which the first is number `first` of its tensor. Errors: one that is not finite, a token that is
/// outside of the vocabulary.
bool checkPortValues(const Port &port, const Buffer &data, int64_t first, Error &error);

} // namespace rondo

#endif
