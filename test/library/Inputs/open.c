/* Opens weights, or says why not. */
#include "library.h"

int main(void) {
  static char memory[1 << 22] __attribute__((aligned(64)));
  M(weights) * weights;
  int code = M(weights_open)(memory, sizeof memory, &weights);
  printf("%d, %s; %d\n", code, M(message)(code), M(weights_bytes)() > 0);
  return 0;
}
