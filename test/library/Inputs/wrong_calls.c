/* Wrong arguments and orders of calls that errors.c leaves out: prints one line for each, with the code. */
#include "report.h"

#include <math.h>

static int32_t batch[M(BATCH)][M(WINDOW)];
static float logits[M(BATCH)][M(WINDOW)][LOGITS];
static rondo_array inputs[M(INPUTS)], outputs[M(OUTPUTS)];
static float values[LOGITS];

static void reset_arrays(void) {
  memset(inputs, 0, sizeof inputs);
  memset(outputs, 0, sizeof outputs);
  inputs[M(INPUT_text)].data = inputs[M(INPUT_next)].data = batch;
  outputs[M(OUTPUT_logits)].data = logits;
}

/* Every function without its object. */
static void without_objects(void) {
  size_t bytes = 0;
  int number = 0;
  uint8_t symbols[256];
  int codes[] = {M(load)(NULL, values, 4),
                 M(load_layout)(NULL, values, 4, "own"),
                 M(init)(NULL, 1),
                 M(parameter_get)(NULL, "e", values, 4),
                 M(parameter_set)(NULL, "e", values, 4),
                 M(alphabet)(NULL, 0, symbols, &number),
                 M(alphabet_set)(NULL, 0, "a", 1),
                 M(encode)(NULL, 0, "a", 1, batch[0]),
                 M(save_bytes)(NULL, &bytes),
                 M(save)(NULL, values, 4),
                 M(run)(NULL, 1, 1, NULL, inputs, outputs),
                 M(step)(NULL, 1, inputs, outputs),
                 M(reset)(NULL),
                 M(reset_row)(NULL, 0),
                 M(seed)(NULL, 1),
                 M(state_get)(NULL, 0, 1, values, 4),
                 M(state_set)(NULL, 0, 1, values, 4),
                 M(grad)(NULL, 1, 1, NULL, inputs, NULL),
                 M(gradient)(NULL, "e", values, 4),
                 M(update)(NULL, 1, 1, NULL),
                 M(place)(NULL, 0, 0),
                 M(checkpoint_bytes)(NULL, &bytes),
                 M(checkpoint)(NULL, values, 4),
                 M(resume)(NULL, values, 4, NULL)};
  int count = (int)(sizeof codes / sizeof *codes), null = 0;
  for (int i = 0; i < count; ++i)
    null += codes[i] == RONDO_NULL;
  printf("no object: %d of %d are 1, words '%s%s%s'\n", null, count, M(weights_error)(NULL), M(workspace_error)(NULL),
         M(trainer_error)(NULL));
  M(workspace_close)(NULL);
  M(trainer_close)(NULL);
  for (int code = RONDO_OK; code <= RONDO_INTERNAL + 1; ++code)
    printf("%d: %s\n", code, M(message)(code));
}

static void open_objects(void) {
  size_t bytes = M(weights_bytes)();
  EXPECT(M(weights_open)(take(bytes), bytes, &weights) == RONDO_OK);
  printf("sizes: %d %d %d %d %d\n", M(workspace_bytes)(1, 0, 1) == 0, M(workspace_bytes)(1, 1, 0) == 0,
         M(workspace_bytes)(INT64_MAX, 1, 1) == 0, M(trainer_bytes)(65) == 0, M(trainer_bytes)(-1) == 0);
  bytes = M(workspace_bytes)(M(BATCH), M(WINDOW), 1);
  void *memory = take(bytes);
  printf("workspace: %d %d %d %d\n", M(workspace_open)(memory, bytes, weights, 1, 1, 1, NULL),
         M(workspace_open)(memory, bytes, weights, 1, 0, 1, &workspace),
         M(workspace_open)(memory, bytes, weights, 1, 1, 65, &workspace),
         M(workspace_open)(memory, 8, weights, 1, 1, 1, &workspace));
  EXPECT(M(workspace_open)(memory, bytes, weights, M(BATCH), M(WINDOW), 1, &workspace) == RONDO_OK);
  bytes = M(trainer_bytes)(1);
  char *room = take(bytes + 64);
  printf("trainer: %d %d %d %d %d %d %d\n", M(trainer_open)(NULL, bytes, weights, 1, &trainer),
         M(trainer_open)(room, bytes, NULL, 1, &trainer), M(trainer_open)(room, bytes, weights, 1, NULL),
         M(trainer_open)(room, bytes, weights, 0, &trainer), M(trainer_open)(room, bytes, weights, 65, &trainer),
         M(trainer_open)(room + 8, bytes, weights, 1, &trainer), M(trainer_open)(room, 8, weights, 1, &trainer));
  EXPECT(M(trainer_open)(room, bytes, weights, 1, &trainer) == RONDO_OK);
}

