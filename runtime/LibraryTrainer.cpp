// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Training in a library: the loss of a batch, the gradients, and the update of the weights.
#include "runtime/LibraryTrainer.h"

#include "runtime/Buckets.h"

#include <cmath>

using namespace rondo;

using LongLong = long long;

int rondo_model_trainer::prepare(Error &error) {
  const Entry *entry = model.entry("train_grad"), *update = model.entry("update");
  if (!entry || !update)
    return RONDO_ABSENT;
  gradients = workspace.bind(*entry, error);
  updater = workspace.bind(*update, error);
  if (error.failed() || !findBuckets(model, shorter, error) || !bindBuckets(shorter, workspace, error) ||
      !listInputs(*entry, model, inputs, error) || !sum.open(gradients, model.train.accumulate, error))
    return RONDO_MEMORY;
  kept = keptTensors(gradients, updater);
  progress.steps = model.train.steps;
  // As it is measured: tryFileBytes has room for what more is known of weights that have been loaded.
  CheckpointFile file = checkpointFile(WeightsInfo());
  return tryFileBytes(tensorFileHeader(file.tensors, file.metadata), file.tensors, error) ? RONDO_OK : RONDO_INTERNAL;
}

int rondo_model_trainer::open(void *memory, size_t bytes, bool isTrial, rondo_model_weights &weights, int threads,
                              rondo_model_trainer *&opened, size_t &needed) {
  if (threads < 1 || threads > maxTeamThreads)
    return RONDO_ARGUMENT;
  if (int code = checkMemory<rondo_model_trainer>(memory, bytes))
    return code;
  constexpr size_t offset = heapOffset<rondo_model_trainer>();
  auto *trainer =
      new (memory) rondo_model_trainer(static_cast<char *>(memory) + offset, bytes - offset, isTrial, weights, threads);
  int code = guard(trainer, [&](Error &error) -> int { return trainer->prepare(error); });
  if (code == RONDO_OK) {
    if (threads > 1 && !isTrial)
      trainer->team.start();
    opened = trainer;
  }
  needed = offset + trainer->heap.bytesNeeded();
  return code;
}

int rondo_model_trainer::checkLengths(const int32_t *given, Error &error) {
  int64_t steps = gradients.entry->length;
  if (given && !model.hasLengths())
    return error.fail("expected no lengths, for which the program does not ask"), RONDO_ARGUMENT;
  for (int64_t row = 0; given && row < gradients.entry->batch; ++row)
    if (given[row] < 0 || given[row] > steps)
      return error.fail("expected a length from 0 to %lld of row %lld, found %d", LongLong(steps), LongLong(row),
                        given[row]),
             RONDO_ARGUMENT;
  lengths = given;
  return RONDO_OK;
}

/// How many of the positions along an axis a row has.
int64_t rondo_model_trainer::lengthAlong(size_t axis, int64_t row) const {
  const Axis &of = model.axes[axis];
  if (static_cast<int>(axis) == model.windowAxis())
    return lengths ? lengths[row] : gradients.entry->length;
  for (const LibraryArray &array : inputs)
    if (array.axis == &of && array.isRead)
      return Buffer{array.view.data, array.view.type, {}}.getToken(array.view.beginOf(row));
  return of.size;
}

/// Of an input, the dimensions of a row within its lengths.
Shape rondo_model_trainer::extentsOf(const LibraryArray &array, int64_t row) const {
  Shape extents = array.row;
  int dim = 0;
  for (size_t axis = 0; axis < model.axes.size(); ++axis)
    if (array.port->varies(static_cast<int>(axis)))
      extents.dim[dim++] = lengthAlong(axis, row);
  return extents;
}

int rondo_model_trainer::checkValues(const LibraryArray &array, Error &error) {
  const char *name = array.view.name.c_str();
  for (int64_t row = 0; row < gradients.entry->batch; ++row) {
    int64_t found, limit = !array.port                 ? array.axis->size + 1
                           : array.port->positions < 0 ? array.port->vocab
                                                       : lengthAlong(static_cast<size_t>(array.port->positions), row);
    if ((!array.port || array.port->token) &&
        !areTokens(array.view, row, array.port ? extentsOf(array, row) : Shape(), limit, found))
      return error.fail("'%s': row %lld has the %s %lld, expected 0 to %lld", name, LongLong(row),
                        array.port ? "token" : "length", LongLong(found), LongLong(limit - 1)),
             RONDO_ARGUMENT;
  }
  return RONDO_OK;
}

