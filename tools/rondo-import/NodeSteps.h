// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An operator that stands for several others.

#ifndef RONDO_TOOLS_RONDOIMPORT_NODESTEPS_H
#define RONDO_TOOLS_RONDOIMPORT_NODESTEPS_H

#include "tools/rondo-import/Lowering.h"

namespace rondo::importer {

Attribute attributeOf(int64_t integer);
Attribute attributeOf(Sizes integers);

/// Lowers nodes that are made here in place of one of the graph. Values go by their names; an empty one is what remains
/// after an error.
class NodeSteps {
public:
  NodeSteps(Lowering &all, const OnnxNode &node) : all(all), node(node) {}

  using Attributes = std::map<std::string, Attribute>;
  /// Lowers a node; returns its output's name, empty if one of the inputs' is.
  std::string step(const char *op, std::vector<std::string> inputs, Attributes attributes = {});
  std::string array(Constant constant);
  std::string number(double value) { return array(Constant::real({}, {value})); }
  std::string reshaped(const std::string &name, const Sizes &shape);
  std::string transposed(const std::string &name, const Sizes &order);
  /// The value of the name is the node's first output.
  bool finish(const std::string &name);

  const Value &valueOf(const std::string &name) { return all.values.find(name)->second; }
  bool refuse(const llvm::Twine &words) { return all.refuse(node, words); }

protected:
  Lowering &all;
  const OnnxNode &node;

private:
  std::string nextName() { return node.outputs.front() + "#" + std::to_string(count++); }

  unsigned count = 0;
};

} // namespace rondo::importer

#endif // RONDO_TOOLS_RONDOIMPORT_NODESTEPS_H
