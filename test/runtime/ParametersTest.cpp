// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters that several workspaces share: what is packed of them follows their values, and threads with a workspace
// each may run at the same time, by a team of their own or by one that they share. Also what all that takes of a heap.
#include "runtime/Heap.h"
#include "runtime/Workspace.h"
#include "test/runtime/Bodies.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>

using namespace rondo;

namespace {

int packs = 0;

// p, -p
void pack(void *const *args) {
  ++packs;
  for (int i = 0; i < 4; ++i)
    static_cast<double *>(args[1])[i] = -static_cast<const double *>(args[0])[i];
}

// -p, state, loss: the state moves on by -p, of which each thread does its share; the loss is the state's sum.
void advance(void *const *args, rondo_team *team, int64_t thread, int64_t threads) {
  const double *step = static_cast<const double *>(args[0]);
  double *state = static_cast<double *>(args[1]);
  for (int64_t i = thread; i < 4; i += threads)
    state[i] += step[i];
  rondo_team_barrier(team, thread, threads);
  if (thread == 0)
    *static_cast<double *>(args[2]) = state[0] + state[1] + state[2] + state[3];
}

const rondo_entry code[] = {{"pack", alone<pack>, 0}, {"advance", advance, 1}, {nullptr, nullptr, 0}};

const char *const description =
    R"({"model":"M","element":"f64","streamable":true,"features":[],"axes":[],"inputs":[],"targets":[],"outputs":[],)"
    R"("losses":[{"name":""}],)"
    R"("parameters":[{"path":"p","shape":[4],"init":{"kind":"zeros"}}],"states":[{"name":"s","shape":[4]}],"entries":[)"
    R"({"name":"pack","element":"f64","batch":1,"length":1,"arena":0,"args":[)"
    R"({"role":"parameter","name":"p","type":"f64","shape":[4],"access":"in"},)"
    R"({"role":"packed","name":"-p","type":"f64","shape":[4],"access":"out"}]},)"
    R"({"name":"advance","element":"f64","batch":1,"length":1,"arena":0,"pack":"pack","args":[)"
    R"({"role":"packed","name":"-p","type":"f64","shape":[4],"access":"in"},)"
    R"({"role":"state","name":"s","type":"f64","shape":[4]},{"role":"loss","type":"f64","shape":[]}]}]})";

struct Parts {
  Parts() {
    good = model.read({RONDO_ABI_VERSION, description, code, nullptr}, error) && parameters.allocate(Type::F64, error);
  }
  void fill(double value) {
    Buffer values = parameters.values(model.parameters[0], Type::F64);
    for (int64_t i = 0; i < 4; ++i)
      values.set(i, value);
  }

  Error error;
  Model model;
  Team team{2};
  Parameters parameters{model};
  bool good;
};

} // namespace

TEST(Parameters, WorkspacesShareWhatIsPacked) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  Workspace first(parts.parameters, parts.team), second(parts.parameters, parts.team);
  Call one = first.bind(*parts.model.entry("advance"), parts.error);
  Call other = second.bind(*parts.model.entry("advance"), parts.error);
  ASSERT_FALSE(parts.error.failed()) << parts.error.message();
  packs = 0;
  parts.fill(1);
  one.run();
  one.run();
  other.run();
  EXPECT_EQ(packs, 1);
  EXPECT_EQ(one.loss(), -8);
  EXPECT_EQ(other.loss(), -4) << "each workspace has states of its own";
  parts.fill(2);
  other.run();
  one.run();
  EXPECT_EQ(packs, 2);
  EXPECT_EQ(one.loss(), -16);
  EXPECT_EQ(other.loss(), -12);
}

TEST(Parameters, ThreadsRunAWorkspaceEach) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  constexpr int count = 4, runs = 50;
  Team own(3), alone(1);
  Team *teams[count] = {&parts.team, &parts.team, &own, &alone};
  double losses[count] = {};
  std::unique_ptr<Workspace> workspaces[count];
  Call calls[count];
  for (int i = 0; i < count; ++i) {
    workspaces[i] = std::make_unique<Workspace>(parts.parameters, *teams[i]);
    calls[i] = workspaces[i]->bind(*parts.model.entry("advance"), parts.error);
    ASSERT_FALSE(parts.error.failed()) << parts.error.message();
  }
  packs = 0;
  parts.fill(1);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < runs; ++k)
        calls[i].run();
      losses[i] = calls[i].loss();
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(packs, 1);
  for (double loss : losses)
    EXPECT_EQ(loss, -4 * runs);
}

TEST(Parameters, WorkspacesOpenWhileOthersRun) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  const Entry &entry = *parts.model.entry("advance");
  parts.fill(1);
  ASSERT_TRUE(parts.parameters.prepare(entry, parts.error)) << parts.error.message();
  packs = 0;
  parts.parameters.pack(nullptr);
  std::atomic<int> wrong{0};
  auto open = [&] {
    for (int i = 0; i < 50; ++i) {
      Error error;
      Team team(1);
      Workspace workspace(parts.parameters, team);
      Call call = workspace.bind(entry, error);
      if (error.failed())
        ++wrong;
      else
        call.run();
      wrong += !error.failed() && call.loss() != -4;
    }
  };
  std::thread first(open), second(open);
  first.join();
  second.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(packs, 1);
}

/// The call's loss after a run of a workspace whose memory is the heap's, or the error.
static std::string runIn(Heap &heap, Parts &parts) {
  HeapScope scope(heap);
  Error error;
  Parameters parameters(parts.model);
  Workspace workspace(parameters, parts.team);
  if (!parameters.allocate(Type::F64, error))
    return error.message();
  Call call = workspace.bind(*parts.model.entry("advance"), error);
  if (error.failed())
    return error.message();
  Buffer values = parameters.values(parts.model.parameters[0], Type::F64);
  for (int64_t i = 0; i < 4; ++i)
    values.set(i, 1);
  if (heap.isTrial)
    return "counted";
  call.run();
  return std::to_string(call.loss());
}

TEST(Heap, HoldsAWorkspaceInTheBytesThatATrialCounts) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  alignas(64) static char memory[1 << 14];
  Heap trial(memory, sizeof memory, /*isTrial=*/true);
  EXPECT_EQ(runIn(trial, parts), "counted");
  size_t bytes = trial.bytesNeeded();
  ASSERT_LT(bytes, sizeof memory);
  for (size_t given = 0; given <= bytes; given += 64) {
    memset(memory, 0x5a, sizeof memory);
    Heap heap(memory, given + 8); // what is no whole line is left alone
    std::string said = runIn(heap, parts);
    if (given == bytes)
      EXPECT_EQ(said, "-4.000000");
    else
      EXPECT_EQ(said.rfind("out of memory: ", 0), 0u) << given << " of " << bytes << " bytes: " << said;
    for (size_t i = given; i < sizeof memory; ++i)
      ASSERT_EQ(memory[i], 0x5a) << "byte " << i << " of " << given;
  }
}
