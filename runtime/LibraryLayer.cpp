// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A library as a layer of another program's model: vector-Jacobian products of the outputs.
#include "runtime/Library.h"

using namespace rondo;

using LongLong = long long;

namespace {

/// A list of pointers or null, or one of them.
template <typename T> T *at(T *const *list, size_t i) { return list ? list[i] : nullptr; }
const rondo_array *arrayAt(const rondo_array *list, size_t i) { return list && list[i].data ? &list[i] : nullptr; }

} // namespace

struct rondo_model_layer : LibraryObject {
  rondo_model_layer(void *block, size_t bytes, bool isTrial, const rondo_model_weights &weights, int threads)
      : LibraryObject(block, bytes, isTrial), weights(weights), model(weights.model), team(threads),
        workspace(const_cast<Parameters &>(weights.parameters), team) {}

  static int open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights, int threads,
                  rondo_model_layer *&opened, size_t &needed);
  int prepare(Error &error);
  Call *find(int64_t steps);
  int setInputs(const Call &call, int64_t rows, const rondo_vjp &arrays, Error &error);
  int setOutputs(const Call &call, int64_t rows, const rondo_vjp &arrays, Error &error);
  void fill(const Call &call, const LibraryArray &array, Role role, const rondo_array *given, int64_t rows) const;
  void fillStates(const Call &call, int64_t rows, const rondo_vjp &arrays) const;
  void give(const Call &call, int64_t rows, const rondo_vjp &arrays) const;
  int vjp(int64_t rows, int64_t steps, const rondo_vjp &arrays, Error &error);

  const rondo_model_weights &weights;
  const Model &model;
  Team team;
  Workspace workspace;
  /// For each number of steps.
  List<Call> calls;
  List<LibraryArray> inputs, gradients, cotangents;
};

int rondo_model_layer::prepare(Error &error) {
  for (const Entry &entry : model.entries)
    if (strncmp(entry.name.c_str(), "vjp_", 4) == 0 && !calls.add(workspace.bind(entry, error), error))
      return RONDO_MEMORY;
  if (error.failed())
    return RONDO_MEMORY;
  if (calls.empty())
    return RONDO_ABSENT;
  const Entry &entry = *calls[0].entry;
  bool good = listInputs(entry, model, inputs, error) &&
              listPorts(entry, Role::InputGradient, model.inputs, model, gradients, error) &&
              listPorts(entry, Role::InputGradient, model.targets, model, gradients, error) &&
              listPorts(entry, Role::Cotangent, model.outputs, model, cotangents, error);
  return good ? RONDO_OK : RONDO_MEMORY;
}

int rondo_model_layer::open(void *memory, size_t bytes, bool isTrial, const rondo_model_weights &weights, int threads,
                            rondo_model_layer *&opened, size_t &needed) {
  if (threads < 1 || threads > maxTeamThreads)
    return RONDO_ARGUMENT;
  if (int code = checkMemory<rondo_model_layer>(memory, bytes))
    return code;
  constexpr size_t offset = heapOffset<rondo_model_layer>();
  auto *layer =
      new (memory) rondo_model_layer(static_cast<char *>(memory) + offset, bytes - offset, isTrial, weights, threads);
  int code = guard(layer, [&](Error &error) -> int { return layer->prepare(error); });
  if (code == RONDO_OK) {
    if (threads > 1 && !isTrial)
      layer->team.start();
    opened = layer;
  }
  needed = offset + layer->heap.bytesNeeded();
  return code;
}

Call *rondo_model_layer::find(int64_t steps) {
  for (Call &call : calls)
    if (call.entry->length == steps)
      return &call;
  return nullptr;
}

