// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and replacing whole files with POSIX calls.
#include "runtime/File.h"

#include "runtime/Memory.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
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
  giveMemory(bytes);
  bytes = static_cast<uint8_t *>(allocateAligned(room));
  length = 0;
  for (;;) {
    if (bytes && length == room) {
      uint8_t *larger = static_cast<uint8_t *>(allocateAligned(2 * room));
      if (larger)
        memcpy(larger, bytes, length);
      giveMemory(bytes);
      bytes = larger;
      room *= 2;
    }
    if (!bytes) {
      close(file);
      length = 0;
      return error.outOfMemory(room);
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

void FileBytes::clear() {
  giveMemory(bytes);
  bytes = nullptr;
  length = 0;
}

/// The file that `name` leads to: its own name where there is none yet.
static bool resolve(const char *name, Text &target, Error &error) {
  char *whole = realpath(name, nullptr);
  struct stat status;
  if (!whole && lstat(name, &status) == 0)
    return error.fail("cannot write '%s': it is a link that leads to no file", name);
  target = Text(whole ? whole : name);
  free(whole);
  return true;
}

bool FileReplacement::open(const char *name, Error &error) {
  abandon();
  path = Text(name);
  if (!resolve(name, target, error))
    return false;
  struct stat status;
  bool exists = stat(target.c_str(), &status) == 0;
  // Renaming over a device or a directory would do harm.
  if (exists && !S_ISREG(status.st_mode))
    return error.fail("cannot write '%s': it is no regular file", name);
  // The directory alone would let us replace a file that its owner has protected.
  if (exists && ((status.st_mode & 0222) == 0 || access(target.c_str(), W_OK) != 0))
    return error.fail("cannot write '%s': it is write-protected", name);
  temporary = target;
  temporary.append(".rondo-tmp");
  if (!lockTemporary() || (exists && fchmod(descriptor, status.st_mode & 07777) != 0)) {
    error.fail("cannot write '%s': %s", name, strerror(errno));
    abandon();
    return false;
  }
  return true;
}

/// Opens the temporary file, new or left by a dead process, when no other process has it open.
bool FileReplacement::lockTemporary() {
  for (;;) {
    descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return false;
    while (flock(descriptor, LOCK_EX) != 0 && errno == EINTR)
      continue;
    // Who had it before has renamed or removed it meanwhile: then the name stands for another file.
    struct stat ours, named;
    if (fstat(descriptor, &ours) == 0 && stat(temporary.c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
        ours.st_dev == named.st_dev)
      return ftruncate(descriptor, 0) == 0;
    close(descriptor);
  }
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
  // Renamed before it is closed: with the lock nobody else writes to it.
  if (rename(temporary.c_str(), target.c_str()) != 0) {
    error.fail("cannot write '%s': %s", path.c_str(), strerror(errno));
    abandon();
    return false;
  }
  close(descriptor);
  descriptor = -1;
  // The new name is safe only when the directory is on the disk too.
  const char *slash = strrchr(target.c_str(), '/');
  Text folder = !slash                    ? Text(".")
                : slash == target.c_str() ? Text("/")
                                          : Text(target.c_str(), static_cast<size_t>(slash - target.c_str()));
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
  unlink(temporary.c_str());
  close(descriptor);
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

void rondo::openStandardDescriptors() {
  for (int number = 0; number <= 2; ++number)
    if (fcntl(number, F_GETFD) < 0 && errno == EBADF)
      open("/dev/null", O_RDWR); // takes the least number that is free, which is this one
}

bool rondo::flushOutput(Error &error) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout))
    return true;
  return error.fail("cannot write to standard output: %s", strerror(errno ? errno : EIO));
}
