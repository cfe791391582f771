// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of named tensors in the safetensors format: eight bytes with the header's length N (little-endian), N bytes
// of JSON {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, "__metadata__": {text: text}},
// then the data, which the tensors cover without gap or overlap.
#ifndef RONDO_RUNTIME_SAFETENSORS_H
#define RONDO_RUNTIME_SAFETENSORS_H

#include "runtime/File.h"
#include "runtime/Tensor.h"

namespace rondo {

/// A named tensor.
struct NamedTensor {
  Text name;
  Buffer value;
};

/// One entry of the metadata.
struct NamedText {
  Text name, value;
};

/// A file that has been read and checked; the tensors are views of its memory.
struct TensorFile {
  List<NamedTensor> tensors;
  List<NamedText> metadata;

  /// Reads `path`. Every part of a malformed file gives an error with the file's name; nothing in a file that read()
  /// accepts points outside its data.
  bool read(const char *path, Error &error);

  /// Checks `size` bytes at `data`, which must outlive the views.
  bool parse(const uint8_t *data, size_t size, Error &error);

  /// Forgets what was read, with its memory.
  void clear();

  /// What read() has read.
  const FileBytes &content() const { return bytes; }

  /// The tensor of that name or null.
  const Buffer *find(const Text &name) const;
  /// The metadata of that name or null.
  const Text *findText(const char *name) const;

private:
  FileBytes bytes;
};

/// All that stands in front of the tensors' data, which follow in this order without gaps. Names are UTF-8 and
/// distinct.
Text tensorFileHeader(const List<NamedTensor> &tensors, const List<NamedText> &metadata);

/// Writes the tensors in this order, replacing the file `path` at once or not at all.
bool writeTensorFile(const char *path, const List<NamedTensor> &tensors, const List<NamedText> &metadata, Error &error);

} // namespace rondo

#endif
