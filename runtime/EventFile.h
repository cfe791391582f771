// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Event files, which TensorBoard reads: records (TFRecord: length, its checksum, data, their checksum) of which each
// is an Event of TensorFlow's event.proto. The few fields that numbers need are written here as protocol buffers say.
#ifndef RONDO_RUNTIME_EVENTFILE_H
#define RONDO_RUNTIME_EVENTFILE_H

#include "runtime/TrainLog.h"

namespace rondo {

class EventFile {
public:
  /// Makes a file in `folder`, which it makes too. Where steps are behind the run, an event says so: what earlier files
  /// have of later steps does not count, since it comes again. Errors: the folder is none, or has events of another
  /// run; the file cannot be written.
  bool open(const char *folder, int64_t stepsBefore, Error &error);
  bool isOpen() const { return file.isOpen(); }
  /// Adds an event with these numbers, with `prefix` before each name, in single precision as the format has them.
  bool add(int64_t step, const char *prefix, const List<Scalar> &scalars, Error &error);

private:
  bool addRecord(const Text &event, Error &error);

  RecordFile file;
};

/// The checksum CRC-32C (Castagnoli) of so many bytes.
uint32_t checksum32c(const void *data, size_t size);

} // namespace rondo

#endif
