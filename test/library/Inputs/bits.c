/*
 * The same bits for any batch, any cut of a sequence into calls, either order of rows and steps, any number of threads;
 * the floating-point mode is as it was; states can be taken out, put back, and begun anew for a row.
 */
#include "library.h"

#include <xmmintrin.h>

enum { ROWS = 21, STEPS = 37 };

static int32_t tokens[ROWS][STEPS], by_step[STEPS][ROWS];
static float whole[ROWS][STEPS][LOGITS], found[ROWS][STEPS][LOGITS], found_by_step[STEPS][ROWS][LOGITS];
static int32_t lengths[ROWS];

static void expect_same(void) {
  for (int row = 0; row < ROWS; ++row)
    EXPECT(memcmp(whole[row], found[row], sizeof(float) * LOGITS * (size_t)lengths[row]) == 0);
  memset(found, 0, sizeof found);
}

int main(void) {
  M(weights) *weights = open_weights(3);
  for (int row = 0; row < ROWS; ++row) {
    lengths[row] = row == 4 ? 0 : row % 5 == 0 ? STEPS : 1 + row * 11 % STEPS;
    for (int step = 0; step < STEPS; ++step)
      tokens[row][step] = by_step[step][row] = token(row, step);
  }

  /* Each row by itself. */
  M(workspace) *one = open_workspace(weights, 1, STEPS, 1);
  unsigned mode = _mm_getcsr();
  for (int row = 0; row < ROWS; ++row) {
    EXPECT(M(reset)(one) == RONDO_OK);
    run(one, 1, lengths[row], NULL, tokens[row], 0, 0, whole[row][0], 0, 0);
  }
  EXPECT(_mm_getcsr() == mode);
  EXPECT(whole[0][0][0] != whole[1][0][0]);

  for (int threads = 1; threads <= 3; threads += 2) {
    M(workspace) *all = open_workspace(weights, ROWS, STEPS, threads);
    run(all, ROWS, STEPS, lengths, tokens[0], 0, 0, found[0][0], 0, 0);
    expect_same();

    /* In pieces. */
    for (int piece = 1; piece < STEPS; piece = piece * 3 + 1) {
      EXPECT(M(reset)(all) == RONDO_OK);
      for (int begin = 0; begin < STEPS; begin += piece) {
        int32_t here[ROWS];
        int steps = begin + piece < STEPS ? piece : STEPS - begin;
        for (int row = 0; row < ROWS; ++row) {
          int left = lengths[row] - begin;
          here[row] = left < 0 ? 0 : left < steps ? left : steps;
        }
        run(all, ROWS, steps, here, &tokens[0][begin], STEPS, 0, found[0][begin], STEPS * LOGITS, 0);
      }
      expect_same();
    }

    /* Steps first. What is behind lengths is not written. */
    EXPECT(M(reset)(all) == RONDO_OK);
    run(all, ROWS, STEPS, lengths, by_step[0], 1, ROWS, found_by_step[0][0], LOGITS, ROWS * LOGITS);
    for (int row = 0; row < ROWS; ++row)
      for (int step = 0; step < STEPS; ++step) {
        memcpy(found[row][step], found_by_step[step][row], sizeof found[row][step]);
        for (int i = 0; i < LOGITS; ++i)
          EXPECT(step < lengths[row] || found_by_step[step][row][i] == 0);
      }
    expect_same();
    memset(found_by_step, 0, sizeof found_by_step);

    /* The states of the first ones are those of the others if they are put there, or if both begin anew. */
    enum { SIZE = M(STATE_SIZE_a_h), HALF = 8 };
    static float states[M(STATES)][2 * HALF][SIZE];
    EXPECT(M(reset)(all) == RONDO_OK);
    run(all, ROWS, HALF, NULL, tokens[0], STEPS, 0, NULL, 0, 0);
    for (int state = 0; state < M(STATES); ++state) {
      EXPECT(M(state_get)(all, state, 2, states[state], 2 * SIZE * sizeof(float)) == RONDO_OK);
      memcpy(states[state][1], states[state][0], sizeof states[state][0]);
    }
    EXPECT(M(reset)(all) == RONDO_OK);
    for (int state = 0; state < M(STATES); ++state)
      EXPECT(M(state_set)(all, state, 2, states[state], 2 * SIZE * sizeof(float)) == RONDO_OK);
    memcpy(tokens[1], tokens[0], sizeof tokens[1]);
    run(all, 2, STEPS - HALF, NULL, &tokens[0][HALF], STEPS, 0, found[0][0], STEPS * LOGITS, 0);
    EXPECT(memcmp(found[0], whole[0][HALF], sizeof(float) * LOGITS * (STEPS - HALF)) == 0);
    EXPECT(memcmp(found[1], whole[0][HALF], sizeof(float) * LOGITS * (STEPS - HALF)) == 0);
    EXPECT(M(reset_row)(all, 1) == RONDO_OK);
    run(all, 2, STEPS, NULL, tokens[0], STEPS, 0, found[0][0], 0, 0);
    EXPECT(memcmp(found[1], whole[0], sizeof whole[0]) == 0);
    EXPECT(memcmp(found[0], whole[0], sizeof whole[0]) != 0);
    for (int step = 0; step < STEPS; ++step)
      tokens[1][step] = token(1, step);
    memset(found, 0, sizeof found);
    M(workspace_close)(all);
  }
  EXPECT(_mm_getcsr() == mode);
  puts("same bits");
  return 0;
}
