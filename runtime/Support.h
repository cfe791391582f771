// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The few containers the runtime needs. It is linked without a C++ library, so there is no std::vector or
// std::string. Where a container grows, memory may lack: what is of use to a library passes an Error then, and gets its
// message; without one, in commands, the program ends with that message (outOfMemory).
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

/// The message of the first thing that went wrong. Functions that can fail take one by reference and return
/// false, so that a failure reads `return error.fail("... '%s'", name)`. Takes no memory; what is beyond its room, some
/// thousand characters, is cut.
class Error {
public:
  Error() { text[0] = 0; }

  /// Keeps the message (lower-case, no full stop) unless there is one already. Returns false.
  bool fail(const char *format, ...) RONDO_PRINTF(2, 3);
  /// fail() where so many bytes could not be had.
  bool outOfMemory(size_t bytes) { return fail("out of memory: %zu more bytes were needed", bytes); }
  /// Puts "context: " before the message. Returns false.
  bool inContext(const char *context);
  /// Puts "; hint" behind the message. Returns false.
  bool hint(const char *hint);
  const char *message() const { return text; }
  bool failed() const { return text[0] != 0; }

private:
  char text[8192];
};

/// Says on standard error that so many bytes could not be had, and exits with status 1.
[[noreturn]] void outOfMemory(size_t bytes);

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
    giveMemory(items);
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
    if (!makeRoom(count + 1))
      outOfMemory(sizeof(T));
    return *new (items + count++) T(std::move(value));
  }
  /// The same; null after an error.
  T *add(T value, Error &error) {
    if (makeRoom(count + 1))
      return new (items + count++) T(std::move(value));
    error.outOfMemory(sizeof(T));
    return nullptr;
  }

  /// Makes the list `size` elements long; new ones are value-initialised.
  void resize(size_t size) {
    if (!makeRoom(size))
      outOfMemory(bytesOf(size));
    change(size);
  }
  /// The same; false after an error, which leaves the list as it is.
  bool resize(size_t size, Error &error) {
    if (!makeRoom(size))
      return error.outOfMemory(bytesOf(size));
    change(size);
    return true;
  }

  /// Makes room for `size` elements, so that up to then what is added moves no others.
  void reserve(size_t size) {
    if (!makeRoom(size))
      outOfMemory(bytesOf(size));
  }

  void clear() { change(0); }

  void swap(List &other) {
    std::swap(items, other.items);
    std::swap(count, other.count);
    std::swap(room, other.room);
  }

private:
  static size_t bytesOf(size_t size) { return size > SIZE_MAX / sizeof(T) ? SIZE_MAX : size * sizeof(T); }

  void change(size_t size) {
    while (count > size)
      items[--count].~T();
    while (count < size)
      new (items + count++) T();
  }

  /// For `size` elements; twice as many as before at least, so that what is added one by one is seldom moved.
  bool makeRoom(size_t size) {
    if (size <= room)
      return true;
    size_t wanted = room == 0 && size < 8 ? 8 : size < 2 * room ? 2 * room : size;
    T *moved = static_cast<T *>(takeMemory(bytesOf(wanted)));
    if (!moved)
      return false;
    for (size_t i = 0; i < count; ++i) {
      new (moved + i) T(std::move(items[i]));
      items[i].~T();
    }
    giveMemory(items);
    items = moved;
    room = wanted;
    return true;
  }

  T *items = nullptr;
  size_t count = 0, room = 0;
};

/// Sorts in place, without memory (as qsort may take), by `isLess`; items that are equal to it come in any order, but
/// the same one each time. Heap sort.
template <typename T, typename Less> void sortItems(List<T> &items, Less isLess) {
  // The largest of a node and those below it comes to the top.
  auto sink = [&](size_t node, size_t size) {
    for (size_t child; (child = 2 * node + 1) < size; node = child) {
      if (child + 1 < size && isLess(items[child], items[child + 1]))
        ++child;
      if (!isLess(items[node], items[child]))
        return;
      std::swap(items[node], items[child]);
    }
  };
  for (size_t node = items.size() / 2; node-- > 0;)
    sink(node, items.size());
  for (size_t size = items.size(); size-- > 1;) {
    std::swap(items[0], items[size]);
    sink(0, size);
  }
}

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
  /// The same; false after an error, which leaves the text as it is.
  bool append(const char *chars, size_t length, Error &error);
  void append(const char *chars) { append(chars, strlen(chars)); }
  void append(const Text &other) { append(other.c_str(), other.size()); }
  void append(char c) { append(&c, 1); }
  /// Replaces as many characters from `at` on, which are there.
  void overwrite(size_t at, const char *chars, size_t length) { memcpy(bytes.data() + at, chars, length); }
  /// Appends what sprintf would make.
  void appendFormat(const char *format, ...) RONDO_PRINTF(2, 3);

private:
  /// Writes the last characters, and the NUL behind them.
  void fillEnd(const char *chars, size_t length);
  void appendFormatted(const char *format, __builtin_va_list args);
  List<char> bytes;
};

/// A short text for messages, in place; what is beyond its room is cut.
template <size_t room> class ShortText {
public:
  ShortText() { chars[0] = 0; }

  const char *c_str() const { return chars; }
  void append(const char *more, size_t length) {
    for (size_t i = 0; i < length && count + 1 < room; ++i)
      chars[count++] = more[i];
    chars[count] = 0;
  }
  void append(const char *more) { append(more, strlen(more)); }
  void append(char c) { append(&c, 1); }

private:
  char chars[room];
  size_t count = 0;
};

/// Text for a message: control characters, quotes and bytes that are not ASCII become \n, \xNN, ...; long text is cut.
ShortText<1024> quoted(const char *bytes, size_t length);

/// Whether the whole text is one finite decimal number, without spaces.
bool parseReal(const char *text, double &value);

} // namespace rondo

#endif
