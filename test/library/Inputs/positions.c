/*
 * One row with any number of positions in a call: the bits are those of single steps, and nothing beside the caller's
 * arrays is touched, which end where the process has no more memory. An output in the memory of the input has the same
 * bits too. F is the size of a position's input.
 */
#define _GNU_SOURCE
#include "positions.h"
#include "expect.h"

#include <sys/mman.h>

enum { MOST = 150, ROWS = 3, H = positions_OUTPUT_SIZE_h, Y = positions_OUTPUT_SIZE_y };

/* Memory before a page that cannot be touched. */
typedef struct {
  char *begin;
  size_t bytes;
} Guarded;

static Guarded guarded(size_t floats) {
  size_t page = 4096, bytes = (floats * sizeof(float) / page + 1) * page;
  char *memory = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT(memory != MAP_FAILED);
  EXPECT(mprotect(memory + bytes, page, PROT_NONE) == 0);
  return (Guarded){memory, bytes};
}

/* The last so many numbers of it; what is before them gets a mark. */
static float *last(Guarded memory, size_t floats) {
  memset(memory.begin, 0x5a, memory.bytes);
  return (float *)(void *)(memory.begin + memory.bytes) - floats;
}

static int is_marked(Guarded memory, size_t floats) {
  for (size_t i = 0; i < memory.bytes - floats * sizeof(float); ++i)
    if (memory.begin[i] != 0x5a)
      return 0;
  return 1;
}

static float x[MOST][F], h[MOST][H], y[MOST][Y], z[MOST][F];

/* Positions from `first` on in one call, with arrays that end behind them. */
static void run(positions_workspace *workspace, int first, int count, Guarded xs, Guarded hs, Guarded ys) {
  size_t n = (size_t)count;
  rondo_array inputs[positions_INPUTS] = {{0, 0, 0}}, outputs[positions_OUTPUTS] = {{0, 0, 0}};
  float *x_here = last(xs, n * F), *h_here = last(hs, n * H), *y_here = last(ys, n * Y);
  memcpy(x_here, x[first], n * sizeof x[0]);
  inputs[positions_INPUT_x].data = x_here;
  outputs[positions_OUTPUT_h].data = h_here;
  outputs[positions_OUTPUT_y].data = y_here;
  EXPECT(positions_run(workspace, 1, count, NULL, inputs, outputs) == RONDO_OK);
  EXPECT(memcmp(h_here, h[first], n * sizeof h[0]) == 0);
  EXPECT(memcmp(y_here, y[first], n * sizeof y[0]) == 0);
  EXPECT(memcmp(x_here, x[first], n * sizeof x[0]) == 0);
  EXPECT(is_marked(xs, n * F) && is_marked(hs, n * H) && is_marked(ys, n * Y));
}

/* The output z in the memory of the input, of so many rows of the same positions, as one row and step at a time. */
static void run_in_place(positions_weights *weights, int rows, int threads) {
  static float here[ROWS][MOST][F], h_here[ROWS][MOST][H];
  rondo_array inputs[positions_INPUTS] = {{0, 0, 0}}, outputs[positions_OUTPUTS] = {{0, 0, 0}};
  inputs[positions_INPUT_x] = outputs[positions_OUTPUT_z] = (rondo_array){here, sizeof here[0], 0};
  outputs[positions_OUTPUT_h] = (rondo_array){h_here, sizeof h_here[0], 0};
  positions_workspace *workspace;
  size_t bytes = positions_workspace_bytes(rows, MOST, threads);
  void *memory = take(bytes);
  EXPECT(positions_workspace_open(memory, bytes, weights, rows, MOST, threads, &workspace) == RONDO_OK);
  for (int count = 1; count <= MOST; count += 1 + count / 2) {
    for (int row = 0; row < rows; ++row)
      memcpy(here[row], x, sizeof x);
    EXPECT(positions_reset(workspace) == RONDO_OK);
    EXPECT(positions_run(workspace, rows, count, NULL, inputs, outputs) == RONDO_OK);
    for (int row = 0; row < rows; ++row) {
      EXPECT(memcmp(here[row], z, (size_t)count * sizeof z[0]) == 0);
      EXPECT(memcmp(here[row] + count, x + count, (size_t)(MOST - count) * sizeof x[0]) == 0);
      EXPECT(memcmp(h_here[row], h, (size_t)count * sizeof h[0]) == 0);
    }
  }
  positions_workspace_close(workspace);
  free(memory);
}

int main(void) {
  positions_weights *weights;
  size_t bytes = positions_weights_bytes();
  EXPECT(positions_weights_open(take(bytes), bytes, &weights) == RONDO_OK);
  EXPECT(positions_init(weights, 3) == RONDO_OK);
  for (int i = 0; i < MOST * F; ++i)
    (&x[0][0])[i] = (float)(i * 37 % 101) / 50 - 1;
  Guarded xs = guarded(MOST * F), hs = guarded(MOST * H), ys = guarded(MOST * Y);
  for (int threads = 1; threads <= 3; ++threads) {
    positions_workspace *workspace;
    bytes = positions_workspace_bytes(1, MOST, threads);
    EXPECT(positions_workspace_open(take(bytes), bytes, weights, 1, MOST, threads, &workspace) == RONDO_OK);
    for (int step = 0; step < MOST; ++step) {
      rondo_array inputs[positions_INPUTS] = {{0, 0, 0}}, outputs[positions_OUTPUTS] = {{0, 0, 0}};
      inputs[positions_INPUT_x].data = x[step];
      outputs[positions_OUTPUT_h].data = h[step];
      outputs[positions_OUTPUT_y].data = y[step];
      outputs[positions_OUTPUT_z].data = z[step];
      EXPECT(positions_step(workspace, 1, inputs, outputs) == RONDO_OK);
    }
    EXPECT(h[0][0] != h[MOST - 1][0] && y[0][0] != y[MOST - 1][0]);
    for (int count = 1; count <= MOST; count += threads == 1 ? 1 : 13) {
      EXPECT(positions_reset(workspace) == RONDO_OK);
      run(workspace, 0, count, xs, hs, ys);
      if (count < MOST)
        run(workspace, count, MOST - count, xs, hs, ys);
    }
    positions_workspace_close(workspace);
    run_in_place(weights, 1, threads);
    run_in_place(weights, ROWS, threads);
  }
  printf("the same bits\n");
  return 0;
}
