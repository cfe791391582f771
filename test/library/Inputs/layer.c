/*
 * A model as a layer, in double precision: its vector-Jacobian products are the central differences of the outputs and
 * states of M(run), for every input, state and parameter; a sequence in windows has the gradients of one in single
 * steps; rows that are not there add nothing; and what is wrong is refused in words.
 */
#include "rondo_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define M(name) rondo_model_##name

enum {
  ROWS = M(BATCH),
  STEPS = M(WINDOW),
  X = 3,
  Y = M(OUTPUT_SIZE_y),
  S = M(STATE_SIZE_y_h),
  PARAMETERS = M(PARAMETERS)
};

static const char *paths[PARAMETERS];
static size_t counts[PARAMETERS];
static double x[ROWS][STEPS][X], y[ROWS][STEPS][Y], cotangent[ROWS][STEPS][Y];
static double before[ROWS][S], after[ROWS][S], state_cotangent[ROWS][S];
static double dx[ROWS][STEPS][X], dstate[ROWS][S];
static double *parameters[PARAMETERS], *gradients[PARAMETERS];
static M(weights) * weights;
static M(workspace) * workspace;
static M(layer) * layer;

static double next(void) {
  static uint32_t seed = 1;
  seed = seed * 1664525u + 1013904223u;
  return (double)(seed >> 8) / (1 << 23) - 1;
}

static void fill(void *values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    ((double *)values)[i] = next();
}

static void expect(int good, const char *what) {
  if (!good) {
    printf("failed: %s: %s %s %s\n", what, M(weights_error)(weights), M(workspace_error)(workspace),
           M(layer_error)(layer));
    exit(1);
  }
}

/* The sum of the outputs and final states times their cotangents. */
static double product(int64_t rows) {
  rondo_array inputs[M(INPUTS)] = {{x, 0, 0}}, outputs[M(OUTPUTS)] = {{y, 0, 0}};
  expect(M(parameters_set)(weights, (const void *const *)parameters) == RONDO_OK, "set");
  expect(M(reset)(workspace) == RONDO_OK, "reset");
  expect(M(state_set)(workspace, 0, rows, before, sizeof before / ROWS * (size_t)rows) == RONDO_OK, "state");
  expect(M(run)(workspace, rows, STEPS, NULL, inputs, outputs) == RONDO_OK, "run");
  expect(M(state_get)(workspace, 0, rows, after, sizeof after / ROWS * (size_t)rows) == RONDO_OK, "state");
  double sum = 0;
  for (int64_t r = 0; r < rows; ++r) {
    for (int t = 0; t < STEPS; ++t)
      for (int i = 0; i < Y; ++i)
        sum += y[r][t][i] * cotangent[r][t][i];
    for (int i = 0; i < S; ++i)
      sum += after[r][i] * state_cotangent[r][i];
  }
  return sum;
}

static void check(const char *what, double *values, const double *found, size_t count, int64_t rows) {
  for (size_t i = 0; i < count; ++i) {
    double kept = values[i], h = 1e-5;
    values[i] = kept + h;
    double high = product(rows);
    values[i] = kept - h;
    double low = product(rows);
    values[i] = kept;
    double wanted = (high - low) / (2 * h);
    if (fabs(wanted - found[i]) > 1e-7 * (1 + fabs(wanted))) {
      printf("%s, number %zu: expected %.10g, found %.10g\n", what, i, wanted, found[i]);
      exit(1);
    }
  }
}

static void clear(void) {
  memset(dx, 0, sizeof dx);
  memset(dstate, 0, sizeof dstate);
  for (int p = 0; p < PARAMETERS; ++p)
    memset(gradients[p], 0, counts[p] * sizeof(double));
}

