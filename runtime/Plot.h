// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The picture of a run: its loss in training and in validation over the steps, as SVG.
#ifndef RONDO_RUNTIME_PLOT_H
#define RONDO_RUNTIME_PLOT_H

#include "runtime/LossCurve.h"

namespace rondo {

/// Replaces `path` by the picture; the legend has the best validation if there is one. Losses that differ by more than
/// ten times, and are all above zero, stand on a logarithmic scale.
bool writePlot(const char *path, const Text &title, const LossCurve &curve, const RunProgress &progress, Error &error);

} // namespace rondo

#endif
