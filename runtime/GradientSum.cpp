// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of gradients.
#include "runtime/GradientSum.h"

using namespace rondo;

bool GradientSum::open(const Call &call, int64_t ofBatches, Error &error) {
  gradients = &call;
  batches = ofBatches;
  if (batches == 1)
    return true;
  for (size_t i = 0; i < call.entry->args.size(); ++i) {
    const Argument &argument = call.entry->args[i];
    bool isSummed = argument.role == Role::Gradient || argument.role == Role::Loss || argument.role == Role::LossPart;
    Part part;
    part.result = *call.find(argument.role, argument.name);
    if (isSummed && (!blocks.allocate(argument.type, argument.shape, part.sum, error) || !parts.add(part, error)))
      return false;
  }
  return true;
}

/// The first batch begins the sum; behind the last one the result is the mean.
template <typename T> static void addBatch(T *result, T *sum, int64_t count, bool isFirst, bool isLast, T batches) {
  for (int64_t i = 0; i < count; ++i) {
    T value = isFirst ? result[i] : sum[i] + result[i];
    if (isLast)
      result[i] = value / batches;
    else
      sum[i] = value;
  }
}

void GradientSum::add(Parameters &parameters) {
  if (isComplete())
    count = 0;
  bool isFirst = count == 0, isLast = ++count == batches;
  if (batches == 1)
    return;
  for (const Part &part : parts)
    if (part.result.type == Type::F64)
      addBatch(static_cast<double *>(part.result.data), static_cast<double *>(part.sum.data), part.result.count(),
               isFirst, isLast, static_cast<double>(batches));
    else
      addBatch(static_cast<float *>(part.result.data), static_cast<float *>(part.sum.data), part.result.count(),
               isFirst, isLast, static_cast<float>(batches));
  if (isLast)
    return;
  for (const Argument &argument : gradients->entry->args)
    if (argument.role == Role::Primed) {
      const Buffer &given = *gradients->find(Role::Primed, argument.name);
      memcpy(parameters.values(*parameters.model.parameter(argument.name), given.type).data, given.data, given.bytes());
    }
}
