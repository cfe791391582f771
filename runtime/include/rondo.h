/* Part of Rondo, under the Apache License v2.0 with LLVM Exceptions. */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the headers of all compiled models share. A model's own header (rondoc --emit=header) declares its functions,
 * which begin with the model's prefix, and says what its inputs, outputs, states and parameters are.
 *
 * No function allocates memory, writes to a file or the terminal, handles signals or ends the program. All memory is
 * the caller's: ask for its size, a multiple of 64, give it, aligned to 64 bytes (as aligned_alloc does), to an `open`
 * function, and release it when nothing is called with it any more. (To find a size, pages are taken from the system
 * and given back.)
 */
#ifndef RONDO_H
#define RONDO_H

#include <stddef.h>
#include <stdint.h>

/* Version of this header and of how functions are called. A model's header takes only the one that it is for. */
#define RONDO_INTERFACE 2

/* What functions that return an int return. */
enum rondo_error {
  RONDO_OK = 0,
  RONDO_NULL,      /* a pointer is null that must not be */
  RONDO_ARGUMENT,  /* a number, name, size or token is not one that the function takes */
  RONDO_MEMORY,    /* the memory is too small, or not aligned to 64 bytes */
  RONDO_ORDER,     /* something else must be called before, as to load weights before to run */
  RONDO_WEIGHTS,   /* the bytes are no weights of this model */
  RONDO_VALUE,     /* a number is infinite or not a number */
  RONDO_ABSENT,    /* the model was compiled without that, or cannot do it */
  RONDO_PROCESSOR, /* the processor lacks instruction sets that the model was compiled for */
  RONDO_INTERNAL   /* the library does not fit its model: a fault of the compiler, or files of two versions */
};

/*
 * Values of all rows (sequences): [rows, axes, features], where the axes are those that the model's header says. The
 * elements of a row at one position stand side by side, as do those of an input without positions. With 0 for a stride
 * the array is dense. In PREFIX_run and PREFIX_step an output may have the memory of an input (in place), where both
 * have the same strides and as many bytes at each position; else no byte of an output may be one of another array, or
 * the outputs' values are undefined.
 */
typedef struct rondo_array {
  void *data;          /* of an input it is only read; null: not given, or not wanted */
  int64_t row_stride;  /* bytes from one row to the next */
  int64_t step_stride; /* bytes from one position to the next along the axis that steps go along */
} rondo_array;

/*
 * What PREFIX_vjp of a model that is compiled as a layer takes and gives. The lists of arrays have the order of the
 * model's header. Values of states are dense: [rows, the state of one].
 */
typedef struct rondo_vjp {
  const rondo_array *inputs;
  const void *const *states;           /* before the first step; null: the rows begin new sequences */
  const rondo_array *cotangents;       /* of the outputs; null for data: zero */
  const void *const *state_cotangents; /* of the states behind the last step; null, or one that is: zero */
  const rondo_array *input_gradients;  /* are written; null, or null for data: not wanted. Tokens have none */
  void *const *state_gradients;        /* are written, by the states before; null, or one that is: not wanted */
  void *const *gradients; /* by the parameters, to which they are added; null, or one that is: not wanted */
} rondo_vjp;

/*
 * How PREFIX_generate of a model with a `generate` line chooses symbols. With zeros throughout, each symbol is the
 * likeliest one.
 */
typedef struct rondo_decoding {
  int64_t most; /* the most symbols of a row, the one that ends it included; 0: as many as the program says */
  int64_t beam; /* the likeliest sequence is searched for with so many hypotheses of a row; 0 or 1: no search */
  double length_penalty; /* of beams: the power of (5 + length) / 6 that divides a hypothesis's log-probability */
  double temperature;    /* symbols are drawn, the logits divided by it; 0: the likeliest one is taken */
  int64_t top_k;         /* from so many of the likeliest ones only; 0: from all */
  double top_p;          /* and from the likeliest that have together this probability; 0 is 1: from all */
  uint64_t seed;         /* what row r draws depends on the seed and on r */
  int64_t slide; /* not 0: where positions have an index and a sequence has as many, it goes on from its last half */
} rondo_decoding;

#endif
