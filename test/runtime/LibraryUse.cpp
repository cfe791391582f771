// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Does with a model what a library does: opens it, loads weights from memory, runs it. Whatever takes memory from the
// system is counted, and fails in turn: each time an error must come back, and no memory stay behind. It calls nothing
// of stdio but snprintf, so that a look at its symbols shows what the runtime calls.
//
//   fake-library WEIGHTS     prints the sum of the logits
#include "runtime/Processor.h"
#include "runtime/Weights.h"
#include "runtime/Workspace.h"

#include <cstdio>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

using namespace rondo;

extern "C" {
extern const rondo_program rondo_main_program;
void *__real_malloc(size_t bytes);
int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
void __real_free(void *memory);
}

namespace {

constexpr size_t never = SIZE_MAX;
/// What was taken so far, what of it is there yet, and which taking fails.
size_t taken = 0, alive = 0, failing = never;

bool takes() {
  bool good = taken++ != failing;
  alive += good;
  return good;
}

} // namespace

extern "C" {
void *__wrap_malloc(size_t bytes) { return takes() ? __real_malloc(bytes) : nullptr; }
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  return takes() ? __real_posix_memalign(memory, alignment, bytes) : 12;
}
void __wrap_free(void *memory) {
  alive -= memory != nullptr;
  __real_free(memory);
}
}

namespace {

uint8_t weights[1 << 16];
size_t weightBytes = 0;

void say(const char *text) { (void)!write(1, text, strlen(text)); }

/// The sum of the logits of a window in which all tokens are 0.
double sumOf(const Call &call) {
  const Buffer &logits = *call.find(Role::Output);
  double sum = 0;
  for (int64_t i = 0, n = logits.count(); i < n; ++i)
    sum += logits.get(i);
  return sum;
}

/// From the program to the logits.
bool use(double &sum, Error &error) {
  Model model;
  if (!model.read(rondo_main_program, error) || !checkProcessor(model, error))
    return false;
  const Entry &entry = *model.entry("score");
  Parameters parameters(model);
  Team team(1);
  Workspace workspace(parameters, team);
  WeightsInfo info;
  TensorFile file;
  if (!parameters.prepare(entry, error) || !file.parse(weights, weightBytes, error) ||
      !takeWeights(file, parameters, entry.element, info, error))
    return false;
  Call call = workspace.bind(entry, error);
  if (error.failed())
    return false;
  size_t before = taken;
  parameters.pack(nullptr);
  call.run();
  if (taken != before)
    return error.fail("running took memory");
  sum = sumOf(call);
  return true;
}

/// Lets each taking of memory fail. Returns how many there are, or -1 after a message.
int failEach(double expected) {
  for (failing = 0;; ++failing) {
    Error error;
    double sum = 0;
    taken = 0;
    size_t before = alive;
    bool good = use(sum, error), reached = taken > failing;
    if (alive != before)
      return say("FAILED: memory stays behind\n"), -1;
    if (good != !reached || (good && sum != expected))
      return say("FAILED: wrong result where memory is lacking: "), say(error.message()), say("\n"), -1;
    if (reached && !strstr(error.message(), "out of memory: "))
      return say("FAILED: another error: "), say(error.message()), say("\n"), -1;
    if (good)
      return static_cast<int>(failing);
  }
}

} // namespace

int main(int argc, char **argv) {
  int file = argc == 2 ? ::open(argv[1], O_RDONLY) : -1;
  ssize_t size = file < 0 ? -1 : read(file, weights, sizeof weights);
  if (size < 0)
    return say("FAILED: cannot read the weights\n"), 1;
  weightBytes = static_cast<size_t>(size);
  Error error;
  double sum = 0;
  if (!use(sum, error))
    return say("error: "), say(error.message()), say("\n"), 1;
  char line[128];
  int failures = failEach(sum);
  if (failures < 0)
    return 1;
  snprintf(line, sizeof line, "logits %.9g\n%s\n", sum, failures > 20 ? "failures are errors" : "too few");
  return say(line), 0;
}
