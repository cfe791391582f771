// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The interfaces that passes ask of any op (RondoInterfaces.td).

#ifndef RONDO_DIALECT_RONDOINTERFACES_H
#define RONDO_DIALECT_RONDOINTERFACES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "dialect/RondoInterfaces.h.inc"

#endif // RONDO_DIALECT_RONDOINTERFACES_H
