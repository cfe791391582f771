// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What layout blocks say, with every size known: tensors of foreign files, and the pieces of them that parameters are.

#ifndef RONDO_FRONTEND_LAYOUTINFO_H
#define RONDO_FRONTEND_LAYOUTINFO_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rondo {

/// The layouts that a program may describe.
constexpr const char *layoutNames[] = {"torch", "keras", "onnx"};

/// A tensor of a foreign file, by its name within its module.
struct ForeignTensor {
  std::string name;
  std::vector<int64_t> shape;
  bool isOptional = false;    // zero where the file has none of the module's optional ones
  bool hasDirections = false; // the file's has one dimension more, the first: the directions of a scan
};

/// A dimension that a piece goes through, with the elements from one place to the next.
struct PieceDim {
  int64_t size, own, foreign;
};

/// A box of a tensor that is added to, or taken from, a box of a parameter.
struct LayoutPiece {
  unsigned parameter = 0, tensor = 0;
  bool isNegative = false;
  bool isSummed = false;            // one of several that are added
  bool isFirst = true;              // of these: it takes the sum where the file is written, the others get zeros
  int64_t own = 0, foreign = 0;     // the first elements
  std::vector<PieceDim> dimensions; // the outermost first
};

/// A part of the model that a file has as a whole: names of all its tensors begin and end alike.
struct LayoutModule {
  std::string layout, path;
  std::string kind; // the cell or function, for messages
  bool isScan = false, isBackward = false;
  std::vector<ForeignTensor> tensors;
  std::vector<LayoutPiece> pieces;
  // Where the program says that it is.
  std::optional<std::string> prefix;
  std::optional<int64_t> layer;
};

/// Tensors that a file may have besides, by a pattern in which * is any text.
struct IgnoredNames {
  std::string layout, pattern;
};

} // namespace rondo

#endif // RONDO_FRONTEND_LAYOUTINFO_H
