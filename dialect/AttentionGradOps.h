// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The ops that are the derivative of attention.

#ifndef RONDO_DIALECT_ATTENTIONGRADOPS_H
#define RONDO_DIALECT_ATTENTIONGRADOPS_H

#include "dialect/RondoDialect.h"

#define GET_OP_CLASSES
#include "dialect/AttentionGradOps.h.inc"

#endif // RONDO_DIALECT_ATTENTIONGRADOPS_H
