// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Which numbers of a train block generated code has.

#ifndef RONDO_FRONTEND_SINGLEPRECISION_H
#define RONDO_FRONTEND_SINGLEPRECISION_H

#include <cmath>
#include <limits>

namespace rondo {

/// Whether single precision holds the number, neither as an infinity nor as 0 where it is none.
inline bool isSinglePrecision(double value) {
  double size = std::abs(value);
  return size == 0 || (size >= std::numeric_limits<float>::min() && size <= std::numeric_limits<float>::max());
}
constexpr char singlePrecisionRange[] = "a number that single precision holds, 0 or from 1.2e-38 to 3.4e38,";

} // namespace rondo

#endif // RONDO_FRONTEND_SINGLEPRECISION_H
