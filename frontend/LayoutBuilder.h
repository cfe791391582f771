// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The lines of a layout, with their numbers known, to a module: shapes of tensors, pieces, what is left out or twice.

#ifndef RONDO_FRONTEND_LAYOUTBUILDER_H
#define RONDO_FRONTEND_LAYOUTBUILDER_H

#include "frontend/LayoutDecl.h"
#include "frontend/ModelInfo.h"

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <map>

namespace rondo {

/// Places low to high of a dimension, or (no slice) the place `low`.
struct PlaceRange {
  mlir::Location loc;
  bool isSlice = true;
  std::optional<int64_t> low, high;
};

/// A term of a line. `hasDirection`: the tensor has one dimension more, which `ranges` does not count.
struct TermRanges {
  const TensorTerm *term;
  std::vector<PlaceRange> ranges;
  bool hasDirection = false;
};

/// `prefix.name`, as files of the layout write it, or the name alone.
std::string joinForeign(llvm::StringRef layout, llvm::StringRef prefix, llvm::StringRef name);

/// Builds one module. After an error, which has been reported by `error`, its functions return false.
class LayoutBuilder {
public:
  using ErrorAt = std::function<mlir::InFlightDiagnostic(mlir::Location)>;
  LayoutBuilder(LayoutModule &module, const std::vector<ParameterInfo> &parameters, ErrorAt error)
      : module(module), parameters(parameters), error(std::move(error)) {}

  /// parameter[ranges] = terms
  bool addValues(unsigned parameter, llvm::ArrayRef<PlaceRange> ranges, llvm::ArrayRef<TermRanges> terms,
                 mlir::Location loc);
  bool addIgnored(const TermRanges &term);
  bool addOptional(const LayoutName &name);
  /// Takes over what a part of the module is, whose tensors are called so.
  bool addPart(const LayoutModule &part, llvm::StringRef prefix, llvm::StringRef suffix, mlir::Location loc);
  /// Finds the shapes and pieces. Parameters from `first` to `end` must be described as a whole, and all others that
  /// are described.
  bool finish(unsigned first, unsigned end, mlir::Location loc);

private:
  /// A dimension of a tensor in a term. `size` is -1 where it is whole and its size is not known.
  struct Dim {
    int64_t low, size;
    bool isWhole;
  };
  /// What a line says of a tensor.
  struct Reference {
    mlir::Location loc;
    unsigned tensor;
    std::vector<Dim> dims;
    bool isIgnored = false;
    LayoutPiece piece = {};
    std::vector<unsigned> foreignOf = {}; // of each dimension of the parameter
    std::vector<int64_t> sizes = {};      // of the box, by dimensions of the parameter
  };
  struct Box {
    mlir::Location loc;
    std::vector<int64_t> low, size;
  };

  unsigned tensorNamed(llvm::StringRef name);
  bool addTerm(const TermRanges &term, const Reference &like);
  bool checkDirection(unsigned tensor, bool hasDirection, mlir::Location loc);
  bool findShape(unsigned tensor);
  bool checkOnce(llvm::ArrayRef<Box> boxes, llvm::ArrayRef<int64_t> shape, llvm::StringRef name, mlir::Location loc);
  void finishPiece(Reference &reference);

  LayoutModule &module;
  const std::vector<ParameterInfo> &parameters;
  ErrorAt error;
  std::vector<Reference> references;
  std::map<unsigned, std::vector<Box>> boxes; // of parameters
  std::map<unsigned, bool> partParameters;    // described by parts
  std::vector<bool> isOfPart, directionKnown; // of tensors
  std::vector<std::pair<unsigned, mlir::Location>> optionals;
};

} // namespace rondo

#endif // RONDO_FRONTEND_LAYOUTBUILDER_H
