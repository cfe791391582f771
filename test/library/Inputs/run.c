/*
 * run WEIGHTS ROWS STEPS LENGTHS INPUT... / OUTPUT BYTES...: writes first weights to the file WEIGHTS, runs the inputs,
 * raw files (- for none), and writes the outputs, filled with zeros before. LENGTHS is a raw file, or - for none.
 */
#include "rondo_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
  return memset(memory, 0, bytes);
}

static void check(int error, const char *words) {
  if (error) {
    printf("%s: %s\n", rondo_model_message(error), words);
    exit(1);
  }
}

static void *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  char *data = take(1 << 22);
  if (!file || fread(data, 1, 1 << 22, file) == 1 << 22)
    exit(2);
  fclose(file);
  return data;
}

static void write_file(const char *path, const void *data, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file))
    exit(3);
}

int main(int argc, char **argv) {
  rondo_model_weights *weights;
  rondo_model_workspace *workspace;
  size_t bytes = rondo_model_weights_bytes();
  long rows = atol(argv[2]), steps = atol(argv[3]);
  check(rondo_model_weights_open(take(bytes), bytes, &weights), "weights");
  check(rondo_model_init(weights, 7), rondo_model_weights_error(weights));
  check(rondo_model_save_bytes(weights, &bytes), rondo_model_weights_error(weights));
  void *saved = take(bytes);
  check(rondo_model_save(weights, saved, bytes), rondo_model_weights_error(weights));
  write_file(argv[1], saved, bytes);

  rondo_array inputs[rondo_model_INPUTS + 1] = {{0, 0, 0}}, outputs[rondo_model_OUTPUTS + 1] = {{0, 0, 0}};
  char **next = argv + 5;
  for (int i = 0; strcmp(*next, "/") != 0; ++i, ++next)
    inputs[i].data = strcmp(*next, "-") == 0 ? NULL : read_file(*next);
  char **named = ++next;
  for (int i = 0; next < argv + argc; ++i, next += 2)
    outputs[i].data = take((size_t)atol(next[1]));
  bytes = rondo_model_workspace_bytes(rows, steps, 2);
  check(rondo_model_workspace_open(take(bytes), bytes, weights, rows, steps, 2, &workspace), "workspace");
  const int32_t *lengths = strcmp(argv[4], "-") == 0 ? NULL : read_file(argv[4]);
  check(rondo_model_run(workspace, rows, steps, lengths, inputs, outputs), rondo_model_workspace_error(workspace));
  for (int i = 0; named < argv + argc; ++i, named += 2)
    write_file(named[0], outputs[i].data, (size_t)atol(named[1]));
  rondo_model_workspace_close(workspace);
  return 0;
}
