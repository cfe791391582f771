// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole files: reading one into memory, and writing one so that at no moment a half-written file bears its name.
#ifndef RONDO_RUNTIME_FILE_H
#define RONDO_RUNTIME_FILE_H

#include "runtime/Support.h"

namespace rondo {

/// The bytes of a file, in memory aligned to 64 bytes.
class FileBytes {
public:
  FileBytes() = default;
  FileBytes(const FileBytes &) = delete;
  FileBytes &operator=(const FileBytes &) = delete;
  FileBytes(FileBytes &&other) noexcept : bytes(other.bytes), length(other.length) {
    other.bytes = nullptr;
    other.length = 0;
  }
  ~FileBytes() { giveMemory(bytes); }

  /// Reads the file or pipe `path` to its end. Errors: it cannot be opened or read, is a directory, does not fit
  /// into memory.
  bool read(const char *path, Error &error);

  const uint8_t *data() const { return bytes; }
  size_t size() const { return length; }
  void clear();

private:
  uint8_t *bytes = nullptr;
  size_t length = 0;
};

/// Writes a file under a temporary name beside its own; commit() syncs it, renames it and syncs the directory. Until
/// then an older file of that name stays as it is. Without commit() the temporary file is removed. Where `path` is a
/// link, the file that it leads to is replaced; the new file has the mode of the old one. The temporary name is always
/// the same, so that a process that was killed leaves one file at most, which the next one takes; a lock on it makes
/// others wait.
class FileReplacement {
public:
  FileReplacement() = default;
  FileReplacement(const FileReplacement &) = delete;
  FileReplacement &operator=(const FileReplacement &) = delete;
  ~FileReplacement() { abandon(); }

  /// Creates the temporary file. Errors: the directory cannot be written, `path` is something else than a regular file
  /// or one without any permission to write.
  bool open(const char *path, Error &error);
  bool write(const void *data, size_t size, Error &error);
  bool commit(Error &error);
  void abandon();

private:
  bool lockTemporary();

  Text path, target, temporary;
  int descriptor = -1;
};

/// Whether two names lead to one file; names of which one does not exist yet are compared as they are written.
bool sameFile(const char *a, const char *b);

/// Whether a FileReplacement for `path` could be opened, found out before hours of work.
bool checkReplaceable(const char *path, Error &error);

/// Opens those of the descriptors 0, 1 and 2 that are closed on /dev/null, so that no file gets their number.
void openStandardDescriptors();

/// Whether all that was printed on standard output has arrived; an error otherwise.
bool flushOutput(Error &error);

} // namespace rondo

#endif
