/*
 * text WEIGHTS COLUMN TEXT...: the first text gives weights the alphabet of that column, unless they have one; of each
 * text the tokens are printed, or what is wrong. WEIGHTS is a file, - for first weights, or none (embedded).
 */
#include "rondo_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  static unsigned char file[1 << 20], symbols[256];
  static int32_t tokens[1 << 10];
  rondo_model_weights *weights;
  int symbol_count = 0;
  size_t bytes = rondo_model_weights_bytes();
  if (rondo_model_weights_open(aligned_alloc(64, bytes), bytes, &weights))
    return 1;
  if (strcmp(arguments[1], "-") == 0 && rondo_model_init(weights, 1))
    return 2;
  FILE *stream = fopen(arguments[1], "rb");
  if (stream && rondo_model_load(weights, file, fread(file, 1, sizeof file, stream)))
    return 3;
  int column = atoi(arguments[2]);
  int error = rondo_model_alphabet_set(weights, column, arguments[3], strlen(arguments[3]));
  printf("set: %d, %s\n", error, error ? rondo_model_weights_error(weights) : "");
  if (rondo_model_alphabet(weights, column, symbols, &symbol_count) == RONDO_OK)
    for (int i = 0; i < symbol_count; ++i)
      printf("%02x%s", symbols[i], i + 1 < symbol_count ? " " : "\n");
  for (int i = 3; i < count; ++i) {
    memset(tokens, -1, sizeof tokens);
    error = rondo_model_encode(weights, column, arguments[i], strlen(arguments[i]), tokens);
    printf("encode: %d, %s:", error, error ? rondo_model_weights_error(weights) : "");
    for (int k = 0; tokens[k] >= 0; ++k)
      printf(" %d", tokens[k]);
    printf("\n");
  }
  if (strcmp(arguments[1], "-") == 0 && rondo_model_save_bytes(weights, &bytes) == RONDO_OK && bytes < sizeof file &&
      rondo_model_save(weights, file, bytes) == RONDO_OK) {
    stream = fopen("saved.safetensors", "wb");
    return !stream || fwrite(file, 1, bytes, stream) != bytes || fclose(stream);
  }
  return 0;
}
