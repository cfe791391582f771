/* Part of Rondo, under the Apache License v2.0 with LLVM Exceptions. */
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
//
// Classes for C++17 over the library of any model. Its header, for example charlm.h, has a struct charlm_model, which
// is what they are made for:
//
//   #include "charlm.h"
//   #include <rondo.hpp>
//
//   rondo::Weights<charlm_model> weights;
//   weights.load(bytes.data(), bytes.size());
//   rondo::Workspace<charlm_model> workspace(weights, rows, steps);
//   workspace.run(rows, steps, inputs, outputs);
//
// They own their memory, taken when they are made, and throw rondo::Error where a function of the library fails. What
// the functions do is said in the model's header.
#ifndef RONDO_HPP
#define RONDO_HPP

#include <rondo.h>

#include <array>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rondo {

/// What a function of a library found wrong; code() is a rondo_error.
class Error : public std::runtime_error {
public:
  Error(int code, const std::string &message) : std::runtime_error(message), number(code) {}
  int code() const noexcept { return number; }

private:
  int number;
};

namespace detail {

/// Memory aligned to 64 bytes.
class Memory {
public:
  explicit Memory(size_t bytes) : bytes(bytes), data(::operator new(bytes, std::align_val_t(64))) {}
  Memory(Memory &&other) noexcept : bytes(other.bytes), data(std::exchange(other.data, nullptr)) {}
  Memory &operator=(Memory &&other) noexcept {
    std::swap(bytes, other.bytes);
    std::swap(data, other.data);
    return *this;
  }
  ~Memory() { ::operator delete(data, std::align_val_t(64)); }

  size_t bytes;
  void *data;
};

/// The size that a library says, which is 0 where it cannot.
template <typename Model> size_t checkedSize(size_t bytes) {
  if (bytes == 0)
    throw Error(RONDO_ARGUMENT, "the size of the memory is not known: an argument is out of range, the model was "
                                "compiled without that, or the system has no memory");
  return bytes;
}

template <typename Model> void check(int code, const char *words = "") {
  if (code != RONDO_OK)
    throw Error(code, *words ? words : Model::message(code));
}

} // namespace detail

/// All elements of a parameter, state or gradient: float or double, as the model's header says.
template <typename Element> using Values = std::vector<Element>;

/// The parameters of a model. Several workspaces may share them.
template <typename Model> class Weights {
public:
  /// Without values.
  Weights() : memory(detail::checkedSize<Model>(Model::weights_bytes())) {
    detail::check<Model>(Model::weights_open(memory.data, memory.bytes, &object));
  }
  /// With the values of a weight file.
  Weights(const void *file, size_t bytes) : Weights() { load(file, bytes); }

  void load(const void *file, size_t bytes) { check(Model::load(object, file, bytes)); }
  /// The same of a file of another framework: layout is "torch", "keras", "onnx", "own" or "auto".
  void load(const void *file, size_t bytes, const char *layout) {
    check(Model::load_layout(object, file, bytes, layout));
  }
  void init(uint64_t seed) { check(Model::init(object, seed)); }
  /// The bytes of a weight file.
  std::vector<unsigned char> save() {
    size_t bytes = 0;
    check(Model::save_bytes(object, &bytes));
    std::vector<unsigned char> file(bytes);
    check(Model::save(object, file.data(), bytes));
    return file;
  }
  /// Copies a parameter to `values`, which has its size, or from there.
  template <typename Element> void get(const char *path, Values<Element> &values) {
    check(Model::parameter_get(object, path, values.data(), values.size() * sizeof(Element)));
  }
  template <typename Element> void set(const char *path, const Values<Element> &values) {
    check(Model::parameter_set(object, path, values.data(), values.size() * sizeof(Element)));
  }
  /// The bytes that the tokens of a text mean; empty where the weights do not know.
  std::vector<unsigned char> alphabet(int column = 0) {
    std::array<unsigned char, 256> symbols;
    int count = 0;
    check(Model::alphabet(object, column, symbols.data(), &count));
    return {symbols.begin(), symbols.begin() + count};
  }
  /// Gives weights without an alphabet that of a text.
  void setAlphabet(const void *text, size_t bytes, int column = 0) {
    check(Model::alphabet_set(object, column, text, bytes));
  }
  /// The tokens of a text.
  std::vector<int32_t> encode(const void *text, size_t bytes, int column = 0) {
    std::vector<int32_t> tokens(bytes + 1); // none of it is null
    check(Model::encode(object, column, bytes ? text : "", bytes, tokens.data()));
    tokens.pop_back();
    return tokens;
  }

  typename Model::weights *get() const { return object; }

private:
  void check(int code) const { detail::check<Model>(code, Model::weights_error(object)); }

  detail::Memory memory;
  typename Model::weights *object = nullptr;
};

namespace detail {

/// Ends an object's threads before its memory.
template <typename Object, void (*close)(Object *)> struct Closer {
  void operator()(Object *object) const { close(object); }
};

} // namespace detail

