// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What files of other frameworks are to a model: the layouts of its program, as the compiler found them.
#ifndef RONDO_RUNTIME_LAYOUT_H
#define RONDO_RUNTIME_LAYOUT_H

#include "runtime/Tensor.h"

namespace rondo {

struct Json;
struct Parameter;

/// Whose tensors a file has. Auto: those that fit.
enum class Layout { Own, Torch, Keras, Onnx, Auto };
constexpr int foreignLayouts = 3;

const char *nameOf(Layout layout);
/// Reads what an option says, or Own where that is null. Errors: another word, which `option` said.
bool parseLayout(const char *text, const char *option, Layout &layout, Error &error, bool mayBeAuto = true);

/// A tensor of a file, by its name within its module.
struct LayoutTensor {
  Text name;
  Shape shape;
  /// Zero where the file has none of the module's optional ones.
  bool isOptional = false;
  /// The file's has one dimension more, the first: the directions of a scan.
  bool hasDirections = false;
};

/// A box of a tensor that is a box of a parameter, or a summand of it.
struct LayoutPiece {
  size_t parameter = 0, tensor = 0;
  bool isNegative = false, isSummed = false;
  /// Of summands: whether it takes the sum where a file is written. The others are zero there.
  bool isFirst = true;
  /// The first elements.
  int64_t own = 0, foreign = 0;
  static constexpr int maxRank = 4;
  int rank = 0;
  /// Of each dimension the size and the elements from one place to the next.
  int64_t size[maxRank], ownStride[maxRank], foreignStride[maxRank];

  /// Calls visit(element of the parameter, element of the tensor) for each element of the box; false where that is.
  template <typename Visit> bool each(Visit visit, int dim = 0, int64_t ownAt = 0, int64_t foreignAt = 0) const {
    if (dim == rank)
      return visit(own + ownAt, foreign + foreignAt);
    for (int64_t i = 0; i < size[dim]; ++i)
      if (!each(visit, dim + 1, ownAt + i * ownStride[dim], foreignAt + i * foreignStride[dim]))
        return false;
    return true;
  }
};

/// A part of the model that a file has as a whole: names of all its tensors begin and end alike.
struct LayoutModule {
  Layout layout = Layout::Torch;
  /// Its path in the model, and the cell or function that it is a use of.
  Text path, kind;
  bool isScan = false, isBackward = false;
  /// Whether the program says where it is: what names begin with, and (or -1) the number of the layer.
  bool isPlaced = false;
  Text prefix;
  int64_t layer = -1;
  List<LayoutTensor> tensors;
  List<LayoutPiece> pieces;
};

/// Tensors that a file may have besides: * is any text.
struct IgnoredNames {
  Layout layout;
  Text pattern;
};

struct Layouts {
  /// In the program's order.
  List<LayoutModule> modules;
  List<IgnoredNames> ignored;
  /// Whether there are so many that the compiler left all of them out.
  bool isTooLarge = false;

  /// Reads what the compiler wrote. Errors: anything inconsistent.
  bool read(const Json &json, const List<Parameter> &parameters, Error &error);
  bool ignores(Layout layout, const Text &name) const;
};

} // namespace rondo

#endif
