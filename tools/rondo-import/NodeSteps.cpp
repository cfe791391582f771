// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An operator that stands for several others.

#include "tools/rondo-import/NodeSteps.h"

#include "llvm/ADT/STLExtras.h"

using namespace rondo::importer;

Attribute rondo::importer::attributeOf(int64_t integer) {
  Attribute attribute;
  attribute.integer = integer;
  return attribute;
}

Attribute rondo::importer::attributeOf(Sizes integers) {
  Attribute attribute;
  attribute.kind = Attribute::Kind::Integers;
  attribute.integers = std::move(integers);
  return attribute;
}

std::string NodeSteps::step(const char *op, std::vector<std::string> inputs, Attributes attributes) {
  if (llvm::any_of(inputs, [](const std::string &name) { return name.empty(); }))
    return "";
  OnnxNode one;
  one.op = op;
  one.name = node.name;
  one.inputs = std::move(inputs);
  one.outputs = {nextName()};
  one.attributes = std::move(attributes);
  all.values.erase(one.outputs.front());
  return all.lowerNode(one) ? one.outputs.front() : "";
}

std::string NodeSteps::array(Constant constant) {
  std::string name = nextName();
  all.values[name] = Lowering::valueOf(std::move(constant));
  return name;
}

std::string NodeSteps::reshaped(const std::string &name, const Sizes &shape) {
  return step("Reshape", {name, array(Constant::integer({static_cast<int64_t>(shape.size())}, shape))});
}

std::string NodeSteps::transposed(const std::string &name, const Sizes &order) {
  return step("Transpose", {name}, {{"perm", attributeOf(order)}});
}

bool NodeSteps::finish(const std::string &name) { return !name.empty() && all.define(node, 0, Value(valueOf(name))); }
