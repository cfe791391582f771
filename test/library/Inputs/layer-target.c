/* The gradient of what no output depends on is refused. */
#include "trained.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  trained_weights *weights;
  trained_layer *layer;
  size_t bytes = trained_weights_bytes();
  void *memory = aligned_alloc(64, bytes);
  size_t more = trained_layer_bytes(1);
  void *space = aligned_alloc(64, more);
  if (trained_weights_open(memory, bytes, &weights) || trained_init(weights, 1) ||
      trained_layer_open(space, more, weights, 1, &layer))
    return 1;
  static float x[4][3], t[4][5], dx[4][3], dt[4][5], dy[4][5];
  rondo_array inputs[] = {{x, 0, 0}, {t, 0, 0}}, cotangents[] = {{dy, 0, 0}}, gradients[] = {{dx, 0, 0}, {dt, 0, 0}};
  rondo_vjp arrays = {inputs, NULL, cotangents, NULL, gradients, NULL, NULL};
  int code = trained_vjp(layer, 1, 4, &arrays);
  printf("%d: %s\n", code, trained_layer_error(layer));
  gradients[1].data = NULL;
  printf("%d\n", trained_vjp(layer, 1, 4, &arrays));
  trained_layer_close(layer);
  free(space);
  free(memory);
  return 0;
}
