/* Training of a model that asks for lengths. */
#include "rondo_model.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = rondo_model_BATCH, STEPS = rondo_model_WINDOW };

static int32_t tokens[ROWS][STEPS + 1], lengths[ROWS];
static rondo_model_trainer *trainer;

static double grad(const char *what) {
  rondo_array inputs[rondo_model_INPUTS] = {{0, 0, 0}};
  inputs[rondo_model_INPUT_text].data = tokens;
  inputs[rondo_model_INPUT_next].data = &tokens[0][1];
  inputs[rondo_model_INPUT_text].row_stride = inputs[rondo_model_INPUT_next].row_stride = sizeof tokens[0];
  double loss = 0;
  int code = rondo_model_grad(trainer, 1, 1, lengths, inputs, &loss);
  printf("%s: %d, %s\n", what, code, code ? rondo_model_trainer_error(trainer) : "");
  return loss;
}

int main(void) {
  rondo_model_weights *weights;
  size_t bytes = rondo_model_weights_bytes();
  if (rondo_model_weights_open(aligned_alloc(64, bytes), bytes, &weights) || rondo_model_init(weights, 1))
    return 1;
  bytes = rondo_model_trainer_bytes(1);
  if (rondo_model_trainer_open(aligned_alloc(64, bytes), bytes, weights, 1, &trainer))
    return 2;
  for (int row = 0; row < ROWS; ++row)
    lengths[row] = 1 + row % STEPS;
  lengths[1] = STEPS + 1;
  grad("long");
  lengths[1] = -1;
  grad("negative");
  lengths[1] = 2;
  tokens[1][1] = -1;
  grad("token");
  tokens[1][1] = 1;
  double loss = grad("good");
  /* What is behind a length is not looked at. */
  tokens[1][3] = -7;
  return grad("behind") != loss;
}
