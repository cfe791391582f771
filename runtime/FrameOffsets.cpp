// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the sequences of frames begin, and frames as rows.
#include "runtime/Arrays.h"

using namespace rondo;

Text rondo::partName(const char *part, const Text &name) {
  Text joined(part);
  joined.append(name);
  return joined;
}

bool rondo::readOffsets(const TensorFile &from, const char *part, List<int64_t> &offsets, Error &error) {
  Text name = partName(part, "offsets");
  const Buffer *ends = from.find(name);
  if (!ends)
    return error.fail("no tensor '%s'%s, which says where each sequence begins", name.c_str(),
                      *part ? ", nor 'offsets'" : "");
  if ((ends->type != Type::I32 && ends->type != Type::I64) || ends->shape.rank != 1 || ends->count() < 2)
    return error.fail("'%s' is %s %s, expected I32 or I64 and one number more than sequences", name.c_str(),
                      fileNameOf(ends->type), ends->shape.str().c_str());
  offsets.resize(static_cast<size_t>(ends->count()));
  for (int64_t i = 0; i < ends->count(); ++i) {
    int64_t offset = offsets[static_cast<size_t>(i)] = ends->getToken(i);
    if (i == 0 ? offset != 0 : offset < offsets[static_cast<size_t>(i - 1)])
      return error.fail("'%s' holds %lld (element %lld), expected offsets that ascend from 0", name.c_str(),
                        static_cast<long long>(offset), static_cast<long long>(i));
  }
  return true;
}

RowArray rondo::joinedRows(const Text &name, const Buffer &frames, int window, const int64_t *begins, int64_t rows) {
  RowArray dense = RowArray::of(name, frames), joined = dense;
  joined.shape = frames.shape.within(rows);
  joined.begins = begins;
  for (int i = 1; i <= frames.shape.rank; ++i) {
    int dim = i == window ? 0 : i < window ? i : i - 1;
    joined.shape.dim[i] = dense.shape.dim[dim];
    joined.strides[i] = dense.strides[dim];
  }
  return joined;
}
