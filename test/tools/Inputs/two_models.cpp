// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two models in one program: several callers run each at the same time, with a team of their own, one that they share,
// or none, and all get the same bits as one alone.
#include "runtime/Team.h"
#include "runtime/Workspace.h"

#include <cstdio>
#include <pthread.h>

using namespace rondo;

extern "C" {
extern const rondo_program one_program, two_program;
}

namespace {

constexpr int callers = 3, runs = 20;

/// A model with parameters of which none is zero.
struct Loaded {
  Model model;
  Parameters parameters{model};
  const Entry *entry = nullptr;

  bool open(const rondo_program &program, Error &error) {
    if (!model.read(program, error) || !parameters.allocate(model.element, error))
      return false;
    entry = model.entry("train_grad");
    if (!parameters.prepare(*entry, error))
      return false;
    for (const Parameter &parameter : model.parameters) {
      Buffer values = parameters.values(parameter, model.element);
      for (int64_t i = 0, n = values.count(); i < n; ++i)
        values.set(i, static_cast<double>((i * 7919 + 13) % 101 - 50) / 100);
    }
    parameters.pack(nullptr);
    return true;
  }
};

struct Caller {
  Loaded *loaded;
  Team *team;
  double loss = 0;
  bool good = false;
  pthread_t thread;
};

void *work(void *argument) {
  Caller &caller = *static_cast<Caller *>(argument);
  Error error;
  Workspace workspace(caller.loaded->parameters, *caller.team);
  Call call = workspace.bind(*caller.loaded->entry, error);
  if (error.failed())
    return nullptr;
  call.setStart(true);
  call.run();
  caller.loss = call.loss();
  caller.good = true;
  for (int i = 1; i < runs; ++i) {
    call.clearStates();
    call.run();
    caller.good &= call.loss() == caller.loss;
  }
  return nullptr;
}

} // namespace

int main() {
  Error error;
  Loaded models[2];
  if (!models[0].open(one_program, error) || !models[1].open(two_program, error))
    return printf("error: %s\n", error.message()), 1;
  Team alone(1), shared(2), own[2] = {Team(2), Team(3)};
  Caller all[2 * callers];
  for (int m = 0; m < 2; ++m) {
    Team *teams[callers] = {&alone, &shared, &own[m]};
    for (int i = 0; i < callers; ++i) {
      Caller &caller = all[callers * m + i];
      caller.loaded = &models[m];
      caller.team = teams[i];
      pthread_create(&caller.thread, nullptr, work, &caller);
    }
  }
  for (Caller &caller : all)
    pthread_join(caller.thread, nullptr);
  for (int m = 0; m < 2; ++m) {
    const Caller *callersOfModel = all + callers * m;
    bool good = true;
    for (int i = 0; i < callers; ++i)
      good &= callersOfModel[i].good && callersOfModel[i].loss == callersOfModel[0].loss;
    printf("%s: loss %.6g %s\n", models[m].model.name.c_str(), callersOfModel[0].loss, good ? "in all" : "DIFFERS");
  }
  return 0;
}
