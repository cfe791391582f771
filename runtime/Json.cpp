// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON reader: recursive descent, one function per kind of value.
#include "runtime/Json.h"

#include <cerrno>
#include <cmath>

using namespace rondo;

namespace {

/// Length of the well-formed UTF-8 sequence at `s` (Unicode, table 3-7), or 0.
size_t utf8Length(const unsigned char *s, size_t available) {
  unsigned char first = s[0];
  if (first < 0x80)
    return 1;
  size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                  : first >= 0xe0 && first <= 0xef ? 3
                  : first >= 0xf0 && first <= 0xf4 ? 4
                                                   : 0;
  if (length == 0 || length > available)
    return 0;
  unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (s[1] < low || s[1] > high)
    return 0;
  for (size_t i = 2; i < length; ++i)
    if (s[i] < 0x80 || s[i] > 0xbf)
      return 0;
  return length;
}

bool appendUtf8(Text &out, uint32_t point, Error &error) {
  char bytes[4];
  size_t count = 0;
  auto add = [&](uint32_t byte) { bytes[count++] = static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | point >> 6);
    add(0x80 | (point & 63));
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 63));
    add(0x80 | (point & 63));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 63));
    add(0x80 | (point >> 6 & 63));
    add(0x80 | (point & 63));
  }
  return out.append(bytes, count, error);
}

class Reader {
public:
  Reader(const char *text, size_t length, size_t maxValues, Error &error)
      : text(text), length(length), maxValues(maxValues), error(error) {}

  bool document(Json &value) {
    if (!read(value, 0))
      return false;
    skipSpace();
    return at == length || fail("expected the end of the text");
  }

private:
  bool read(Json &value, int depth);
  bool object(Json &value, int depth);
  bool array(Json &value, int depth);
  bool string(Text &out);
  bool escape(Text &out);
  bool hex4(uint32_t &unit);
  bool number(Json &value);
  bool word(const char *expected);

  int peek() const { return at < length ? static_cast<unsigned char>(text[at]) : -1; }
  bool take(char c) {
    if (peek() != c)
      return false;
    ++at;
    return true;
  }
  void skipSpace() {
    while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
      ++at;
  }
  bool fail(const char *what) {
    if (at >= length)
      return error.fail("byte %zu: %s, found the end", at, what);
    return error.fail("byte %zu: %s, found '%s'", at, what, quoted(text + at, 1).c_str());
  }

  const char *text;
  size_t length, maxValues, at = 0, values = 0;
  Error &error;
};

bool Reader::read(Json &value, int depth) {
  skipSpace();
  value.offset = at;
  if (depth > 64)
    return error.fail("byte %zu: nested deeper than 64", at);
  if (++values > maxValues)
    return error.fail("byte %zu: more than %zu values", at, maxValues);
  switch (peek()) {
  case '{':
    return object(value, depth);
  case '[':
    return array(value, depth);
  case '"':
    value.kind = Json::Kind::String;
    return string(value.string);
  case 't':
    value.kind = Json::Kind::Boolean;
    value.boolean = true;
    return word("true");
  case 'f':
    value.kind = Json::Kind::Boolean;
    return word("false");
  case 'n':
    return word("null");
  default:
    return number(value);
  }
}

bool Reader::object(Json &value, int depth) {
  value.kind = Json::Kind::Object;
  take('{');
  skipSpace();
  if (take('}'))
    return true;
  for (;;) {
    skipSpace();
    Text name;
    if (peek() != '"')
      return fail("expected a name in quotes");
    if (!string(name))
      return false;
    skipSpace();
    if (!take(':'))
      return fail("expected ':'");
    Json *item = value.items.add({}, error);
    if (!item || !value.names.add(std::move(name), error) || !read(*item, depth + 1))
      return false;
    skipSpace();
    if (take('}'))
      break;
    if (!take(','))
      return fail("expected ',' or '}'");
  }
  // Sorted, because a hostile header may hold very many names.
  List<const Text *> sorted;
  for (const Text &name : value.names)
    if (!sorted.add(&name, error))
      return false;
  sortItems(sorted, [](const Text *a, const Text *b) {
    int c = memcmp(a->c_str(), b->c_str(), a->size() < b->size() ? a->size() : b->size());
    return c ? c < 0 : a->size() < b->size();
  });
  for (size_t i = 1; i < sorted.size(); ++i)
    if (*sorted[i] == *sorted[i - 1])
      return error.fail("byte %zu: the name '%s' appears twice in one object", value.offset,
                        quoted(sorted[i]->c_str(), sorted[i]->size()).c_str());
  return true;
}

