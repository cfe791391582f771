// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The files beside a model that have data of its tensors, as PyTorch's exporter writes them.

#ifndef RONDO_TOOLS_RONDOIMPORT_EXTERNALDATA_H
#define RONDO_TOOLS_RONDOIMPORT_EXTERNALDATA_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
}

namespace rondo::importer {

class ExternalData {
public:
  /// Of the model with this path: data is read from its folder only.
  explicit ExternalData(llvm::StringRef model);

  /// The bytes of a tensor whose data lie in another file: its `location`, and there from `offset` (0) on `length`
  /// bytes (all up to the end). Returns a worded error, empty on success.
  std::string read(const ::onnx::TensorProto &from, llvm::StringRef &bytes);

  /// The paths of the files that were read.
  std::vector<std::string> paths() const;

private:
  std::string open(llvm::StringRef location);

  std::string folder;
  std::map<std::string, std::unique_ptr<llvm::MemoryBuffer>> files; // by location
};

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_EXTERNALDATA_H
