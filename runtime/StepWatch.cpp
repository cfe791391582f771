// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where numbers that are not finite are first.
#include "runtime/StepWatch.h"
#include "runtime/Arrays.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

/// In the program a constant is a parameter.
static Text keptName(Role role, const Text &name) {
  return Text::format("%s%s/%s", role == Role::Constant ? "parameter/" : "", nameOf(role), name.c_str());
}

/// What is drawn by is there for each row, for all rows together, or both.
static Text keptName(const Argument &argument) {
  bool isOfRows = (argument.role == Role::Seed || argument.role == Role::Position) && argument.shape.rank == 1;
  return keptName(argument.role, isOfRows ? Text("rows") : argument.name);
}

/// "[1, 3]" for an element in row-major order.
static Text placeIn(const Shape &shape, int64_t element) {
  Shape place = shape;
  for (int d = shape.rank - 1; d >= 0; --d) {
    place.dim[d] = element % shape.dim[d];
    element /= shape.dim[d];
  }
  return place.str().c_str();
}

void StepWatch::keep(Role role, const Text &name, const Buffer &now) {
  kept.add({keptName(role, name), now, blocks.allocate(now.type, now.shape)});
}

void StepWatch::keep(const Call &call, Role role) {
  for (const Argument &argument : call.entry->args)
    if (argument.role == role)
      keep(role, argument.name, *call.find(role, argument.name));
}

void StepWatch::open(Parameters &p, Team &t, Call &g, Call &u, const char *path) {
  model = &p.model;
  parameters = &p;
  team = &t;
  gradients = &g;
  update = &u;
  tracePath = path;
  keep(g, Role::State);
  if (!path)
    return;
  // Entries may take them packed, and no update takes those that are frozen.
  for (const Parameter &parameter : model->parameters)
    keep(Role::Parameter, parameter.path, parameters->values(parameter, model->element));
  for (const Constant &constant : model->constants)
    if (Buffer values = constant.values(model->element); values.data)
      keep(Role::Constant, constant.file, values);
  for (Role role : moments)
    keep(u, role);
}

void StepWatch::begin() {
  for (const Kept &buffer : kept)
    memcpy(buffer.before.data, buffer.now.data, buffer.now.bytes());
}

/// The values of a batch, which stands behind the axes, as rows.
static RowArray viewRows(const Text &name, const Buffer &values, int axes) {
  RowArray dense = RowArray::of(name, values), rows = dense;
  rows.shape.dim[0] = dense.shape.dim[axes];
  rows.strides[0] = dense.strides[axes];
  for (int d = 0; d < axes; ++d) {
    rows.shape.dim[d + 1] = dense.shape.dim[d];
    rows.strides[d + 1] = dense.strides[d];
  }
  return rows;
}

/// What the outputs of the window depend on, in the memory of the step.
CoverBatch StepWatch::viewBatch(const Cover &cover) const {
  CoverBatch batch;
  batch.rows = gradients->entry->batch;
  const Buffer *start = gradients->find(Role::Start);
  bool goesOn = start && start->get(0) == 0;
  for (const Argument &argument : gradients->entry->args) {
    const Port *port = argument.role == Role::Input    ? model->input(argument.name)
                       : argument.role == Role::Target ? model->target(argument.name)
                                                       : nullptr;
    if (port && cover.isRead(argument.role, argument.name))
      batch.inputs.add(
          viewRows(argument.name, *gradients->find(argument.role, argument.name), __builtin_popcount(port->axes)));
    if (argument.role == Role::Lengths && cover.isRead(argument.role, argument.name) &&
        model->axis(argument.name) != model->windowAxis())
      batch.inputs.add(RowArray::of(lengthName(model->axes[static_cast<size_t>(model->axis(argument.name))]),
                                    *gradients->find(argument.role, argument.name)));
  }
  for (const State &state : model->states)
    for (const Kept &buffer : kept)
      if (goesOn && buffer.name == keptName(Role::State, state.name))
        batch.statesBefore.add(viewRows(state.name, buffer.before, state.axes));
  return batch;
}

