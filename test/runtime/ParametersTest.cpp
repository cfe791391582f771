// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters that several workspaces share: what is packed of them follows their values, and threads with a workspace
// each may run at the same time, by a team of their own, by one that they share, or alone. Also where memory comes
// from.
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
  Parts() { good = model.read({RONDO_ABI_VERSION, description, code}, error) && parameters.allocate(Type::F64, error); }
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
  Team own(3);
  Team *teams[count] = {&parts.team, &parts.team, &own, nullptr};
  double losses[count] = {};
  Blocks blocks[count];
  std::unique_ptr<Workspace> workspaces[count];
  Call calls[count];
  for (int i = 0; i < count; ++i) {
    workspaces[i] = std::make_unique<Workspace>(parts.parameters, blocks[i], teams[i]);
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
      Blocks blocks;
      Workspace workspace(parts.parameters, blocks, nullptr);
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

/// What of `memory` a workspace takes; the call's loss after a run, or the error.
static std::string runIn(Blocks &memory, const Model &model, Error &error) {
  Parameters parameters(model, memory);
  Workspace workspace(parameters, memory, nullptr);
  if (!parameters.allocate(Type::F64, error))
    return error.message();
  Call call = workspace.bind(*model.entry("advance"), error);
  if (error.failed())
    return error.message();
  Buffer values = parameters.values(model.parameters[0], Type::F64);
  for (int64_t i = 0; values.data && i < 4; ++i)
    values.set(i, 1);
  if (!values.data)
    return "counted";
  call.run();
  return std::to_string(call.loss());
}

TEST(Blocks, AreCountedAndTakenFromAGivenOne) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  Blocks counter = Blocks::counter();
  EXPECT_EQ(runIn(counter, parts.model, parts.error), "counted");
  // p, -p, s and the loss, each in a line of 64 bytes.
  EXPECT_EQ(counter.bytes(), 4 * 64);
  alignas(64) char memory[5 * 64];
  memset(memory, 0x5a, sizeof memory);
  Blocks given(memory, counter.bytes());
  EXPECT_EQ(runIn(given, parts.model, parts.error), "-4.000000");
  EXPECT_EQ(given.bytes(), counter.bytes());
  for (size_t i = counter.bytes(); i < sizeof memory; ++i)
    ASSERT_EQ(memory[i], 0x5a) << "byte " << i;
}

TEST(Blocks, ErrorsOfAGivenOne) {
  Parts parts;
  ASSERT_TRUE(parts.good) << parts.error.message();
  alignas(64) char memory[4 * 64];
  for (size_t lines = 0; lines < 4; ++lines) {
    Error error;
    Blocks given(memory, 64 * lines + 8);
    std::string said = runIn(given, parts.model, error);
    EXPECT_EQ(said, "out of memory: 56 more bytes were needed") << lines;
  }
  Error error;
  Blocks oblique(memory + 8, 128);
  EXPECT_EQ(runIn(oblique, parts.model, error), "expected a block of memory aligned to 64 bytes");
}
