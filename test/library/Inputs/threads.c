/* 32 threads, each with a workspace of its own, share weights: the same bits as one alone. */
#include "library.h"

#include <pthread.h>

enum { THREADS = 32, ROWS = 3, STEPS = 23 };

static M(weights) * weights;
static int32_t tokens[THREADS][ROWS][STEPS];

static void compute(M(workspace) * workspace, int number, float *logits) {
  run(workspace, ROWS, STEPS - 5, NULL, tokens[number][0], STEPS, 0, logits, STEPS * LOGITS, 0);
  run(workspace, ROWS, 5, NULL, &tokens[number][0][STEPS - 5], STEPS, 0, logits + (STEPS - 5) * LOGITS, STEPS * LOGITS,
      0);
}

static void *work(void *number) {
  float *logits = take(sizeof(float) * ROWS * STEPS * LOGITS);
  M(workspace) *workspace = open_workspace(weights, ROWS, STEPS, *(int *)number % 4 == 0 ? 2 : 1);
  compute(workspace, *(int *)number, logits);
  M(workspace_close)(workspace);
  return logits;
}

int main(void) {
  pthread_t threads[THREADS];
  int numbers[THREADS];
  weights = open_weights(5);
  for (int i = 0; i < THREADS; ++i) {
    numbers[i] = i;
    for (int row = 0; row < ROWS; ++row)
      for (int step = 0; step < STEPS; ++step)
        tokens[i][row][step] = token(i * ROWS + row, step);
  }
  for (int i = 0; i < THREADS; ++i)
    EXPECT(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
  M(workspace) *alone = open_workspace(weights, ROWS, STEPS, 1);
  for (int i = 0; i < THREADS; ++i) {
    static float logits[ROWS][STEPS][LOGITS];
    void *found;
    EXPECT(M(reset)(alone) == RONDO_OK);
    compute(alone, i, logits[0][0]);
    EXPECT(pthread_join(threads[i], &found) == 0);
    EXPECT(memcmp(logits, found, sizeof logits) == 0);
    free(found);
  }
  puts("same bits in 32 threads");
  return 0;
}
