// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether this processor can run the model's code.
#ifndef RONDO_RUNTIME_PROCESSOR_H
#define RONDO_RUNTIME_PROCESSOR_H

#include "runtime/Model.h"

namespace rondo {

/// Refuses a model that needs instruction sets which this processor lacks, or which the runtime does not know.
bool checkProcessor(const Model &model, Error &error);

} // namespace rondo

#endif
