// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Event files.
#include "runtime/EventFile.h"

#include <cerrno>
#include <ctime>
#include <dirent.h>
#include <sys/stat.h>

using namespace rondo;

uint32_t rondo::checksum32c(const void *data, size_t size) {
  // The remainders of half a byte: a larger table would cost more than it saves for records this small.
  uint32_t table[16];
  for (uint32_t i = 0; i < 16; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 4; ++bit)
      table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
  }
  uint32_t sum = ~0u;
  for (const unsigned char *at = static_cast<const unsigned char *>(data), *end = at + size; at < end; ++at) {
    sum ^= *at;
    sum = sum >> 4 ^ table[sum & 15];
    sum = sum >> 4 ^ table[sum & 15];
  }
  return ~sum;
}

// Fields of protocol buffers: a key, the field's number and how it is written, and the value. Numbers are little-endian
// as on all processors that the code runs on.

static void appendVarint(Text &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.append(static_cast<char>(value | 0x80));
  out.append(static_cast<char>(value));
}

static void appendInteger(Text &out, int field, int64_t value) {
  appendVarint(out, static_cast<uint64_t>(field) << 3);
  appendVarint(out, static_cast<uint64_t>(value));
}

template <typename T> static void appendFixed(Text &out, int field, T value) {
  static_assert(sizeof value == 4 || sizeof value == 8);
  appendVarint(out, static_cast<uint64_t>(field) << 3 | (sizeof value == 8 ? 1 : 5));
  out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

static void appendBytes(Text &out, int field, const Text &value) {
  appendVarint(out, static_cast<uint64_t>(field) << 3 | 2);
  appendVarint(out, value.size());
  out.append(value);
}

/// The fields that events have.
enum EventField { wallTime = 1, stepNumber = 2, fileVersion = 3, summary = 5, sessionLog = 7 };
enum SummaryField { summaryValue = 1, tag = 1, simpleValue = 2 };
enum SessionField { status = 1, statusStart = 1 };

static Text startEvent(int64_t step) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  Text event;
  appendFixed(event, wallTime, static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec));
  appendInteger(event, stepNumber, step);
  return event;
}

bool EventFile::addRecord(const Text &event, Error &error) {
  uint64_t size = event.size();
  Text record(reinterpret_cast<const char *>(&size), sizeof size);
  auto appendChecksum = [&](const void *data, size_t bytes) {
    uint32_t sum = checksum32c(data, bytes);
    sum = (sum >> 15 | sum << 17) + 0xa282ead8; // masked: a checksum of checksums would tell little
    record.append(reinterpret_cast<const char *>(&sum), sizeof sum);
  };
  appendChecksum(&size, sizeof size);
  record.append(event);
  appendChecksum(event.c_str(), event.size());
  return file.add(record, error);
}

/// Makes a folder, with those that it lies in.
static bool makeFolder(const char *path, Error &error) {
  Text part;
  for (const char *at = path;; ++at) {
    if ((*at == '/' || !*at) && !part.empty() && mkdir(part.c_str(), 0777) != 0 && errno != EEXIST)
      return error.fail("cannot make the folder '%s': %s", part.c_str(), strerror(errno));
    if (!*at)
      return true;
    part.append(*at);
  }
}

/// An event file in the folder, if there is one.
static bool findEvents(const char *folder, Text &name, Error &error) {
  DIR *entries = opendir(folder);
  if (!entries)
    return error.fail("cannot read the folder '%s': %s", folder, strerror(errno));
  while (const dirent *entry = readdir(entries))
    if (strstr(entry->d_name, "tfevents"))
      name = Text(entry->d_name);
  closedir(entries);
  return true;
}

bool EventFile::open(const char *folder, int64_t stepsBefore, Error &error) {
  Text found;
  if (!makeFolder(folder, error) || !findEvents(folder, found, error))
    return error.inContext("--tensorboard");
  if (stepsBefore == 0 && !found.empty())
    return error.fail("--tensorboard: '%s' has the events of another run, '%s': expected a folder of its own", folder,
                      found.c_str());
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  // TensorBoard reads the files of a folder in the order of their names.
  Text name = Text::format("%s/events.out.tfevents.%010lld.%09ld.rondo", folder, static_cast<long long>(time.tv_sec),
                           time.tv_nsec);
  Text version = startEvent(0), start = startEvent(stepsBefore + 1), state;
  appendBytes(version, fileVersion, "brain.Event:2");
  appendInteger(state, status, statusStart);
  appendBytes(start, sessionLog, state);
  return file.open(name.c_str(), -1, error) && addRecord(version, error) &&
         (stepsBefore == 0 || addRecord(start, error));
}

bool EventFile::add(int64_t step, const char *prefix, const List<Scalar> &scalars, Error &error) {
  Text event = startEvent(step), values;
  for (const Scalar &scalar : scalars) {
    Text value;
    appendBytes(value, tag, Text::format("%s%s", prefix, scalar.name.c_str()));
    appendFixed(value, simpleValue, static_cast<float>(scalar.value));
    appendBytes(values, summaryValue, value);
  }
  appendBytes(event, summary, values);
  return addRecord(event, error);
}
