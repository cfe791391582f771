/* A model whose object is of another version of the interface than the runtime; also a program that opens it. */
#include "runtime/abi.h"

extern const rondo_program model_program;
rondo_program PROGRAM;

__attribute__((constructor)) static void take(void) {
  PROGRAM = model_program;
  PROGRAM.abi = RONDO_ABI_VERSION + 1;
}

#ifdef LIBRARY
#include "rondo_model.h"

#include <stdio.h>

static _Alignas(64) char memory[1 << 20];

int main(void) {
  rondo_model_weights *weights = NULL;
  printf("size: %d\n", (int)rondo_model_weights_bytes());
  printf("open: %s\n", rondo_model_message(rondo_model_weights_open(memory, sizeof memory, &weights)));
  return weights != NULL;
}
#endif
