// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads data of tensors from files beside the model.

#include "tools/rondo-import/ExternalData.h"

#include "onnx.pb.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace rondo::importer;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

ExternalData::ExternalData(StringRef model) : folder(path::parent_path(model).str()) {
  if (folder.empty())
    folder = ".";
}

static std::string joinedPath(StringRef folder, StringRef location) {
  llvm::SmallString<256> file(folder);
  path::append(file, location);
  return file.str().str();
}

/// Why a location is none in the model's folder, as it is written; empty if it is one.
static std::string checkLocation(StringRef location) {
  if (location.empty() || location.contains('\0'))
    return "expected the name of a file beside the model as its 'location', found none";
  bool leaves = path::is_absolute(location) ||
                llvm::is_contained(llvm::make_range(path::begin(location), path::end(location)), "..");
  return leaves ? "expected a file in the model's folder, found '" + location.str() + "', which leads out of it" : "";
}

// Links are followed first: they too may not lead out of the folder.
std::string ExternalData::open(StringRef location) {
  if (std::string error = checkLocation(location); !error.empty())
    return error;
  std::string file = joinedPath(folder, location), words = "cannot read '" + file + "', where its data lie: ";
  llvm::SmallString<256> real, realFolder;
  std::error_code error = fs::real_path(folder, realFolder);
  if (!error)
    error = fs::real_path(file, real);
  if (error)
    return words + error.message();
  StringRef inside = real;
  if (!inside.consume_front(realFolder) || !(inside.starts_with("/") || realFolder == "/"))
    return "expected a file in the model's folder, found '" + location.str() + "', which leads out of it";
  if (!fs::is_regular_file(real))
    return words + "it is no regular file";
  auto buffer = llvm::MemoryBuffer::getFile(real, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return words + buffer.getError().message();
  files[location.str()] = std::move(*buffer);
  return "";
}

std::string ExternalData::read(const ::onnx::TensorProto &from, StringRef &bytes) {
  std::map<std::string, std::string> entries; // `checksum`, of the whole file, is not looked at
  for (const ::onnx::StringStringEntryProto &entry : from.external_data())
    if (!entries.emplace(entry.key(), entry.value()).second)
      return "expected one '" + entry.key() + "' of its data, found a second";
  const std::string location = entries["location"];
  if (!files.count(location))
    if (std::string error = open(location); !error.empty())
      return error;
  StringRef file = files[location]->getBuffer();
  uint64_t range[2] = {0, 0};
  const char *names[] = {"offset", "length"};
  for (int i = 0; i < 2; ++i)
    if (auto place = entries.find(names[i]); place == entries.end())
      range[i] = i ? file.size() - std::min<uint64_t>(range[0], file.size()) : 0;
    else if (StringRef(place->second).getAsInteger(10, range[i]))
      return std::string("expected a number of bytes as '") + names[i] + "' of its data, found '" + place->second + "'";
  if (range[0] > file.size() || range[1] > file.size() - range[0])
    return "expected " + std::to_string(range[1]) + " bytes from byte " + std::to_string(range[0]) + " of '" +
           location + "' on, which has " + std::to_string(file.size());
  bytes = file.substr(range[0], range[1]);
  return "";
}

std::vector<std::string> ExternalData::paths() const {
  std::vector<std::string> result;
  for (const auto &[location, buffer] : files)
    result.push_back(joinedPath(folder, location));
  return result;
}
