// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The team of threads: every thread runs each call, barriers order what they write, and the number may change between
// calls; with more threads than cores as well. Teams are objects: several live side by side, and two threads may share
// one.
#include "runtime/Team.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace rondo;

namespace {

constexpr int64_t rounds = 300;

/// One place per thread, apart from the others.
struct alignas(64) Place {
  int64_t value = 0;
};

/// In each round every thread adds up what all threads wrote in the round before: each sum is known.
void sumOfAll(void *const *args, rondo_team *team, int64_t thread, int64_t threads) {
  auto *places = static_cast<Place *>(args[0]);
  auto *wrong = static_cast<std::atomic<int64_t> *>(args[1]);
  for (int64_t round = 0; round < rounds; ++round) {
    places[thread].value = round * 100 + thread;
    rondo_team_barrier(team, thread, threads);
    int64_t sum = 0;
    for (int64_t other = 0; other < threads; ++other)
      sum += places[other].value;
    if (sum != threads * round * 100 + threads * (threads - 1) / 2)
      ++*wrong;
    rondo_team_barrier(team, thread, threads);
  }
}

void count(void *const *args, rondo_team *, int64_t thread, int64_t threads) {
  ++*static_cast<std::atomic<int64_t> *>(args[thread]);
  if (thread == 0)
    *static_cast<int64_t *>(args[maxTeamThreads]) = threads;
}

} // namespace

/// Calls sumOfAll for so many threads of the team (or one, without); whether each sum was right.
static bool sumsAreRight(Team *team, int64_t threads) {
  std::vector<Place> places(threads);
  std::atomic<int64_t> wrong{0};
  void *args[] = {places.data(), &wrong};
  runBody({"sums", sumOfAll, 1}, args, team);
  return wrong == 0;
}

TEST(Team, BarriersOrderWhatThreadsWrite) {
  Team team(1);
  for (int64_t threads : {1, 2, 3, 4, 2, 4, 1, 3}) {
    team.setThreads(threads);
    EXPECT_TRUE(sumsAreRight(&team, threads)) << threads << " threads";
  }
}

TEST(Team, EveryThreadRunsEachCall) {
  Team team(1);
  std::atomic<int64_t> counts[4] = {};
  int64_t seen = 0;
  void *args[maxTeamThreads + 1] = {&counts[0], &counts[1], &counts[2], &counts[3]};
  args[maxTeamThreads] = &seen;
  for (int64_t threads : {4, 2}) {
    team.setThreads(threads);
    EXPECT_EQ(team.threads(), threads);
    for (int call = 0; call < 500; ++call)
      team.run(count, args);
    EXPECT_EQ(seen, threads);
  }
  EXPECT_EQ(counts[0], 1000);
  EXPECT_EQ(counts[1], 1000);
  EXPECT_EQ(counts[2], 500);
  EXPECT_EQ(counts[3], 500);
}

TEST(Team, WorkersThatSleepAreWoken) {
  Team team(3);
  for (int call = 0; call < 20; ++call) {
    EXPECT_TRUE(sumsAreRight(&team, 3));
    usleep(2000);
  }
}

TEST(Team, TeamsLiveSideBySide) {
  for (int round = 0; round < 5; ++round) {
    Team one(2), other(3);
    for (auto [team, threads] : {std::pair(&one, 2), std::pair(&other, 3), std::pair(&one, 2)})
      EXPECT_TRUE(sumsAreRight(team, threads));
  }
}

TEST(Team, WhoFindsItBusyRunsAlone) {
  Team team(2);
  std::atomic<bool> good{true};
  auto call = [&] {
    for (int i = 0; i < 50; ++i)
      if (!sumsAreRight(&team, 2))
        good = false;
  };
  std::thread first(call), second(call);
  first.join();
  second.join();
  EXPECT_TRUE(good);
}

TEST(Team, WithoutATeamAThreadRunsAlone) { EXPECT_TRUE(sumsAreRight(nullptr, 1)); }

TEST(Team, CoresAreCounted) {
  EXPECT_GE(usableThreads(), 1);
  EXPECT_LE(usableThreads(), maxTeamThreads);
}
