// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading (trusting nothing) and writing of NumPy's files.
#include "runtime/Npy.h"

#include <cinttypes>

using namespace rondo;

namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr size_t magicSize = 6;

struct TypeCode {
  const char *code;
  Type type;
};
/// Without the letter of the byte order. What stands first for a type is written.
constexpr TypeCode typeCodes[] = {{"f4", Type::F32}, {"f8", Type::F64}, {"f2", Type::F16}, {"i4", Type::I32},
                                  {"i8", Type::I64}, {"u1", Type::U8},  {"b1", Type::I1}};

bool hasByteOrder(Type type) { return sizeOf(type) > 1; }

/// What the dictionary says.
struct Header {
  Buffer array;
  bool isColumnMajor = false;
};

/// Reads the dictionary: of Python's literals those that NumPy writes there.
class HeaderParser {
public:
  HeaderParser(const char *text, size_t size, Error &error) : at(text), end(text + size), error(error) {}

  bool parse(Header &header) {
    bool hasType = false, hasOrder = false, hasShape = false;
    if (!take('{'))
      return error.fail("expected the header to begin with '{'");
    while (!take('}')) {
      Text key;
      if (!readString(key) || !take(':'))
        return error.fail("expected a key and ':' in the header");
      bool &known = key == "descr" ? hasType : key == "fortran_order" ? hasOrder : hasShape;
      if (&known == &hasShape && key != "shape")
        return error.fail("unknown key '%s' in the header", quoted(key.c_str(), key.size()).c_str());
      if (known)
        return error.fail("'%s' is twice in the header", key.c_str());
      known = true;
      bool isRead = &known == &hasType    ? readType(header.array.type)
                    : &known == &hasOrder ? readOrder(header.isColumnMajor)
                                          : readShape(header.array.shape);
      if (!isRead)
        return false;
      if (!take(',') && !peek('}'))
        return error.fail("expected ',' or '}' in the header");
    }
    skipSpace();
    if (at != end)
      return error.fail("expected nothing behind the header's '}'");
    const char *missing = !hasType ? "descr" : !hasOrder ? "fortran_order" : !hasShape ? "shape" : nullptr;
    return !missing || error.fail("no '%s' in the header", missing);
  }

private:
  void skipSpace() {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
      ++at;
  }
  bool peek(char c) {
    skipSpace();
    return at != end && *at == c;
  }
  bool take(char c) {
    bool found = peek(c);
    at += found;
    return found;
  }
  bool takeWord(const char *word) {
    skipSpace();
    size_t length = strlen(word);
    if (static_cast<size_t>(end - at) < length || memcmp(at, word, length) != 0)
      return false;
    at += length;
    return true;
  }
  bool readString(Text &text) {
    char quote = peek('"') ? '"' : '\'';
    if (!take(quote))
      return false;
    const char *begin = at;
    while (at != end && *at != quote)
      ++at;
    if (at == end)
      return false;
    text = Text(begin, static_cast<size_t>(at++ - begin));
    return true;
  }
  bool readType(Type &type) {
    Text text;
    if (!readString(text))
      return error.fail("expected 'descr' to be one type in quotes: arrays of records are not read");
    const char *code = text.c_str();
    for (const TypeCode &known : typeCodes)
      if (text.size() == 3 && strcmp(code + 1, known.code) == 0 &&
          (code[0] == '<' || (!hasByteOrder(known.type) && code[0] == '|'))) {
        type = known.type;
        return true;
      }
    return error.fail("the type '%s' is not read, expected <f4, <f8, <f2, <i4, <i8, |u1 or |b1 (little-endian)",
                      quoted(code, text.size()).c_str());
  }
  bool readOrder(bool &isColumnMajor) {
    isColumnMajor = takeWord("True");
    return isColumnMajor || takeWord("False") || error.fail("expected 'fortran_order' to be True or False");
  }
  bool readShape(Shape &shape) {
    if (!take('('))
      return error.fail("expected 'shape' to begin with '('");
    while (!take(')')) {
      int64_t size;
      if (!readSize(size))
        return error.fail("expected sizes from 0 on in 'shape'");
      if (!shape.add(size))
        return error.fail("has more than %d dimensions", Shape::maxRank);
      if (!take(',') && !peek(')'))
        return error.fail("expected ',' or ')' in 'shape'");
    }
    return true;
  }
  bool readSize(int64_t &size) {
    skipSpace();
    const char *begin = at;
    for (size = 0; at != end && *at >= '0' && *at <= '9'; ++at) {
      int64_t digit = *at - '0';
      if (size > (INT64_MAX - digit) / 10)
        return false;
      size = size * 10 + digit;
    }
    bool found = at != begin;
    take('L'); // a long of Python 2
    return found;
  }

  const char *at, *end;
  Error &error;
};

