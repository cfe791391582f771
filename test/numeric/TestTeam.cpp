// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The team of threads that runs compiled functions in tests.

#include "test/numeric/TestTeam.h"

#include "runtime/Team.h"

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace rondo;

static TestTeam team;
static Team threadTeam(1);

namespace {
/// Threads of which one runs at a time. Each has its turn in every round, which ends at a barrier or the end.
class Turns {
public:
  void run(rondo_body body, void *const *args) {
    turn = first();
    std::vector<std::thread> workers;
    for (int64_t thread = 0; thread < team.threads; ++thread)
      workers.emplace_back([=] {
        await(thread);
        body(args, nullptr, thread, team.threads);
        pass(thread);
      });
    for (std::thread &worker : workers)
      worker.join();
  }

  void barrier(int64_t thread) {
    pass(thread);
    await(thread);
  }

private:
  static int64_t first() { return team.order == TestTeam::Ascending ? 0 : team.threads - 1; }

  void await(int64_t thread) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return turn == thread; });
  }

  /// Every thread comes to the same barriers, so whose turn it is next goes round.
  void pass(int64_t thread) {
    std::lock_guard<std::mutex> lock(mutex);
    turn = thread + (team.order == TestTeam::Ascending ? 1 : -1);
    if (turn < 0 || turn == team.threads)
      turn = first();
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  int64_t turn = 0;
};
Turns turns;
} // namespace

static void barrier(rondo_team *handle, int64_t thread, int64_t threads) {
  if (team.order == TestTeam::Together)
    return rondo_team_barrier(handle, thread, threads);
  turns.barrier(thread);
}

void rondo::runByTestTeam(const rondo_entry &entry, void *const *args) {
  if (entry.team && team.order != TestTeam::Together)
    return turns.run(entry.body, args);
  runBody(entry, args, &threadTeam);
}

void rondo::setTestTeam(TestTeam wanted) {
  team = wanted;
  threadTeam.setThreads(wanted.threads);
}

std::vector<LoadedCode::Symbol> rondo::testTeamSymbols() {
  return {{"rondo_team_barrier", reinterpret_cast<void *>(&barrier)}};
}
