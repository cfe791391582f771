// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the functions of a compiled library (include/model.h.in) have in common. Here they have the prefix rondo_model;
// the compiler gives them the model's own. All that an object owns is in the memory that the caller gave for it.
#ifndef RONDO_RUNTIME_LIBRARY_H
#define RONDO_RUNTIME_LIBRARY_H

#include "runtime/Cover.h"
#include "runtime/Heap.h"
#include "runtime/Weights.h"
#include "runtime/rondo_model.h"

/// The model that the library is made for.
extern "C" const rondo_program rondo_library_program;

namespace rondo {

/// An object of the library: the heap behind it in its memory, and the words for the last failure.
struct LibraryObject {
  LibraryObject(void *block, size_t bytes, bool isTrial) : heap(block, bytes, isTrial) {}

  Heap heap;
  Error last;
};

/// The beginning of an object's heap in memory for both.
template <typename Object> constexpr size_t heapOffset() {
  return (sizeof(Object) + Heap::alignment - 1) / Heap::alignment * Heap::alignment;
}

/// Whether an object can be made in that memory, else why not.
template <typename Object> int checkMemory(const void *memory, size_t bytes) {
  if (!memory)
    return RONDO_NULL;
  bool isAligned = reinterpret_cast<uintptr_t>(memory) % Heap::alignment == 0;
  return isAligned && bytes >= heapOffset<Object>() ? RONDO_OK : RONDO_MEMORY;
}

/// Runs the body of a function, which returns a rondo_error and words what is wrong, with the object's heap. A failure
/// for want of memory is RONDO_MEMORY, whatever the body makes of it. `keepsNothing`: what the body takes is for
/// itself.
template <typename Object, typename Body> int guard(Object *object, Body body, bool keepsNothing = false) {
  if (!object)
    return RONDO_NULL;
  HeapScope scope(object->heap);
  object->heap.lacking = 0;
  object->heap.beginCall();
  Error error;
  int code = RONDO_OK;
  if (setjmp(object->heap.exit) == 0) {
    code = body(error);
  } else {
    error.outOfMemory(object->heap.lacking);
    // No destructors run on this way. What the body took is lost to the heap if it may have kept some of it: the heap
    // is sized so that this never happens once the object is open, but for files that need more.
    if (keepsNothing)
      object->heap.endCall();
  }
  if (object->heap.lacking)
    code = RONDO_MEMORY;
  if (code != RONDO_OK)
    object->last = error;
  return code;
}

/// guard(), of what weights that are part of the library cannot do.
template <typename Weights, typename Body> int guardOwn(Weights *weights, Body body, bool keepsNothing = false) {
  auto own = [&](Error &error) -> int {
    if (hasEmbeddedWeights())
      return error.fail("the weights are a part of the library: they can only be used"), RONDO_ABSENT;
    return body(error);
  };
  return guard(weights, own, keepsNothing);
}

/// Pages of the system that are used by and by.
struct TrialPages {
  explicit TrialPages(size_t bytes);
  TrialPages(const TrialPages &) = delete;
  TrialPages &operator=(const TrialPages &) = delete;
  ~TrialPages();

  /// Null if there are none.
  void *memory;
  size_t bytes;
};

/// The bytes that `open` takes of the memory that it is given, found out in pages that are given back: 0 if it fails.
template <typename Open> size_t measure(Open open) {
  size_t needed = 0;
  int code = RONDO_MEMORY;
  for (size_t bytes = size_t(1) << 22; code == RONDO_MEMORY && bytes <= size_t(1) << 46; bytes *= 8) {
    TrialPages pages(bytes);
    if (!pages.memory)
      return 0;
    code = open(pages.memory, bytes, needed);
  }
  return code == RONDO_OK ? needed : 0;
}

/// The model's parameter of that path, for an array of `bytes`; an error otherwise.
const Parameter *findParameter(const Model &model, const char *path, const void *values, size_t bytes, int &code,
                               Error &error);

/// The bytes of a file of these tensors, behind that header.
size_t fileBytes(const Text &header, const List<NamedTensor> &tensors);
/// Writes them to `data`, which has room for exactly so many bytes; an error otherwise.
int writeFileBytes(const Text &header, const List<NamedTensor> &tensors, void *data, size_t bytes, Error &error);
/// Takes for a moment the memory that it takes to write and to read such a file, with more in its header: an error if
/// that is not there.
bool tryFileBytes(const Text &header, const List<NamedTensor> &tensors, Error &error);

/// One of the arrays that functions are called with, as its number among them says (the inputs, the targets, and the
/// lengths along all axes that have them but the window's).
struct LibraryArray {
  /// The port, or (null) the axis of the lengths.
  const Port *port;
  const Axis *axis;
  /// Whether the function needs it.
  bool isRead;
  /// What it is viewed as. `row` is the shape of one row, in which `window` is the dimension of the window's axis.
  RowArray view;
  Shape row;
  int window;

  /// Makes it a view of the caller's array. Errors: strides that are no multiples of an element, or do not fit.
  bool set(const rondo_array &array, int64_t rows, int64_t steps, bool isWritten, Error &error);
};

/// All inputs of an entry, in that order; or its outputs.
bool listInputs(const Entry &entry, const Model &model, List<LibraryArray> &inputs, Error &error);
bool listOutputs(const Entry &entry, const Model &model, List<LibraryArray> &outputs, Error &error);
/// Adds what belongs to ports, in their order, by the entry's arguments of that role.
bool listPorts(const Entry &entry, Role role, const List<Port> &ports, const Model &model, List<LibraryArray> &arrays,
               Error &error);

} // namespace rondo

struct rondo_model_weights : rondo::LibraryObject {
  rondo_model_weights(void *block, size_t bytes, bool isTrial)
      : LibraryObject(block, bytes, isTrial), parameters(model) {}

  rondo::Model model;
  rondo::Parameters parameters;
  rondo::WeightsInfo info;
  /// Of the steps behind the weights, those before the run that goes on.
  int64_t stepsBefore = 0;
  bool isLoaded = false;
  /// Of each parameter, whether it has been set by itself.
  rondo::List<bool> isSet;

  /// Opens an object in trial or in truth. `needed` gets the bytes that it takes.
  static int open(void *memory, size_t bytes, bool isTrial, rondo_model_weights *&weights, size_t &needed);
  /// Packs what entries read, so that no run has to.
  void changed();
};

namespace rondo {

/// How much memory an object takes that stands beside a model's weights.
template <typename Object, typename... Sizes> size_t measureBeside(Sizes... sizes) {
  return measure([&](void *memory, size_t bytes, size_t &needed) {
    rondo_model_weights *weights = nullptr;
    Object *object = nullptr;
    size_t half = bytes / 2;
    if (int code = rondo_model_weights::open(memory, half, /*isTrial=*/true, weights, needed))
      return code;
    return Object::open(static_cast<char *>(memory) + half, half, /*isTrial=*/true, *weights, sizes..., object, needed);
  });
}

} // namespace rondo

#endif
