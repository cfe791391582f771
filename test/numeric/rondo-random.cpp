// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rondo-random SEED: prints the random program of a seed, after a comment with what it is run on.

#include "test/numeric/RandomProgram.h"

#include <cstdio>
#include <cstdlib>

int main(int count, char **words) {
  if (count != 2) {
    fprintf(stderr, "usage: rondo-random SEED\n");
    return 1;
  }
  rondo::RandomProgram program = rondo::makeRandomProgram(strtoull(words[1], nullptr, 10));
  printf("// batch %lld, length %lld, tokens %lld, streams %d\n%s", (long long)program.batch, (long long)program.length,
         (long long)program.tokens, int(program.streams), program.text.c_str());
}
