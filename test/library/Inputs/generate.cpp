// The class of rondo.hpp that generates.
#include "rondo_model.h"

#include <rondo.hpp>

#include <cstdio>

using Model = rondo_model_model;

int main() try {
  rondo::Weights<Model> weights;
  weights.init(3);
  rondo::Generator<Model> opened(weights, 2, 3, 8);
  rondo::Generator<Model> generator = std::move(opened);
  int32_t source[2][6] = {{1, 2, 3, 4, 5, 6}, {0, 0, 0, 0, 0, 0}}, prompts[2][1] = {{3}, {4}};
  float style[2][2] = {};
  rondo_array inputs[rondo_model_INPUTS] = {}, prompt = {prompts, 0, 0};
  inputs[rondo_model_INPUT_source].data = source;
  inputs[rondo_model_INPUT_style].data = style;
  rondo_decoding decoding = {};
  decoding.most = 5;
  decoding.beam = 3;
  std::vector<int32_t> symbols, lengths;
  generator.generate(2, decoding, inputs, symbols, lengths, &prompt, 1);
  std::printf("%zu symbols of %zu rows\n", symbols.size(), lengths.size());
  decoding.most = 9;
  generator.generate(2, decoding, inputs, symbols, lengths);
} catch (const rondo::Error &error) {
  std::printf("%d: %s\n", error.code(), error.what());
}
