// Loads weights of another framework by the classes, from a file; says what is wrong with another layout.
#include "model.h"
#include "rondo.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

int main(int, char **argv) {
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  rondo::Weights<model_model> weights;
  weights.load(bytes.data(), bytes.size(), "keras");
  try {
    weights.load(bytes.data(), bytes.size(), "onnx");
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
  }
}
