// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters from tensors of another framework, and back.
#ifndef RONDO_RUNTIME_LAYOUTWEIGHTS_H
#define RONDO_RUNTIME_LAYOUTWEIGHTS_H

#include "runtime/LayoutPlaces.h"
#include "runtime/Parameters.h"

namespace rondo {

struct WeightsInfo;

/// As takeWeights(), of a file in that foreign layout, whose tensors are F32, F64, F16 or BF16; `info` gets their
/// names. Errors: those of findPlaces(), a tensor of another type, a value that is not finite, a sum that may not be.
bool takeForeign(const TensorFile &file, Layout layout, Parameters &parameters, Type type, WeightsInfo &info,
                 Error &error);

/// Which layout a file is in: the one of Own and all others that fit. Errors: none, with all that is wrong; several.
bool detectLayout(const TensorFile &file, const Model &model, Layout &layout, Error &error);

/// The layout whose tensors, but for optional ones, the file's names are, whatever their shapes; null if they are those
/// of the expected one, or of none.
const char *otherLayoutOfNames(const TensorFile &file, const Model &model, Layout expected);

/// The tensors of the parameters' values in a foreign layout, with their memory.
class ForeignWeights {
public:
  /// By the names that `info` knows of the layout, else by the program and the paths of its parts. Errors: the layout
  /// does not describe all parameters; two tensors would have one name; not enough memory.
  bool make(const Parameters &parameters, Type type, Layout layout, const WeightsInfo &info, Error &error);

  List<NamedTensor> tensors;

private:
  NamedTensor *find(const Text &name);
  bool add(const Place &place, size_t tensor, Type type, Error &error);

  List<List<uint8_t>> memory;
  /// How many modules have each tensor: one, or one for each direction.
  List<int64_t> uses;
};

/// Places by module, in one text to be kept with weights: a line of path, prefix and suffix, or number, for each, and
/// behind these a - where the file had none of the optional tensors. Empty where a prefix has tabs or ends of lines.
Text placesText(const List<Place> &places);

} // namespace rondo

#endif
