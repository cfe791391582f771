// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data given as arrays: a safetensors file with one tensor for each input and target, by name: sequences first, then
// its axes, [N, T, features]. Entries take the batch behind the axes: [T, B, features]. In frames the sequences, of
// different lengths, follow each other in one tensor, [all positions, features]: sequence i begins at offsets[i].
// Where sequences have lengths along an axis T, the tensor `length.T` has one for each; entries see zeros behind it.
// Of frames those along the window's axis are known without it, and each sequence is filled up to a window.
#ifndef RONDO_RUNTIME_ARRAYS_H
#define RONDO_RUNTIME_ARRAYS_H

#include "runtime/RowArray.h"
#include "runtime/Safetensors.h"
#include "runtime/Workspace.h"

namespace rondo {

/// A window: a sequence and the position in it where the window begins.
struct Window {
  int64_t row, first;
};

/// The name of a tensor in a part of a file.
Text partName(const char *part, const Text &name);
/// Reads where each sequence of a part's frames begins, and behind them where the last one ends. Errors: there is no
/// such tensor, or it does not ascend from 0.
bool readOffsets(const TensorFile &from, const char *part, List<int64_t> &offsets, Error &error);
/// Frames as rows, each of which begins with an element of its own: time, which stands first in the file, goes to its
/// place `window` behind the sequences.
RowArray joinedRows(const Text &name, const Buffer &frames, int window, const int64_t *begins, int64_t rows);
/// The name of the tensor with the lengths along an axis, in a part of the file.
Text lengthName(const Axis &axis, const char *part = "");
/// Whether the tensor of that name has a length from 0 to `size` for each sequence.
bool checkLengths(const Text &name, const Buffer &data, int64_t sequences, int64_t size, Error &error);

class ArrayData {
public:
  /// Reads `path` and checks each tensor against the model's inputs and targets. Tokens may be I32, I64 or U8, reals
  /// F16, F32, F64 or U8. A target that is an input `ahead` positions later may be absent; it is then taken from the
  /// input, and the sequences' length() is shorter by that. Tensors whose name begins with "state." are left to the
  /// caller. Errors name the tensor: missing, unknown, wrong type, wrong shape, token outside the vocabulary, not
  /// finite, but behind a sequence's length; a length beyond its axis; or say that there is no sequence or no position.
  bool read(const char *path, const Model &model, Error &error);
  /// Views tensors as read() does; they must outlive this. Errors as there.
  bool view(const TensorFile &tensors, const Model &model, Error &error);
  /// Views the tensors of a part of `file`, whose names begin with `part` ("" or "train."), as frames; the file must
  /// outlive them. Errors as above, but tensors may have other names, and sequences any length where windows are cut of
  /// them; offsets that do not ascend from 0 to the end.
  bool viewFrames(const TensorFile &file, const char *part, const Model &model, Error &error);

  /// Sequences.
  int64_t count() const { return sequences; }
  /// Positions of a sequence along the window's axis that have their targets; 0 where nothing varies over it. Of
  /// sequences that are dealt, those within its own length.
  int64_t length(int64_t row) const;
  /// Positions of all sequences of arrays, whatever their lengths; 0 where nothing varies over the axis.
  int64_t positions() const { return steps < 0 ? 0 : steps - longestAhead; }
  /// The same, of a sequence with a length of its own along that axis up to there.
  int64_t validLength(int64_t row) const;
  /// Whether an input or target lacks that axis, or there are lengths, so that a window must be the whole sequence.
  bool wholeSequences() const { return hasWhole && !isDealt(); }
  /// Why it must, for messages: "the model ...".
  const char *wholeReason() const {
    return model && model->holdsWhole() ? "takes each sequence's length" : "has an input or target without time";
  }
  /// Windows are cut of sequences of different lengths: each example of a batch goes through one after the other.
  bool isDealt() const {
    return model && model->windowAxis() >= 0 && (model->hasLengths() ? !model->holdsWhole() : isJoined());
  }

  /// Fills the inputs and targets of `call`: example b of the batch is windows[b], as many positions as the entry is
  /// long; and the lengths. Positions past length(), or a length along any axis, are filled with zeros.
  void fill(const Call &call, const Window *windows) const;

  /// Adds views of `count` sequences from `first` on as rows: the inputs, and the lengths along other axes than the
  /// window's, to `inputs`, the targets to `targets`. They are views of this.
  void viewRows(int64_t first, int64_t count, List<RowArray> &inputs, List<RowArray> &targets) const;

  /// The tensors, for those with other names.
  const TensorFile &tensors() const { return file; }

private:
  /// Each sequence's length along an axis.
  struct Lengths {
    int axis;
    Buffer data;

    int64_t within(const Window &window, int64_t longest, bool isCut) const;
  };
  /// A dimension of a source along which sequences have lengths: that of its part before the window's axis, or behind.
  struct Bound {
    size_t lengths;
    bool isBefore;
    int64_t stride, size;
  };
  struct Source {
    const Port *port;
    Role role;
    Buffer data;
    /// Whether windows are cut of it, and how many elements its axes have before and behind the window's.
    bool isCut;
    int64_t before, behind;
    /// How much later in `data` the position is.
    int64_t ahead;
    List<Bound> bounds;
    /// Of what is cut of frames: the element with which each sequence begins.
    List<int64_t> begins;

    RowArray view(int64_t first, int64_t count, const Model &model) const;
    bool holds(const List<Lengths> &lengths, int64_t row, int64_t before, int64_t behind) const;
  };
  /// The sequences stand one behind the other.
  bool isJoined() const { return !offsets.empty(); }
  int64_t joinedLength(int64_t row) const;
  bool addAll(const TensorFile &from, const char *part, const Model &model, Error &error);
  bool add(const Model &model, const Port &port, Role role, const Buffer &data, Error &error);
  bool addLengths(const TensorFile &from, const char *part, const Model &model, Error &error);
  bool addJoinedLengths(const char *part, int axis, Error &error);
  void findBounds(const Model &model);
  bool hasEnds(const Model &model, const Port &port) const;
  bool checkWithin(Error &error) const;
  bool checkPositions(const Port &port, const Buffer &part, int64_t row, int64_t at, Error &error) const;
  bool checkCounts(const char *name, int64_t rows, int64_t length, Error &error);

  TensorFile file;
  const Model *model = nullptr;
  List<Source> sources;
  List<Lengths> lengths;
  /// Of frames: where each sequence begins, and behind them where the last one ends.
  List<int64_t> offsets;
  List<int32_t> joinedLengths;
  int64_t sequences = -1, steps = -1, longestAhead = 0;
  bool hasWhole = false;
};

} // namespace rondo

#endif
