// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines become arrays.
#include "runtime/Lines.h"

#include "runtime/Feed.h"

using namespace rondo;

bool rondo::takeLine(const uint8_t *&begin, const uint8_t *end, const uint8_t *&text, size_t &size) {
  if (begin >= end)
    return false;
  auto *newline = static_cast<const uint8_t *>(memchr(begin, '\n', static_cast<size_t>(end - begin)));
  text = begin;
  size = static_cast<size_t>((newline ? newline : end) - begin);
  if (newline && size && begin[size - 1] == '\r')
    --size;
  begin = newline ? newline + 1 : end;
  return true;
}

/// In place of a number of columns: the first of pairs.
static constexpr int sourcesAlone = 0;

/// Puts "path:line: " before the reason.
bool Lines::failAt(size_t row, const Error &reason, Error &error) const {
  return error.fail("%s:%zu: %s", path.c_str(), row + 1, reason.message());
}

bool Lines::splitLine(const uint8_t *text, size_t size, int columns, Error &error) {
  if (size == 0)
    return error.fail("expected a character, found an empty line");
  if (columns == 1) {
    spans[0].add({text, size});
    return true;
  }
  const void *tab = memchr(text, '\t', size);
  if (columns == sourcesAlone) {
    size_t source = tab ? static_cast<size_t>(static_cast<const uint8_t *>(tab) - text) : size;
    if (source == 0)
      return error.fail("expected a first column, found an empty one");
    spans[0].add({text, source});
    return true;
  }
  if (!tab)
    return error.fail("expected two columns with a tab between them, found no tab");
  size_t first = static_cast<size_t>(static_cast<const uint8_t *>(tab) - text), second = size - first - 1;
  if (memchr(text + first + 1, '\t', second))
    return error.fail("expected two columns with a tab between them, found a second tab");
  if (first == 0 || second == 0)
    return error.fail("expected two columns with a tab between them, found an empty %s column",
                      first == 0 ? "first" : "second");
  spans[0].add({text, first});
  spans[1].add({text + first + 1, second});
  return true;
}

bool Lines::split(const char *name, const FileBytes &bytes, int columns, Error &error) {
  return splitAll(name, bytes, columns, error);
}

bool Lines::splitSources(const char *name, const FileBytes &bytes, Error &error) {
  return splitAll(name, bytes, sourcesAlone, error);
}

bool Lines::splitAll(const char *name, const FileBytes &bytes, int columns, Error &error) {
  path = name;
  for (List<Span> &column : spans)
    column.clear();
  const uint8_t *begin = bytes.data(), *end = begin + bytes.size();
  const uint8_t *text;
  for (size_t size; takeLine(begin, end, text, size);) {
    Error reason;
    if (!splitLine(text, size, columns, reason))
      return failAt(spans[0].size(), reason, error);
  }
  return count() > 0 || error.fail("%s: expected at least one line", name);
}

void Lines::markBytes(int column, bool (&occurs)[256]) const {
  for (const Span &span : spans[column])
    for (size_t i = 0; i < span.size; ++i)
      occurs[span.text[i]] = true;
}

/// An error where a line has more characters, and `end` positions behind them, than the axis.
bool Lines::checkLongest(int number, int64_t end, int64_t size, const char *axis, Error &error) const {
  const List<Span> &column = spans[number];
  size_t first = column.size();
  int64_t longest = 0;
  for (size_t row = 0; row < column.size(); ++row) {
    int64_t positions = static_cast<int64_t>(column[row].size) + end;
    if (positions > size && first == column.size())
      first = row;
    longest = positions > longest ? positions : longest;
  }
  if (first == column.size())
    return true;
  Error reason;
  auto own = static_cast<long long>(column[first].size);
  if (end)
    reason.fail("%lld characters and the end take more than the %lld positions of a window: the longest line takes "
                "%lld (compile the program with -D bptt=%lld)",
                own, static_cast<long long>(size), static_cast<long long>(longest), static_cast<long long>(longest));
  else
    reason.fail("%lld characters in the first column are more than the %lld positions of axis '%s': the longest has "
                "%lld",
                own, static_cast<long long>(size), axis, static_cast<long long>(longest));
  return failAt(first, reason, error);
}