int rondo_model_trainer::check(const int32_t *given, const rondo_array *arrays, Error &error) {
  if (!arrays && !inputs.empty())
    return error.fail("expected the arrays of the inputs, found a null pointer"), RONDO_NULL;
  if (int code = checkLengths(given, error))
    return code;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].isRead)
      continue;
    if (!arrays[i].data)
      return error.fail("expected the input '%s', found a null pointer", inputs[i].view.name.c_str()), RONDO_NULL;
    if (!inputs[i].set(arrays[i], gradients.entry->batch, gradients.entry->length, /*isWritten=*/false, error))
      return RONDO_ARGUMENT;
  }
  // Lengths first: they say which tokens count.
  for (bool ofLengths : {true, false})
    for (const LibraryArray &array : inputs)
      if (array.isRead && ofLengths == !array.port)
        if (int code = checkValues(array, error))
          return code;
  return RONDO_OK;
}

/// What trains the batch: as `train` does, the function for the fewest positions in which its sequences have room.
Call &rondo_model_trainer::callFor() {
  int64_t longest = 0;
  for (int64_t row = 0; lengths && row < gradients.entry->batch; ++row)
    if (lengths[row] > longest)
      longest = lengths[row];
  Call *found = lengths ? bucketFor(shorter, longest) : nullptr;
  return found ? *found : gradients;
}

/// Puts the arrays into the buffers of the call; what is behind lengths is zero to the program.
void rondo_model_trainer::fill(const Call &call) {
  for (const LibraryArray &array : inputs) {
    if (!array.isRead || !array.port)
      continue;
    const Port &port = *array.port;
    const Buffer *buffer = call.find(model.input(port.name) == &port ? Role::Input : Role::Target, port.name);
    for (int64_t row = 0; row < gradients.entry->batch; ++row) {
      RowSlot slot{buffer, __builtin_popcount(port.axes), row};
      fillSlot(slot, 0);
      copyToSlot(array.view, row, {extentsOf(array, row)}, slot);
    }
  }
  for (size_t axis = 0; axis < model.axes.size(); ++axis)
    if (const Buffer *buffer = call.find(Role::Lengths, model.axes[axis].name))
      for (int64_t row = 0; row < gradients.entry->batch; ++row)
        buffer->set(row, static_cast<double>(lengthAlong(axis, row)));
}

int rondo_model_trainer::grad(bool first, int64_t seed, const int32_t *given, const rondo_array *arrays, double *loss,
                              Error &error) {
  if (!weights.isLoaded)
    return error.fail("the weights have no values yet"), RONDO_ORDER;
  if (!first && !hasStates)
    return error.fail("expected the first rows of sequences, before rows that go on"), RONDO_ORDER;
  if (int code = check(given, arrays, error))
    return code;
  bool draws = gradients.find(Role::Seed) || gradients.find(Role::Position);
  if (!first && !isPlaceGiven && !knowsPlace && draws)
    return error.fail("expected the place of rows that go on with a checkpoint that does not say it, on which depends "
                      "what is drawn"),
           RONDO_ORDER;
  int64_t next = isPlaceGiven ? givenPosition : first ? 0 : position + model.train.k1;
  if (!model.checkTrained(next, gradients.entry->length, error))
    return RONDO_ORDER;
  Call &call = callFor();
  fill(call);
  if (first)
    call.clearStates();
  call.setStart(first);
  group = isPlaceGiven ? givenGroup : first ? 0 : group;
  position = next;
  isPlaceGiven = isAtUpdate = false;
  knowsPlace = true;
  call.setDraws(static_cast<uint64_t>(seed), group, position);
  if (!call.setStep(progress.step + 1, error))
    return RONDO_VALUE;
  call.run();
  double value = call.loss();
  hasStates = std::isfinite(value);
  if (hasStates)
    sum.add(weights.parameters);
  hasGradients = hasStates && sum.isComplete();
  if (loss)
    *loss = value;
  if (!hasStates)
    return error.fail("the loss is not finite"), RONDO_VALUE;
  return RONDO_OK;
}