static void differentiate(int64_t rows) {
  rondo_array inputs[M(INPUTS)] = {{x, 0, 0}}, cotangents[M(OUTPUTS)] = {{cotangent, 0, 0}};
  rondo_array wanted[M(INPUTS)] = {{dx, 0, 0}};
  const void *states[] = {before}, *after_cotangents[] = {state_cotangent};
  void *before_gradients[] = {dstate};
  rondo_vjp arrays = {inputs, states, cotangents, after_cotangents, wanted, before_gradients, (void *const *)gradients};
  clear();
  expect(M(parameters_set)(weights, (const void *const *)parameters) == RONDO_OK, "set");
  expect(M(vjp)(layer, rows, STEPS, &arrays) == RONDO_OK, "vjp");
  check("input", &x[0][0][0], &dx[0][0][0], (size_t)rows * STEPS * X, rows);
  check("state", &before[0][0], &dstate[0][0], (size_t)rows * S, rows);
  for (int p = 0; p < PARAMETERS; ++p)
    check(paths[p], parameters[p], gradients[p], counts[p], rows);
}

/* The same gradients, step by step from the last one. */
static void differentiate_steps(void) {
  static double states[STEPS][ROWS][S], wanted[ROWS][STEPS][X], state[ROWS][S], *sums[PARAMETERS];
  memcpy(wanted, dx, sizeof dx);
  memcpy(state, dstate, sizeof state);
  for (int p = 0; p < PARAMETERS; ++p) {
    sums[p] = malloc(counts[p] * sizeof(double));
    memcpy(sums[p], gradients[p], counts[p] * sizeof(double));
  }
  int64_t row_x = sizeof x[0], step_x = sizeof x[0][0], row_y = sizeof y[0], step_y = sizeof y[0][0];
  expect(M(reset)(workspace) == RONDO_OK && M(state_set)(workspace, 0, ROWS, before, sizeof before) == RONDO_OK, "set");
  expect(M(parameters_set)(weights, (const void *const *)parameters) == RONDO_OK, "set");
  for (int t = 0; t < STEPS; ++t) {
    expect(M(state_get)(workspace, 0, ROWS, states[t], sizeof states[t]) == RONDO_OK, "get");
    rondo_array inputs[] = {{&x[0][t], row_x, step_x}}, outputs[] = {{&y[0][t], row_y, step_y}};
    expect(M(run)(workspace, ROWS, 1, NULL, inputs, outputs) == RONDO_OK, "run");
  }
  clear();
  memcpy(dstate, state_cotangent, sizeof dstate);
  for (int t = STEPS; t-- > 0;) {
    rondo_array inputs[] = {{&x[0][t], row_x, step_x}}, cotangents[] = {{&cotangent[0][t], row_y, step_y}};
    rondo_array gradient[] = {{&dx[0][t], row_x, step_x}};
    const void *at[] = {states[t]}, *behind[] = {dstate};
    void *in_front[] = {dstate};
    rondo_vjp arrays = {inputs, at, cotangents, behind, gradient, in_front, (void *const *)gradients};
    expect(M(vjp)(layer, ROWS, 1, &arrays) == RONDO_OK, "vjp of a step");
  }
  double most = 0;
  for (int i = 0; i < ROWS * STEPS * X; ++i)
    most = fmax(most, fabs((&dx[0][0][0])[i] - (&wanted[0][0][0])[i]));
  for (int i = 0; i < ROWS * S; ++i)
    most = fmax(most, fabs((&dstate[0][0])[i] - (&state[0][0])[i]));
  for (int p = 0; p < PARAMETERS; ++p)
    for (size_t i = 0; i < counts[p]; ++i)
      most = fmax(most, fabs(gradients[p][i] - sums[p][i]));
  expect(most < 1e-12, "steps");
}

static void refuse(int64_t rows, int64_t steps, const rondo_vjp *arrays) {
  printf("%d: %s\n", M(vjp)(layer, rows, steps, arrays), M(layer_error)(layer));
}

