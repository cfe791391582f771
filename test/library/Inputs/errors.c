/* What is refused, in words: prints one line for each, with the code. */
#include "report.h"

#include <math.h>

enum { ROWS = 3, STEPS = 6 };

static int32_t tokens[ROWS][STEPS + 1];
static float logits[ROWS][STEPS][LOGITS];
static rondo_array inputs[M(INPUTS)], outputs[M(OUTPUTS)];

static void reset_arrays(void) {
  memset(inputs, 0, sizeof inputs);
  memset(outputs, 0, sizeof outputs);
  inputs[M(INPUT_text)].data = inputs[M(INPUT_next)].data = tokens;
  outputs[M(OUTPUT_logits)].data = logits;
}

static void open_things(void) {
  size_t bytes = M(weights_bytes)();
  char *memory = take(bytes + 64);
  printf("messages: %s; %s\n", M(message)(RONDO_OK), M(message)(-5));
  printf("null: %d %d %d\n", M(weights_open)(NULL, bytes, &weights), M(weights_open)(memory, bytes, NULL),
         M(load)(NULL, memory, 1));
  printf("memory: %d %d %d\n", M(weights_open)(memory + 8, bytes, &weights),
         M(weights_open)(memory, bytes - 64, &weights), M(weights_open)(memory, 10, &weights));
  EXPECT(M(weights_open)(memory, bytes, &weights) == RONDO_OK);

  printf("sizes: %d %d %d %d\n", M(workspace_bytes)(0, 1, 1) == 0, M(workspace_bytes)(1, -1, 1) == 0,
         M(workspace_bytes)(1, 1, 65) == 0, M(trainer_bytes)(0) == 0);
  bytes = M(workspace_bytes)(ROWS, STEPS, 1);
  memory = take(bytes + 64);
  printf("null: %d %d\n", M(workspace_open)(memory, bytes, NULL, ROWS, STEPS, 1, &workspace),
         M(workspace_open)(NULL, bytes, weights, ROWS, STEPS, 1, &workspace));
  printf("arguments: %d %d\n", M(workspace_open)(memory, bytes, weights, 0, STEPS, 1, &workspace),
         M(workspace_open)(memory, bytes, weights, ROWS, STEPS, 0, &workspace));
  printf("memory: %d %d\n", M(workspace_open)(memory + 4, bytes, weights, ROWS, STEPS, 1, &workspace),
         M(workspace_open)(memory, bytes - 64, weights, ROWS, STEPS, 1, &workspace));
  EXPECT(M(workspace_open)(memory, bytes, weights, ROWS, STEPS, 1, &workspace) == RONDO_OK);
  bytes = M(trainer_bytes)(1);
  memory = take(bytes);
  printf("memory: %d\n", M(trainer_open)(memory, bytes - 64, weights, 1, &trainer));
  EXPECT(M(trainer_open)(memory, bytes, weights, 1, &trainer) == RONDO_OK);
  M(workspace_close)(NULL);
}

