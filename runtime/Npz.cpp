// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading (trusting nothing) and writing of NumPy's archives (ZIP: PKWARE's APPNOTE 6.3).
#include "runtime/Npz.h"

#include "runtime/Inflate.h"

using namespace rondo;

namespace {

constexpr uint32_t localMark = 0x04034b50, centralMark = 0x02014b50, endMark = 0x06054b50;
constexpr size_t localSize = 30, centralSize = 46, endSize = 22;

/// A number in `bytes` bytes, the least first.
uint64_t number(const uint8_t *at, size_t bytes) {
  uint64_t value = 0;
  while (bytes-- > 0)
    value = value << 8 | at[bytes];
  return value;
}

void appendNumber(Text &text, uint64_t value, size_t bytes) {
  for (; bytes > 0; --bytes, value >>= 8)
    text.append(static_cast<char>(value));
}

uint32_t checksum(const void *data, size_t size, uint32_t before = 0) {
  uint32_t crc = ~before;
  for (size_t i = 0; i < size; ++i) {
    crc ^= static_cast<const uint8_t *>(data)[i];
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

bool endsWith(const Text &text, const char *end) {
  size_t size = strlen(end);
  return text.size() >= size && strcmp(text.c_str() + text.size() - size, end) == 0;
}

struct ArchiveEntry {
  Text name;
  const uint8_t *data;
  size_t size;
  /// What `data` are the bytes of, where they were compressed.
  List<uint8_t> unpacked;
};

bool failPickle(Error &error) {
  return error.fail("found a pickle of PyTorch, as torch.save writes it, expected safetensors: write it by "
                    "safetensors.torch.save_file(model.state_dict(), file)");
}

bool failKeras(const char *found, Error &error) {
  return error.fail("found %s, expected npz: write it by numpy.savez(file, *model.get_weights())", found);
}

/// Whether the name is none by which an archive of something else is known.
bool checkKind(const Text &name, Error &error) {
  if (name == "data.pkl" || endsWith(name, "/data.pkl"))
    return failPickle(error);
  bool isKeras = name == "metadata.json" || name == "config.json" || name == "model.weights.h5";
  return !isKeras || failKeras("a model of Keras, as model.save writes it", error);
}

/// The same of what a file begins with that is no archive.
bool checkBeginning(const uint8_t *data, size_t size, Error &error) {
  auto begins = [&](const char *text, size_t length) { return size >= length && memcmp(data, text, length) == 0; };
  if (begins("\x89HDF\r\n\x1a\n", 8))
    return failKeras("a file of HDF5, as Keras's save_weights writes it", error);
  if (begins("\x80\x02\x8a\x0a", 4))
    return failPickle(error);
  return !begins("\x93NUMPY", 6) || error.fail("found an array alone, as numpy.save writes it, expected arrays with "
                                               "names: numpy.savez writes them");
}

/// Makes the entry's data the `whole` bytes that the `packed` ones at `from` are, or were compressed from.
bool unpack(const uint8_t *from, uint64_t packed, uint64_t whole, bool isDeflated, ArchiveEntry &entry, Error &error) {
  ShortText<1024> name = quoted(entry.name.c_str(), entry.name.size());
  entry.data = from;
  entry.size = whole;
  if (!isDeflated)
    return packed == whole || error.fail("'%s' is damaged", name.c_str());
  if (whole / mostOfDeflatedByte > packed)
    return error.fail("'%s' is damaged: %llu bytes cannot be %llu compressed ones", name.c_str(),
                      static_cast<unsigned long long>(whole), static_cast<unsigned long long>(packed));
  if (!entry.unpacked.resize(whole, error))
    return false;
  entry.data = entry.unpacked.data();
  return inflate(from, packed, entry.unpacked.data(), whole) ||
         error.fail("'%s' is damaged: it is not what deflate makes of %llu bytes", name.c_str(),
                    static_cast<unsigned long long>(whole));
}

/// Reads the entry of the directory at `at`, which is moved behind it. `left` is what entries before have left of the
/// archive's bytes, so that none are unpacked for several.
bool readEntry(const uint8_t *data, size_t size, size_t &at, size_t &left, ArchiveEntry &entry, Error &error) {
  if (size - at < centralSize || number(data + at, 4) != centralMark)
    return error.fail("the archive's directory is damaged");
  const uint8_t *header = data + at;
  uint64_t flags = number(header + 8, 2), method = number(header + 10, 2), crc = number(header + 16, 4);
  uint64_t packed = number(header + 20, 4), whole = number(header + 24, 4), local = number(header + 42, 4);
  size_t nameSize = number(header + 28, 2), more = number(header + 30, 2) + number(header + 32, 2);
  if (size - at - centralSize < nameSize + more)
    return error.fail("the archive's directory is damaged");
  entry.name = Text(reinterpret_cast<const char *>(header) + centralSize, nameSize);
  at += centralSize + nameSize + more;
  ShortText<1024> name = quoted(entry.name.c_str(), entry.name.size());
  for (size_t i = 0; i < entry.name.size(); ++i)
    if (entry.name.c_str()[i] < ' ' || entry.name.c_str()[i] > '~')
      return error.fail("'%s' is the name of an array, expected printable ASCII characters", name.c_str());
  if (!checkKind(entry.name, error))
    return false;
  if (flags & 1)
    return error.fail("'%s' is encrypted, expected an array as it is", name.c_str());
  constexpr uint64_t isStored = 0, isDeflated = 8;
  if (method != isStored && method != isDeflated)
    return error.fail("'%s' is compressed by method %llu, expected 0 (numpy.savez) or 8 (numpy.savez_compressed)",
                      name.c_str(), static_cast<unsigned long long>(method));
  constexpr uint64_t inFurtherField = 0xffffffff;
  if (packed == inFurtherField || whole == inFurtherField || local == inFurtherField)
    return error.fail("'%s' is larger than 4 GB, which is not read: write safetensors", name.c_str());
  if (local > size || size - local < localSize || number(data + local, 4) != localMark)
    return error.fail("'%s' is damaged", name.c_str());
  uint64_t begin = local + localSize + number(data + local + 26, 2) + number(data + local + 28, 2);
  if (begin > size || size - begin < packed || left < packed)
    return error.fail("'%s' is damaged", name.c_str());
  left -= packed;
  if (!unpack(data + begin, packed, whole, method == isDeflated, entry, error))
    return false;
  return checksum(entry.data, entry.size) == crc ||
         error.fail("'%s' is damaged: its checksum is another", name.c_str());
}

} // namespace

bool TensorArchive::parse(const uint8_t *data, size_t size, Error &error) {
  bool isZip = size >= 4 && (number(data, 4) == localMark || number(data, 4) == endMark);
  return isZip ? parseNpz(data, size, error) : checkBeginning(data, size, error) && file.parse(data, size, error);
}

bool TensorArchive::read(const char *path, Error &error) {
  return bytes.read(path, error) && (parse(bytes.data(), bytes.size(), error) || error.inContext(path));
}

bool TensorArchive::parseNpz(const uint8_t *data, size_t size, Error &error) {
  file.clear();
  // The end of the directory stands at the end, before a comment of up to 65535 bytes.
  size_t end = size < endSize ? 0 : size - endSize + 1, longest = 65535 + 1;
  bool isFound = false;
  while (!isFound && end > 0 && longest-- > 0)
    isFound = number(data + --end, 4) == endMark;
  if (!isFound)
    return error.fail("the archive's directory is missing: it is truncated");
  size_t count = number(data + end + 10, 2), at = number(data + end + 16, 4), left = end;
  if (at > end)
    return error.fail("the archive's directory is damaged");
  for (size_t i = 0; i < count; ++i) {
    ArchiveEntry entry;
    if (!readEntry(data, end, at, left, entry, error))
      return false;
    ShortText<1024> name = quoted(entry.name.c_str(), entry.name.size());
    constexpr size_t ending = 4; // .npy
    if (entry.name.size() <= ending || !endsWith(entry.name, ".npy"))
      return error.fail("'%s' is no array, expected a name that ends in .npy", name.c_str());
    NpyFile *array = arrays.add(NpyFile(), error);
    if (!array || !unpacked.add(std::move(entry.unpacked), error))
      return false;
    if (!array->parse(entry.data, entry.size, error, /*isAligned=*/false))
      return error.inContext(name.c_str());
    NamedTensor tensor{Text(entry.name.c_str(), entry.name.size() - ending), array->array};
    if (file.find(tensor.name))
      return error.fail("'%s' is twice in the archive", name.c_str());
    if (!file.tensors.add(std::move(tensor), error))
      return false;
  }
  return true;
}

bool rondo::writeNpzFile(const char *path, const List<NamedTensor> &tensors, Error &error) {
  Text directory;
  uint64_t at = 0;
  FileReplacement file;
  if (!file.open(path, error))
    return false;
  for (const NamedTensor &tensor : tensors) {
    Text array;
    if (!npyHeader(path, tensor.value, array, error))
      return false;
    uint64_t size = array.size() + tensor.value.bytes(), nameSize = tensor.name.size() + 4;
    if (at + size > UINT32_MAX || nameSize > UINT16_MAX || tensors.size() > UINT16_MAX)
      return error.fail("cannot write '%s': its arrays are larger than 4 GB: write safetensors", path);
    uint32_t crc = checksum(tensor.value.data, tensor.value.bytes(), checksum(array.c_str(), array.size()));
    // What both headers say: version, flags, method, time, date (1980-01-01), checksum, sizes, lengths.
    Text facts;
    appendNumber(facts, 20, 2);
    appendNumber(facts, 0x0800, 2); // names are UTF-8
    appendNumber(facts, 0, 4);
    appendNumber(facts, 33, 2);
    appendNumber(facts, crc, 4);
    appendNumber(facts, size, 4);
    appendNumber(facts, size, 4);
    appendNumber(facts, nameSize, 2);
    appendNumber(facts, 0, 2);
    Text name = tensor.name;
    name.append(".npy");
    appendNumber(directory, centralMark, 4);
    appendNumber(directory, 20, 2);
    directory.append(facts);
    appendNumber(directory, 0, 10); // comment, disk, attributes
    appendNumber(directory, at, 4);
    directory.append(name);
    Text header;
    appendNumber(header, localMark, 4);
    header.append(facts);
    header.append(name);
    header.append(array);
    at += header.size() + tensor.value.bytes();
    if (!file.write(header.c_str(), header.size(), error) ||
        !file.write(tensor.value.data, tensor.value.bytes(), error))
      return false;
  }
  uint64_t directorySize = directory.size();
  appendNumber(directory, endMark, 4);
  appendNumber(directory, 0, 4);
  appendNumber(directory, tensors.size(), 2);
  appendNumber(directory, tensors.size(), 2);
  appendNumber(directory, directorySize, 4);
  appendNumber(directory, at, 4);
  appendNumber(directory, 0, 2);
  return file.write(directory.c_str(), directory.size(), error) && file.commit(error);
}
