// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An ONNX file as this tool sees it: what protobuf has read, checked and with its arrays unpacked.

#ifndef RONDO_TOOLS_RONDOIMPORT_READER_H
#define RONDO_TOOLS_RONDOIMPORT_READER_H

#include "tools/rondo-import/Constant.h"

#include "llvm/ADT/StringRef.h"
#include <map>
#include <memory>

namespace rondo::importer {

struct OnnxGraph;

/// One attribute of a node: of its values those that its kind has.
struct Attribute {
  enum class Kind { Real, Integer, Text, Reals, Integers, Texts, Array, Graph };

  Kind kind = Kind::Integer;
  double real = 0;
  int64_t integer = 0;
  std::string text;
  std::vector<double> reals;
  Sizes integers;
  std::vector<std::string> texts;
  std::shared_ptr<Constant> array;
  std::shared_ptr<OnnxGraph> graph;
};

/// The operator that is covered of another domain than ONNX's own, com.microsoft.
constexpr llvm::StringLiteral multiHeadAttention = "com.microsoft.MultiHeadAttention";

struct OnnxNode {
  std::string op, name; // a node without a name is called after its first output
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;

  /// "node 'NAME' (OP)", as messages begin.
  std::string spell() const { return "node '" + name + "' (" + op + ")"; }
};

/// A graph's input or output. Sizes may be open.
struct OnnxPort {
  std::string name;
  bool hasShape = false;
  Constant::Type type = Constant::Type::Real;
  Sizes shape;
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxPort> inputs; // without those that have an initialiser
  std::vector<OnnxPort> outputs;
  std::map<std::string, Constant> initializers;
  std::vector<OnnxNode> nodes;
};

struct OnnxModel {
  OnnxGraph graph;
  int64_t opset = 0;
  std::vector<std::string> openSizes; // their names
  std::vector<std::string> dataFiles; // paths of the files beside the model that it was read from
};

/// Reads the bytes of the ONNX file of that path, and the files beside it that have data of its tensors. Returns a
/// worded error, empty on success.
std::string readModel(llvm::StringRef bytes, llvm::StringRef path, OnnxModel &model);

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_READER_H
