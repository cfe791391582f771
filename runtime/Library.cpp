// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors, memory and the caller's arrays.
#include "runtime/Library.h"

#include <sys/mman.h>

using namespace rondo;

using LongLong = long long;

/// Not the one that ends a program: the function that was called ends (guard()).
void rondo::outOfMemory(size_t) {
  if (threadHeap)
    longjmp(threadHeap->exit, 1);
  __builtin_trap(); // no thread makes containers without a heap
}

TrialPages::TrialPages(size_t bytes) : bytes(bytes) {
  memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    memory = nullptr;
}

TrialPages::~TrialPages() {
  if (memory)
    munmap(memory, bytes);
}

const Parameter *rondo::findParameter(const Model &model, const char *path, const void *values, size_t bytes, int &code,
                                      Error &error) {
  code = RONDO_NULL;
  if (!path || !values) {
    error.fail("expected %s, found a null pointer", path ? "memory for the values" : "the path of a parameter");
    return nullptr;
  }
  code = RONDO_ARGUMENT;
  for (const Parameter &parameter : model.parameters) {
    if (parameter.path != path)
      continue;
    size_t wanted = Buffer{nullptr, model.element, parameter.shape}.bytes();
    if (bytes == wanted)
      return &parameter;
    error.fail("the parameter '%s' has %zu bytes, found %zu", path, wanted, bytes);
    return nullptr;
  }
  error.fail("the model has no parameter '%s'", quoted(path, strlen(path)).c_str());
  return nullptr;
}

size_t rondo::fileBytes(const Text &header, const List<NamedTensor> &tensors) {
  size_t size = header.size();
  for (const NamedTensor &tensor : tensors)
    size += tensor.value.bytes();
  return size;
}

int rondo::writeFileBytes(const Text &header, const List<NamedTensor> &tensors, void *data, size_t bytes,
                          Error &error) {
  size_t size = fileBytes(header, tensors);
  if (!data)
    return error.fail("expected memory for the file, found a null pointer"), RONDO_NULL;
  if (bytes != size)
    return error.fail("the file has %zu bytes, found memory for %zu", size, bytes), RONDO_ARGUMENT;
  char *end = static_cast<char *>(data);
  memcpy(end, header.c_str(), header.size());
  end += header.size();
  for (const NamedTensor &tensor : tensors) {
    memcpy(end, tensor.value.data, tensor.value.bytes());
    end += tensor.value.bytes();
  }
  return RONDO_OK;
}

bool rondo::tryFileBytes(const Text &header, const List<NamedTensor> &tensors, Error &error) {
  // Other writers say more, or less densely; and there may be alphabets.
  constexpr size_t more = 1 << 16;
  void *room = takeMemory(more + 2 * header.size());
  TensorFile read;
  bool good = read.parse(reinterpret_cast<const uint8_t *>(header.c_str()), fileBytes(header, tensors), error);
  giveMemory(room);
  return good;
}

static const Argument *findArgument(const Entry &entry, Role role, const Text &name) {
  for (const Argument &argument : entry.args)
    if (argument.role == role && argument.name == name)
      return &argument;
  return nullptr;
}

/// What is known of an array before one is given.
static bool addPort(const Entry &entry, Role role, const Port &port, int windowAxis, List<LibraryArray> &arrays,
                    Error &error) {
  const Argument *argument = findArgument(entry, role, port.name);
  LibraryArray *array = arrays.add({&port, nullptr, argument != nullptr, {}, {}, -1}, error);
  if (!array || !array->view.name.append(port.name.c_str(), port.name.size(), error))
    return false;
  if (!argument)
    return true;
  array->view.type = argument->type;
  int axes = __builtin_popcount(port.axes);
  for (int i = 0; i < argument->shape.rank; ++i)
    if (i != axes)
      array->row.add(argument->shape.dim[i]);
  if (port.varies(windowAxis))
    array->window = __builtin_popcount(port.axes & ((1u << windowAxis) - 1));
  return true;
}

bool rondo::listPorts(const Entry &entry, Role role, const List<Port> &ports, const Model &model,
                      List<LibraryArray> &arrays, Error &error) {
  for (const Port &port : ports)
    if (!addPort(entry, role, port, model.windowAxis(), arrays, error))
      return false;
  return true;
}