static void refuse_all(void) {
  rondo_array inputs[M(INPUTS)] = {{x, 0, 0}}, none[M(INPUTS)] = {{NULL, 0, 0}}, odd[M(INPUTS)] = {{x, 3, 0}};
  const void *states[] = {NULL};
  rondo_vjp given = {inputs, NULL, NULL, NULL, NULL, NULL, NULL}, without = given, stateless = given, strange = given,
            overlapping = given;
  without.inputs = none;
  stateless.states = states;
  strange.cotangents = odd;
  rondo_array once[M(INPUTS)] = {{dx, 8, 8}};
  overlapping.input_gradients = once;
  refuse(1, STEPS, NULL);
  refuse(0, STEPS, &given);
  refuse(ROWS + 1, STEPS, &given);
  refuse(1, STEPS + 1, &given);
  refuse(1, STEPS, &without);
  refuse(1, STEPS, &stateless);
  refuse(1, STEPS, &strange);
  refuse(1, STEPS, &overlapping);
  refuse(1, STEPS, &given);
  printf("no layer: %d '%s'\n", M(vjp)(NULL, 1, 1, &given), M(layer_error)(NULL));
  M(layer_close)(NULL);
  M(layer) * other;
  size_t bytes = M(layer_bytes)(1);
  void *memory = aligned_alloc(64, bytes);
  printf("open: %d %d %d %d %d\n", M(layer_open)(NULL, bytes, weights, 1, &other),
         M(layer_open)(memory, bytes - 64, weights, 1, &other), M(layer_open)(memory, bytes, NULL, 1, &other),
         M(layer_open)(memory, bytes, weights, 0, &other), M(layer_bytes)(65) == 0);
}

int main(void) {
  size_t bytes = M(weights_bytes)();
  expect(M(weights_open)(aligned_alloc(64, bytes), bytes, &weights) == RONDO_OK, "weights");
  bytes = M(workspace_bytes)(ROWS, STEPS, 1);
  expect(M(workspace_open)(aligned_alloc(64, bytes), bytes, weights, ROWS, STEPS, 1, &workspace) == RONDO_OK,
         "workspace");
  bytes = M(layer_bytes)(2);
  expect(M(layer_open)(aligned_alloc(64, bytes), bytes, weights, 2, &layer) == RONDO_OK, "layer");
  rondo_vjp nothing = {0};
  refuse(1, 1, &nothing);

  static const char *const all[PARAMETERS] = {"y.z.x", "y.z.h", "y.z.bias", "y.h.x", "y.h.bias"};
  static const size_t sizes[PARAMETERS] = {5 * 3, 5 * 5, 5, 5 * 3, 5};
  for (int p = 0; p < PARAMETERS; ++p) {
    paths[p] = all[p];
    counts[p] = sizes[p];
    parameters[p] = malloc(counts[p] * sizeof(double));
    gradients[p] = malloc(counts[p] * sizeof(double));
    fill(parameters[p], counts[p]);
  }
  fill(x, ROWS * STEPS * X);
  fill(before, ROWS * S);
  fill(cotangent, ROWS * STEPS * Y);
  fill(state_cotangent, ROWS * S);
  const void *view;
  expect(M(parameters_set)(weights, (const void *const *)parameters) == RONDO_OK, "set");
  expect(M(parameter_view)(weights, paths[0], &view) == RONDO_OK, "view");
  expect(memcmp(view, parameters[0], counts[0] * sizeof(double)) == 0, "the same values");
  for (int64_t rows = 1; rows <= ROWS; ++rows)
    differentiate(rows);
  differentiate_steps();
  printf("gradients are differences\n");
  refuse_all();
  double kept = parameters[1][2];
  parameters[1][2] = INFINITY;
  printf("%d: %s\n", M(parameters_set)(weights, (const void *const *)parameters), M(weights_error)(weights));
  parameters[1][2] = kept;
  printf("%d: %s\n", M(parameters_set)(weights, NULL), M(weights_error)(weights));
  double *values = parameters[1];
  parameters[1] = NULL;
  printf("%d: %s\n", M(parameters_set)(weights, (const void *const *)parameters), M(weights_error)(weights));
  parameters[1] = values;
  printf("%d: %s\n", M(parameter_view)(weights, "q", &view), M(weights_error)(weights));
  printf("%d: %s\n", M(parameter_view)(weights, NULL, &view), M(weights_error)(weights));
  printf("%d: %s\n", M(parameter_view)(weights, "y.z.x", NULL), M(weights_error)(weights));
  M(layer_close)(layer);
  M(workspace_close)(workspace);
  return 0;
}