static void before_values(void) {
  size_t bytes;
  reset_arrays();
  of_workspace("step", M(step)(workspace, 1, inputs, outputs));
  of_weights("save", M(save)(weights, values, 4));
  of_weights("text", M(alphabet_set)(weights, 0, NULL, 4));
  of_weights("text", M(encode)(weights, 0, NULL, 4, batch[0]));
  of_weights("tokens", M(encode)(weights, 0, "a", 1, NULL));
  of_weights("alphabet", M(encode)(weights, 0, "a", 1, batch[0]));
  of_weights("get", M(parameter_get)(weights, "e", NULL, 4));
  of_weights("get", M(parameter_get)(weights, NULL, values, 4));
  of_weights("get", M(parameter_get)(weights, "logits.bias", values, 4));
  of_trainer("checkpoint", M(checkpoint_bytes)(trainer, &bytes));
  of_trainer("checkpoint", M(checkpoint)(trainer, values, 4));
  of_trainer("gradient", M(gradient)(trainer, "logits.bias", values, sizeof values));
  EXPECT(M(init)(weights, 1) == RONDO_OK);
}

static void of_workspaces(void) {
  float state[M(STATE_SIZE_a_h)] = {0};
  of_workspace("rows", M(step)(workspace, M(BATCH) + 1, inputs, outputs));
  of_workspace("steps", M(run)(workspace, 1, -1, NULL, inputs, outputs));
  int32_t length = -1;
  of_workspace("length", M(run)(workspace, 1, 1, &length, inputs, outputs));
  of_workspace("arrays", M(step)(workspace, 1, NULL, outputs));
  of_workspace("arrays", M(step)(workspace, 1, inputs, NULL));
  of_workspace("row", M(reset_row)(workspace, -1));
  of_workspace("state", M(state_get)(workspace, -1, 1, state, sizeof state));
  of_workspace("state", M(state_set)(workspace, M(STATES), 1, state, sizeof state));
  of_workspace("rows", M(state_get)(workspace, 0, M(BATCH) + 1, state, sizeof state));
  of_workspace("rows", M(state_set)(workspace, 0, -1, state, sizeof state));
  of_workspace("null", M(state_set)(workspace, 0, 1, NULL, sizeof state));
}

static void of_trainers(void) {
  of_trainer("arrays", M(grad)(trainer, 1, 1, NULL, NULL, NULL));
  inputs[M(INPUT_next)].row_stride = 3;
  of_trainer("stride", M(grad)(trainer, 1, 1, NULL, inputs, NULL));
  reset_arrays();
  of_trainer("place", M(place)(trainer, -1, 0));
  of_trainer("place", M(place)(trainer, 0, INT64_MAX));
  EXPECT(M(grad)(trainer, 1, 1, NULL, inputs, NULL) == RONDO_OK);
  of_trainer("path", M(gradient)(trainer, "no", values, sizeof values));
  of_trainer("null", M(gradient)(trainer, NULL, values, sizeof values));
  of_trainer("null", M(gradient)(trainer, "logits.bias", NULL, sizeof values));
  of_trainer("rate", M(update)(trainer, 1, NAN, NULL));
  of_trainer("rate", M(update)(trainer, 1, 1e300, NULL)); /* none in single precision */
  of_trainer("step", M(update)(trainer, INT64_MAX, -1, NULL));
  EXPECT(M(update)(trainer, 1, -1, NULL) == RONDO_OK);
  of_trainer("twice", M(update)(trainer, 2, -1, NULL));
}

/* Resumes a checkpoint in whose header `to` stands in place of `from`. */
static void of_edited(const char *name, const unsigned char *file, size_t bytes, const char *from, const char *to) {
  uint64_t header, edited;
  memcpy(&header, file, sizeof header);
  const char *begin = (const char *)file + 8, *end = begin + header, *found = begin;
  while (found < end && memcmp(found, from, strlen(from)) != 0)
    ++found;
  EXPECT(found < end);
  edited = (header - strlen(from) + strlen(to) + 7) / 8 * 8; /* filled up with spaces */
  size_t size = bytes - header + edited, first = (size_t)(found - begin), rest = header - first - strlen(from);
  char *part = malloc(size);
  memset(part, ' ', size);
  memcpy(part, &edited, sizeof edited);
  memcpy(part + 8, begin, first);
  memcpy(part + 8 + first, to, strlen(to));
  memcpy(part + 8 + first + strlen(to), found + strlen(from), rest);
  memcpy(part + 8 + edited, end, bytes - 8 - header);
  of_trainer(name, M(resume)(trainer, part, size, NULL));
  free(part);
}

