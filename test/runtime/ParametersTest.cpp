// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters that several workspaces share: what is packed of them follows their values, and threads with a workspace
// each may run at the same time.
#include "runtime/Workspace.h"
#include "test/runtime/Bodies.h"

#include <gtest/gtest.h>
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

// -p, state, loss: the state moves on by the sum of -p, and so does the loss.
void advance(void *const *args) {
  double sum = 0;
  for (int i = 0; i < 4; ++i)
    sum += static_cast<const double *>(args[0])[i];
  *static_cast<double *>(args[2]) = *static_cast<double *>(args[1]) += sum;
}

const rondo_entry code[] = {{"pack", alone<pack>, 0}, {"advance", alone<advance>, 0}, {nullptr, nullptr, 0}};

const char *const description =
    R"({"model":"M","element":"f64","streamable":true,"features":[],"axes":[],"inputs":[],"targets":[],"outputs":[],)"
    R"("losses":[{"name":""}],)"
    R"("parameters":[{"path":"p","shape":[4],"init":{"kind":"zeros"}}],"states":[{"name":"s","shape":[]}],"entries":[)"
    R"({"name":"pack","element":"f64","batch":1,"length":1,"arena":0,"args":[)"
    R"({"role":"parameter","name":"p","type":"f64","shape":[4],"access":"in"},)"
    R"({"role":"packed","name":"-p","type":"f64","shape":[4],"access":"out"}]},)"
    R"({"name":"advance","element":"f64","batch":1,"length":1,"arena":0,"pack":"pack","args":[)"
    R"({"role":"packed","name":"-p","type":"f64","shape":[4],"access":"in"},)"
    R"({"role":"state","name":"s","type":"f64","shape":[]},{"role":"loss","type":"f64","shape":[]}]}]})";

struct Parts {
  Parts() { good = model.read({RONDO_ABI_VERSION, description, code}, error); }
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
  constexpr int count = 4, runs = 1000;
  double losses[count] = {};
  std::unique_ptr<Workspace> workspaces[count];
  Call calls[count];
  for (int i = 0; i < count; ++i) {
    workspaces[i] = std::make_unique<Workspace>(parts.parameters, parts.team);
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
