/* A model that looks ahead has no steps, and takes whole rows. */
#include "rondo_model.h"

#include <stdio.h>
#include <stdlib.h>

static rondo_model_workspace *workspace;

static void show(const char *what, int code) {
  printf("%s: %d, %s\n", what, code, rondo_model_workspace_error(workspace));
}

int main(void) {
  static int32_t tokens[64];
  static float outcome[1 << 14];
  rondo_model_weights *weights;
  size_t bytes = rondo_model_weights_bytes();
  rondo_array inputs[rondo_model_INPUTS] = {{tokens, 0, 0}}, outputs[rondo_model_OUTPUTS] = {{outcome, 0, 0}};
  if (rondo_model_weights_open(aligned_alloc(64, bytes), bytes, &weights) || rondo_model_init(weights, 1))
    return 1;
  bytes = rondo_model_workspace_bytes(2, 12, 1);
  if (rondo_model_workspace_open(aligned_alloc(64, bytes), bytes, weights, 2, 12, 1, &workspace))
    return 2;
  int32_t lengths[2] = {9, 4};
  show("step", rondo_model_step(workspace, 1, inputs, outputs));
  show("short", rondo_model_run(workspace, 1, 4, NULL, inputs, outputs));
  show("long", rondo_model_run(workspace, 1, 12, NULL, inputs, outputs));
  show("row", rondo_model_run(workspace, 2, 9, lengths, inputs, outputs));
  show("state", rondo_model_state_get(workspace, 0, 1, outcome, 4));
  return rondo_model_run(workspace, 2, 9, NULL, inputs, outputs);
}