static void of_checkpoints(void) {
  size_t bytes, weights_bytes;
  int64_t step = 0;
  of_trainer("null", M(checkpoint_bytes)(trainer, NULL));
  EXPECT(M(checkpoint_bytes)(trainer, &bytes) == RONDO_OK);
  unsigned char *file = take(bytes + 1), *part;
  of_trainer("null", M(checkpoint)(trainer, NULL, bytes));
  of_trainer("size", M(checkpoint)(trainer, file, bytes + 1));
  EXPECT(M(place)(trainer, 7, 3) == RONDO_OK); /* of the next window, which the checkpoint does not know */
  EXPECT(M(checkpoint)(trainer, file, bytes) == RONDO_OK);
  EXPECT(M(grad)(trainer, 1, 1, NULL, inputs, NULL) == RONDO_OK);
  of_trainer("order", M(checkpoint)(trainer, file, bytes));
  of_trainer("null", M(resume)(trainer, NULL, bytes, &step));
  of_trainer("file", M(resume)(trainer, "short", 5, &step));
  for (size_t cut = 0; cut < bytes; cut += cut < 4000 ? 1 : 997) {
    part = malloc(cut + 1);
    memcpy(part, file, cut);
    EXPECT(M(resume)(trainer, part, cut, &step) == RONDO_WEIGHTS);
    free(part);
  }
  /* With any other byte in its header it is read or refused; what was read is then replaced. */
  part = take(bytes);
  for (size_t i = 0; i < 6000; ++i) {
    memcpy(part, file, bytes);
    part[i % 4000] ^= (unsigned char)(1 + i * 37 % 255);
    int code = M(resume)(trainer, part, bytes, NULL);
    EXPECT(code == RONDO_OK || code == RONDO_WEIGHTS || code == RONDO_MEMORY);
  }
  free(part);
  EXPECT(M(resume)(trainer, file, bytes, &step) == RONDO_OK && step == 1);
  EXPECT(M(grad)(trainer, 1, 1, NULL, inputs, NULL) == RONDO_OK);
  step = 0;
  EXPECT(M(save_bytes)(weights, &weights_bytes) == RONDO_OK);
  part = take(weights_bytes);
  EXPECT(M(save)(weights, part, weights_bytes) == RONDO_OK);
  of_trainer("weights", M(resume)(trainer, part, weights_bytes, &step));
  of_edited("place", file, bytes, "\"rondo.run.group\":\"0\"", "\"rondo.run.group\":\"x\"");
  of_edited("place", file, bytes, "\"rondo.run.position\"", "\"rondo.run.other\"");
  char much[2000];
  memset(much, 'x', sizeof much);
  memcpy(much, "\"rondo.run.data\":\"", 18);
  strcpy(much + sizeof much - 2, "\"");
  of_edited("data", file, bytes, "\"rondo.run.data\":\"\"", much);
  /* The gradients are still there: nothing of that left a trace. */
  EXPECT(step == 0 && M(update)(trainer, 2, -1, NULL) == RONDO_OK);
  EXPECT(M(init)(weights, 2) == RONDO_OK);
  of_trainer("others", M(checkpoint)(trainer, part, weights_bytes));
  /* From an odd address; then rows go on. */
  memmove(file + 1, file, bytes);
  EXPECT(M(resume)(trainer, file + 1, bytes, &step) == RONDO_OK && step == 1);
  EXPECT(M(grad)(trainer, 0, 1, NULL, inputs, NULL) == RONDO_OK);
  EXPECT(M(update)(trainer, step + 1, -1, NULL) == RONDO_OK);
  free(file);
  free(part);
}

/* Weights that no file may hold. */
static void not_finite(void) {
  size_t bytes, checkpoint_bytes;
  EXPECT(M(save_bytes)(weights, &bytes) == RONDO_OK);
  EXPECT(M(checkpoint_bytes)(trainer, &checkpoint_bytes) == RONDO_OK);
  void *file = take(checkpoint_bytes);
  EXPECT(M(grad)(trainer, 1, 1, NULL, inputs, NULL) == RONDO_OK);
  EXPECT(M(update)(trainer, 3, 3e38, NULL) == RONDO_OK); /* the gradients were finite */
  int code = M(checkpoint)(trainer, file, checkpoint_bytes);
  printf("checkpoint: %d, %s\n", code, strstr(M(trainer_error)(trainer), "not finite") ? "a value is not finite" : "");
  of_trainer("loss", M(grad)(trainer, 1, 1, NULL, inputs, NULL));
  of_trainer("order", M(update)(trainer, 10, -1, NULL));
  of_trainer("order", M(grad)(trainer, 0, 1, NULL, inputs, NULL));
  code = M(save)(weights, file, bytes);
  printf("save: %d, %s\n", code, strstr(M(weights_error)(weights), "not finite") ? "a value is not finite" : "");
  of_trainer("checkpoint", M(checkpoint)(trainer, file, checkpoint_bytes));
  free(file);
}

int main(int count, char **arguments) {
  without_objects();
  open_objects();
  before_values();
  of_workspaces();
  of_trainers();
  of_checkpoints();
  not_finite();
  /* Another model's checkpoint. */
  static unsigned char other[1 << 20];
  FILE *stream = count == 2 ? fopen(arguments[1], "rb") : NULL;
  EXPECT(stream);
  of_trainer("other", M(resume)(trainer, other, fread(other, 1, sizeof other, stream), NULL));
  return 0;
}
