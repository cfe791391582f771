// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The few containers the runtime needs. It is linked without a C++ library, so there is no std::vector or
// std::string; running out of memory ends the program with a message.
#ifndef RONDO_RUNTIME_SUPPORT_H
#define RONDO_RUNTIME_SUPPORT_H

#include "runtime/Memory.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#define RONDO_PRINTF(text, first) __attribute__((format(printf, text, first)))

namespace rondo {

/// Owning array that grows at the end. Elements may own memory themselves; growing moves them.
template <typename T> class List {
public:
  List() = default;
  List(const List &) = delete;
  List &operator=(const List &) = delete;
  List(List &&other) noexcept { swap(other); }
  List &operator=(List &&other) noexcept {
    swap(other);
    return *this;
  }
  ~List() {
    clear();
    free(items);
  }

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T *data() { return items; }
  const T *data() const { return items; }
  T *begin() { return items; }
  T *end() { return items + count; }
  const T *begin() const { return items; }
  const T *end() const { return items + count; }
  T &operator[](size_t i) { return items[i]; }
  const T &operator[](size_t i) const { return items[i]; }
  T &back() { return items[count - 1]; }

  /// Appends `value` and returns the element.
  T &add(T value = T()) {
    if (count == room)
      reserve(room ? 2 * room : 8);
    return *new (items + count++) T(std::move(value));
  }

  /// Makes the list `size` elements long; new ones are value-initialised.
  void resize(size_t size) {
    if (size > room)
      reserve(size > 2 * room ? size : 2 * room);
    while (count > size)
      items[--count].~T();
    while (count < size)
      new (items + count++) T();
  }

  void clear() { resize(0); }

  void reserve(size_t size) {
    if (size <= room)
      return;
    if (size > SIZE_MAX / sizeof(T))
      outOfMemory(SIZE_MAX);
    T *moved = static_cast<T *>(malloc(size * sizeof(T)));
    if (!moved)
      outOfMemory(size * sizeof(T));
    for (size_t i = 0; i < count; ++i) {
      new (moved + i) T(std::move(items[i]));
      items[i].~T();
    }
    free(items);
    items = moved;
    room = size;
  }

  void swap(List &other) {
    std::swap(items, other.items);
    std::swap(count, other.count);
    std::swap(room, other.room);
  }

private:
  T *items = nullptr;
  size_t count = 0, room = 0;
};

/// Owning string of bytes; c_str() is always ended by NUL, which does not count.
class Text {
public:
  Text() = default;
  Text(const char *chars) { append(chars, strlen(chars)); }
  Text(const char *chars, size_t length) { append(chars, length); }
  Text(const Text &other) { append(other.c_str(), other.size()); }
  Text &operator=(const Text &other) {
    Text copy(other);
    bytes.swap(copy.bytes);
    return *this;
  }
  Text(Text &&) = default;
  Text &operator=(Text &&) = default;

  /// As sprintf.
  static Text format(const char *format, ...) RONDO_PRINTF(1, 2);

  const char *c_str() const { return bytes.empty() ? "" : bytes.data(); }
  size_t size() const { return bytes.empty() ? 0 : bytes.size() - 1; }
  bool empty() const { return size() == 0; }
  bool operator==(const Text &other) const {
    return size() == other.size() && memcmp(c_str(), other.c_str(), size()) == 0;
  }
  bool operator==(const char *other) const { return size() == strlen(other) && memcmp(c_str(), other, size()) == 0; }
  template <typename T> bool operator!=(const T &other) const { return !(*this == other); }

  void append(const char *chars, size_t length);
  void append(const char *chars) { append(chars, strlen(chars)); }
  void append(const Text &other) { append(other.c_str(), other.size()); }
  void append(char c) { append(&c, 1); }
  /// Appends what sprintf would make.
  void appendFormat(const char *format, ...) RONDO_PRINTF(2, 3);

private:
  void appendFormatted(const char *format, __builtin_va_list args);
  List<char> bytes;
};

/// The message of the first thing that went wrong. Functions that can fail take one by reference and return
/// false, so that a failure reads `return error.fail("... '%s'", name)`.
class Error {
public:
  /// Keeps the message (lower-case, no full stop) unless there is one already. Returns false.
  bool fail(const char *format, ...) RONDO_PRINTF(2, 3);
  /// Puts "context: " before the message. Returns false.
  bool inContext(const char *context);
  /// Puts "; hint" behind the message. Returns false.
  bool hint(const Text &hint);
  const char *message() const { return text.c_str(); }
  bool failed() const { return !text.empty(); }

private:
  Text text;
};

/// Text for a message: control characters, quotes and bytes that are not ASCII become \n, \xNN, ...; long text is cut.
Text quoted(const char *bytes, size_t length);

/// Whether the whole text is one finite decimal number, without spaces.
bool parseReal(const char *text, double &value);

} // namespace rondo

#endif
