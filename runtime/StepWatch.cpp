// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where numbers that are not finite are first.
#include "runtime/StepWatch.h"

#include <cmath>
#include <cstdio>

using namespace rondo;

static Text keptName(Role role, const Text &name) { return Text::format("%s/%s", nameOf(role), name.c_str()); }

/// "[1, 3]" for an element in row-major order.
static Text placeIn(const Shape &shape, int64_t element) {
  Shape place = shape;
  for (int d = shape.rank - 1; d >= 0; --d) {
    place.dim[d] = element % shape.dim[d];
    element /= shape.dim[d];
  }
  return place.str();
}

void StepWatch::keep(const Call &call, Role role) {
  for (const Argument &argument : call.entry->args)
    if (argument.role == role) {
      Buffer now = role == Role::Parameter ? parameters->values(*model->parameter(argument.name), argument.type)
                                           : *call.find(role, argument.name);
      kept.add({keptName(role, argument.name), now, blocks.allocate(now.type, now.shape)});
    }
}

void StepWatch::open(const Model &m, Parameters &p, Call &g, Call &u, Call &s, const char *path) {
  model = &m;
  parameters = &p;
  gradients = &g;
  update = &u;
  score = &s;
  tracePath = path;
  keep(g, Role::State);
  if (!path)
    return;
  for (Role role : {Role::Parameter, Role::Moment1, Role::Moment2})
    keep(u, role);
}

void StepWatch::begin() {
  for (const Kept &buffer : kept)
    memcpy(buffer.before.data, buffer.now.data, buffer.now.bytes());
}

/// Copies what one example of the batch has of an argument to the score's, which is of one example.
void StepWatch::copyExample(const Kept *state, const Argument &argument, const Buffer &from, int64_t example) const {
  const Buffer *to = score->find(argument.role, argument.name);
  if (!to || to->type != from.type)
    return;
  const Buffer &source = state ? state->before : from;
  int64_t batch = gradients->entry->batch;
  if (source.count() != to->count() * batch) {
    if (source.bytes() == to->bytes())
      memcpy(to->data, source.data, to->bytes());
    return;
  }
  // The batch stands behind the axes.
  const Port *port = argument.role == Role::Input    ? model->input(argument.name)
                     : argument.role == Role::Target ? model->target(argument.name)
                                                     : nullptr;
  int axes = port ? __builtin_popcount(port->axes) : state ? model->state(argument.name)->axes : 0;
  size_t size = static_cast<size_t>(source.shape.from(axes + 1).count()) * sizeOf(source.type);
  int64_t before = 1;
  for (int d = 0; d < axes; ++d)
    before *= source.shape.dim[d];
  for (int64_t i = 0; i < before; ++i)
    memcpy(static_cast<char *>(to->data) + static_cast<size_t>(i) * size,
           static_cast<const char *>(source.data) + static_cast<size_t>(i * batch + example) * size, size);
}

/// The first output of one example that is not finite, computed again without dropout; empty if all are finite.
Text StepWatch::placeInExample(int64_t example) {
  for (const Argument &argument : gradients->entry->args) {
    const Kept *state = nullptr;
    for (const Kept &buffer : kept)
      if (argument.role == Role::State && buffer.name == keptName(Role::State, argument.name))
        state = &buffer;
    switch (argument.role) {
    case Role::State:
    case Role::Input:
    case Role::Target:
    case Role::Lengths:
    case Role::Start:
    case Role::Seed:
      copyExample(state, argument, *gradients->find(argument.role, argument.name), example);
      break;
    default:
      break;
    }
  }
  score->run();
  for (const Port &output : model->outputs) {
    const Buffer *values = score->find(Role::Output, output.name);
    int64_t i = values ? firstNotFinite(*values) : -1;
    if (i >= 0)
      return Text::format("of the outputs '%s' has the first such number, in example %lld of the batch at %s",
                          output.name.c_str(), static_cast<long long>(example), placeIn(values->shape, i).c_str());
  }
  return Text();
}

Text StepWatch::placeOfLoss() {
  for (const Kept &buffer : kept)
    if (int64_t i = firstNotFinite(buffer.before); i >= 0)
      return Text::format("'%s' has such a number before it, at %s", buffer.name.c_str(),
                          placeIn(buffer.before.shape, i).c_str());
  for (int64_t b = 0; b < gradients->entry->batch; ++b)
    if (Text place = placeInExample(b); !place.empty())
      return place;
  for (const Loss &loss : model->losses)
    if (!loss.name.empty() && !std::isfinite(gradients->loss(loss)))
      return Text::format("the outputs are finite, the loss '%s' is not", loss.name.c_str());
  return Text("the outputs are finite");
}

bool StepWatch::fail(int64_t step, const Text &what, const Text &place, Error &error) {
  error.fail("%s", what.c_str());
  error.hint(place);
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
    for (const Argument &argument : call->entry->args)
      switch (argument.role) {
      case Role::Input:
      case Role::Target:
      case Role::Lengths:
      case Role::Seed:
      case Role::Start:
      case Role::Step:
      case Role::Rate:
        tensors.add({keptName(argument.role, argument.name), *call->find(argument.role, argument.name)});
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
      tracePath, static_cast<long long>(step), model->command.c_str(), tracePath);
}
