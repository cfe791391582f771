// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading (trusting nothing) and writing of safetensors files.
#include "runtime/Safetensors.h"

#include "runtime/Json.h"

#include <cinttypes>

using namespace rondo;

namespace {

/// The format's own limit for a header.
constexpr uint64_t longestHeader = 100000000;

/// Where a tensor's bytes lie in the data.
struct Extent {
  int64_t begin, end;
  const char *name;
};

/// The number of `json`, where it is an integer from 0 on.
bool readSize(const Json &json, int64_t &size) {
  size = json.integer;
  return json.kind == Json::Kind::Number && json.isInteger && size >= 0;
}

/// Reads {"dtype", "shape", "data_offsets"} of one tensor and checks it against the size of the data.
bool readTensor(const Json &json, int64_t dataSize, Buffer &tensor, Extent &extent, Error &error) {
  if (json.kind != Json::Kind::Object)
    return error.fail("expected an object, found %s", Json::describe(json.kind));
  for (const Text &name : json.names)
    if (name != "dtype" && name != "shape" && name != "data_offsets")
      return error.fail("unknown field '%s'", quoted(name.c_str(), name.size()).c_str());
  const Json *dtype = json.find("dtype"), *shape = json.find("shape"), *offsets = json.find("data_offsets");
  if (!dtype || dtype->kind != Json::Kind::String)
    return error.fail("expected \"dtype\" with a string");
  if (!typeOfFileName(dtype->string, tensor.type))
    return error.fail("unknown dtype '%s'", quoted(dtype->string.c_str(), dtype->string.size()).c_str());
  if (!shape || shape->kind != Json::Kind::Array)
    return error.fail("expected \"shape\" with an array");
  for (const Json &size : shape->items) {
    int64_t value;
    if (!readSize(size, value))
      return error.fail("expected sizes from 0 on in \"shape\"");
    if (!tensor.shape.add(value))
      return error.fail("has %zu dimensions, expected %d at most", shape->items.size(), Shape::maxRank);
  }
  if (!offsets || offsets->kind != Json::Kind::Array || offsets->items.size() != 2 ||
      !readSize(offsets->items[0], extent.begin) || !readSize(offsets->items[1], extent.end))
    return error.fail("expected \"data_offsets\" with two offsets from 0 on");
  if (extent.begin > extent.end || extent.end > dataSize)
    return error.fail("bytes %" PRId64 " to %" PRId64 " do not lie in the data, which has %" PRId64 " bytes",
                      extent.begin, extent.end, dataSize);
  int64_t count;
  int64_t elementSize = static_cast<int64_t>(sizeOf(tensor.type));
  if (!multiplySizes(tensor.shape.dim, tensor.shape.rank, count) || count > INT64_MAX / elementSize)
    return error.fail("shape %s is too large", tensor.shape.str().c_str());
  if (count * elementSize != extent.end - extent.begin)
    return error.fail("shape %s of %s needs %" PRId64 " bytes, found %" PRId64, tensor.shape.str().c_str(),
                      fileNameOf(tensor.type), count * elementSize, extent.end - extent.begin);
  return true;
}

/// Checks that the extents cover the data exactly.
bool checkCover(List<Extent> &extents, int64_t dataSize, Error &error) {
  if (extents.empty())
    return dataSize == 0 || error.fail("no tensor covers the data, which has %" PRId64 " bytes", dataSize);
  sortItems(extents, [](const Extent &a, const Extent &b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : strcmp(a.name, b.name) < 0;
  });
  int64_t covered = 0;
  for (const Extent &extent : extents) {
    if (extent.begin != covered)
      return error.fail("tensor '%s' begins at byte %" PRId64 " of the data, expected %" PRId64 ": tensors %s",
                        quoted(extent.name, strlen(extent.name)).c_str(), extent.begin, covered,
                        extent.begin < covered ? "overlap" : "leave a gap");
    covered = extent.end;
  }
  if (covered != dataSize)
    return error.fail("the tensors end at byte %" PRId64 " of the data, which has %" PRId64 " bytes", covered,
                      dataSize);
  return true;
}

} // namespace

void TensorFile::clear() {
  tensors.clear();
  metadata.clear();
  bytes.clear();
}

