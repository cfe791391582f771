/* A model with a frozen parameter: an update leaves it as it is, and there is no gradient by it. */
#include "expect.h"
#include "rondo_model.h"

enum { ROWS = rondo_model_BATCH, STEPS = rondo_model_WINDOW };

int main(void) {
  static float x[ROWS][STEPS][3], y[ROWS][STEPS][4], gradient[4][4], before[4][3], after[4][3];
  rondo_model_weights *weights;
  rondo_model_trainer *trainer;
  size_t bytes = rondo_model_weights_bytes();
  rondo_array inputs[rondo_model_INPUTS] = {{x, 0, 0}, {y, 0, 0}};
  double loss, norm;
  for (int i = 0; i < ROWS * STEPS * 3; ++i)
    (&x[0][0][0])[i] = (float)(i % 7) / 7;
  EXPECT(!rondo_model_weights_open(take(bytes), bytes, &weights) && !rondo_model_init(weights, 1));
  bytes = rondo_model_trainer_bytes(1);
  EXPECT(!rondo_model_trainer_open(take(bytes), bytes, weights, 1, &trainer));
  EXPECT(!rondo_model_parameter_get(weights, "w", before, sizeof before));
  EXPECT(!rondo_model_grad(trainer, 1, 1, NULL, inputs, &loss));
  EXPECT(!rondo_model_gradient(trainer, "z.a", gradient, sizeof gradient));
  int code = rondo_model_gradient(trainer, "w", after, sizeof after);
  printf("gradient: %d, %s\n", code, rondo_model_trainer_error(trainer));
  EXPECT(!rondo_model_update(trainer, 1, -1, &norm) && norm > 0);
  EXPECT(!rondo_model_parameter_get(weights, "w", after, sizeof after) && !memcmp(before, after, sizeof after));
  return 0;
}
