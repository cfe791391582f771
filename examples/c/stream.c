/*
 * A stream of text through a character model, one byte at a time: how likely each byte was, given those before.
 *
 *   rondoc ../charlm.rondo --emit=header,static -o charlm && ./charlm ... (trains charlm.safetensors)
 *   cc -std=c11 -O2 -I. stream.c libcharlm.a -lm -o stream && ./stream charlm.safetensors < TEXT
 *
 * The model's states stay in the workspace between the steps. All memory is taken at the beginning.
 */
#include "charlm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { VOCAB = charlm_VOCAB_text };

/* Memory as the library wants it, a multiple of 64 bytes. */
static void *take(size_t bytes) {
  void *memory = bytes ? aligned_alloc(64, bytes) : NULL;
  if (!memory) {
    fprintf(stderr, "stream: no memory\n");
    exit(1);
  }
  return memory;
}

/* Ends the program with what a function of the library found wrong. */
static void check(int error, const char *words) {
  if (error == RONDO_OK)
    return;
  fprintf(stderr, "stream: %s\n", *words ? words : charlm_message(error));
  exit(1);
}

static void *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (file && fseek(file, 0, SEEK_END) == 0)
    size = ftell(file);
  if (size < 0) {
    fprintf(stderr, "stream: cannot read '%s'\n", path);
    exit(1);
  }
  rewind(file);
  void *data = take(((size_t)size / 64 + 1) * 64);
  *bytes = fread(data, 1, (size_t)size, file);
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: stream WEIGHTS < TEXT\n");
    return 1;
  }
  size_t bytes = charlm_weights_bytes(), file_bytes;
  charlm_weights *weights;
  void *weights_memory = take(bytes), *file = read_file(argv[1], &file_bytes);
  check(charlm_weights_open(weights_memory, bytes, &weights), "");
  check(charlm_load(weights, file, file_bytes), charlm_weights_error(weights));
  free(file);

  /* One row, one step at a time. */
  bytes = charlm_workspace_bytes(1, 1, 1);
  charlm_workspace *workspace;
  void *workspace_memory = take(bytes);
  check(charlm_workspace_open(workspace_memory, bytes, weights, 1, 1, 1, &workspace), "");

  /* Which byte each token means, and the other way round. */
  unsigned char symbols[256];
  int count, tokens[256];
  check(charlm_alphabet(weights, 0, symbols, &count), charlm_weights_error(weights));
  for (int i = 0; i < 256; ++i)
    tokens[i] = -1;
  for (int i = 0; i < count; ++i)
    tokens[symbols[i]] = i;

  int32_t token;
  float logits[VOCAB];
  rondo_array inputs[charlm_INPUTS] = {{0}}, outputs[charlm_OUTPUTS] = {{0}};
  inputs[charlm_INPUT_text].data = &token;
  outputs[charlm_OUTPUT_logits].data = logits;

  double nats = 0;
  long predicted = 0;
  for (int c, first = 1; (c = getchar()) != EOF; first = 0) {
    if (tokens[c] < 0) {
      fprintf(stderr, "stream: the weights do not know the byte %d\n", c);
      return 1;
    }
    token = tokens[c];
    if (!first) {
      /* The logits of the step before are those of this byte. */
      double most = logits[0], sum = 0;
      for (int i = 1; i < VOCAB; ++i)
        most = logits[i] > most ? logits[i] : most;
      for (int i = 0; i < VOCAB; ++i)
        sum += exp(logits[i] - most);
      nats += most + log(sum) - logits[token];
      ++predicted;
    }
    check(charlm_step(workspace, 1, inputs, outputs), charlm_workspace_error(workspace));
  }
  printf("%ld bytes, %.6f nats each\n", predicted, predicted ? nats / (double)predicted : 0.0);

  charlm_workspace_close(workspace);
  free(workspace_memory);
  free(weights_memory);
  return 0;
}
