/* A model that looks ahead, at any length up to 16: rows are as each alone, whatever stands behind their ends. */
#include "rondo_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, MOST = 17 };

static rondo_model_workspace *workspace;
static float x[ROWS][MOST][3], y[ROWS][MOST][2], alone[MOST][2];

static void show(const char *what, int code) {
  printf("%s: %d, %s\n", what, code, rondo_model_workspace_error(workspace));
}

int main(void) {
  static const int32_t lengths[ROWS] = {16, 1, 7, 15, 2}, longer[ROWS] = {1, 17};
  rondo_model_weights *weights;
  size_t bytes = rondo_model_weights_bytes();
  rondo_array inputs[rondo_model_INPUTS] = {{x, 0, 0}}, outputs[rondo_model_OUTPUTS] = {{y, 0, 0}};
  if (rondo_model_weights_open(aligned_alloc(64, bytes), bytes, &weights) || rondo_model_init(weights, 1))
    return 1;
  bytes = rondo_model_workspace_bytes(ROWS, MOST, 1);
  if (rondo_model_workspace_open(aligned_alloc(64, bytes), bytes, weights, ROWS, MOST, 1, &workspace))
    return 2;
  show("long", rondo_model_run(workspace, 1, 17, NULL, inputs, outputs));
  show("row", rondo_model_run(workspace, 2, 17, longer, inputs, outputs));
  show("step", rondo_model_step(workspace, 1, inputs, outputs));
  for (int row = 0; row < ROWS; ++row)
    for (int t = 0; t < MOST; ++t)
      for (int i = 0; i < 3; ++i)
        x[row][t][i] = t < lengths[row] ? (float)((row * 31 + t * 7 + i * 3) % 11) / 11 : NAN;
  if (rondo_model_run(workspace, ROWS, MOST, lengths, inputs, outputs))
    return 3;
  for (int row = 0; row < ROWS; ++row) {
    rondo_array own = {x[row], 0, 0}, found = {alone, 0, 0};
    if (rondo_model_run(workspace, 1, lengths[row], NULL, &own, &found) ||
        memcmp(alone, y[row], (size_t)lengths[row] * sizeof *alone))
      return 4;
  }
  return 0;
}
