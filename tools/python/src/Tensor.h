// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Tensors of PyTorch, by calls that cost less than those for any array: a step of a small model takes no longer.

#ifndef RONDO_PYTHON_TENSOR_H
#define RONDO_PYTHON_TENSOR_H

#include "Ports.h"
#include "View.h"

namespace rondo {

/// Whether a type is torch.Tensor itself, not one that is derived from it.
bool isTensorType(PyTypeObject *type);

/// A view of a plain tensor, read or written: one of torch.Tensor itself, on the CPU, of integers or floating point,
/// which needs no gradient. False of others, of which DLPack's method tells more, and where PyTorch has no functions
/// for C (before 2.10).
bool viewTensor(nanobind::handle tensor, View &view);

/// A new tensor on the CPU.
nanobind::object newTensor(const std::vector<int64_t> &shape, ElementType type, bool zero);

} // namespace rondo

#endif // RONDO_PYTHON_TENSOR_H
