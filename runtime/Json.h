// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small strict JSON reader (RFC 8259), for the model's description and for the headers of safetensors files.
// It takes no comments, trailing commas, duplicate names, bad UTF-8, lone surrogates, or nesting deeper than
// 64, or more than two million values; numbers must be finite in double.
#ifndef RONDO_RUNTIME_JSON_H
#define RONDO_RUNTIME_JSON_H

#include "runtime/Support.h"

namespace rondo {

/// A JSON value.
struct Json {
  enum class Kind { Null, Boolean, Number, String, Array, Object };
  Kind kind = Kind::Null;
  bool boolean = false;
  /// The number; `integer` where it was written without fraction and exponent and fits.
  double number = 0;
  int64_t integer = 0;
  bool isInteger = false;
  Text string;
  /// Elements of an array, or values of an object.
  List<Json> items;
  /// Names of an object, in the order of the text, one for each item.
  List<Text> names;

  /// Where the text of the value starts, for messages.
  size_t offset = 0;

  /// A value takes some hundred bytes, so that a hostile text could ask for far more memory than its own size.
  static constexpr size_t valueLimit = 2000000;

  /// Reads the whole of `text` as one value, in which NUL bytes are errors. Returns false with a message that names
  /// the byte where it went wrong.
  static bool parse(const char *text, size_t length, Json &value, Error &error, size_t maxValues = valueLimit);

  /// The value with that name, or null where this is no object or has none.
  const Json *find(const char *name) const;

  /// For messages: "a string", "an array".
  static const char *describe(Kind kind);
};

/// Appends `text` as a JSON string with its quotes. `text` must be UTF-8.
void appendJsonString(Text &out, const char *text, size_t length);

} // namespace rondo

#endif
