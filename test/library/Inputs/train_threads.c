/* 32 threads, each of which trains weights of its own and runs weights that all share: the same bits as one alone. */
#include "library.h"

#include <pthread.h>

enum { THREADS = 32, ROWS = 5, STEPS = 6, UPDATES = 2 };

typedef struct {
  double loss, norm;
  float embedding[VOCAB * 20], logits[ROWS][STEPS][LOGITS];
} result;

static M(weights) * shared;

/* Each fourth one with a team of two threads. */
static result *compute(int number) {
  int threads = number % 4 == 0 ? 2 : 1;
  result *found = take(sizeof *found);
  memset(found, 0, sizeof *found);
  int32_t tokens[M(BATCH)][M(WINDOW) + 1], texts[ROWS][STEPS];
  M(weights) *own = open_weights((uint64_t)number);
  M(trainer) * trainer;
  size_t bytes = M(trainer_bytes)(threads);
  void *memory = take(bytes);
  EXPECT(M(trainer_open)(memory, bytes, own, threads, &trainer) == RONDO_OK);
  rondo_array inputs[M(INPUTS)] = {{0, 0, 0}};
  inputs[M(INPUT_text)].data = tokens[0];
  inputs[M(INPUT_next)].data = tokens[0] + 1;
  inputs[M(INPUT_text)].row_stride = inputs[M(INPUT_next)].row_stride = sizeof tokens[0];
  M(workspace) *workspace = open_workspace(shared, ROWS, STEPS, threads);
  for (int64_t step = 0; step < UPDATES; ++step) {
    for (int row = 0; row < M(BATCH); ++row)
      for (int i = 0; i <= M(WINDOW); ++i)
        tokens[row][i] = token(row + number, i + step * M(WINDOW));
    EXPECT(M(grad)(trainer, step == 0, number, NULL, inputs, &found->loss) == RONDO_OK);
    EXPECT(M(update)(trainer, step + 1, -1, &found->norm) == RONDO_OK);
    for (int row = 0; row < ROWS; ++row)
      for (int i = 0; i < STEPS; ++i)
        texts[row][i] = token(row + number, i);
    run(workspace, ROWS, STEPS, NULL, texts[0], 0, 0, found->logits[0][0], 0, 0);
  }
  EXPECT(M(parameter_get)(own, "e", found->embedding, sizeof found->embedding) == RONDO_OK);
  M(workspace_close)(workspace);
  M(trainer_close)(trainer);
  free(memory);
  return found;
}

static void *work(void *number) { return compute(*(int *)number); }

int main(void) {
  pthread_t threads[THREADS];
  int numbers[THREADS];
  shared = open_weights(5);
  for (int i = 0; i < THREADS; ++i) {
    numbers[i] = i;
    EXPECT(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
  }
  for (int i = 0; i < THREADS; ++i) {
    void *found;
    EXPECT(pthread_join(threads[i], &found) == 0);
    result *alone = compute(i);
    EXPECT(memcmp(alone, found, sizeof *alone) == 0);
    EXPECT(alone->loss > 0 && alone->norm > 0);
    free(alone);
    free(found);
  }
  puts("same bits in 32 threads that train and run");
  return 0;
}
