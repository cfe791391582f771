// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a model's description says of its inputs, outputs, states and parameters.

#ifndef RONDO_PYTHON_PORTS_H
#define RONDO_PYTHON_PORTS_H

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

enum class ElementType { F32, F64, I32 };

const char *nameOf(ElementType type);
inline int64_t sizeOf(ElementType type) { return type == ElementType::F64 ? 8 : 4; }

/// One of the arrays that a function takes.
struct Port {
  std::string name;
  nanobind::object key; // the same, as Python has it, interned
  ElementType type = ElementType::F32;
  bool isRead = false;           // whether the function looks at it
  std::vector<int64_t> shape;    // of one row: the axes, then the features
  std::vector<std::string> dims; // what these are called: "T", "N = 4", "64"
  int window = -1;               // which of them is the axis that steps go along, or none

  /// Whether that is its name, a string or not.
  bool isNamed(nanobind::handle other) const {
    return other.is(key) || (PyUnicode_Check(other.ptr()) && PyUnicode_Compare(other.ptr(), key.ptr()) == 0);
  }
  /// Whether steps stand one behind the other with any stride.
  bool hasStepStride() const { return window == 0; }
  /// "[rows, T, 64]", or of a single step "[rows, 64]".
  std::string describe(bool isStep) const;
};

struct Parameter {
  std::string path;
  std::vector<int64_t> shape;
  bool frozen = false;   // it has no gradient
  bool isBuffer = false; // it is frozen, and updates may give it a value
};

/// The arrays of one function, in their order.
struct Ports {
  std::vector<Port> inputs, outputs;
};

struct Description {
  explicit Description(const char *json);

  std::string name, windowAxis; // the axis is empty where the model has none
  ElementType element = ElementType::F32;
  bool streamable = false; // any number of steps, with states kept
  bool hasLengths = false; // whether the program asks for the lengths of rows along the window's axis
  bool isRandom = false;   // whether what a run draws depends on its place
  std::vector<Parameter> parameters;
  std::vector<Port> states;     // of one row each
  bool statesAreNumbers = true; // whether each begins with a number
  Ports run, grad, layer;       // empty where the library has no such function
  std::string answer;           // what is generated; empty where nothing is
  Ports generate;               // what that depends on, of which the answer itself is not read
  Port prompt;                  // how the answer begins
  int64_t most = 0;             // how many symbols the program generates at most; 0 is not said
  int64_t batch = 0, steps = 0; // of training
  int64_t layerRows = 0, layerSteps = 0;
  bool layerTakesOne = false; // whether the layer takes single steps too

private:
  void readGenerate(nanobind::dict json);
};

} // namespace rondo

#endif // RONDO_PYTHON_PORTS_H
