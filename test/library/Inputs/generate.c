/* Generates with every way to choose symbols: rows together are rows alone, whatever the threads; then wrong calls, a
   line for each, with its code and words. */
#include "expect.h"
#include "rondo_model.h"

#include <math.h>

#define M(name) rondo_model_##name

enum { ROWS = 11, LETTERS = 6, MOST = 8, BEAM = 4 };

static int32_t source[ROWS][LETTERS], prompts[ROWS][3], prompt_lengths[ROWS];
static float style[ROWS][2];
static rondo_array inputs[M(INPUTS)];

static M(weights) * open_weights(void) {
  size_t bytes = M(weights_bytes)();
  M(weights) * weights;
  EXPECT(M(weights_open)(take(bytes), bytes, &weights) == RONDO_OK);
  return weights;
}

static M(generator) * open_generator(const M(weights) * weights, int64_t rows, int threads) {
  size_t bytes = M(generator_bytes)(rows, BEAM, MOST, threads);
  M(generator) * generator;
  EXPECT(M(generator_open)(take(bytes), bytes, weights, rows, BEAM, MOST, threads, &generator) == RONDO_OK);
  return generator;
}

struct result {
  int32_t symbols[ROWS * MOST], lengths[ROWS];
  double values[ROWS];
};

/* Rows from `first` on. */
static int generate(M(generator) * generator, int first, int rows, const rondo_decoding *how, int prompted,
                    struct result *result) {
  memset(inputs, 0, sizeof inputs);
  inputs[M(INPUT_source)].data = source[first];
  inputs[M(INPUT_style)].data = style[first];
  rondo_array array = {prompts[first], 0, 0};
  return M(generate)(generator, rows, how, inputs, prompted ? &array : NULL, 3,
                     prompted ? prompt_lengths + first : NULL, result->symbols, result->lengths, result->values);
}

static void compare(const M(weights) * weights) {
  M(generator) *generator = open_generator(weights, ROWS, 3), *alone = open_generator(weights, 1, 1);
  rondo_decoding ways[] = {{0},
                           {.beam = BEAM},
                           {.beam = 2, .length_penalty = 1},
                           {.most = 5},
                           {.temperature = 1, .seed = 4},
                           {.temperature = 2, .top_k = 3, .top_p = 0.9}};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; ++way)
    for (int prompted = 0; prompted < 2; ++prompted) {
      struct result all, again, one;
      memset(&all, -1, sizeof all);
      EXPECT(generate(generator, 0, ROWS, ways + way, prompted, &all) == RONDO_OK);
      EXPECT(generate(generator, 0, ROWS, ways + way, prompted, &again) == RONDO_OK);
      EXPECT(memcmp(all.lengths, again.lengths, sizeof all.lengths) == 0);
      EXPECT(memcmp(all.values, again.values, sizeof all.values) == 0);
      int64_t most = ways[way].most ? ways[way].most : MOST;
      int drawn = ways[way].temperature > 0;
      for (int row = 0; row < (drawn ? 1 : ROWS); ++row) { /* draws depend on the row's number */
        EXPECT(generate(alone, row, 1, ways + way, prompted, &one) == RONDO_OK);
        EXPECT(one.lengths[0] == all.lengths[row] && one.values[0] == all.values[row] && all.values[row] <= 0);
        EXPECT(memcmp(one.symbols, all.symbols + row * most, (size_t)most * sizeof(int32_t)) == 0);
      }
    }
  printf("rows together are rows alone\n");
  M(generator_close)(generator);
  M(generator_close)(alone);
}

static M(generator) * generator;

static void report(const char *what, int code) { printf("%s: %d, %s\n", what, code, M(generator_error)(generator)); }

static void choose(const char *what, rondo_decoding how) {
  struct result result;
  report(what, generate(generator, 0, 2, &how, 0, &result));
}

int main(void) {
  for (int row = 0; row < ROWS; ++row) {
    for (int i = 0; i < LETTERS; ++i)
      source[row][i] = (row * 5 + i * i) % 9;
    style[row][0] = (float)(row % 3), style[row][1] = (float)(row % 4) - 1;
    prompt_lengths[row] = row % 4;
    for (int i = 0; i < 3; ++i)
      prompts[row][i] = (row + i) % 7;
  }
  M(weights) *weights = open_weights();
  generator = open_generator(weights, 2, 1);
  choose("order", (rondo_decoding){0});
  EXPECT(M(init)(weights, 3) == RONDO_OK);
  compare(weights);

  struct result result;
  size_t bytes = M(generator_bytes)(2, 1, MOST, 1);
  void *memory = take(bytes);
  M(generator) * other;
  printf("open: %d %d %d %d %d\n", M(generator_open)(NULL, bytes, weights, 2, 1, MOST, 1, &other),
         M(generator_open)(memory, bytes, NULL, 2, 1, MOST, 1, &other),
         M(generator_open)(memory, bytes, weights, 0, 1, MOST, 1, &other),
         M(generator_open)(memory, bytes, weights, 2, 1, MOST, 65, &other),
         M(generator_open)(memory, bytes / 2, weights, 2, 1, MOST, 1, &other));
  printf("sizes: %d %d\n", M(generator_bytes)(2, 0, MOST, 1) == 0, M(generator_bytes)(INT64_MAX, 2, MOST, 1) == 0);
  printf("no object: %d '%s'\n", generate(NULL, 0, 1, NULL, 0, &result), M(generator_error)(NULL));
  M(generator_close)(NULL);
  report("rows", generate(generator, 0, 3, NULL, 0, &result));
  choose("most", (rondo_decoding){.most = MOST + 1});
  choose("beam", (rondo_decoding){.beam = BEAM + 1});
  choose("penalty", (rondo_decoding){.beam = 2, .length_penalty = -1});
  choose("temperature", (rondo_decoding){.temperature = NAN});
  choose("top_k", (rondo_decoding){.temperature = 1, .top_k = -1});
  choose("top_p", (rondo_decoding){.temperature = 1, .top_p = 1.5});
  choose("drawing", (rondo_decoding){.temperature = 1, .beam = 2});
  choose("drawing", (rondo_decoding){.top_k = 2});
  choose("slide", (rondo_decoding){.slide = 1});
  report("inputs", M(generate)(generator, 1, NULL, NULL, NULL, 0, NULL, result.symbols, result.lengths, NULL));
  report("results", M(generate)(generator, 1, NULL, inputs, NULL, 0, NULL, NULL, result.lengths, NULL));
  rondo_array prompt = {prompts, 0, 0};
  report("prompts", M(generate)(generator, 1, NULL, inputs, &prompt, -1, NULL, result.symbols, result.lengths, NULL));
  prompt_lengths[1] = 4;
  report("prompts", generate(generator, 0, 2, NULL, 1, &result));
  prompt_lengths[1] = 1;
  prompts[1][0] = 7;
  report("prompts", generate(generator, 0, 2, NULL, 1, &result));
  source[1][2] = -1;
  report("token", generate(generator, 0, 2, NULL, 0, &result));
  source[1][2] = 0;
  report("good", generate(generator, 0, 2, NULL, 0, &result));
  M(generator_close)(generator);
  return 0;
}
