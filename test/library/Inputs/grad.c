/*
 * Reads walks [BATCH, WINDOW, 2] and quarters [BATCH] from standard input, and prints the loss, then each parameter's
 * gradient, by its path, as hexadecimal numbers: those of PATH SIZE ... with the weights of the first argument.
 */
#include "expect.h"
#include "quarter.h"

int main(int argc, char **argv) {
  static float walks[quarter_BATCH][quarter_WINDOW][2], values[1 << 16];
  static int32_t quarters[quarter_BATCH];
  static char file[1 << 20];
  size_t bytes = quarter_weights_bytes();
  quarter_weights *weights;
  quarter_trainer *trainer;
  FILE *stream = fopen(argv[1], "rb");
  size_t file_bytes = stream ? fread(file, 1, sizeof file, stream) : 0;
  if (fread(walks, sizeof walks, 1, stdin) != 1 || fread(quarters, sizeof quarters, 1, stdin) != 1 ||
      quarter_weights_open(take(bytes), bytes, &weights) || quarter_load(weights, file, file_bytes))
    return 1;
  bytes = quarter_trainer_bytes(1);
  rondo_array inputs[quarter_INPUTS] = {{walks, 0, 0}, {quarters, 0, 0}};
  double loss;
  if (quarter_trainer_open(take(bytes), bytes, weights, 1, &trainer) ||
      quarter_grad(trainer, 1, 1, NULL, inputs, &loss))
    return 1;
  printf("loss %a\n", loss);
  for (int i = 2; i + 1 < argc; i += 2) {
    size_t count = (size_t)atol(argv[i + 1]);
    if (quarter_gradient(trainer, argv[i], values, count * sizeof(float)))
      return 1;
    printf("%s", argv[i]);
    for (size_t k = 0; k < count; ++k)
      printf(" %a", values[k]);
    printf("\n");
  }
  return 0;
}
