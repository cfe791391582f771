// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tensors of a file are which part of a model, by their names and shapes.
#ifndef RONDO_RUNTIME_LAYOUTPLACES_H
#define RONDO_RUNTIME_LAYOUTPLACES_H

#include "runtime/Model.h"
#include "runtime/Safetensors.h"

namespace rondo {

/// Where a module is in a file: its tensors are called PREFIX NAME SUFFIX or, of arrays without names, arr_N from a
/// number on.
struct Place {
  const LayoutModule *module = nullptr;
  Text prefix, suffix;
  int64_t first = -1;
  /// Whether the file has none of its optional tensors.
  bool isBare = false;

  Text nameOf(size_t tensor) const;
  bool operator==(const Place &other) const {
    return prefix == other.prefix && suffix == other.suffix && first == other.first;
  }
};

/// Finds the place of each module of that layout. What the program says of a place holds; else a module is where all
/// its tensors are with the right shapes, and no others beside them. Of several such places: the one that no other
/// module can have, the one whose prefix is the module's path, or, of as many alike modules as places whose names
/// differ in one number, the one in the program's order. Errors, each with all that is wrong: the layout does not
/// describe all parameters; tensors are missing, of another shape, too many; places are ambiguous.
bool findPlaces(const Model &model, Layout layout, const TensorFile &file, List<Place> &places, Error &error);

/// An error where the layout does not describe all parameters of the model.
bool checkLayout(const Model &model, Layout layout, Error &error);

/// The place that a module has in files where nothing else is known: its path.
Place ownPlace(const LayoutModule &module);

} // namespace rondo

#endif
