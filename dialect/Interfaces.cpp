// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The generated part of the interfaces.

#include "dialect/RondoInterfaces.h"

#include "dialect/RondoInterfaces.cpp.inc"
