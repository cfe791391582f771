// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of several arrays as numpy.savez and savez_compressed write them: a ZIP archive of entries NAME.npy.
#ifndef RONDO_RUNTIME_NPZ_H
#define RONDO_RUNTIME_NPZ_H

#include "runtime/Npy.h"
#include "runtime/Safetensors.h"

namespace rondo {

/// A file of named tensors, safetensors or npz, as its first bytes say.
struct TensorArchive {
  /// The tensors are views of this.
  TensorFile file;

  /// As TensorFile's. Errors of an npz beside those of NpyFile: it is damaged, encrypted or compressed by another
  /// method than deflate, has a name twice or an entry that is no array.
  bool read(const char *path, Error &error);
  bool parse(const uint8_t *data, size_t size, Error &error);

private:
  bool parseNpz(const uint8_t *data, size_t size, Error &error);

  FileBytes bytes;
  List<NpyFile> arrays;
  List<List<uint8_t>> unpacked;
};

/// Writes an npz, not compressed, replacing `path` at once or not at all.
bool writeNpzFile(const char *path, const List<NamedTensor> &tensors, Error &error);

} // namespace rondo

#endif
