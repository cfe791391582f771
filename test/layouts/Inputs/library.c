/* Loads weights of another framework, read from a file, and runs one row; prints the outputs, or what is wrong. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static char bytes[1 << 20];

int main(int argc, char **argv) {
  FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
  size_t count = file ? fread(bytes, 1, sizeof bytes, file) : 0, memory = model_weights_bytes();
  const char *layout = argc == 3 && *argv[2] ? argv[2] : NULL;
  model_weights *weights;
  model_workspace *workspace;
  if (model_weights_open(aligned_alloc(64, (memory + 63) / 64 * 64), memory, &weights))
    return 2;
  int code = model_load_layout(weights, bytes, count, layout);
  if (code) {
    printf("%s: %s\n", model_message(code), model_weights_error(weights));
    return 0;
  }
  memory = model_workspace_bytes(1, 2, 1);
  if (model_workspace_open(aligned_alloc(64, (memory + 63) / 64 * 64), memory, weights, 1, 2, 1, &workspace))
    return 3;
  float x[2][3] = {{1, 2, 3}, {4, 5, 6}}, y[2][4];
  rondo_array input = {x, sizeof x, sizeof *x}, output = {y, sizeof y, sizeof *y};
  if (model_run(workspace, 1, 2, NULL, &input, &output))
    return 4;
  for (int i = 0; i < 8; ++i)
    printf("%.4f\n", (double)y[i / 4][i % 4]);
  model_workspace_close(workspace);
  return 0;
}
