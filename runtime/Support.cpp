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
  size_t old = size();
  bytes.resize(old + length + 1);
  if (length)
    memcpy(bytes.data() + old, chars, length);
  bytes[old + length] = 0;
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
  char line[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  text = Text(line);
  return false;
}

bool Error::inContext(const char *context) {
  Text whole(context);
  whole.append(": ");
  whole.append(text);
  text = std::move(whole);
  return false;
}

bool Error::hint(const Text &hint) {
  text.append("; ");
  text.append(hint);
  return false;
}

Text rondo::quoted(const char *bytes, size_t length) {
  const size_t maxLength = 200;
  Text out;
  for (size_t i = 0; i < length && i < maxLength; ++i) {
    unsigned char c = static_cast<unsigned char>(bytes[i]);
    if (c == '\n')
      out.append("\\n");
    else if (c == '\t')
      out.append("\\t");
    else if (c == '\'' || c == '\\') {
      out.append('\\');
      out.append(static_cast<char>(c));
    } else if (c < 32 || c > 126)
      out.appendFormat("\\x%02x", c);
    else
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
