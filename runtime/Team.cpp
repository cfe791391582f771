// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A team of threads that spin within a call and for a moment after it, and sleep between calls that are further apart.
//
// Each worker has a mailbox, which only the calling thread writes, and each thread a counter of the barriers at which
// it has arrived, which only that thread writes: a barrier of two threads costs one cache line's way in each direction.
// The end of a call is a barrier too, at which the calling thread alone waits.
#include "runtime/Team.h"

#include "runtime/Cores.h"

#include <csignal>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

using namespace rondo;

namespace {

constexpr int64_t spinNanoseconds = 50000;
constexpr int spinsBeforeSleep = 20000; // about a millisecond, or less where a pause is short
constexpr long sleepNanoseconds = 20000;

void relax() {
#ifdef __SSE2__
  _mm_pause();
#endif
}

/// Waits until `done()`. A thread that has waited for long waits for one that another process has put aside: it sleeps
/// in short turns, since one that only yields uses up the share of its own core that it needs afterwards. Shorter waits
/// come of a processor that other guests of the machine slow down, where a sleep costs more than it gives.
template <typename Condition> void spinUntil(Condition done) {
  for (int spins = 0; !done(); ++spins) {
    if (spins < spinsBeforeSleep) {
      relax();
      continue;
    }
    timespec turn{0, sleepNanoseconds};
    nanosleep(&turn, nullptr);
  }
}

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

uint32_t *futexWord(std::atomic<uint32_t> &value) { return reinterpret_cast<uint32_t *>(&value); }

} // namespace

/// Waits for a call other than number `seen`: spins for a moment, then sleeps.
uint32_t Team::awaitCall(Mailbox &mailbox, uint32_t seen) {
  auto latest = [&] { return mailbox.calls.load(std::memory_order_acquire); };
  for (int64_t begin = now(); now() - begin < spinNanoseconds;)
    for (int spins = 0; spins < 64; ++spins) {
      if (latest() != seen)
        return latest();
      relax();
    }
  // The caller first changes `calls`, then reads `sleeping`; here it is the other way round, so one of both sees it.
  mailbox.sleeping.store(1, std::memory_order_seq_cst);
  while (mailbox.calls.load(std::memory_order_seq_cst) == seen)
    syscall(SYS_futex, futexWord(mailbox.calls), FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
  mailbox.sleeping.store(0, std::memory_order_relaxed);
  return latest();
}

/// Lets the worker see what is in its mailbox.
void Team::signal(Mailbox &mailbox) {
  mailbox.calls.fetch_add(1, std::memory_order_seq_cst);
  if (mailbox.sleeping.load(std::memory_order_seq_cst))
    syscall(SYS_futex, futexWord(mailbox.calls), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void Team::arrive(int64_t thread) {
#ifdef __SSE2__
  _mm_sfence(); // before it what was written past the caches need not be seen by those who see the count
#endif
  arrivals[thread].count.store(arrivals[thread].count.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

/// Waits until all threads have arrived as often as `thread` has.
void Team::awaitOthers(int64_t thread, int64_t threads) {
  uint64_t count = arrivals[thread].count.load(std::memory_order_relaxed);
  for (int64_t other = 0; other < threads; ++other)
    if (other != thread)
      spinUntil([&] { return arrivals[other].count.load(std::memory_order_acquire) >= count; });
}

void *Team::work(void *argument) {
  Mailbox &mailbox = *static_cast<Mailbox *>(argument);
  Team &team = *mailbox.team;
  int64_t thread = &mailbox - team.mailboxes;
  for (uint32_t seen = 0;;) {
    seen = awaitCall(mailbox, seen);
    if (!mailbox.body)
      return nullptr;
    mailbox.body(mailbox.args, team.handle(), thread, mailbox.threads);
    team.arrive(thread);
  }
}

/// Starts workers until there are `threads`, as far as the system gives them. Signals are the calling thread's.
void Team::startWorkers(int64_t threads) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (; started < threads; ++started) {
    Mailbox &mailbox = mailboxes[started];
    mailbox.team = this;
    if (pthread_create(&mailbox.worker, nullptr, work, &mailbox) != 0)
      break;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int64_t Team::start() {
  startWorkers(wanted);
  // Where the system gives no more, fewer do.
  return wanted = started < wanted ? started : wanted;
}

Team::~Team() {
  for (int64_t thread = 1; thread < started; ++thread) {
    mailboxes[thread].body = nullptr;
    signal(mailboxes[thread]);
  }
  for (int64_t thread = 1; thread < started; ++thread)
    pthread_join(mailboxes[thread].worker, nullptr);
}

void Team::run(rondo_body body, void *const *args) {
  if (busy.exchange(true, std::memory_order_acquire))
    return body(args, nullptr, 0, 1);
  int64_t threads = wanted;
  if (threads == 1) {
    busy.store(false, std::memory_order_release);
    return body(args, nullptr, 0, 1);
  }
  if (threads > started)
    threads = start();
  // A thread that took no part in a call has arrived less often; nobody waits now, so all may begin anew.
  for (int64_t thread = 0; thread < threads && threads != last; ++thread)
    arrivals[thread].count.store(0, std::memory_order_relaxed);
  last = threads;
  for (int64_t thread = 1; thread < threads; ++thread) {
    Mailbox &mailbox = mailboxes[thread];
    mailbox.body = body;
    mailbox.args = args;
    mailbox.threads = threads;
    signal(mailbox);
  }
  body(args, handle(), 0, threads);
  arrive(0);
  awaitOthers(0, threads);
  busy.store(false, std::memory_order_release);
}

void Team::barrier(int64_t thread, int64_t threads) {
  if (threads == 1)
    return;
  arrive(thread);
  awaitOthers(thread, threads);
}

void rondo::runBody(const rondo_entry &entry, void *const *args, Team *team) {
  if (team && entry.team)
    team->run(entry.body, args);
  else
    entry.body(args, nullptr, 0, 1);
}

int64_t rondo::usableThreads() {
  int64_t cores = usableCores();
  return cores > maxTeamThreads ? maxTeamThreads : cores;
}

void rondo_team_barrier(rondo_team *team, int64_t thread, int64_t threads) {
  if (threads > 1)
    reinterpret_cast<Team *>(team)->barrier(thread, threads);
}
