// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lengths of sequences along axes.
#include "runtime/Arrays.h"
#include "runtime/PortTensor.h"

using namespace rondo;

Text rondo::lengthName(const Axis &axis, const char *part) {
  return Text::format("%slength.%s", part, axis.name.c_str());
}

bool rondo::checkLengths(const Text &name, const Buffer &data, int64_t sequences, int64_t size, Error &error) {
  if ((data.type != Type::I32 && data.type != Type::I64) || data.shape.rank != 1)
    return error.fail("'%s' is %s %s, expected I32 or I64 [sequences]", name.c_str(), fileNameOf(data.type),
                      data.shape.str().c_str());
  if (data.count() != sequences)
    return error.fail("'%s' has %lld sequences, the other tensors %lld", name.c_str(),
                      static_cast<long long>(data.count()), static_cast<long long>(sequences));
  for (int64_t i = 0; i < sequences; ++i)
    if (data.getToken(i) < 0 || data.getToken(i) > size)
      return error.fail("'%s' holds %lld (element %lld), expected 0 to %lld", name.c_str(),
                        static_cast<long long>(data.getToken(i)), static_cast<long long>(i),
                        static_cast<long long>(size));
  return true;
}

/// Sequences that stand one behind the other have the lengths that they have there, which a window must hold unless it
/// is cut of them.
bool ArrayData::addJoinedLengths(const char *part, int axis, Error &error) {
  int64_t window = model->holdsWhole() ? model->train.k2 : INT32_MAX, first = -1, longest = 0;
  for (int64_t row = 0; row < sequences; ++row) {
    int64_t length = joinedLength(row);
    if (length > window && first < 0)
      first = row;
    longest = length > longest ? length : longest;
    joinedLengths.add(static_cast<int32_t>(length));
  }
  if (first >= 0)
    return error.fail("sequence %lld of '%soffsets' has %lld positions, more than the %lld of a window: the longest "
                      "has %lld (compile the program with -D bptt=%lld)",
                      static_cast<long long>(first), part, static_cast<long long>(joinedLength(first)),
                      static_cast<long long>(window), static_cast<long long>(longest), static_cast<long long>(longest));
  Buffer data{joinedLengths.data(), Type::I32, {}};
  data.shape.add(sequences);
  lengths.add({axis, data});
  return true;
}

bool ArrayData::addLengths(const TensorFile &from, const char *part, const Model &owner, Error &error) {
  model = &owner;
  for (size_t i = 0; i < owner.axes.size(); ++i) {
    const Axis &axis = owner.axes[i];
    if (!axis.hasLengths)
      continue;
    bool isWindow = static_cast<int>(i) == owner.windowAxis();
    hasWhole |= isWindow && owner.holdsWhole();
    if (isWindow && isJoined()) {
      if (!addJoinedLengths(part, static_cast<int>(i), error))
        return false;
      continue;
    }
    Text name = lengthName(axis, part);
    const Buffer *data = from.find(name);
    if (!data)
      return error.fail("no tensor '%s', which says how long each sequence is along '%s'", name.c_str(),
                        axis.name.c_str());
    int64_t size = !isWindow ? axis.size : positions() ? positions() : owner.train.k2;
    if (!checkLengths(name, *data, sequences, size, error))
      return false;
    lengths.add({static_cast<int>(i), *data});
  }
  findBounds(owner);
  for (Source &source : sources)
    for (size_t row = 0; isJoined() && source.isCut && row + 1 < offsets.size(); ++row)
      source.begins.add((offsets[row] + source.ahead) * source.data.shape.from(1).count());
  return true;
}

/// Which dimensions of the sources have lengths, beside the window's.
void ArrayData::findBounds(const Model &owner) {
  int window = owner.windowAxis();
  for (Source &source : sources) {
    int64_t behind = 1;
    for (int axis = static_cast<int>(owner.axes.size()) - 1; axis >= 0; --axis) {
      if (!source.port->varies(axis))
        continue;
      if (axis == window) {
        behind = 1;
        continue;
      }
      int64_t size = owner.axes[static_cast<size_t>(axis)].size;
      bool isBefore = !source.isCut || axis < window;
      for (size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i].axis == axis)
          source.bounds.add({i, isBefore, behind, size});
      behind *= size;
    }
  }
}

/// Checks the values of arrays up to the lengths.
bool ArrayData::checkWithin(Error &error) const {
  for (const Source &source : sources) {
    const Port &port = *source.port;
    if (!hasEnds(*model, port) && (port.positions < 0 || isJoined()))
      continue;
    int64_t features = port.shape.count(), length = source.isCut ? steps : 1, at = 0;
    for (int64_t row = 0; row < sequences; ++row)
      for (int64_t i = 0; i < source.before; ++i)
        for (int64_t t = 0; t < length; ++t)
          for (int64_t j = 0; j < source.behind; ++j, at += features) {
            if ((source.isCut && t >= validLength(row) + source.ahead) || !source.holds(lengths, row, i, j))
              continue;
            Buffer part{static_cast<char *>(source.data.data) + static_cast<size_t>(at) * sizeOf(source.data.type),
                        source.data.type,
                        {}};
            part.shape.add(features);
            if (!checkPortValues(port, part, at, error) || !checkPositions(port, part, row, at, error))
              return false;
          }
  }
  return true;
}

/// Checks that values which are positions of an axis are among those that the sequence has there.
bool ArrayData::checkPositions(const Port &port, const Buffer &part, int64_t row, int64_t at, Error &error) const {
  for (const Lengths &along : lengths) {
    int64_t length = along.axis == port.positions ? along.data.getToken(row) : port.vocab;
    for (int64_t i = 0, n = part.count(); i < n && length < port.vocab; ++i)
      if (part.getToken(i) >= length)
        return error.fail(
            "'%s' holds %lld (element %lld), expected a position of '%s', of which sequence %lld has %lld",
            port.name.c_str(), static_cast<long long>(part.getToken(i)), static_cast<long long>(at + i),
            model->axes[static_cast<size_t>(along.axis)].name.c_str(), static_cast<long long>(row),
            static_cast<long long>(length));
  }
  return true;
}

/// Whether a place before and one behind the window's axis are within the lengths.
bool ArrayData::Source::holds(const List<Lengths> &lengths, int64_t row, int64_t placeBefore,
                              int64_t placeBehind) const {
  for (const Bound &bound : bounds)
    if ((bound.isBefore ? placeBefore : placeBehind) / bound.stride % bound.size >=
        lengths[bound.lengths].data.getToken(row))
      return false;
  return true;
}