/// States and buffers for one caller at a time. The weights must outlive it.
template <typename Model> class Workspace {
public:
  Workspace(const Weights<Model> &weights, int64_t rows, int64_t steps, int threads = 1)
      : memory(detail::checkedSize<Model>(Model::workspace_bytes(rows, steps, threads))) {
    typename Model::workspace *opened = nullptr;
    detail::check<Model>(
        Model::workspace_open(memory.data, memory.bytes, weights.get(), rows, steps, threads, &opened));
    object.reset(opened);
  }

  /// `inputs` and `outputs` have as many arrays as the model's header says; `lengths`, if any, one for each row.
  void run(int64_t rows, int64_t steps, const rondo_array *inputs, const rondo_array *outputs,
           const int32_t *lengths = nullptr) {
    check(Model::run(object.get(), rows, steps, lengths, inputs, outputs));
  }
  void step(int64_t rows, const rondo_array *inputs, const rondo_array *outputs) {
    check(Model::step(object.get(), rows, inputs, outputs));
  }
  void reset() { check(Model::reset(object.get())); }
  void reset(int64_t row) { check(Model::reset_row(object.get(), row)); }
  void seed(int64_t seed) { check(Model::seed(object.get(), seed)); }
  /// Copies a state of the first rows to `values`, which has its size, or from there.
  template <typename Element> void state(int which, int64_t rows, Values<Element> &values) {
    check(Model::state_get(object.get(), which, rows, values.data(), values.size() * sizeof(Element)));
  }
  template <typename Element> void setState(int which, int64_t rows, const Values<Element> &values) {
    check(Model::state_set(object.get(), which, rows, values.data(), values.size() * sizeof(Element)));
  }

  typename Model::workspace *get() const { return object.get(); }

private:
  void check(int code) const { detail::check<Model>(code, Model::workspace_error(object.get())); }

  detail::Memory memory;
  std::unique_ptr<typename Model::workspace, detail::Closer<typename Model::workspace, Model::workspace_close>> object;
};

/// Generates sequences, of a model with a `generate` line. The weights must outlive it.
template <typename Model> class Generator {
public:
  /// For up to so many rows, hypotheses of each, and symbols.
  Generator(const Weights<Model> &weights, int64_t rows, int64_t beam, int64_t symbols, int threads = 1)
      : memory(detail::checkedSize<Model>(Model::generator_bytes(rows, beam, symbols, threads))) {
    typename Model::generator *opened = nullptr;
    detail::check<Model>(
        Model::generator_open(memory.data, memory.bytes, weights.get(), rows, beam, symbols, threads, &opened));
    object.reset(opened);
  }

  /// A sequence for each row: `symbols` gets [rows, decoding.most] numbers, which is not 0, `lengths` how many of them
  /// are a row's. `prompts` have `promptSteps` symbols, or each row its own of `promptLengths`.
  void generate(int64_t rows, const rondo_decoding &decoding, const rondo_array *inputs, std::vector<int32_t> &symbols,
                std::vector<int32_t> &lengths, const rondo_array *prompts = nullptr, int64_t promptSteps = 0,
                const int32_t *promptLengths = nullptr) {
    symbols.resize(static_cast<size_t>(rows * decoding.most));
    lengths.resize(static_cast<size_t>(rows));
    int code = Model::generate(object.get(), rows, &decoding, inputs, prompts, promptSteps, promptLengths,
                               symbols.data(), lengths.data(), nullptr);
    detail::check<Model>(code, Model::generator_error(object.get()));
  }

  typename Model::generator *get() const { return object.get(); }

private:
  detail::Memory memory;
  std::unique_ptr<typename Model::generator, detail::Closer<typename Model::generator, Model::generator_close>> object;
};

/// Trains the weights, which must outlive it.
template <typename Model> class Trainer {
public:
  explicit Trainer(Weights<Model> &weights, int threads = 1)
      : memory(detail::checkedSize<Model>(Model::trainer_bytes(threads))) {
    typename Model::trainer *opened = nullptr;
    detail::check<Model>(Model::trainer_open(memory.data, memory.bytes, weights.get(), threads, &opened));
    object.reset(opened);
  }

  /// Returns the loss.
  double grad(bool first, int64_t seed, const rondo_array *inputs, const int32_t *lengths = nullptr) {
    double loss = 0;
    check(Model::grad(object.get(), first, seed, lengths, inputs, &loss));
    return loss;
  }
  template <typename Element> void gradient(const char *path, Values<Element> &values) {
    check(Model::gradient(object.get(), path, values.data(), values.size() * sizeof(Element)));
  }
  /// With the program's rate, if none is given. Returns the norm of the gradients.
  double update(int64_t step, double rate = -1) {
    double norm = 0;
    check(Model::update(object.get(), step, rate, &norm));
    return norm;
  }
  void place(int64_t group, int64_t position) { check(Model::place(object.get(), group, position)); }
  /// The bytes of a checkpoint.
  std::vector<unsigned char> checkpoint() {
    size_t bytes = 0;
    check(Model::checkpoint_bytes(object.get(), &bytes));
    std::vector<unsigned char> file(bytes);
    check(Model::checkpoint(object.get(), file.data(), bytes));
    return file;
  }
  /// Goes on from a checkpoint. Returns the number of the last update.
  int64_t resume(const void *file, size_t bytes) {
    int64_t step = 0;
    check(Model::resume(object.get(), file, bytes, &step));
    return step;
  }

private:
  void check(int code) const { detail::check<Model>(code, Model::trainer_error(object.get())); }

  detail::Memory memory;
  std::unique_ptr<typename Model::trainer, detail::Closer<typename Model::trainer, Model::trainer_close>> object;
};

} // namespace rondo

#endif
