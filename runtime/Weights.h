// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weight files (safetensors, parameters by path) and the first weights.
#ifndef RONDO_RUNTIME_WEIGHTS_H
#define RONDO_RUNTIME_WEIGHTS_H

#include "runtime/Alphabet.h"
#include "runtime/Parameters.h"
#include "runtime/Safetensors.h"

namespace rondo {

/// What the tensors are called in files of each foreign layout (placesText), under rondo.torch and so on; empty where
/// that is not known.
struct LayoutNames {
  Text of[foreignLayouts];
};

/// What a weight file says besides the weights, under the names rondo.model, rondo.steps, rondo.alphabet,
/// rondo.source_alphabet and rondo.LAYOUT.
struct WeightsInfo {
  /// Training steps that led to the weights.
  int64_t steps = 0;
  bool hasAlphabet = false;
  Alphabet alphabet;
  /// Of the first column of pairs; empty where there are none.
  Alphabet sourceAlphabet;
  /// Where to keep what the tensors are called in files of other frameworks, or null. Who owns it has its memory too.
  LayoutNames *names = nullptr;
};

/// Reads that of a file. Errors: a number of steps or an alphabet that is none.
bool readWeightsInfo(const TensorFile &file, WeightsInfo &info, Error &error);

/// Whether weights are a part of the program (LibraryImage.h).
bool hasEmbeddedWeights();
/// Takes them, for parameters that have no values yet. Errors: not enough memory.
bool useEmbeddedWeights(Parameters &parameters, WeightsInfo &info, Error &error);
/// What messages call the weights of a path that may be null, as below.
const char *nameOfWeights(const char *path);

/// Reads the parameters from `path` (safetensors or npz) in that layout as values of that type, or takes the embedded
/// ones if that is null, before anything else knows the parameters; F32 and F64 are converted. Errors: a parameter is
/// missing, of another shape or no real; the file has a tensor that is no parameter, but for what a checkpoint holds
/// besides; a value is not finite; those of takeForeign(); embedded weights in another layout than their own. The
/// parameters stay as they were then.
bool loadWeights(const char *path, Layout layout, Parameters &parameters, Type type, WeightsInfo &info, Error &error);
/// What stands before the parameters' paths in all their names in a file of the model's own layout, as the `cell.` of a
/// layer in a PyTorch model; nothing as a rule. It lies in the file's names: what looks here takes no memory.
struct NamePrefix {
  const char *text = "";
  size_t size = 0;

  /// Whether `name` is `path` behind it.
  bool isBefore(const Text &path, const Text &name) const;

  /// The tensor with the name of the parameter `path`; null if there is none.
  const Buffer *find(const TensorFile &file, const Text &path) const;
};

NamePrefix commonPrefix(const TensorFile &file, const Model &model);
/// The same from a file in the model's own layout that has been read, whose name is not in the messages, or `path` is.
bool takeWeights(const TensorFile &file, Parameters &parameters, Type type, WeightsInfo &info, Error &error);
bool readWeights(const TensorFile &file, const char *path, Parameters &parameters, Type type, WeightsInfo &info,
                 Error &error);
/// The same from a file's `size` bytes in memory, which need not be aligned.
bool loadWeights(const void *bytes, size_t size, Layout layout, Parameters &parameters, Type type, WeightsInfo &info,
                 Error &error);

/// What a weight file holds: the parameters' values of that type, as views, and `info`.
struct WeightsFile {
  WeightsFile(const Parameters &parameters, Type type, const WeightsInfo &info);
  /// An error where a value is not finite.
  bool checkFinite(Error &error) const;

  List<NamedTensor> tensors;
  List<NamedText> metadata;
};

/// Whether a tensor of that name is what a checkpoint holds beside the weights (Checkpoint.h). No parameter has such a
/// name: none has a slash.
bool isOfCheckpoint(const Text &name);

/// Reads a number of steps, 0 to 2^62; false where the text is none.
bool parseSteps(const Text &text, int64_t &steps);

/// Replaces `path` by the parameters' values of that type. Errors: a value is not finite; the file stays then.
bool saveWeights(const char *path, Parameters &parameters, Type type, const WeightsInfo &info, Error &error);

/// Fills the parameters as the program says. The values depend on the seed, the parameter's path and the place in it,
/// so that they are the same on every machine and a new parameter changes no other one. An orthogonal matrix has
/// orthonormal rows or columns, whichever are fewer (the dimensions after the first count as one). Errors: identity or
/// orthogonal of a parameter that is no matrix.
bool initializeWeights(Parameters &parameters, Type type, uint64_t seed, Error &error);

} // namespace rondo

#endif
