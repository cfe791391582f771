// Sequences of different lengths in one batch, by the classes of rondo.hpp: the states behind each sequence's end are a
// vector that stands for it.
//
//   rondoc ../charlm.rondo --emit=header,static -o charlm
//   c++ -std=c++17 -O2 -I. batch.cpp libcharlm.a -lm -o batch && ./batch charlm.safetensors WORD WORD ...
//
// prints how alike the words' vectors are (the cosine of the angle between them).
#include "charlm.h"

#include <rondo.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

using Values = std::vector<float>;

static double cosine(const float *a, const float *b, size_t size) {
  double dot = 0, squareA = 0, squareB = 0;
  for (size_t i = 0; i < size; ++i) {
    dot += double(a[i]) * b[i];
    squareA += double(a[i]) * a[i];
    squareB += double(b[i]) * b[i];
  }
  return dot / std::sqrt(squareA * squareB);
}

static int compare(const char *path, const std::vector<std::string> &words) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<char> file(std::istreambuf_iterator<char>(stream), {});
  rondo::Weights<charlm_model> weights(file.data(), file.size());

  std::vector<unsigned char> alphabet = weights.alphabet();
  size_t longest = 1;
  for (const std::string &word : words)
    longest = std::max(longest, word.size());
  std::vector<int32_t> tokens(words.size() * longest), lengths;
  for (size_t row = 0; row < words.size(); ++row) {
    for (size_t i = 0; i < words[row].size(); ++i) {
      auto found = std::find(alphabet.begin(), alphabet.end(), static_cast<unsigned char>(words[row][i]));
      if (found == alphabet.end())
        throw std::runtime_error("the weights do not know a byte of '" + words[row] + "'");
      tokens[row * longest + i] = static_cast<int32_t>(found - alphabet.begin());
    }
    lengths.push_back(static_cast<int32_t>(words[row].size()));
  }

  auto rows = static_cast<int64_t>(words.size()), steps = static_cast<int64_t>(longest);
  rondo::Workspace<charlm_model> workspace(weights, rows, steps);
  rondo_array inputs[charlm_INPUTS] = {}, outputs[charlm_OUTPUTS] = {};
  inputs[charlm_INPUT_text].data = tokens.data(); // the outputs are not wanted, the states are
  workspace.run(rows, steps, inputs, outputs, lengths.data());

  size_t size = charlm_STATE_SIZE_b_h;
  Values states(words.size() * size);
  workspace.state(charlm_STATE_b_h, rows, states);
  for (size_t row = 1; row < words.size(); ++row)
    std::printf("%s %s %.6f\n", words[0].c_str(), words[row].c_str(), cosine(&states[0], &states[row * size], size));
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: batch WEIGHTS WORD WORD ...\n");
    return 1;
  }
  try {
    return compare(argv[1], {argv + 2, argv + argc});
  } catch (const std::exception &error) {
    std::fprintf(stderr, "batch: %s\n", error.what());
    return 1;
  }
}