static void use_weights(void) {
  size_t bytes;
  reset_arrays();
  of_workspace("order", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  of_trainer("order", M(grad)(trainer, 1, 0, NULL, inputs, NULL));
  of_weights("order", M(save_bytes)(weights, &bytes));
  float values[LOGITS] = {0};
  of_weights("order", M(parameter_get)(weights, "logits.bias", values, sizeof values));
  of_weights("path", M(parameter_get)(weights, "no\n", values, sizeof values));
  of_weights("null", M(parameter_set)(weights, NULL, values, sizeof values));
  of_weights("null", M(parameter_set)(weights, "logits.bias", NULL, sizeof values));
  of_weights("size", M(parameter_set)(weights, "logits.bias", values, sizeof values - 4));
  values[2] = NAN;
  of_weights("value", M(parameter_set)(weights, "logits.bias", values, sizeof values));
  of_weights("null", M(load)(weights, NULL, 10));
  of_weights("file", M(load)(weights, "short", 5));
  EXPECT(M(init)(weights, 1) == RONDO_OK);
  EXPECT(M(save_bytes)(weights, &bytes) == RONDO_OK);
  of_weights("null", M(save_bytes)(weights, NULL));
  uint8_t symbols[256];
  int symbol_count;
  of_weights("null", M(alphabet)(weights, 0, symbols, NULL));
  of_weights("column", M(alphabet)(weights, 2, symbols, &symbol_count));
  unsigned char *file = take(bytes + 1);
  of_weights("size", M(save)(weights, file, bytes - 1));
  of_weights("null", M(save)(weights, NULL, bytes));
  EXPECT(M(save)(weights, file, bytes) == RONDO_OK);
  of_weights("cut", M(load)(weights, file, bytes - 100));
  for (size_t cut = 0; cut < bytes; cut += cut < 3000 ? 1 : 997) {
    unsigned char *part = malloc(cut + 1);
    memcpy(part, file, cut);
    EXPECT(M(load)(weights, part, cut) == RONDO_WEIGHTS);
    free(part);
  }
  /* With a header for which there is no room, again and again; with more memory it is read. */
  enum { LONG = 1 << 20 };
  static const char begin[] = "{\"__metadata__\":{\"long\":\"";
  size_t old = 0, behind = sizeof "{\"__metadata__\":{" - 1, bytes_before = 8 + sizeof begin - 1 + LONG + 2;
  for (int i = 8; i-- > 0;)
    old = old << 8 | file[i];
  unsigned char *longer = malloc(bytes_before + bytes - 8 - behind);
  for (size_t i = 0, length = old + bytes_before - 8 - behind; i < 8; ++i, length >>= 8)
    longer[i] = (unsigned char)length;
  memcpy(longer + 8, begin, sizeof begin - 1);
  memset(longer + 8 + sizeof begin - 1, 'x', LONG);
  memcpy(longer + bytes_before - 2, "\",", 2);
  memcpy(longer + bytes_before, file + 8 + behind, bytes - 8 - behind);
  for (int i = 0; i < 20; ++i)
    EXPECT(M(load)(weights, longer, bytes_before + bytes - 8 - behind) == RONDO_MEMORY);
  printf("longer: %.40s\n", M(weights_error)(weights));
  M(weights) * larger;
  size_t more = M(weights_bytes)() + 8 * LONG;
  void *memory = take(more);
  EXPECT(M(weights_open)(memory, more, &larger) == RONDO_OK);
  EXPECT(M(load)(larger, longer, bytes_before + bytes - 8 - behind) == RONDO_OK);
  free(memory);
  free(longer);
  /* From an odd address, too. */
  memmove(file + 1, file, bytes);
  EXPECT(M(load)(weights, file + 1, bytes) == RONDO_OK);
  free(file);
}

static void use_workspace(void) {
  int32_t lengths[ROWS] = {STEPS, 2, STEPS + 1};
  of_workspace("rows", M(run)(workspace, ROWS + 1, STEPS, NULL, inputs, outputs));
  of_workspace("rows", M(run)(workspace, -1, STEPS, NULL, inputs, outputs));
  of_workspace("steps", M(run)(workspace, ROWS, STEPS + 1, NULL, inputs, outputs));
  of_workspace("length", M(run)(workspace, ROWS, STEPS, lengths, inputs, outputs));
  of_workspace("null", M(run)(workspace, ROWS, STEPS, NULL, NULL, outputs));
  of_workspace("null", M(run)(workspace, ROWS, STEPS, NULL, inputs, NULL));
  inputs[M(INPUT_text)].data = NULL;
  of_workspace("input", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  reset_arrays();
  inputs[M(INPUT_text)].row_stride = 5;
  of_workspace("stride", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  reset_arrays();
  inputs[M(INPUT_text)].step_stride = -4;
  of_workspace("stride", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  reset_arrays();
  outputs[M(OUTPUT_logits)].row_stride = 4 * LOGITS;
  of_workspace("overlap", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  reset_arrays();
  outputs[M(OUTPUT_logits)].step_stride = INT64_MAX / 4 * 4;
  of_workspace("overflow", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  reset_arrays();
  tokens[1][2] = VOCAB;
  of_workspace("token", M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs));
  tokens[1][2] = 0;
  float state[M(STATE_SIZE_a_h)];
  of_workspace("state", M(state_get)(workspace, M(STATES), 1, state, sizeof state));
  of_workspace("size", M(state_set)(workspace, M(STATE_a_h), 2, state, sizeof state));
  of_workspace("null", M(state_get)(workspace, M(STATE_a_h), 1, NULL, sizeof state));
  of_workspace("row", M(reset_row)(workspace, ROWS));
  /* Nothing of all that left a trace. */
  EXPECT(M(run)(workspace, 0, 0, NULL, inputs, outputs) == RONDO_OK);
  EXPECT(M(run)(workspace, ROWS, 0, NULL, inputs, outputs) == RONDO_OK);
  EXPECT(M(run)(workspace, ROWS, STEPS, NULL, inputs, outputs) == RONDO_OK);
}

static void use_trainer(void) {
  static int32_t batch[M(BATCH)][M(WINDOW)];
  int32_t lengths[M(BATCH)] = {0};
  double norm;
  of_trainer("order", M(update)(trainer, 1, -1, &norm));
  inputs[M(INPUT_text)].data = inputs[M(INPUT_next)].data = batch;
  of_trainer("order", M(grad)(trainer, 0, 0, NULL, inputs, NULL));
  of_trainer("lengths", M(grad)(trainer, 1, 0, lengths, inputs, NULL));
  batch[0][1] = -1;
  of_trainer("token", M(grad)(trainer, 1, 0, NULL, inputs, NULL));
  batch[0][1] = 0;
  inputs[M(INPUT_next)].data = NULL;
  of_trainer("input", M(grad)(trainer, 1, 0, NULL, inputs, NULL));
  inputs[M(INPUT_next)].data = batch;
  EXPECT(M(grad)(trainer, 1, 0, NULL, inputs, NULL) == RONDO_OK);
  of_trainer("rate", M(update)(trainer, 1, INFINITY, &norm));
  of_trainer("step", M(update)(trainer, 0, -1, &norm));
  float values[LOGITS];
  of_trainer("size", M(gradient)(trainer, "logits.bias", values, 3));
  EXPECT(M(gradient)(trainer, "logits.bias", values, sizeof values) == RONDO_OK);
  EXPECT(M(update)(trainer, 1, -1, &norm) == RONDO_OK);
  of_trainer("order", M(gradient)(trainer, "logits.bias", values, sizeof values));
  M(trainer_close)(trainer);
}

int main(void) {
  open_things();
  use_weights();
  use_workspace();
  use_trainer();
  return 0;
}
