// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// grad: loss, gradients and carried states for arrays that the user gives, through `train_grad`. Without a state.NAME
// in the input the window is the first of its sequence (start = 1, states zero); with one it is a later window, and the
// states that are not given are zero.
#include "runtime/Arrays.h"
#include "runtime/Commands.h"
#include "runtime/StateTensor.h"
#include "runtime/Weights.h"

#include <cstdio>

using namespace rondo;

/// Calls `visit` with the places of each element of a state in a file, where the sequences come first, and in a buffer.
template <typename Visit> static void eachElement(const State &state, int64_t batch, Visit visit) {
  int64_t count = state.shape.count();
  for (int64_t i = 0; i < batch * count; ++i)
    visit(i, state.placeOf(i / count, i % count, batch));
}

/// Copies the tensors state.NAME to the states of the call; sets whether there was one.
static bool readStates(const TensorFile &file, const Model &model, const Entry &entry, const Call &call, bool &any,
                       Error &error) {
  any = false;
  for (const NamedTensor &tensor : file.tensors) {
    if (!isStateTensor(tensor))
      continue;
    const State *state = stateOf(tensor, model, entry.batch, entry.element, error);
    if (!state)
      return false;
    const Buffer *buffer = call.find(Role::State, state->name);
    if (!buffer)
      return error.fail("'%s' is no state that the loss depends on", tensor.name.c_str());
    eachElement(*state, entry.batch, [&](int64_t i, int64_t place) { buffer->set(place, tensor.value.get(i)); });
    any = true;
  }
  return true;
}

/// Checks that the arrays are one batch of the compiled size.
static bool checkSize(const ArrayData &data, const Entry &entry, Error &error) {
  if (data.count() != entry.batch)
    return error.fail("the arrays have %lld sequences, the model was compiled for a batch of %lld",
                      static_cast<long long>(data.count()), static_cast<long long>(entry.batch));
  if (data.positions() && data.positions() != entry.length)
    return error.fail("the arrays have %lld positions, the model was compiled for %lld",
                      static_cast<long long>(data.positions()), static_cast<long long>(entry.length));
  return true;
}

int rondo::runGrad(const Model &model, const Arguments &options, Team &team, Error &error) {
  const Entry *entry = model.require("train_grad", error);
  if (!entry || !options.distinct("--out", "--weights", error) || !options.distinct("--out", "--in", error))
    return 1;
  Parameters parameters(model);
  Workspace workspace(parameters, team);
  Call call = workspace.bind(*entry, error);
  WeightsInfo info;
  ArrayData data;
  bool carried;
  const char *in = options.text("--in");
  Layout layout;
  if (error.failed() || !parseLayout(options.text("--layout"), "--layout", layout, error) ||
      !loadWeights(options.text("--weights"), layout, parameters, entry->element, info, error) ||
      !data.read(in, model, error))
    return 1;
  if (!checkSize(data, *entry, error) || !readStates(data.tensors(), model, *entry, call, carried, error)) {
    error.inContext(in);
    return 1;
  }
  int64_t position = options.integer("--position", 0);
  if (!model.checkTrained(position, entry->length, error)) {
    error.inContext("--position");
    return 1;
  }
  List<Window> windows;
  for (int64_t b = 0; b < entry->batch; ++b)
    windows.add({b, 0});
  data.fill(call, windows.data());
  call.setStart(!carried);
  call.setDraws(options.seed("--seed", 1), 0, position);
  call.run();

  Blocks arrays;
  List<NamedTensor> results;
  results.add({"loss", *call.find(Role::Loss)});
  for (const Argument &argument : entry->args)
    if (argument.role == Role::Gradient)
      results.add({argument.name, *call.find(Role::Gradient, argument.name)});
  for (const Argument &argument : entry->args)
    if (argument.role == Role::State) {
      const State &state = *model.state(argument.name);
      const Buffer &buffer = *call.find(Role::State, argument.name);
      Buffer array;
      if (!arrays.allocate(buffer.type, state.shape.within(entry->batch), array, error))
        return 1;
      eachElement(state, entry->batch, [&](int64_t i, int64_t place) { array.set(i, buffer.get(place)); });
      results.add({stateName(state), array});
    }
  for (const NamedTensor &result : results)
    if (int64_t i = firstNotFinite(result.value); i >= 0) {
      error.fail("nothing is written: '%s' holds a value that is not finite (element %lld), the loss is %g",
                 result.name.c_str(), static_cast<long long>(i), call.loss());
      return 1;
    }
  if (!writeTensorFile(options.text("--out"), results, {}, error))
    return 1;
  printf("loss %.17g\n", call.loss());
  for (const Loss &loss : model.losses)
    if (!loss.name.empty())
      printf("loss.%s %.17g\n", loss.name.c_str(), call.loss(loss));
  return 0;
}
