/*
 * A process that ends with the first output of a model that has its weights with it: prints that output, the time that
 * the process has taken of a processor since its start, and the most memory that was resident.
 */
#define _POSIX_C_SOURCE 200809L
#include "tagger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long peak_kilobytes(void) {
  char line[256];
  long peak = -1;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, "VmHWM:", 6) == 0)
      peak = atol(line + 6);
  return peak;
}

int main(void) {
  static float x[64], logits[tagger_OUTPUT_SIZE_logits];
  rondo_array inputs[tagger_INPUTS] = {{x, 0, 0}}, outputs[tagger_OUTPUTS] = {{logits, 0, 0}};
  tagger_weights *weights;
  tagger_workspace *workspace;
  size_t bytes = tagger_weights_bytes();
  if (bytes == 0 || tagger_weights_open(aligned_alloc(64, bytes), bytes, &weights))
    return 1;
  bytes = tagger_workspace_bytes(1, 1, 1);
  if (bytes == 0 || tagger_workspace_open(aligned_alloc(64, bytes), bytes, weights, 1, 1, 1, &workspace))
    return 2;
  for (int i = 0; i < 64; ++i)
    x[i] = (float)i / 64;
  if (tagger_step(workspace, 1, inputs, outputs))
    return 3;
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  printf("output %.9g\nprocessor %.3f ms\npeak %ld KB\n", logits[0],
         (double)used.tv_sec * 1e3 + (double)used.tv_nsec * 1e-6, peak_kilobytes());
  return 0;
}
