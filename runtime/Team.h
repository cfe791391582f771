// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The persistent team of threads that runs an entry: every thread runs the whole function and does its share of it.
#ifndef RONDO_RUNTIME_TEAM_H
#define RONDO_RUNTIME_TEAM_H

#include "runtime/abi.h"

#include <atomic>
#include <cstdint>
#include <pthread.h>

namespace rondo {

/// The most threads that a team may have.
constexpr int64_t maxTeamThreads = 64;

/// The number of processors that this process may use, at most maxTeamThreads. More threads than that would wait for
/// each other's processor.
int64_t usableThreads();

/// A team of threads, which are started by the first call that needs them, unless start() did, and end with it. A call
/// that finds the team busy with another thread's is run by the calling thread alone: results do not depend on the
/// number of threads.
class Team {
public:
  explicit Team(int64_t threads) : wanted(threads) {}
  Team(const Team &) = delete;
  Team &operator=(const Team &) = delete;
  ~Team();

  /// Sets the number of threads (from 1 to maxTeamThreads) of the calls that follow.
  void setThreads(int64_t threads) { wanted = threads; }
  int64_t threads() const { return wanted; }
  /// Starts the threads before the first call, which then takes no memory. Returns how many the system gave.
  int64_t start();

  /// Runs `body` as thread 0 (the caller), 1, .. threads() - 1, and returns when all have.
  void run(rondo_body body, void *const *args);

  /// In a body: rondo_team_barrier.
  void barrier(int64_t thread, int64_t threads);

private:
  /// What bodies know it by.
  rondo_team *handle() { return reinterpret_cast<rondo_team *>(this); }

  static constexpr int cacheLine = 128; // two lines of 64 bytes, which some CPUs fetch together

  /// What a worker is asked to do; only the calling thread writes it.
  struct alignas(cacheLine) Mailbox {
    std::atomic<uint32_t> calls{0};    // as many as there were; a change is the signal
    std::atomic<uint32_t> sleeping{0}; // whether the worker must be woken
    rondo_body body = nullptr;         // null ends the worker
    void *const *args = nullptr;
    int64_t threads = 0;
    Team *team = nullptr;
    pthread_t worker;
  };
  /// The barriers at which a thread has arrived; only that thread writes it.
  struct alignas(cacheLine) Arrivals {
    std::atomic<uint64_t> count{0};
  };

  static void *work(void *mailbox);
  static uint32_t awaitCall(Mailbox &mailbox, uint32_t seen);
  static void signal(Mailbox &mailbox);
  void startWorkers(int64_t threads);
  void arrive(int64_t thread);
  void awaitOthers(int64_t thread, int64_t threads);

  Mailbox mailboxes[maxTeamThreads];
  Arrivals arrivals[maxTeamThreads];
  int64_t wanted;
  int64_t started = 1; // threads that exist, with the calling one
  int64_t last = 1;    // threads of the last call
  std::atomic<bool> busy{false};
};

/// Runs the entry: by `team` where there is one and it is of use, else by this thread alone.
void runBody(const rondo_entry &entry, void *const *args, Team *team);

} // namespace rondo

#endif
