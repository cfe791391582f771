/*
 * Teams of 2 to 4 threads run a model at several lengths, train it on sequences of different lengths and generate, as
 * far as it does: the same bits as one thread alone, with nothing that is a number or token behind the rows' ends.
 * PORTS and RESULTS say what the inputs and outputs are, MOST how many steps rows have at most.
 */
#include "expect.h"
#include "rondo_model.h"

#include <math.h>

#define M(name) rondo_model_##name

enum { ROWS = 9, TEAMS = 4, UPDATES = 3 };

/* Of `vocab` tokens, or 0: reals; so many of them in a row, at each step or once. */
typedef struct {
  int vocab, count, steps;
} port;

static const port ports[M(INPUTS)] = {PORTS}, results[M(OUTPUTS)] = {RESULTS};

static int elements(port p, int rows, int steps) { return rows * p.count * (p.steps ? steps : 1); }

/* Arrays of `steps` steps, which row r has up to lengths[r]. */
static void fill(rondo_array *inputs, int rows, int steps, const int32_t *lengths, int seed) {
  memset(inputs, 0, sizeof(rondo_array) * M(INPUTS));
  for (int i = 0; i < M(INPUTS); ++i) {
    port p = ports[i];
    int32_t *tokens = inputs[i].data = take(sizeof(int32_t) * (size_t)elements(p, rows, steps));
    float *reals = inputs[i].data;
    for (int row = 0; row < rows; ++row)
      for (int k = 0, n = elements(p, 1, steps); k < n; ++k, ++tokens, ++reals) {
        uint32_t mixed = (uint32_t)(((row + seed) * 31 + i) * 7919 + k + 1) * 2654435761u >> 8;
        int within = !p.steps || k / p.count < lengths[row];
        if (p.vocab)
          *tokens = within ? (int32_t)(mixed % (uint32_t)p.vocab) : -1;
        else
          *reals = within ? (float)(mixed % 2001) / 1000 - 1 : NAN;
      }
  }
}

static void release(rondo_array *inputs) {
  for (int i = 0; i < M(INPUTS); ++i)
    free(inputs[i].data);
}

static M(weights) * open_weights(void) {
  size_t bytes = M(weights_bytes)();
  M(weights) * weights;
  EXPECT(M(weights_open)(take(bytes), bytes, &weights) == RONDO_OK && M(init)(weights, 3) == RONDO_OK);
  return weights;
}

/* What is compared, one thing behind the other. */
static char found[TEAMS + 1][1 << 20];
static size_t used;

static void add(int threads, const void *bytes, size_t size) {
  EXPECT(used + size <= sizeof found[0]);
  memcpy(found[threads] + used, bytes, size);
  used += size;
}

/* One row, which the threads share, or several, of which each thread may have some. */
static void run(M(weights) * weights, int rows, int threads) {
  static const int lengths[] = {1, 7, MOST - 1, MOST, 0};
  size_t bytes = M(workspace_bytes)(rows, MOST, threads);
  M(workspace) * workspace;
  EXPECT(M(workspace_open)(take(bytes), bytes, weights, rows, MOST, threads, &workspace) == RONDO_OK);
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; ++k) {
    rondo_array inputs[M(INPUTS)], outputs[M(OUTPUTS)] = {{0, 0, 0}};
    int32_t ends[ROWS];
    for (int row = 0; row < rows; ++row)
      ends[row] = !lengths[k] ? LEAST + row * 7 % (MOST - LEAST + 1) : lengths[k] < LEAST ? LEAST : lengths[k];
    fill(inputs, rows, MOST, ends, 1);
    for (int i = 0; i < M(OUTPUTS); ++i)
      outputs[i].data = take(sizeof(float) * (size_t)elements(results[i], rows, MOST));
    EXPECT(M(reset)(workspace) == RONDO_OK);
    int error = M(run)(workspace, rows, MOST, ends, inputs, outputs);
    if (error != RONDO_OK)
      fprintf(stderr, "run: %s\n", M(workspace_error)(workspace));
    EXPECT(error == RONDO_OK);
    for (int i = 0; i < M(OUTPUTS); ++i) {
      add(threads, outputs[i].data, sizeof(float) * (size_t)elements(results[i], rows, MOST));
      free(outputs[i].data);
    }
    release(inputs);
  }
  M(workspace_close)(workspace);
}

static void train(M(weights) * weights, int threads) {
  size_t bytes = M(trainer_bytes)(threads), size;
  M(trainer) * trainer;
  EXPECT(M(trainer_open)(take(bytes), bytes, weights, threads, &trainer) == RONDO_OK);
  for (int step = 0; step < UPDATES; ++step) {
    rondo_array inputs[M(INPUTS)];
    int32_t ends[M(BATCH)];
    for (int row = 0; row < M(BATCH); ++row)
      ends[row] = RAGGED ? (row + step) * 7 % (M(WINDOW) / (1 + step % 2) + 1) : M(WINDOW); // also short ones alone
    fill(inputs, M(BATCH), M(WINDOW), ends, step);
    double loss, norm;
    int error = M(grad)(trainer, 1, step, RAGGED ? ends : NULL, inputs, &loss);
    if (error != RONDO_OK)
      fprintf(stderr, "grad: %s\n", M(trainer_error)(trainer));
    EXPECT(error == RONDO_OK);
    EXPECT(M(update)(trainer, step + 1, -1, &norm) == RONDO_OK && loss > 0 && norm > 0);
    add(threads, &loss, sizeof loss);
    add(threads, &norm, sizeof norm);
    release(inputs);
  }
  EXPECT(M(save_bytes)(weights, &size) == RONDO_OK);
  void *file = take(size);
  EXPECT(M(save)(weights, file, size) == RONDO_OK);
  add(threads, file, size);
  free(file);
  M(trainer_close)(trainer);
}

#ifdef SYMBOLS
static void generate(M(weights) * weights, int rows, int threads) {
  static const int32_t whole[ROWS] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  rondo_array inputs[M(INPUTS)];
  fill(inputs, rows, 1, whole, 4);
  for (int beam = 1; beam <= 3; beam += 2) {
    rondo_decoding decoding = {.beam = beam, .length_penalty = 0.6};
    int32_t symbols[ROWS][SYMBOLS] = {{0}}, lengths[ROWS] = {0};
    double scores[ROWS] = {0};
    size_t bytes = M(generator_bytes)(rows, beam, SYMBOLS, threads);
    M(generator) * generator;
    EXPECT(M(generator_open)(take(bytes), bytes, weights, rows, beam, SYMBOLS, threads, &generator) == RONDO_OK);
    EXPECT(M(generate)(generator, rows, &decoding, inputs, NULL, 0, NULL, symbols[0], lengths, scores) == RONDO_OK);
    M(generator_close)(generator);
    add(threads, symbols, sizeof symbols);
    add(threads, lengths, sizeof lengths);
    add(threads, scores, sizeof scores);
  }
  release(inputs);
}
#endif

int main(void) {
  size_t all = 0;
  for (int threads = 1; threads <= TEAMS; ++threads) {
    M(weights) *weights = open_weights();
    used = 0;
    for (int rows = 1; rows <= ROWS; rows += ROWS - 1) {
      run(weights, rows, threads);
#ifdef SYMBOLS
      generate(weights, rows, threads);
#endif
    }
    train(weights, threads);
    EXPECT(threads == 1 || used == all);
    all = used;
    EXPECT(memcmp(found[threads], found[1], all) == 0);
  }
  printf("same bits by 1 to %d threads, %zu bytes\n", TEAMS, all);
  return 0;
}