int rondo_model_trainer::update(int64_t step, double rate, double *norm, Error &error) {
  if (!hasGradients && model.train.accumulate > 1)
    return error.fail("expected the gradients of %lld batches before the update, %lld more",
                      LongLong(model.train.accumulate), LongLong(sum.missing())),
           RONDO_ORDER;
  if (!hasGradients)
    return error.fail("expected the gradients of a batch before the update"), RONDO_ORDER;
  int64_t mostSteps = (INT64_C(1) << 62) - weights.stepsBefore; // what a file may say, with those before
  if (step < 1 || step > mostSteps)
    return error.fail("expected a step from 1 to %lld, found %lld", LongLong(mostSteps), LongLong(step)),
           RONDO_ARGUMENT;
  const Buffer &given = *updater.find(Role::Rate);
  given.set(0, rate < 0 ? model.train.rate.at(step) : rate);
  double value = given.get(0); // single precision may have no such number
  if (!(value >= 0 && std::isfinite(value)))
    return error.fail("expected a finite rate that is not negative, found %g", value), RONDO_ARGUMENT;
  *static_cast<int64_t *>(updater.find(Role::Step)->data) = step;
  updater.run();
  weights.info.steps = weights.stepsBefore + step;
  progress.step = step;
  weights.parameters.pack(&team);
  hasGradients = false;
  sum.clear();
  double found = updater.find(Role::Norm)->get(0);
  if (norm)
    *norm = found;
  isAtUpdate = std::isfinite(found);
  return isAtUpdate ? RONDO_OK : (error.fail("the norm of the gradients is not finite"), RONDO_VALUE);
}

int rondo_model_trainer::place(int64_t nextGroup, int64_t nextPosition, Error &error) {
  if (nextGroup < 0 || nextGroup > mostPlace || nextPosition < 0 || nextPosition > mostPlace)
    return error.fail("expected a group and a position from 0 to %lld, found %lld and %lld", LongLong(mostPlace),
                      LongLong(nextGroup), LongLong(nextPosition)),
           RONDO_ARGUMENT;
  givenGroup = nextGroup;
  givenPosition = nextPosition;
  isPlaceGiven = true;
  return RONDO_OK;
}

extern "C" size_t rondo_model_trainer_bytes(int threads) { return measureBeside<rondo_model_trainer>(threads); }

extern "C" int rondo_model_trainer_open(void *memory, size_t bytes, rondo_model_weights *weights, int threads,
                                        rondo_model_trainer **trainer) {
  size_t needed;
  return weights && trainer
             ? rondo_model_trainer::open(memory, bytes, /*isTrial=*/false, *weights, threads, *trainer, needed)
             : RONDO_NULL;
}

extern "C" void rondo_model_trainer_close(rondo_model_trainer *trainer) {
  if (trainer)
    trainer->team.~Team();
}

extern "C" int rondo_model_grad(rondo_model_trainer *trainer, int first, int64_t seed, const int32_t *lengths,
                                const rondo_array *inputs, double *loss) {
  return guard(trainer,
               [&](Error &error) -> int { return trainer->grad(first != 0, seed, lengths, inputs, loss, error); });
}

extern "C" int rondo_model_gradient(rondo_model_trainer *trainer, const char *path, void *values, size_t bytes) {
  return guard(trainer, [&](Error &error) -> int {
    int code;
    const Parameter *parameter = findParameter(trainer->model, path, values, bytes, code, error);
    if (!parameter)
      return code;
    if (parameter->isBuffer)
      return error.fail("'%s' is a buffer, which has no gradient", parameter->path.c_str()), RONDO_ARGUMENT;
    if (parameter->frozen)
      return error.fail("the parameter '%s' is frozen and has no gradient", path), RONDO_ARGUMENT;
    if (!trainer->hasGradients)
      return error.fail("expected the gradients of a batch, found none since the last update"), RONDO_ORDER;
    const Buffer *gradient = trainer->gradients.find(Role::Gradient, parameter->path);
    if (gradient)
      memcpy(values, gradient->data, bytes);
    else
      memset(values, 0, bytes); // the loss does not depend on it
    return RONDO_OK;
  });
}

extern "C" int rondo_model_update(rondo_model_trainer *trainer, int64_t step, double rate, double *norm) {
  return guard(trainer, [&](Error &error) -> int { return trainer->update(step, rate, norm, error); });
}

extern "C" int rondo_model_place(rondo_model_trainer *trainer, int64_t group, int64_t position) {
  return guard(trainer, [&](Error &error) -> int { return trainer->place(group, position, error); });
}

extern "C" const char *rondo_model_trainer_error(const rondo_model_trainer *trainer) {
  return trainer ? trainer->last.message() : "";
}
