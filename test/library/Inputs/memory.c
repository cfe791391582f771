/*
 * What takes memory is counted: nothing does after the sizes are known, not even to open objects, load, save and train.
 * Linked so that mmap is __wrap_mmap.
 */
#define _GNU_SOURCE
#include "library.h"

#include <sys/mman.h>

static _Alignas(64) char arena[1 << 26];
static size_t used, count;

static void *give(size_t alignment, size_t bytes) {
  ++count;
  used = (used + alignment - 1) / alignment * alignment;
  void *memory = arena + used;
  used += bytes + 64;
  return used <= sizeof arena ? memory : NULL;
}

void *malloc(size_t bytes) { return give(64, bytes); }
void *calloc(size_t number, size_t bytes) { return give(64, number * bytes); }
void *aligned_alloc(size_t alignment, size_t bytes) { return give(alignment, bytes); }
void *memalign(size_t alignment, size_t bytes) { return give(alignment, bytes); }
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  return (*memory = give(alignment, bytes)) ? 0 : 12;
}
void *realloc(void *memory, size_t bytes) {
  void *larger = give(64, bytes);
  if (memory && larger)
    memcpy(larger, memory, bytes); /* behind it is more of the arena */
  return larger;
}
void free(void *memory) { (void)memory; }

void *__real_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  ++count;
  return __real_mmap(address, bytes, protection, flags, file, offset);
}

enum { ROWS = 300, STEPS = 33 };

static int32_t tokens[ROWS][STEPS + 1];
static float logits[ROWS][STEPS][LOGITS];

int main(void) {
  size_t sizes[] = {M(weights_bytes)(), M(workspace_bytes)(ROWS, STEPS, 2), M(trainer_bytes)(2)};
  EXPECT(count > 0); /* the pages of the trials */
  void *memory[3];
  for (int i = 0; i < 3; ++i)
    memory[i] = take(sizes[i]);
  for (int row = 0; row < ROWS; ++row)
    for (int step = 0; step <= STEPS; ++step)
      tokens[row][step] = token(row, step);

  M(weights) * weights;
  M(workspace) * workspace;
  M(trainer) * trainer;
  size_t before = count;
  EXPECT(M(weights_open)(memory[0], sizes[0], &weights) == RONDO_OK);
  EXPECT(M(init)(weights, 1) == RONDO_OK);
  EXPECT(count == before);
  /* Threads are taken from the system, with their stacks. */
  EXPECT(M(workspace_open)(memory[1], sizes[1], weights, ROWS, STEPS, 2, &workspace) == RONDO_OK);
  EXPECT(M(trainer_open)(memory[2], sizes[2], weights, 2, &trainer) == RONDO_OK);
  before = count;

  static unsigned char file[1 << 22];
  size_t bytes;
  EXPECT(M(save_bytes)(weights, &bytes) == RONDO_OK && bytes <= sizeof file);
  for (int round = 0; round < 3; ++round) {
    EXPECT(M(save)(weights, file, bytes) == RONDO_OK);
    EXPECT(M(load)(weights, file, bytes) == RONDO_OK);
    for (int rows = 1; rows <= ROWS; rows = rows * 4 + 1) {
      int32_t lengths[ROWS];
      for (int row = 0; row < ROWS; ++row)
        lengths[row] = row * 7 % (STEPS + 1);
      run(workspace, rows, STEPS, round ? lengths : NULL, tokens[0], STEPS + 1, 0, logits[0][0], 0, 0);
    }
    rondo_array inputs[M(INPUTS)] = {{0, 0, 0}};
    inputs[M(INPUT_text)].data = tokens;
    inputs[M(INPUT_next)].data = &tokens[0][1];
    inputs[M(INPUT_text)].row_stride = inputs[M(INPUT_next)].row_stride = sizeof tokens[0];
    double loss, norm;
    EXPECT(M(grad)(trainer, 1, round, NULL, inputs, &loss) == RONDO_OK);
    EXPECT(M(update)(trainer, round + 1, -1, &norm) == RONDO_OK);
    size_t checkpoint_bytes;
    EXPECT(M(checkpoint_bytes)(trainer, &checkpoint_bytes) == RONDO_OK && checkpoint_bytes <= sizeof file);
    EXPECT(M(checkpoint)(trainer, file, checkpoint_bytes) == RONDO_OK);
    EXPECT(M(resume)(trainer, file, checkpoint_bytes, NULL) == RONDO_OK);
    EXPECT(M(parameter_set)(weights, "missing", &loss, sizeof loss) == RONDO_ARGUMENT);
  }
  EXPECT(count == before);
  M(trainer_close)(trainer);
  M(workspace_close)(workspace);
  puts("no memory was taken");
  return 0;
}
