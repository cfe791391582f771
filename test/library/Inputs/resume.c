/*
 * resume TEXT FROM LAST CHECKPOINT [lost]: trains on a text up to the update LAST as `train --split 0 --seed 3` does (Feed.h),
 * and writes a checkpoint. FROM is one, with which it goes on, or - for a new run. What is drawn follows from the place
 * in the run that is given with each batch, but for the first one behind a checkpoint with a place, or (lost) never.
 * An update takes BATCHES of them.
 */
#include "library.h"

#ifndef BATCHES
#define BATCHES 1
#endif
enum { SEED = 3 };

static void *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  char *data = malloc(1 << 22);
  EXPECT(file && data);
  *bytes = fread(data, 1, 1 << 22, file);
  EXPECT(fclose(file) == 0);
  return data;
}

static M(weights) * weights;
static M(trainer) * trainer;

static void check(int error) {
  if (error) {
    fprintf(stderr, "%s; %s\n", M(weights_error)(weights), M(trainer_error)(trainer));
    exit(1);
  }
}

int main(int count, char **arguments) {
  EXPECT(count == 5 || count == 6);
  size_t text_bytes, bytes = M(weights_bytes)();
  char *text = read_file(arguments[1], &text_bytes);
  EXPECT(M(weights_open)(take(bytes), bytes, &weights) == RONDO_OK);
  int64_t step = 0;
  int is_new = strcmp(arguments[2], "-") == 0;
  if (is_new) {
    /* A trainer takes no more memory where the weights have an alphabet. */
    check(M(init)(weights, SEED));
    check(M(alphabet_set)(weights, 0, text, text_bytes));
  }
  bytes = M(trainer_bytes)(1);
  EXPECT(M(trainer_open)(take(bytes), bytes, weights, 1, &trainer) == RONDO_OK);
  if (!is_new) {
    void *file = read_file(arguments[2], &bytes);
    check(M(resume)(trainer, file, bytes, &step));
    free(file);
  }
  int32_t *tokens = malloc(text_bytes * sizeof *tokens);
  check(M(encode)(weights, 0, text, text_bytes, tokens));
  int64_t length = ((int64_t)text_bytes - 1) / M(BATCH), windows = (length - M(WINDOW)) / M(WINDOW) + 1;
  rondo_array inputs[M(INPUTS)] = {{0, 0, 0}};
  int has_place = !is_new && strstr(arguments[2], ".library");
  for (int64_t batch = step * BATCHES, end = atoi(arguments[3]) * (int64_t)BATCHES; batch < end; ++batch) {
    int64_t window = batch % windows;
    inputs[M(INPUT_text)].data = tokens + window * M(WINDOW);
    inputs[M(INPUT_next)].data = tokens + window * M(WINDOW) + 1;
    inputs[M(INPUT_text)].row_stride = inputs[M(INPUT_next)].row_stride = length * (int64_t)sizeof *tokens;
    if (count == 5 && (!has_place || window == 0))
      check(M(place)(trainer, batch / windows, window * M(WINDOW)));
    has_place = 0;
    double loss;
    check(M(grad)(trainer, window == 0, SEED, NULL, inputs, &loss));
    if ((batch + 1) % BATCHES == 0)
      check(M(update)(trainer, ++step, -1, NULL));
  }
  check(M(checkpoint_bytes)(trainer, &bytes));
  char *file = malloc(bytes);
  check(M(checkpoint)(trainer, file, bytes));
  FILE *out = fopen(arguments[4], "wb");
  EXPECT(out && fwrite(file, 1, bytes, out) == bytes && fclose(out) == 0);
  return 0;
}
