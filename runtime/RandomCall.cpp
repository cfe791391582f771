// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random data for an entry.
#include "runtime/RandomCall.h"

using namespace rondo;

static void fillNormal(const Buffer &buffer, const Random &random) {
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<float>(random.normal(static_cast<uint64_t>(i))));
}

static void fillPort(const Port &port, const Buffer &buffer, const Random &random) {
  if (!port.token)
    return fillNormal(buffer, random);
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<double>(random.below(static_cast<uint64_t>(i), port.vocab)));
}

static void fillLengths(int64_t size, bool mixed, const Buffer &buffer, const Random &random) {
  for (int64_t i = 0, n = buffer.count(); i < n; ++i)
    buffer.set(i, static_cast<double>(!mixed || i % 3 == 0 ? size
                                      : i % 3 == 1         ? 0
                                                           : random.below(static_cast<uint64_t>(i), size + 1)));
}

RandomCall::RandomCall(Workspace &workspace, const Entry &entry, uint64_t seed, Lengths lengths, Error &error)
    : workspace(workspace), call(workspace.bind(entry, error)) {
  if (error.failed())
    return;
  const Model &model = workspace.model;
  for (const Argument &argument : entry.args) {
    const Buffer *buffer = call.find(argument.role, argument.name);
    Random random(seed, Text::format("%s %s", nameOf(argument.role), argument.name.c_str()).c_str());
    if (argument.role == Role::Input)
      fillPort(*model.input(argument.name), *buffer, random);
    if (argument.role == Role::Target)
      fillPort(*model.target(argument.name), *buffer, random);
    if (argument.role == Role::Lengths) {
      int64_t size = model.axes[static_cast<size_t>(model.axis(argument.name))].size;
      fillLengths(size ? size : entry.length, lengths == Lengths::mixed, *buffer, random);
    }
  }
  call.setStart(true);
  call.setDraws(seed, 0, 0);
}

double RandomCall::run() {
  call.clearStates();
  call.run();
  return call.loss();
}
