// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sequences of different lengths: lists of arrays, one for each row, in place of one array of all rows.

#ifndef RONDO_PYTHON_LISTS_H
#define RONDO_PYTHON_LISTS_H

#include "Arrays.h"

#include <optional>

namespace rondo {

class Lists {
public:
  /// Takes the lists among the inputs, each in place of an array over steps: puts an array of all rows there, filled up
  /// with zeros to `steps`, or to the longest where that is -1. Of several lists each has the same lengths. Throws
  /// TypeError or ValueError with the port's name: an input without steps, or with others before them, an empty list,
  /// an array of another type or shape, longer than `steps`, or lengths that differ.
  void take(const std::vector<Port> &ports, std::vector<nanobind::handle> &inputs, int64_t steps);

  bool isEmpty() const { return inputs.empty(); }
  /// The framework of the arrays.
  Framework framework() const { return of; }
  /// The lengths, int32 [rows].
  nanobind::handle lengths() const { return array; }
  /// An array of all rows as a list of those of each, with as many steps as it has.
  nanobind::list cut(nanobind::handle rows) const;

private:
  void measure(const Port &port, nanobind::handle list, int64_t steps);
  nanobind::object fill(const Port &port, nanobind::handle list, int64_t steps);

  std::vector<int64_t> counts; // steps of each row, once known
  std::string countsFrom;      // the input that said them
  std::vector<nanobind::object> inputs;
  nanobind::object array;
  Framework of = Framework::NumPy;
};

} // namespace rondo

#endif // RONDO_PYTHON_LISTS_H