int rondo_model_layer::setInputs(const Call &call, int64_t rows, const rondo_vjp &arrays, Error &error) {
  int64_t steps = call.entry->length;
  for (size_t i = 0; i < inputs.size(); ++i) {
    LibraryArray &input = inputs[i];
    if (!input.isRead)
      continue;
    const char *name = input.view.name.c_str();
    if (!arrayAt(arrays.inputs, i))
      return error.fail("expected the input '%s', found a null pointer", name), RONDO_NULL;
    if (!input.set(arrays.inputs[i], rows, steps, /*isWritten=*/false, error))
      return RONDO_ARGUMENT;
    int64_t found;
    for (int64_t row = 0; input.port->token && row < rows; ++row)
      if (!areTokens(input.view, row, input.view.shape.from(1), input.port->vocab, found))
        return error.fail("'%s': row %lld has the token %lld, expected 0 to %lld", name, LongLong(row), LongLong(found),
                          LongLong(input.port->vocab - 1)),
               RONDO_ARGUMENT;
  }
  return RONDO_OK;
}

int rondo_model_layer::setOutputs(const Call &call, int64_t rows, const rondo_vjp &arrays, Error &error) {
  int64_t steps = call.entry->length;
  for (size_t i = 0; i < cotangents.size(); ++i)
    if (const rondo_array *given = arrayAt(arrays.cotangents, i);
        given && !cotangents[i].set(*given, rows, steps, /*isWritten=*/false, error))
      return RONDO_ARGUMENT;
  for (size_t i = 0; i < gradients.size(); ++i) {
    const rondo_array *wanted = arrayAt(arrays.input_gradients, i);
    if (wanted && gradients[i].port->token)
      return error.fail("'%s': expected no array for the gradient of tokens", gradients[i].view.name.c_str()),
             RONDO_ARGUMENT;
    if (wanted && !gradients[i].isRead)
      return error.fail("'%s': expected no array for the gradient of what no output depends on",
                        gradients[i].view.name.c_str()),
             RONDO_ARGUMENT;
    if (wanted && !gradients[i].set(*wanted, rows, steps, /*isWritten=*/true, error))
      return RONDO_ARGUMENT;
  }
  return RONDO_OK;
}

/// Puts the rows of an array into the entry's buffer. Rows that are not there are like the first one, so that what is
/// computed of them is as finite; their cotangents are zero.
void rondo_model_layer::fill(const Call &call, const LibraryArray &array, Role role, const rondo_array *given,
                             int64_t rows) const {
  const Buffer *buffer = call.find(role, array.port->name);
  bool isCotangent = role == Role::Cotangent;
  for (int64_t row = 0; buffer && row < call.entry->batch; ++row) {
    RowSlot slot{buffer, __builtin_popcount(array.port->axes), row};
    if (isCotangent && (!given || row >= rows))
      fillSlot(slot, 0);
    else
      copyToSlot(array.view, row < rows ? row : 0, {array.view.shape.from(1)}, slot);
  }
}

void rondo_model_layer::fillStates(const Call &call, int64_t rows, const rondo_vjp &arrays) const {
  int64_t batch = call.entry->batch;
  call.clearStates();
  call.setStart(!arrays.states);
  for (size_t i = 0; i < model.states.size(); ++i) {
    const State &state = model.states[i];
    int64_t size = state.shape.count();
    const Buffer *before = call.find(Role::State, state.name), *after = call.find(Role::StateCotangent, state.name);
    for (int64_t row = 0; row < batch; ++row)
      for (int64_t element = 0; element < size; ++element) {
        int64_t place = state.placeOf(row, element, batch), from = (row < rows ? row : 0) * size + element;
        if (before)
          before->set(place, arrays.states ? Buffer{const_cast<void *>(arrays.states[i]), before->type, {}}.get(from)
                                           : state.initial);
        const void *given = at(arrays.state_cotangents, i);
        if (after)
          after->set(place, given && row < rows ? Buffer{const_cast<void *>(given), after->type, {}}.get(from) : 0);
      }
  }
}

