/*
 * Loads weight files, each with a layout and the error that is expected, again and again into weights that have no more
 * memory than they ask for: what a failure lost would be missed later.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static char bytes[1 << 22];

int main(int argc, char **argv) {
  size_t memory = model_weights_bytes();
  model_weights *weights;
  if (model_weights_open(aligned_alloc(64, (memory + 63) / 64 * 64), memory, &weights))
    return 2;
  for (int round = 0; round < 100; ++round)
    for (int i = 1; i + 2 < argc; i += 3) {
      FILE *file = fopen(argv[i], "rb");
      size_t count = file ? fread(bytes, 1, sizeof bytes, file) : 0;
      if (!file || fclose(file))
        return 3;
      int code = model_load_layout(weights, bytes, count, argv[i + 1]);
      int wanted = atoi(argv[i + 2]);
      if (wanted == 35 ? code != RONDO_MEMORY && code != RONDO_WEIGHTS : code != wanted) {
        printf("round %d: %s: error %d, %s\n", round, argv[i], code, model_weights_error(weights));
        return 1;
      }
    }
  printf("%d files, 100 times each\n", argc / 3);
  return 0;
}
