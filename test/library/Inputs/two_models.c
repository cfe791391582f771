/* Two models in turn; writes the weights of the first one where they are not a part of it. */
#include "expect.h"
#include "gated.h"
#include "quarter.h"

static void check(int error) {
  if (error) {
    fprintf(stderr, "error: %s\n", quarter_message(error));
    exit(1);
  }
}

int main(int argc, char **argv) {
  quarter_weights *first;
  gated_weights *second;
  quarter_workspace *walks;
  gated_workspace *texts;
  size_t bytes = quarter_weights_bytes();
  check(quarter_weights_open(take(bytes), bytes, &first));
#ifdef EMBEDDED
  float value = 0;
  if (quarter_init(first, 5) != RONDO_ABSENT || quarter_load(first, "", 0) != RONDO_ABSENT ||
      quarter_parameter_get(first, "scores.bias", &value, sizeof value) != RONDO_ABSENT ||
      quarter_parameter_set(first, "scores.bias", &value, sizeof value) != RONDO_ABSENT ||
      quarter_save_bytes(first, &bytes) != RONDO_ABSENT || quarter_save(first, &value, 4) != RONDO_ABSENT ||
      strcmp(quarter_weights_error(first), "the weights are a part of the library: they can only be used") != 0)
    return 1;
#else
  check(quarter_init(first, 5));
  check(quarter_save_bytes(first, &bytes));
  void *file = take(bytes);
  check(quarter_save(first, file, bytes));
  FILE *stream = argc == 2 ? fopen(argv[1], "wb") : NULL;
  if (!stream || fwrite(file, 1, bytes, stream) != bytes || fclose(stream))
    return 1;
#endif
  bytes = gated_weights_bytes();
  check(gated_weights_open(take(bytes), bytes, &second));
  check(gated_init(second, 6));
  bytes = quarter_workspace_bytes(1, 4, 1);
  check(quarter_workspace_open(take(bytes), bytes, first, 1, 4, 1, &walks));
  bytes = gated_workspace_bytes(1, 4, 1);
  check(gated_workspace_open(take(bytes), bytes, second, 1, 4, 1, &texts));

  float walk[4][2] = {{0.5f, 1}, {-1, 0.25f}, {0.75f, 0}, {1, 1}}, scores[4];
  int32_t text[4] = {1, 0, 11, 7};
  static float logits[4][gated_OUTPUT_SIZE_logits];
  rondo_array inputs[quarter_INPUTS] = {{walk, 0, 0}}, outputs[quarter_OUTPUTS] = {{scores, 0, 0}};
  rondo_array texts_in[gated_INPUTS] = {{text, 0, 0}}, texts_out[gated_OUTPUTS] = {{logits, 0, 0}};
  for (int i = 0; i < 2; ++i) {
    check(quarter_reset(walks));
    check(quarter_run(walks, 1, 4, NULL, inputs, outputs));
    check(gated_run(texts, 1, 4, NULL, texts_in, texts_out));
  }
  printf("gated %a\nquarter %a\n", logits[3][2], scores[1]);
  (void)argc, (void)argv;
  return 0;
}