bool TensorFile::parse(const uint8_t *data, size_t size, Error &error) {
  tensors.clear();
  metadata.clear();
  if (size < 8)
    return error.fail("has %zu bytes, expected at least 8: it is no safetensors file", size);
  if (memcmp(data, "PK\x03\x04", 4) == 0)
    return error.fail("found a zip archive, as numpy.savez and torch.save write them, expected safetensors: arrays by "
                      "name as safetensors.numpy.save_file writes them");
  uint64_t headerSize = 0;
  for (int i = 7; i >= 0; --i)
    headerSize = headerSize << 8 | data[i];
  if (headerSize > longestHeader || headerSize > size - 8)
    return error.fail("the header's length %" PRIu64 " is more than the file holds (%zu bytes): it is truncated or no "
                      "safetensors file",
                      headerSize, size);
  const char *text = reinterpret_cast<const char *>(data) + 8;
  if (headerSize == 0 || text[0] != '{')
    return error.fail("expected the header to begin with '{'");
  Json header;
  if (!Json::parse(text, headerSize, header, error))
    return error.inContext("header");

  const uint8_t *values = data + 8 + headerSize;
  int64_t dataSize = static_cast<int64_t>(size - 8 - headerSize);
  List<Extent> extents;
  for (size_t i = 0; i < header.names.size(); ++i) {
    Text &name = header.names[i];
    Json &item = header.items[i];
    if (name == "__metadata__") {
      if (item.kind == Json::Kind::Null) // some writers' way to say that there is none
        continue;
      if (item.kind != Json::Kind::Object)
        return error.fail("__metadata__: expected an object, found %s", Json::describe(item.kind));
      for (size_t m = 0; m < item.names.size(); ++m) {
        if (item.items[m].kind != Json::Kind::String)
          return error.fail("__metadata__: expected strings, found %s", Json::describe(item.items[m].kind));
        if (!metadata.add({std::move(item.names[m]), std::move(item.items[m].string)}, error))
          return false;
      }
      continue;
    }
    NamedTensor tensor{std::move(name), {}};
    Extent extent{0, 0, tensor.name.c_str()};
    if (!readTensor(item, dataSize, tensor.value, extent, error)) {
      ShortText<1100> context;
      context.append("tensor '");
      context.append(quoted(tensor.name.c_str(), tensor.name.size()).c_str());
      context.append("'");
      return error.inContext(context.c_str());
    }
    if (!extents.add(extent, error))
      return false;
    const uint8_t *begin = values + extent.begin;
    tensor.value.data = const_cast<uint8_t *>(begin);
    if (!tensors.add(std::move(tensor), error))
      return false;
  }
  return checkCover(extents, dataSize, error);
}

bool TensorFile::read(const char *path, Error &error) {
  if (!bytes.read(path, error))
    return false;
  return parse(bytes.data(), bytes.size(), error) || error.inContext(path);
}

const Buffer *TensorFile::find(const Text &name) const {
  for (const NamedTensor &tensor : tensors)
    if (tensor.name == name)
      return &tensor.value;
  return nullptr;
}

const Text *TensorFile::findText(const char *name) const {
  for (const NamedText &entry : metadata)
    if (entry.name == name)
      return &entry.value;
  return nullptr;
}

Text rondo::tensorFileHeader(const List<NamedTensor> &tensors, const List<NamedText> &metadata) {
  constexpr size_t lengthBytes = 8;
  Text header("        {");
  if (!metadata.empty()) {
    header.append("\"__metadata__\":{");
    for (size_t i = 0; i < metadata.size(); ++i) {
      header.append(i ? "," : "");
      appendJsonString(header, metadata[i].name.c_str(), metadata[i].name.size());
      header.append(":");
      appendJsonString(header, metadata[i].value.c_str(), metadata[i].value.size());
    }
    header.append("}");
  }
  uint64_t offset = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Buffer &value = tensors[i].value;
    header.append(header.size() > lengthBytes + 1 ? "," : "");
    appendJsonString(header, tensors[i].name.c_str(), tensors[i].name.size());
    header.appendFormat(":{\"dtype\":\"%s\",\"shape\":[", fileNameOf(value.type));
    for (int d = 0; d < value.shape.rank; ++d)
      header.appendFormat(d ? ",%" PRId64 : "%" PRId64, value.shape.dim[d]);
    header.appendFormat("],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset, offset + value.bytes());
    offset += value.bytes();
  }
  header.append("}");
  // Spaces at the end align the data.
  while (header.size() % 8 != 0)
    header.append(' ');

  uint64_t length = header.size() - lengthBytes;
  char bytes[lengthBytes];
  for (char &byte : bytes) {
    byte = static_cast<char>(length);
    length >>= 8;
  }
  header.overwrite(0, bytes, lengthBytes);
  return header;
}

bool rondo::writeTensorFile(const char *path, const List<NamedTensor> &tensors, const List<NamedText> &metadata,
                            Error &error) {
  Text header = tensorFileHeader(tensors, metadata);
  FileReplacement file;
  if (!file.open(path, error) || !file.write(header.c_str(), header.size(), error))
    return false;
  for (const NamedTensor &tensor : tensors)
    if (!file.write(tensor.value.data, tensor.value.bytes(), error))
      return false;
  return file.commit(error);
}