/// Copies and adds the results to the caller's arrays.
void rondo_model_layer::give(const Call &call, int64_t rows, const rondo_vjp &arrays) const {
  for (size_t i = 0; i < gradients.size(); ++i) {
    const LibraryArray &array = gradients[i];
    const Buffer *buffer =
        arrayAt(arrays.input_gradients, i) ? call.find(Role::InputGradient, array.port->name) : nullptr;
    for (int64_t row = 0; buffer && row < rows; ++row)
      copyFromSlot({buffer, __builtin_popcount(array.port->axes), row}, {array.view.shape.from(1)}, array.view, row);
  }
  for (size_t i = 0; i < model.states.size(); ++i) {
    const State &state = model.states[i];
    const Buffer *buffer = call.find(Role::StateGradient, state.name);
    void *wanted = at(arrays.state_gradients, i);
    int64_t size = state.shape.count();
    for (int64_t place = 0; wanted && buffer && place < rows * size; ++place)
      Buffer{wanted, buffer->type, {}}.set(place,
                                           buffer->get(state.placeOf(place / size, place % size, call.entry->batch)));
  }
  for (size_t i = 0; i < model.parameters.size(); ++i) {
    const Buffer *buffer = call.find(Role::Gradient, model.parameters[i].path);
    void *sum = at(arrays.gradients, i);
    if (!sum || !buffer)
      continue;
    for (int64_t k = 0, n = buffer->count(); k < n; ++k)
      if (buffer->type == Type::F32)
        static_cast<float *>(sum)[k] += static_cast<const float *>(buffer->data)[k];
      else
        static_cast<double *>(sum)[k] += static_cast<const double *>(buffer->data)[k];
  }
}

int rondo_model_layer::vjp(int64_t rows, int64_t steps, const rondo_vjp &arrays, Error &error) {
  if (!weights.isLoaded)
    return error.fail("the weights have no values yet"), RONDO_ORDER;
  Call *call = find(steps);
  int64_t window = calls[0].entry->length, batch = calls[0].entry->batch;
  if (!call)
    return error.fail("expected %lld steps%s, for which the layer was compiled, found %lld", LongLong(window),
                      calls.size() > 1 ? " or 1" : "", LongLong(steps)),
           RONDO_ARGUMENT;
  if (rows < 1 || rows > batch)
    return error.fail("expected 1 to %lld rows, for which the layer was compiled, found %lld", LongLong(batch),
                      LongLong(rows)),
           RONDO_ARGUMENT;
  for (size_t i = 0; arrays.states && i < model.states.size(); ++i)
    if (!arrays.states[i])
      return error.fail("expected the state '%s', found a null pointer", model.states[i].name.c_str()), RONDO_NULL;
  if (arrays.states && model.indexed)
    return error.fail("expected no states, as positions have an index and the layer begins at the first one"),
           RONDO_ARGUMENT;
  if (int code = setInputs(*call, rows, arrays, error))
    return code;
  if (int code = setOutputs(*call, rows, arrays, error))
    return code;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].isRead)
      fill(*call, inputs[i], i < model.inputs.size() ? Role::Input : Role::Target, &arrays.inputs[i], rows);
  for (size_t i = 0; i < cotangents.size(); ++i)
    fill(*call, cotangents[i], Role::Cotangent, arrayAt(arrays.cotangents, i), rows);
  fillStates(*call, rows, arrays);
  call->run();
  give(*call, rows, arrays);
  return RONDO_OK;
}

extern "C" size_t rondo_model_layer_bytes(int threads) { return measureBeside<rondo_model_layer>(threads); }

extern "C" int rondo_model_layer_open(void *memory, size_t bytes, const rondo_model_weights *weights, int threads,
                                      rondo_model_layer **layer) {
  size_t needed;
  return weights && layer ? rondo_model_layer::open(memory, bytes, /*isTrial=*/false, *weights, threads, *layer, needed)
                          : RONDO_NULL;
}

extern "C" void rondo_model_layer_close(rondo_model_layer *layer) {
  if (layer)
    layer->team.~Team();
}

extern "C" int rondo_model_vjp(rondo_model_layer *layer, int64_t rows, int64_t steps, const rondo_vjp *arrays) {
  return guard(layer, [&](Error &error) -> int {
    if (!arrays)
      return error.fail("expected the arrays, found a null pointer"), RONDO_NULL;
    return layer->vjp(rows, steps, *arrays, error);
  });
}

extern "C" const char *rondo_model_layer_error(const rondo_model_layer *layer) {
  return layer ? layer->last.message() : "";
}
