/* Opens a model that has its weights, and runs it on a walk of one step. */
#include "known.h"

#include <stdio.h>

int main(void) {
  static _Alignas(64) char weights_memory[1 << 20], workspace_memory[1 << 22];
  ours_weights *weights;
  ours_workspace *workspace;
  float walk[2] = {1, -1}, scores[4] = {0};
  rondo_array inputs[ours_INPUTS] = {{0}}, outputs[ours_OUTPUTS] = {{0}};
  inputs[ours_INPUT_walk].data = walk;
  outputs[ours_OUTPUT_scores].data = scores;
  int error = ours_weights_open(weights_memory, sizeof weights_memory, &weights);
  if (error == RONDO_OK)
    error = ours_workspace_open(workspace_memory, sizeof workspace_memory, weights, 1, 1, 1, &workspace);
  if (error == RONDO_OK)
    error = ours_run(workspace, 1, 1, NULL, inputs, outputs);
  printf("%s, states of %d, %s\n", error == RONDO_OK ? "run" : ours_message(error), (int)ours_STATE_SIZE_steps_h,
         scores[0] != scores[1] ? "scores" : "no scores");
  return error != RONDO_OK;
}
