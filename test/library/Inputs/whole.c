/* A model without steps. */
#include "rondo_model.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  rondo_model_weights *weights;
  rondo_model_workspace *workspace;
  static float pixels[64], logits[10];
  int32_t length = 1;
  size_t bytes = rondo_model_weights_bytes();
  rondo_array inputs[rondo_model_INPUTS] = {{pixels, 0, 0}}, outputs[rondo_model_OUTPUTS] = {{logits, 0, 0}};
  if (rondo_model_weights_open(aligned_alloc(64, bytes), bytes, &weights) || rondo_model_init(weights, 1))
    return 1;
  bytes = rondo_model_workspace_bytes(1, 1, 1);
  if (rondo_model_workspace_open(aligned_alloc(64, bytes), bytes, weights, 1, 1, 1, &workspace))
    return 2;
  int error = rondo_model_run(workspace, 1, 0, NULL, inputs, outputs);
  printf("steps: %d, %s\n", error, rondo_model_workspace_error(workspace));
  error = rondo_model_run(workspace, 1, 1, &length, inputs, outputs);
  printf("lengths: %d, %s\n", error, rondo_model_workspace_error(workspace));
  inputs[0].step_stride = 4;
  error = rondo_model_run(workspace, 1, 1, NULL, inputs, outputs);
  printf("stride: %d, %s\n", error, rondo_model_workspace_error(workspace));
  inputs[0].step_stride = 0;
  error = rondo_model_state_get(workspace, 0, 1, logits, sizeof logits);
  printf("state: %d, %s\n", error, rondo_model_workspace_error(workspace));
  return rondo_model_step(workspace, 1, inputs, outputs);
}
