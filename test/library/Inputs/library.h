/* What the test programs of libraries of one model share: its name, objects, texts of tokens. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "expect.h"
#include "rondo_model.h"

#define M(name) rondo_model_##name

enum { VOCAB = M(VOCAB_text), LOGITS = M(OUTPUT_SIZE_logits) };

static inline M(weights) * open_weights(uint64_t seed) {
  size_t bytes = M(weights_bytes)();
  M(weights) * weights;
  EXPECT(M(weights_open)(take(bytes), bytes, &weights) == RONDO_OK);
  EXPECT(M(init)(weights, seed) == RONDO_OK);
  return weights;
}

static inline M(workspace) * open_workspace(const M(weights) * weights, int64_t rows, int64_t steps, int threads) {
  size_t bytes = M(workspace_bytes)(rows, steps, threads);
  M(workspace) * workspace;
  EXPECT(M(workspace_open)(take(bytes), bytes, weights, rows, steps, threads, &workspace) == RONDO_OK);
  return workspace;
}

static inline int32_t token(int64_t row, int64_t step) {
  uint32_t mixed = (uint32_t)(row * 7919 + step + 1) * 2654435761u;
  return (int32_t)((mixed >> 8) % VOCAB);
}

/* Runs steps of the rows whose tokens and logits begin there, at these strides. */
static inline void run(M(workspace) * workspace, int64_t rows, int64_t steps, const int32_t *lengths, int32_t *tokens,
                       int64_t token_row, int64_t token_step, float *logits, int64_t logits_row, int64_t logits_step) {
  rondo_array inputs[M(INPUTS)] = {{0, 0, 0}}, outputs[M(OUTPUTS)] = {{0, 0, 0}};
  inputs[M(INPUT_text)].data = tokens;
  inputs[M(INPUT_text)].row_stride = token_row * (int64_t)sizeof(int32_t);
  inputs[M(INPUT_text)].step_stride = token_step * (int64_t)sizeof(int32_t);
  outputs[M(OUTPUT_logits)].data = logits;
  outputs[M(OUTPUT_logits)].row_stride = logits_row * (int64_t)sizeof(float);
  outputs[M(OUTPUT_logits)].step_stride = logits_step * (int64_t)sizeof(float);
  int error = M(run)(workspace, rows, steps, lengths, inputs, outputs);
  if (error != RONDO_OK)
    fprintf(stderr, "run: %s: %s\n", M(message)(error), M(workspace_error)(workspace));
  EXPECT(error == RONDO_OK);
}

#endif