/// The first output that is not finite, computed again without dropout; empty if all are finite.
Text StepWatch::placeInOutputs() const {
  Cover cover(*parameters, *team);
  Error error;
  if (!cover.open(error))
    return Text();
  CoverBatch batch = viewBatch(cover);
  List<int64_t> lengths;
  int window = model->windowAxis();
  const Buffer *given =
      window < 0 ? nullptr : gradients->find(Role::Lengths, model->axes[static_cast<size_t>(window)].name);
  for (int64_t row = 0; row < batch.rows; ++row)
    lengths.add(given ? given->getToken(row) : gradients->entry->length);
  if (window >= 0)
    batch.lengths = lengths.data();
  Blocks memory;
  List<Buffer> outputs;
  for (const Port &output : model->outputs) {
    Shape shape;
    shape.add(batch.rows);
    for (int axis = 0; axis < static_cast<int>(model->axes.size()); ++axis)
      if (output.varies(axis))
        shape.add(axis == window ? gradients->entry->length : model->axes[static_cast<size_t>(axis)].size);
    for (int d = 0; d < output.shape.rank; ++d)
      shape.add(output.shape.dim[d]);
    outputs.add(memory.allocate(cover.element(), shape));
    batch.outputs.add(RowArray::of(output.name, outputs.back()));
  }
  if (!cover.run(batch, error))
    return Text();
  for (size_t i = 0; i < outputs.size(); ++i)
    if (int64_t element = firstNotFinite(outputs[i]); element >= 0)
      return Text::format("of the outputs '%s' has the first such number, in example %lld of the batch at %s",
                          model->outputs[i].name.c_str(),
                          static_cast<long long>(element / outputs[i].shape.from(1).count()),
                          placeIn(outputs[i].shape.from(1), element % outputs[i].shape.from(1).count()).c_str());
  return Text();
}

Text StepWatch::placeOfLoss() const {
  for (const Kept &buffer : kept)
    if (int64_t i = firstNotFinite(buffer.before); i >= 0)
      return Text::format("'%s' has such a number before it, at %s", buffer.name.c_str(),
                          placeIn(buffer.before.shape, i).c_str());
  if (Text place = placeInOutputs(); !place.empty())
    return place;
  for (const Loss &loss : model->losses)
    if (!loss.name.empty() && !std::isfinite(gradients->loss(loss)))
      return Text::format("the outputs are finite, the loss '%s' is not", loss.name.c_str());
  return Text("the outputs are finite");
}

bool StepWatch::fail(int64_t step, const Text &what, const Text &place, Error &error) {
  error.fail("%s", what.c_str());
  error.hint(place.c_str());
  if (tracePath)
    write(step);
  return false;
}

bool StepWatch::checkLoss(int64_t step, Error &error) {
  return std::isfinite(gradients->loss()) ||
         fail(step, Text::format("the loss of step %lld is not finite", static_cast<long long>(step)), placeOfLoss(),
              error);
}

bool StepWatch::checkUpdate(int64_t step, Error &error) {
  if (!std::isfinite(update->find(Role::Norm)->get(0))) {
    Text place("each gradient is finite");
    for (const Argument &argument : gradients->entry->args) {
      if (argument.role != Role::Gradient)
        continue;
      const Buffer &gradient = *gradients->find(Role::Gradient, argument.name);
      int64_t i = firstNotFinite(gradient);
      if (i < 0)
        continue;
      place = Text::format("of the parameters '%s' has the first such gradient, at %s", argument.name.c_str(),
                           placeIn(gradient.shape, i).c_str());
      break;
    }
    return fail(step,
                Text::format("the norm of the gradients of step %lld is not finite", static_cast<long long>(step)),
                place, error);
  }
  for (const Argument &argument : update->entry->args) {
    if (argument.role != Role::Parameter)
      continue;
    const Buffer &values = *update->find(Role::Parameter, argument.name);
    if (int64_t i = firstNotFinite(values); i >= 0)
      return fail(step, Text::format("the weights after step %lld are not finite", static_cast<long long>(step)),
                  Text::format("of the parameters '%s' has the first such number, at %s", argument.name.c_str(),
                               placeIn(values.shape, i).c_str()),
                  error);
  }
  return true;
}

void StepWatch::write(int64_t step) const {
  List<NamedTensor> tensors;
  List<NamedText> metadata;
  for (const Kept &buffer : kept)
    tensors.add({buffer.name, buffer.before});
  const Call *const calls[] = {gradients, update};
  for (const Call *call : calls)
    for (size_t i = 0; i < call->entry->args.size(); ++i)
      switch (const Argument &argument = call->entry->args[i]; argument.role) {
      case Role::Input:
      case Role::Target:
      case Role::Lengths:
      case Role::Seed:
      case Role::Position:
      case Role::Start:
      case Role::Rate:
        tensors.add({keptName(argument), call->argument(i)});
        break;
      case Role::Step: // the same in both
        if (call == update)
          tensors.add({keptName(argument), call->argument(i)});
        break;
      default:
        break;
      }
  metadata.add({"rondo.trace", "1"});
  metadata.add({"rondo.model", model->name});
  metadata.add({"rondo.step", Text::format("%lld", static_cast<long long>(step))});
  Error error;
  if (!writeTensorFile(tracePath, tensors, metadata, error)) {
    printf("note: %s\n", error.message());
    return;
  }
  printf(
      "%s: the window of step %lld; this names the first operation whose result is not finite:\n  %s --trace-nan %s\n",
      tracePath, static_cast<long long>(step), model->command.empty() ? "rondoc FILE.rondo" : model->command.c_str(),
      tracePath);
}
