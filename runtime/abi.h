/* Part of Rondo, under the Apache License v2.0 with LLVM Exceptions. */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the object that the compiler generates and the runtime know of each other: two symbols of the object, two of the
 * runtime. Plain C, so that a test can write a model by hand.
 */
#ifndef RONDO_RUNTIME_ABI_H
#define RONDO_RUNTIME_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Version of this interface; the description says it under "abi", and the runtime takes no other. It changes with what
 * the description must hold: since 2 several losses, the axes of values, lengths along them, a rate of each update.
 */
#define RONDO_ABI_VERSION 2

/*
 * One compiled function. `call` takes one pointer for each element of the entry's "args" in the description, in
 * that order: dense row-major buffers, aligned to 64 bytes, no two of them overlapping. An entry keeps nothing
 * between calls but what it writes to its buffers; it does not allocate and does not fail.
 */
typedef struct rondo_entry {
  const char *name;
  void (*call)(void *const *args);
} rondo_entry;

/*
 * What the runtime does for an entry that several threads share. The entry's `call` is rondo_team_run of its body,
 * which runs at the same time as thread 0 (the caller), 1, .. threads - 1; it returns when all have. Results do not
 * depend on the number of threads, and where others are busy the caller runs it alone. In a body rondo_team_barrier
 * waits until all threads have called it as often; what a thread wrote before it all see after it.
 */
typedef void (*rondo_team_body)(void *const *args, int64_t thread, int64_t threads);
void rondo_team_run(rondo_team_body body, void *const *args);
void rondo_team_barrier(int64_t thread, int64_t threads);

/* JSON description of the model and its entries, ended by NUL. Model.h says what it holds. */
extern const char rondo_model_json[];

/* The entries, ended by one whose name is NULL. */
extern const rondo_entry rondo_entries[];

#ifdef __cplusplus
}
#endif

#endif
