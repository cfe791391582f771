// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and replacing whole files with POSIX calls.
#include "runtime/File.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace rondo;

bool FileBytes::read(const char *path, Error &error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return error.fail("cannot read '%s': %s", path, strerror(errno));
  struct stat status;
  size_t room = 1 << 16;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
    room = static_cast<size_t>(status.st_size) + 1;
  free(bytes);
  bytes = static_cast<uint8_t *>(allocateAligned(room));
  length = 0;
  for (;;) {
    if (length == room) {
      uint8_t *larger = static_cast<uint8_t *>(allocateAligned(2 * room));
      memcpy(larger, bytes, length);
      free(bytes);
      bytes = larger;
      room *= 2;
    }
    ssize_t got = ::read(file, bytes + length, room - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      error.fail("cannot read '%s': %s", path, strerror(errno));
      close(file);
      return false;
    }
    if (got == 0)
      break;
    length += static_cast<size_t>(got);
  }
  close(file);
  return true;
}

bool FileReplacement::open(const char *name, Error &error) {
  abandon();
  struct stat status;
  // Renaming over a device or a directory would do harm.
  if (stat(name, &status) == 0 && !S_ISREG(status.st_mode))
    return error.fail("cannot write '%s': it is no regular file", name);
  path = Text(name);
  temporary = Text::format("%s.tmp.%ld", name, static_cast<long>(getpid()));
  // A file of this name is left from a dead process that had our number.
  unlink(temporary.c_str());
  descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return error.fail("cannot write '%s': %s", name, strerror(errno));
  return true;
}

bool FileReplacement::write(const void *data, size_t size, Error &error) {
  const char *at = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = ::write(descriptor, at, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
    at += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool FileReplacement::commit(Error &error) {
  if (fsync(descriptor) != 0 && errno != EINVAL) {
    error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
    abandon();
    return false;
  }
  int closed = close(descriptor);
  descriptor = -1;
  if (closed != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
    unlink(temporary.c_str());
    return false;
  }
  // The new name is safe only when the directory is on the disk too.
  const char *slash = strrchr(path.c_str(), '/');
  Text folder = !slash                  ? Text(".")
                : slash == path.c_str() ? Text("/")
                                        : Text(path.c_str(), static_cast<size_t>(slash - path.c_str()));
  int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    fsync(directory);
    close(directory);
  }
  return true;
}

void FileReplacement::abandon() {
  if (descriptor < 0)
    return;
  close(descriptor);
  unlink(temporary.c_str());
  descriptor = -1;
}

bool rondo::sameFile(const char *a, const char *b) {
  struct stat first, second;
  if (stat(a, &first) != 0 || stat(b, &second) != 0)
    return strcmp(a, b) == 0;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool rondo::checkReplaceable(const char *path, Error &error) {
  FileReplacement probe;
  return probe.open(path, error);
}