bool Reader::array(Json &value, int depth) {
  value.kind = Json::Kind::Array;
  take('[');
  skipSpace();
  if (take(']'))
    return true;
  for (;;) {
    Json *item = value.items.add({}, error);
    if (!item || !read(*item, depth + 1))
      return false;
    skipSpace();
    if (take(']'))
      return true;
    if (!take(','))
      return fail("expected ',' or ']'");
  }
}

bool Reader::string(Text &out) {
  take('"');
  for (;;) {
    int c = peek();
    if (c == '"') {
      ++at;
      return true;
    }
    if (c < 0)
      return fail("expected '\"'");
    if (c < 0x20)
      return fail("expected no control character in a string");
    if (c == '\\') {
      if (!escape(out))
        return false;
      continue;
    }
    size_t bytes = utf8Length(reinterpret_cast<const unsigned char *>(text) + at, length - at);
    if (bytes == 0)
      return fail("expected UTF-8");
    if (!out.append(text + at, bytes, error))
      return false;
    at += bytes;
  }
}

bool Reader::escape(Text &out) {
  ++at;
  const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t";
  int c = peek();
  if (c > 0)
    if (const char *found = strchr(from, c)) {
      ++at;
      return out.append(to + (found - from), 1, error);
    }
  if (c != 'u')
    return fail("expected an escape such as \\n or \\u0041");
  uint32_t unit, second;
  if (!hex4(unit))
    return false;
  if (unit >= 0xdc00 && unit <= 0xdfff)
    return error.fail("byte %zu: a low surrogate without a high one before it", at);
  if (unit >= 0xd800 && unit <= 0xdbff) {
    if (!take('\\') || peek() != 'u')
      return fail("expected a low surrogate");
    if (!hex4(second))
      return false;
    if (second < 0xdc00 || second > 0xdfff)
      return error.fail("byte %zu: a high surrogate without a low one after it", at);
    unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
  }
  return appendUtf8(out, unit, error);
}

/// The four digits after a 'u', which is at the current place.
bool Reader::hex4(uint32_t &unit) {
  ++at;
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at) {
    int c = peek();
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return fail("expected four hexadecimal digits");
    unit = unit * 16 + static_cast<uint32_t>(digit);
  }
  return true;
}

bool Reader::number(Json &value) {
  size_t start = at;
  auto digits = [&] {
    size_t first = at;
    while (peek() >= '0' && peek() <= '9')
      ++at;
    return at > first;
  };
  value.isInteger = true;
  take('-');
  if (peek() == '0')
    ++at;
  else if (!digits())
    return fail("expected a value");
  if (take('.')) {
    value.isInteger = false;
    if (!digits())
      return fail("expected a digit");
  }
  if (peek() == 'e' || peek() == 'E') {
    value.isInteger = false;
    ++at;
    if (peek() == '+' || peek() == '-')
      ++at;
    if (!digits())
      return fail("expected a digit");
  }
  // A copy, because the text need not end with NUL.
  Text copy;
  if (!copy.append(text + start, at - start, error))
    return false;
  value.kind = Json::Kind::Number;
  value.number = strtod(copy.c_str(), nullptr);
  if (!std::isfinite(value.number))
    return error.fail("byte %zu: the number %s is too large", start, quoted(copy.c_str(), copy.size()).c_str());
  if (value.isInteger) {
    errno = 0;
    value.integer = strtoll(copy.c_str(), nullptr, 10);
    value.isInteger = errno == 0;
  }
  return true;
}

bool Reader::word(const char *expected) {
  for (const char *c = expected; *c; ++c)
    if (!take(*c))
      return error.fail("byte %zu: expected '%s'", at, expected);
  return true;
}

} // namespace

bool Json::parse(const char *text, size_t length, Json &value, Error &error, size_t maxValues) {
  value = Json();
  return Reader(text, length, maxValues, error).document(value);
}

const Json *Json::find(const char *name) const {
  if (kind == Kind::Object)
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i] == name)
        return &items[i];
  return nullptr;
}

const char *Json::describe(Kind kind) {
  switch (kind) {
  case Kind::Null:
    return "null";
  case Kind::Boolean:
    return "a truth value";
  case Kind::Number:
    return "a number";
  case Kind::String:
    return "a string";
  case Kind::Array:
    return "an array";
  case Kind::Object:
    return "an object";
  }
  return "";
}

void rondo::appendJsonString(Text &out, const char *text, size_t length) {
  out.append('"');
  for (size_t i = 0; i < length; ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out.append('\\');
      out.append(text[i]);
    } else if (c < 0x20) {
      out.appendFormat("\\u%04x", c);
    } else {
      out.append(text[i]);
    }
  }
  out.append('"');
}
