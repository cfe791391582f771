// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The op by which positions of a sequence are kept in slots.

#ifndef RONDO_DIALECT_APPENDOPS_H
#define RONDO_DIALECT_APPENDOPS_H

#include "dialect/RondoDialect.h"

#define GET_OP_CLASSES
#include "dialect/AppendOps.h.inc"

#endif // RONDO_DIALECT_APPENDOPS_H
