/* Steps through the frames of a file, with the weights that are a part of the library; prints their probabilities. */
#include HEADER

#include <stdio.h>
#include <stdlib.h>

static void *room(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

int main(int argc, char **argv) {
  static float frame[576], h[128], c[128];
  float probability;
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  size_t bytes = NAME(weights_bytes)(), more = NAME(workspace_bytes)(1, 1, 1);
  NAME(weights) * weights;
  NAME(workspace) * workspace;
  if (!file || NAME(weights_open)(room(bytes), bytes, &weights) ||
      NAME(workspace_open)(room(more), more, weights, 1, 1, 1, &workspace))
    return 1;
  rondo_array inputs[] = {{frame, 0, 0}, {h, 0, 0}, {c, 0, 0}}, outputs[] = {{&probability, 0, 0}, {0}, {0}};
  while (fread(frame, sizeof frame, 1, file) == 1) {
    if (NAME(step)(workspace, 1, inputs, outputs))
      return 1;
    printf("%.9g\n", (double)probability);
  }
  NAME(workspace_close)(workspace);
  return 0;
}
