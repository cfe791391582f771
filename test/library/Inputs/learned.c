/* States that the program computes at first. */
#include "library.h"

enum { ROWS = 3, STEPS = 6, SIZE = M(STATE_SIZE_a_h) };

static int32_t tokens[ROWS][STEPS];
static float whole[ROWS][STEPS][LOGITS], found[ROWS][STEPS][LOGITS], states[2][SIZE];

int main(void) {
  M(workspace) *workspace = open_workspace(open_weights(2), ROWS, STEPS, 1);
  rondo_array inputs[M(INPUTS)] = {{0, 0, 0}}, outputs[M(OUTPUTS)] = {{0, 0, 0}};
  inputs[M(INPUT_text)].data = tokens;
  outputs[M(OUTPUT_logits)].data = found;
  for (int row = 0; row < ROWS; ++row)
    for (int step = 0; step < STEPS; ++step)
      tokens[row][step] = token(row, step);
  int error = M(state_get)(workspace, M(STATE_a_h), 2, states, sizeof states);
  printf("get: %d, %s\n", error, M(workspace_error)(workspace));
  error = M(reset_row)(workspace, 1);
  printf("row: %d, %s\n", error, M(workspace_error)(workspace));
  run(workspace, ROWS, STEPS, NULL, tokens[0], 0, 0, whole[0][0], 0, 0);

  /* Two rows in two parts. */
  EXPECT(M(reset)(workspace) == RONDO_OK);
  run(workspace, 2, 4, NULL, tokens[0], STEPS, 0, found[0][0], STEPS * LOGITS, 0);
  error = M(run)(workspace, ROWS, 2, NULL, inputs, outputs);
  printf("rows: %d, %s\n", error, M(workspace_error)(workspace));
  EXPECT(M(state_get)(workspace, M(STATE_a_h), 2, states, sizeof states) == RONDO_OK);
  run(workspace, 2, 2, NULL, &tokens[0][4], STEPS, 0, found[0][4], STEPS * LOGITS, 0);
  EXPECT(memcmp(found, whole, 2 * sizeof whole[0]) == 0);

  /* From states that were taken out. */
  EXPECT(M(reset)(workspace) == RONDO_OK);
  EXPECT(M(state_set)(workspace, M(STATE_a_h), 2, states, sizeof states) == RONDO_OK);
  run(workspace, 2, 2, NULL, &tokens[0][4], STEPS, 0, found[0][0], STEPS * LOGITS, 0);
  EXPECT(memcmp(found[1][0], whole[1][4], 2 * sizeof whole[1][4]) == 0);
  puts("same bits");
  return 0;
}
