// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and writing tables of numbers.
#include "runtime/Csv.h"

#include <cinttypes>

using namespace rondo;

namespace {

/// Cuts a line into its fields, without the spaces around them and their quotes.
bool splitFields(const char *at, const char *end, List<Text> &fields, Error &error) {
  auto skipSpace = [&] {
    while (at != end && (*at == ' ' || *at == '\t'))
      ++at;
  };
  fields.clear();
  for (;;) {
    skipSpace();
    Text &field = fields.add();
    if (at != end && *at == '"') {
      for (++at;; ++at) {
        if (at == end)
          return error.fail("expected a quote at the end of the field");
        // Two quotes are one of the text.
        if (*at == '"' && (++at == end || *at != '"'))
          break;
        field.append(*at);
      }
      skipSpace();
      if (at != end && *at != ',')
        return error.fail("expected a comma behind the quoted field");
    } else {
      const char *begin = at, *last = at;
      for (; at != end && *at != ','; ++at)
        last = *at == ' ' || *at == '\t' ? last : at + 1;
      field.append(begin, static_cast<size_t>(last - begin));
    }
    if (at == end)
      return true;
    ++at;
  }
}

/// Whether one of the fields is a number, be it one that rows may not have.
bool hasNumber(const List<Text> &fields) {
  for (const Text &field : fields) {
    char *end;
    strtod(field.c_str(), &end);
    if (end != field.c_str() && *end == 0)
      return true;
  }
  return false;
}

} // namespace

bool CsvFile::addLine(const List<Text> &fields, Error &error) {
  int64_t count = static_cast<int64_t>(fields.size());
  if (columns && count != columns)
    return error.fail("has %" PRId64 " fields, the first line %" PRId64, count, columns);
  bool isFirst = columns == 0;
  columns = count;
  if (isFirst && !hasNumber(fields)) {
    hasHeader = true;
    return true;
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    const Text &field = fields[i];
    double value;
    if (strlen(field.c_str()) != field.size() || !parseReal(field.c_str(), value))
      return error.fail("field %zu: expected a number, found '%s'", i + 1, quoted(field.c_str(), field.size()).c_str());
    values.add(value);
  }
  ++rows;
  return true;
}

bool CsvFile::parse(const char *text, size_t size, Error &error) {
  *this = CsvFile();
  const char *at = text, *end = text + size;
  if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
    at += 3;
  List<Text> fields;
  for (int64_t number = 1; at != end; ++number) {
    const void *found = memchr(at, '\n', static_cast<size_t>(end - at));
    const char *next = found ? static_cast<const char *>(found) : end, *stop = next;
    if (stop != at && stop[-1] == '\r')
      --stop;
    Error reason;
    if (stop == at)
      reason.fail("is empty, expected a row");
    else if (splitFields(at, stop, fields, reason))
      addLine(fields, reason);
    if (reason.failed())
      return error.fail("line %" PRId64 ": %s", number, reason.message());
    at = next == end ? end : next + 1;
  }
  return rows || error.fail(columns ? "expected at least one row of numbers, found a header alone"
                                    : "expected at least one row of numbers");
}

bool CsvFile::read(const char *path, Error &error) {
  FileBytes bytes;
  return bytes.read(path, error) &&
         (parse(reinterpret_cast<const char *>(bytes.data()), bytes.size(), error) || error.inContext(path));
}

Buffer CsvFile::table() const {
  Buffer table{const_cast<double *>(values.data()), Type::F64, {}};
  table.shape.add(rows);
  table.shape.add(columns);
  return table;
}

bool rondo::writeCsvFile(const char *path, const Buffer &matrix, Error &error) {
  FileReplacement file;
  if (!file.open(path, error))
    return false;
  int64_t columns = matrix.shape.dim[1], place = 0;
  for (int64_t row = 0; row < matrix.shape.dim[0]; ++row) {
    Text line;
    for (int64_t column = 0; column < columns; ++column, ++place) {
      line.append(column ? "," : "");
      if (isReal(matrix.type))
        line.appendFormat("%.*g", matrix.type == Type::F32 ? 9 : 17, matrix.get(place));
      else
        line.appendFormat("%" PRId64, matrix.getToken(place));
    }
    line.append('\n');
    if (!file.write(line.c_str(), line.size(), error))
      return false;
  }
  return file.commit(error);
}
