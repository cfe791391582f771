// Every function of the classes of rondo.hpp.
#include "rondo_model.h"

#include <rondo.hpp>

#include <cstdio>
#include <cstring>

using Model = rondo_model_model;
using Values = rondo::Values<float>;

static void expect(bool condition, const char *what) {
  if (!condition)
    throw std::runtime_error(what);
}

static void useClasses() {
  rondo::Weights<Model> weights;
  weights.init(3);
  std::vector<unsigned char> file = weights.save();
  rondo::Weights<Model> copy(file.data(), file.size());
  expect(copy.save() == file && copy.alphabet().empty(), "the same file");
  Values bias(rondo_model_OUTPUT_SIZE_logits, 0.5f), read(bias.size());
  weights.set("logits.bias", bias);
  weights.get("logits.bias", read);
  expect(read == bias && weights.save() != file, "the bias that was set");
  weights.load(file.data(), file.size());
  copy.setAlphabet("cab", 3);
  expect(copy.alphabet() == std::vector<unsigned char>{'a', 'b', 'c'}, "an alphabet");
  expect(copy.encode("bca", 3) == std::vector<int32_t>{1, 2, 0} && copy.encode("", 0).empty(), "tokens");

  int32_t tokens[2] = {1, 2};
  float one[2][rondo_model_OUTPUT_SIZE_logits], other[2][rondo_model_OUTPUT_SIZE_logits];
  rondo_array inputs[rondo_model_INPUTS] = {{tokens, 0, 0}}, outputs[rondo_model_OUTPUTS] = {{one, 0, 0}};
  rondo::Workspace<Model> first(weights, 2, 3);
  first.seed(4);
  first.step(2, inputs, outputs);
  Values state(2 * rondo_model_STATE_SIZE_a_h);
  first.state(rondo_model_STATE_a_h, 2, state);
  expect(state[0] != 0, "a state");
  first.reset(0);
  first.reset();
  rondo::Workspace<Model> workspace = std::move(first);
  outputs[0].data = other;
  workspace.run(2, 1, inputs, outputs);
  expect(std::memcmp(one, other, sizeof one) == 0, "the same outputs");
  workspace.setState(rondo_model_STATE_a_h, 2, state);

  static int32_t batch[rondo_model_BATCH][rondo_model_WINDOW];
  rondo_array training[rondo_model_INPUTS] = {{batch, 0, 0}, {batch, 0, 0}};
  rondo::Trainer<Model> trainer(weights);
  double before = trainer.grad(true, 1, training);
  trainer.gradient("logits.bias", read);
  expect(read[0] != 0 && trainer.update(1, 0.1) > 0, "gradients");
  std::vector<unsigned char> checkpoint = trainer.checkpoint();
  trainer.place(0, 0);
  double after = trainer.grad(true, 1, training);
  expect(after < before, "a smaller loss");
  trainer.update(2);
  expect(trainer.resume(checkpoint.data(), checkpoint.size()) == 1, "the step of the checkpoint");
  expect(trainer.grad(true, 1, training) == after, "the same loss");

  try {
    workspace.run(2, 4, inputs, outputs);
    expect(false, "an error");
  } catch (const rondo::Error &error) {
    expect(error.code() == RONDO_ARGUMENT, "the code of the error");
    std::printf("%s\n", error.what());
  }
  try {
    rondo::Workspace<Model> none(weights, 0, 1);
    expect(false, "an error");
  } catch (const rondo::Error &error) {
    std::printf("%s\n", error.what());
  }
}

int main() {
  try {
    useClasses();
  } catch (const std::exception &error) {
    std::printf("expected %s\n", error.what());
    return 1;
  }
  return 0;
}
