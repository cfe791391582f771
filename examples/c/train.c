/*
 * Training in a program of one's own: a model learns to tell in which quarter of the plane a walk of nine steps ends
 * (quarter.rondo), of walks that are made up on the way.
 *
 *   rondoc quarter.rondo --emit=header,static -o quarter
 *   cc -std=c11 -O2 -I. train.c libquarter.a -lm -o train && ./train 300 quarter.safetensors
 *
 * prints the loss now and then, and writes the weights, which the model's own executable reads too.
 */
#include "quarter.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = quarter_BATCH, STEPS = quarter_WINDOW };

static void *take(size_t bytes) {
  void *memory = bytes ? aligned_alloc(64, bytes) : NULL;
  if (!memory) {
    fprintf(stderr, "train: no memory\n");
    exit(1);
  }
  return memory;
}

static void check(int error, const char *words) {
  if (error == RONDO_OK)
    return;
  fprintf(stderr, "train: %s\n", *words ? words : quarter_message(error));
  exit(1);
}

/* A number from -1 to 1, the same ones on every machine (xorshift). */
static float draw(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (float)((double)(state >> 40) / (1 << 23) - 1);
}

/* Walks, the steps of a row side by side, and the quarters where they end. */
static void make_batch(float walks[ROWS][STEPS][2], int32_t quarters[ROWS]) {
  for (int row = 0; row < ROWS; ++row) {
    double x = 0, y = 0;
    for (int step = 0; step < STEPS; ++step) {
      x += walks[row][step][0] = draw();
      y += walks[row][step][1] = draw();
    }
    quarters[row] = (x < 0) + 2 * (y < 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 3 || atoi(argv[1]) < 1) {
    fprintf(stderr, "usage: train STEPS WEIGHTS\n");
    return 1;
  }
  size_t bytes = quarter_weights_bytes();
  void *weights_memory = take(bytes);
  quarter_weights *weights;
  check(quarter_weights_open(weights_memory, bytes, &weights), "");
  check(quarter_init(weights, 1), quarter_weights_error(weights));

  bytes = quarter_trainer_bytes(1);
  void *trainer_memory = take(bytes);
  quarter_trainer *trainer;
  check(quarter_trainer_open(trainer_memory, bytes, weights, 1, &trainer), "");

  static float walks[ROWS][STEPS][2];
  static int32_t quarters[ROWS];
  rondo_array inputs[quarter_INPUTS] = {{0}};
  inputs[quarter_INPUT_walk].data = walks;
  inputs[quarter_INPUT_ends].data = quarters;
  for (int64_t step = 1; step <= atoi(argv[1]); ++step) {
    double loss, norm;
    make_batch(walks, quarters);
    /* Each walk is a sequence of its own: first = 1. */
    check(quarter_grad(trainer, 1, step, NULL, inputs, &loss), quarter_trainer_error(trainer));
    check(quarter_update(trainer, step, -1, &norm), quarter_trainer_error(trainer));
    if (step == 1 || step % 100 == 0)
      printf("step %lld: loss %.6f, norm %.6f\n", (long long)step, loss, norm);
  }
  quarter_trainer_close(trainer);

  /* The same weights, on walks that were not trained on. */
  bytes = quarter_workspace_bytes(ROWS, STEPS, 1);
  void *workspace_memory = take(bytes);
  quarter_workspace *workspace;
  static float scores[ROWS][4];
  rondo_array outputs[quarter_OUTPUTS] = {{0}};
  outputs[quarter_OUTPUT_scores].data = scores;
  check(quarter_workspace_open(workspace_memory, bytes, weights, ROWS, STEPS, 1, &workspace), "");
  make_batch(walks, quarters);
  check(quarter_run(workspace, ROWS, STEPS, NULL, inputs, outputs), quarter_workspace_error(workspace));
  int right = 0;
  for (int row = 0; row < ROWS; ++row) {
    int best = 0;
    for (int i = 1; i < 4; ++i)
      best = scores[row][i] > scores[row][best] ? i : best;
    right += best == quarters[row];
  }
  printf("%d of %d walks right\n", right, (int)ROWS);
  quarter_workspace_close(workspace);

  size_t file_bytes;
  check(quarter_save_bytes(weights, &file_bytes), quarter_weights_error(weights));
  void *file_memory = malloc(file_bytes);
  if (!file_memory)
    return 1;
  check(quarter_save(weights, file_memory, file_bytes), quarter_weights_error(weights));
  FILE *file = fopen(argv[2], "wb");
  if (!file || fwrite(file_memory, 1, file_bytes, file) != file_bytes || fclose(file) != 0) {
    fprintf(stderr, "train: cannot write '%s'\n", argv[2]);
    return 1;
  }
  free(file_memory);
  free(workspace_memory);
  free(trainer_memory);
  free(weights_memory);
  return 0;
}