/// Copies elements whose first index runs fastest to an array whose last one does.
void transpose(const uint8_t *from, const Buffer &to) {
  if (to.count() == 0)
    return; // the strides beside a size of zero may be any number
  size_t element = sizeOf(to.type);
  int64_t index[Shape::maxRank] = {}, strides[Shape::maxRank] = {};
  for (int64_t d = 0, stride = 1; d < to.shape.rank; stride *= to.shape.dim[d++])
    strides[d] = stride;
  uint8_t *out = static_cast<uint8_t *>(to.data);
  for (int64_t i = 0, place = 0, n = to.count(); i < n; ++i, out += element) {
    memcpy(out, from + static_cast<size_t>(place) * element, element);
    for (int d = to.shape.rank - 1; d >= 0; --d) {
      place += strides[d];
      if (++index[d] < to.shape.dim[d])
        break;
      place -= strides[d] * to.shape.dim[d];
      index[d] = 0;
    }
  }
}

/// Finds the header behind the magic bytes: its text, its size, and where it ends.
bool findHeader(const uint8_t *data, size_t size, const char *&text, size_t &length, Error &error) {
  if (size < magicSize + 4 || memcmp(data, magic, magicSize) != 0)
    return error.fail("expected a NumPy file, which begins with \\x93NUMPY");
  int version = data[magicSize];
  if (version < 1 || version > 3)
    return error.fail("has the format's version %d, expected 1 to 3", version);
  size_t lengthSize = version == 1 ? 2 : 4, begin = magicSize + 2 + lengthSize;
  length = 0;
  for (size_t i = lengthSize; i > 0 && size >= begin; --i)
    length = length << 8 | data[magicSize + 1 + i];
  if (size < begin || length > size - begin)
    return error.fail("ends within its header: it is truncated");
  text = reinterpret_cast<const char *>(data) + begin;
  return true;
}

/// Truth values are bytes that are 0 or 1.
bool checkTruths(const uint8_t *values, int64_t count, Error &error) {
  for (int64_t i = 0; i < count; ++i)
    if (values[i] > 1)
      return error.fail("holds the byte %d as a truth value (element %" PRId64 "), expected 0 or 1", values[i], i);
  return true;
}

} // namespace

bool NpyFile::parse(const uint8_t *data, size_t size, Error &error, bool isAligned) {
  array = Buffer();
  copy.clear();
  const char *text;
  size_t length;
  Header header;
  if (!findHeader(data, size, text, length, error) || !HeaderParser(text, length, error).parse(header))
    return false;
  array = header.array;
  int64_t count, element = static_cast<int64_t>(sizeOf(array.type));
  if (!multiplySizes(array.shape.dim, array.shape.rank, count) || count > INT64_MAX / element)
    return error.fail("shape %s is too large", array.shape.str().c_str());
  const uint8_t *values = reinterpret_cast<const uint8_t *>(text) + length;
  int64_t found = static_cast<int64_t>(size - static_cast<size_t>(values - data));
  if (found != count * element)
    return error.fail("shape %s of %s needs %" PRId64 " bytes, found %" PRId64, array.shape.str().c_str(),
                      fileNameOf(array.type), count * element, found);
  bool fits = !isAligned || reinterpret_cast<uintptr_t>(values) % static_cast<size_t>(element) == 0;
  array.data = const_cast<uint8_t *>(values);
  if (header.isColumnMajor || !fits) {
    copy.resize(static_cast<size_t>(found));
    array.data = copy.data();
    if (header.isColumnMajor)
      transpose(values, array);
    else if (found)
      memcpy(copy.data(), values, copy.size());
  }
  if (array.type != Type::I1)
    return true;
  array.type = Type::U8;
  return checkTruths(values, count, error);
}

bool NpyFile::read(const char *path, Error &error) {
  return bytes.read(path, error) && (parse(bytes.data(), bytes.size(), error) || error.inContext(path));
}

bool rondo::npyHeader(const char *path, const Buffer &array, Text &header, Error &error) {
  const char *code = nullptr;
  for (const TypeCode &known : typeCodes)
    if (known.type == array.type)
      code = known.code;
  if (!code)
    return error.fail("cannot write '%s': NumPy's format is not written with elements %s", path,
                      fileNameOf(array.type));
  Text dictionary =
      Text::format("{'descr': '%c%s', 'fortran_order': False, 'shape': (", hasByteOrder(array.type) ? '<' : '|', code);
  for (int d = 0; d < array.shape.rank; ++d)
    dictionary.appendFormat(d ? ", %" PRId64 : "%" PRId64, array.shape.dim[d]);
  dictionary.append(array.shape.rank == 1 ? ",), }" : "), }");
  // The data begin at a multiple of 64 bytes, behind spaces and a newline.
  while ((magicSize + 4 + dictionary.size() + 1) % 64 != 0)
    dictionary.append(' ');
  dictionary.append('\n');
  header = Text(magic, magicSize);
  header.append("\1\0", 2);
  header.append(static_cast<char>(dictionary.size() & 255));
  header.append(static_cast<char>(dictionary.size() >> 8));
  header.append(dictionary);
  return true;
}

bool rondo::writeNpyFile(const char *path, const Buffer &array, Error &error) {
  Text header;
  FileReplacement file;
  return npyHeader(path, array, header, error) && file.open(path, error) &&
         file.write(header.c_str(), header.size(), error) && file.write(array.data, array.bytes(), error) &&
         file.commit(error);
}
