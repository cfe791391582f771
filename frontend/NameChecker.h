// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What can be said about a program without knowing any size.

#ifndef RONDO_FRONTEND_NAMECHECKER_H
#define RONDO_FRONTEND_NAMECHECKER_H

#include "frontend/Frontend.h"

namespace rondo {

/// Reports as errors: a name that is not bound before its use or bound twice; a prime of what is no state, a
/// second equation of a state; calls of unknown functions and cells and wrong numbers of their arguments; a cell
/// that steps itself or does not end with its return; statements where they cannot stand.
void checkNames(const Program &program);

} // namespace rondo

#endif // RONDO_FRONTEND_NAMECHECKER_H
