/* Part of Rondo, under the Apache License v2.0 with LLVM Exceptions. */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the object that the compiler generates and the runtime know of each other: one symbol of the object, one of the
 * runtime. Plain C, so that a test can write a model by hand.
 */
#ifndef RONDO_RUNTIME_ABI_H
#define RONDO_RUNTIME_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Version of this interface, of what the description must hold too; the runtime takes no other. Since 2 several losses,
 * the axes of values, lengths along them, a rate of each update; since 3 programs with bodies that the runtime runs;
 * since 4 constants.
 */
#define RONDO_ABI_VERSION 4

/* Threads that run a body together. The runtime makes them; a body knows its team for the barrier alone. */
typedef struct rondo_team rondo_team;

/*
 * The code of a compiled function. `args` holds one pointer for each element of the entry's "args" in the description,
 * in that order: dense row-major buffers, of which none that is written overlaps another. They are aligned to 64 bytes;
 * inputs, targets and outputs of a model's run may be in a caller's memory, and are aligned to their elements. A body
 * keeps nothing between calls but what it writes to its buffers; it does not allocate and does not fail.
 *
 * Either it is called once, as body(args, NULL, 0, 1), or by all threads of a team, at the same time, as thread 0, 1,
 * .. threads - 1. Results do not depend on the number of threads.
 */
typedef void (*rondo_body)(void *const *args, rondo_team *team, int64_t thread, int64_t threads);

/*
 * One compiled function. `team` is 1 where the body deals its work out to threads, 0 where it leaves all to thread 0,
 * so that others would only wait: then it is to be called once.
 */
typedef struct rondo_entry {
  const char *name;
  rondo_body body;
  int64_t team;
} rondo_entry;

/*
 * An array that is part of the program, aligned to 64 bytes, in the types that entries take it in; NULL for others.
 */
typedef struct rondo_constant {
  const char *name;
  const float *f32;
  const double *f64;
} rondo_constant;

/*
 * A model. An object has one, PREFIX_program (rondo_main_program in an executable), and no other symbol that is seen
 * from outside, so that several models can be linked into one program.
 */
typedef struct rondo_program {
  int64_t abi;      /* RONDO_ABI_VERSION, first in every version */
  const char *json; /* the description of the model and its entries, ended by NUL; Model.h says what it holds */
  const rondo_entry *entries;      /* ended by one whose name is NULL */
  const rondo_constant *constants; /* ended by one whose name is NULL; NULL if there are none */
} rondo_program;

/*
 * Waits, in a body, until all its threads have called it as often; what a thread wrote before it all see after it. With
 * one thread it returns at once.
 */
void rondo_team_barrier(rondo_team *team, int64_t thread, int64_t threads);

#ifdef __cplusplus
}
#endif

#endif
