// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The dialect's classes: include this to use the ops.

#ifndef RONDO_DIALECT_RONDODIALECT_H
#define RONDO_DIALECT_RONDODIALECT_H

#include "dialect/AttributeNames.h"
#include "dialect/RondoInterfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rondo {
class YieldOp;
}

#include "dialect/RondoDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/RondoAttributes.h.inc"

#define GET_OP_CLASSES
#include "dialect/RondoOps.h.inc"

#endif // RONDO_DIALECT_RONDODIALECT_H