/// Each row of the column: the characters, behind the mark where it `begins` with it, and zeros up to the width.
bool Lines::fill(Column &column, int number, bool begins, int64_t size, const char *axis, const Alphabet &alphabet,
                 Error &error) const {
  const List<Span> &texts = spans[number];
  int64_t end = &column == &source ? 0 : 1;
  if (!checkLongest(number, end, size, axis, error))
    return false;
  size_t width = static_cast<size_t>(column.width);
  if (texts.size() > SIZE_MAX / width)
    outOfMemory(SIZE_MAX);
  column.tokens.resize(texts.size() * width);
  List<int32_t> line;
  for (size_t row = 0; row < texts.size(); ++row) {
    Error reason;
    if (!alphabet.encode(texts[row].text, texts[row].size, line, reason))
      return failAt(row, reason, error);
    memcpy(column.tokens.data() + row * width + (begins ? 1 : 0), line.data(), line.size() * sizeof(int32_t));
    column.lengths.add(static_cast<int32_t>(static_cast<int64_t>(line.size()) + end));
  }
  return true;
}

Buffer Lines::Column::buffer(int64_t rows) {
  Buffer buffer;
  buffer.data = tokens.data();
  buffer.type = Type::I32;
  buffer.shape.add(rows);
  buffer.shape.add(width);
  return buffer;
}

/// The first column of pairs, along that axis.
bool Lines::fillSource(const Model &model, int number, const WeightsInfo &info, Error &error) {
  const Axis &axis = model.axes[static_cast<size_t>(number)];
  source.width = axis.size;
  return fill(source, 0, false, axis.size, axis.name.c_str(), info.sourceAlphabet, error);
}

bool Lines::encodeSources(const Model &model, const WeightsInfo &info, Error &error) {
  int window = model.windowAxis(), other = -1;
  for (const Port &port : model.inputs) {
    for (int axis = 0; !port.varies(window) && axis < static_cast<int>(model.axes.size()); ++axis)
      other = port.varies(axis) ? axis : other;
    if (port.token && !port.varies(window) &&
        !checkLineVocabulary(info.sourceAlphabet, port.name.c_str(), port.vocab, error))
      return false;
  }
  if (other < 0)
    return error.fail("%s: the model has no input that lines could give", path.c_str());
  if (!fillSource(model, other, info, error))
    return false;
  for (const Port &port : model.inputs)
    if (!port.varies(window))
      file.tensors.add({port.name, source.buffer(count())});
  const Axis &axis = model.axes[static_cast<size_t>(other)];
  Buffer lengths{source.lengths.data(), Type::I32, {}};
  lengths.shape.add(count());
  if (axis.hasLengths)
    file.tensors.add({lengthName(axis), lengths});
  return true;
}

bool Lines::encode(const Model &model, const WeightsInfo &info, Error &error) {
  int window = model.windowAxis();
  if (window < 0)
    return error.fail("lines need a model with an axis without a size");
  // Targets that are an input ahead see what is behind the window.
  marked.width = plain.width = model.train.k2 + longestAhead(model);
  bool needsMarked = false, needsPlain = false;
  int other = -1;
  auto look = [&](const List<Port> &ports, bool areTargets) {
    for (const Port &port : ports) {
      bool isText = port.varies(window), isAhead = !port.aheadOf.empty();
      needsMarked |= isText && !areTargets;
      needsPlain |= isText && areTargets && !isAhead;
      for (int axis = 0; !isText && axis < static_cast<int>(model.axes.size()); ++axis)
        other = port.varies(axis) ? axis : other;
      const Alphabet &alphabet = isText ? info.alphabet : info.sourceAlphabet;
      if (port.token && !checkLineVocabulary(alphabet, port.name.c_str(), port.vocab, error))
        return false;
    }
    return true;
  };
  if (!look(model.inputs, false) || !look(model.targets, true))
    return false;
  int text = columns() - 1;
  const char *name = model.axes[static_cast<size_t>(window)].name.c_str();
  if ((needsMarked && !fill(marked, text, true, model.train.k2, name, info.alphabet, error)) ||
      (needsPlain && !fill(plain, text, false, model.train.k2, name, info.alphabet, error)))
    return false;
  if (text == 1 && other >= 0 && !fillSource(model, other, info, error))
    return false;
  for (const Port &port : model.inputs)
    file.tensors.add({port.name, (port.varies(window) ? marked : source).buffer(count())});
  for (const Port &port : model.targets)
    if (port.aheadOf.empty())
      file.tensors.add({port.name, plain.buffer(count())});
  for (size_t i = 0; i < model.axes.size(); ++i) {
    if (!model.axes[i].hasLengths)
      continue;
    Column &column = static_cast<int>(i) != window ? source : needsMarked ? marked : plain;
    Buffer buffer;
    buffer.data = column.lengths.data();
    buffer.type = Type::I32;
    buffer.shape.add(count());
    file.tensors.add({lengthName(model.axes[i]), buffer});
  }
  return true;
}
