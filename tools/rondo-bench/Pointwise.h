// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a model computes beside its products.

#ifndef RONDO_TOOLS_BENCH_POINTWISE_H
#define RONDO_TOOLS_BENCH_POINTWISE_H

#include "mlir/IR/BuiltinOps.h"

namespace rondo {

/// The operations on numbers that the functions of a module at Stage::Linalg take beside the terms of products: those
/// of pointwise bodies, of reductions and of the optimiser, functions with all operations that their approximations
/// have. `fma`: a multiply-add is one. Loads and stores are not counted.
double countPointwise(mlir::ModuleOp module, bool fma);

} // namespace rondo

#endif // RONDO_TOOLS_BENCH_POINTWISE_H
