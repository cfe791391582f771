// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text helpers of the runtime.
#include "runtime/Support.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

using namespace rondo;

void Text::append(const char *chars, size_t length) {
  bytes.resize(size() + length + 1);
  fillEnd(chars, length);
}

bool Text::append(const char *chars, size_t length, Error &error) {
  if (!bytes.resize(size() + length + 1, error))
    return false;
  fillEnd(chars, length);
  return true;
}

void Text::fillEnd(const char *chars, size_t length) {
  char *end = bytes.end() - 1;
  if (length)
    memcpy(end - length, chars, length);
  *end = 0;
}

void Text::appendFormatted(const char *format, va_list args) {
  va_list measured;
  va_copy(measured, args);
  int length = vsnprintf(nullptr, 0, format, measured);
  va_end(measured);
  if (length <= 0)
    return;
  size_t old = size();
  bytes.resize(old + static_cast<size_t>(length) + 1);
  vsnprintf(bytes.data() + old, static_cast<size_t>(length) + 1, format, args);
}

Text Text::format(const char *format, ...) {
  Text text;
  va_list args;
  va_start(args, format);
  text.appendFormatted(format, args);
  va_end(args);
  return text;
}

void Text::appendFormat(const char *format, ...) {
  va_list args;
  va_start(args, format);
  appendFormatted(format, args);
  va_end(args);
}

bool Error::fail(const char *format, ...) {
  if (failed())
    return false;
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return false;
}

bool Error::inContext(const char *context) {
  constexpr size_t room = sizeof text - 1;
  size_t before = strlen(context), old = strlen(text);
  before = before < room - 2 ? before : room - 2;
  size_t kept = old < room - before - 2 ? old : room - before - 2;
  memmove(text + before + 2, text, kept);
  memcpy(text, context, before);
  memcpy(text + before, ": ", 2);
  text[before + 2 + kept] = 0;
  return false;
}

bool Error::hint(const char *hint) {
  size_t length = strlen(text);
  snprintf(text + length, sizeof text - length, "; %s", hint);
  return false;
}

ShortText<1024> rondo::quoted(const char *bytes, size_t length) {
  const size_t maxLength = 200;
  ShortText<1024> out;
  for (size_t i = 0; i < length && i < maxLength; ++i) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    if (c == '\n')
      out.append("\\n");
    else if (c == '\t')
      out.append("\\t");
    else if (c == '\'' || c == '\\') {
      out.append('\\');
      out.append(static_cast<char>(c));
    } else if (c < 32 || c > 126) {
      const char *digits = "0123456789abcdef";
      char escape[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
      out.append(escape, sizeof escape);
    } else
      out.append(static_cast<char>(c));
  }
  if (length > maxLength)
    out.append("...");
  return out;
}

bool rondo::parseReal(const char *text, double &value) {
  if (!strpbrk(text, "0123456789") || strpbrk(text, " \t\n\v\f\rxXnN"))
    return false; // strtod would take spaces, hexadecimal and nan
  char *end;
  value = strtod(text, &end);
  return *end == 0 && std::isfinite(value);
}