bool rondo::listInputs(const Entry &entry, const Model &model, List<LibraryArray> &inputs, Error &error) {
  int window = model.windowAxis();
  if (!listPorts(entry, Role::Input, model.inputs, model, inputs, error) ||
      !listPorts(entry, Role::Target, model.targets, model, inputs, error))
    return false;
  for (size_t i = 0; i < model.axes.size(); ++i) {
    const Axis &axis = model.axes[i];
    if (!axis.hasLengths || static_cast<int>(i) == window)
      continue;
    bool isRead = findArgument(entry, Role::Lengths, axis.name);
    LibraryArray *array = inputs.add({nullptr, &axis, isRead, {}, {}, -1}, error);
    if (!array || !array->view.name.append("length.", 7, error) ||
        !array->view.name.append(axis.name.c_str(), axis.name.size(), error))
      return false;
    array->view.type = Type::I32;
  }
  return true;
}

bool rondo::listOutputs(const Entry &entry, const Model &model, List<LibraryArray> &outputs, Error &error) {
  return listPorts(entry, Role::Output, model.outputs, model, outputs, error);
}

/// Whether elements of rows, or of steps, that follow each other at these strides never meet.
static bool isDisjoint(int64_t block, int64_t near, int64_t nearCount, int64_t far, int64_t farCount) {
  near = near < 0 ? -near : near;
  far = far < 0 ? -far : far;
  if (farCount > 1 && nearCount > 1 && near > far)
    return isDisjoint(block, far, farCount, near, nearCount);
  int64_t inner = nearCount > 1 ? near * (nearCount - 1) + block : block;
  return (nearCount <= 1 || near >= block) && (farCount <= 1 || far >= inner);
}

bool LibraryArray::set(const rondo_array &array, int64_t rows, int64_t steps, bool isWritten, Error &error) {
  const char *name = view.name.c_str();
  int64_t size = static_cast<int64_t>(sizeOf(view.type));
  if (array.row_stride % size != 0 || array.step_stride % size != 0)
    return error.fail("'%s': expected strides of whole elements of %lld bytes, found %lld and %lld", name,
                      LongLong(size), LongLong(array.row_stride), LongLong(array.step_stride));
  if (array.step_stride && window != 0)
    return error.fail(window < 0 ? "'%s' has no steps: expected the stride 0 for them"
                                 : "'%s' has an axis before that of steps: expected the stride 0 for them",
                      name);
  view.data = array.data;
  view.shape = row.within(rows);
  if (window >= 0)
    view.shape.dim[window + 1] = steps;
  int64_t dense = 1, block = 1;
  for (int i = view.shape.rank - 1; i > 0; --i) {
    if (i == 1 && window == 0) {
      block = dense;
      dense = array.step_stride ? array.step_stride / size : dense;
    }
    view.strides[i] = dense;
    if (__builtin_mul_overflow(dense, view.shape.dim[i], &dense))
      return error.fail("'%s' is too large", name);
  }
  bool hasSteps = window == 0;
  if (hasSteps && array.step_stride && !array.row_stride && array.step_stride < 0)
    return error.fail("'%s': expected a stride of rows with a negative stride of steps", name);
  view.strides[0] = array.row_stride ? array.row_stride / size : dense;
  int64_t all;
  for (int i = 0; i < 2 && i < view.shape.rank; ++i)
    if (__builtin_mul_overflow(view.strides[i], view.shape.dim[i] * size, &all))
      return error.fail("'%s' is too large", name);
  if (isWritten && rows > 0 && steps > 0 &&
      !isDisjoint(hasSteps ? block : dense, hasSteps ? view.strides[1] : 0, hasSteps ? steps : 1, view.strides[0],
                  rows))
    return error.fail("'%s': the elements overlap with these strides, %lld for rows and %lld for steps", name,
                      LongLong(array.row_stride), LongLong(array.step_stride));
  return true;
}

extern "C" int rondo_model_interface(void) { return RONDO_INTERFACE; }

extern "C" const char *rondo_model_description(void) { return rondo_library_program.json; }

extern "C" const char *rondo_model_message(int error) {
  switch (error) {
  case RONDO_OK:
    return "no error";
  case RONDO_NULL:
    return "a pointer is null that must not be";
  case RONDO_ARGUMENT:
    return "an argument is not one that the function takes";
  case RONDO_MEMORY:
    return "the memory is too small, or not aligned to 64 bytes";
  case RONDO_ORDER:
    return "another function must be called before";
  case RONDO_WEIGHTS:
    return "the bytes are no weights of this model";
  case RONDO_VALUE:
    return "a number is infinite or not a number";
  case RONDO_ABSENT:
    return "the model was compiled without that, or cannot do it";
  case RONDO_PROCESSOR:
    return "the processor lacks instruction sets that the model was compiled for";
  case RONDO_INTERNAL:
    return "the library does not fit its model";
  }
  return "an unknown error";
}
