// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The axes of a model, over which its values vary.

#ifndef RONDO_FRONTEND_AXIS_H
#define RONDO_FRONTEND_AXIS_H

#include <cstdint>
#include <string>

namespace rondo {

/// A set of axes: bit 0 is the batch, bit i the model's axis i, which count from 1. A value's leading dimensions are
/// its axes in the order of their declarations, the batch behind them.
using AxisSet = unsigned;
constexpr AxisSet noAxes = 0, batchAxis = 1;

/// The number of an axis among those of its model.
using AxisIndex = unsigned;
constexpr AxisSet setOf(AxisIndex axis) { return AxisSet(1) << axis; }

/// The most axes of a model, and of them those of one value: with the batch and four features it has eight dimensions.
constexpr unsigned maximalAxes = 15, maximalAxesOfValue = 3;

struct Axis {
  enum class Kind {
    Free,    // axis T: each function has a length of its own
    Fixed,   // axis N = 64: `size` positions
    Like,    // axis S like T: as long as axis `parent`, which is of another kind
    Derived, // axis U = (T - 4) / 2: (length of axis `parent`, which is not Like, - `offset`) / `stride`
  };

  std::string name;
  Kind kind = Kind::Free;
  int64_t size = 0;
  int64_t most = 0;     // of a free one: how many positions there may be where a model looks ahead; 0 is not given
  AxisIndex parent = 0; // declared before
  int64_t offset = 0, stride = 1;
  bool isLocal = false; // of cells, one inside of the other never at the same time
  // Each sequence has a length of its own, from 0 to the axis's; of an axis that is like another, the other has it.
  bool hasLengths = false;
  // The program says so of the axis, and the compiler leaves out what is behind; else the program's own masks do.
  bool isRagged = false;
};

} // namespace rondo

#endif // RONDO_FRONTEND_AXIS_H
