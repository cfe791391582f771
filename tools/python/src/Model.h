// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A model that is open: its weights, its states, and the calls.

#ifndef RONDO_PYTHON_MODEL_H
#define RONDO_PYTHON_MODEL_H

#include "Lists.h"

#include <memory>

namespace rondo {

/// What a call is given beside its model, taken apart.
struct Arguments {
  std::vector<nanobind::handle> inputs;              // in the order of the ports; null where not given
  nanobind::handle out, lengths, carry, first, seed; // null where not given or None
};

/// The options that a function takes, as bits.
enum Options : unsigned { withOut = 1, withLengths = 2, withCarry = 4, withFirst = 8, withSeed = 16 };

class Model {
public:
  Model(const std::string &path, nanobind::handle threads);
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;
  ~Model();

  // Model.cpp
  nanobind::object run(nanobind::args args, nanobind::kwargs kwargs);
  nanobind::object step(nanobind::args args, nanobind::kwargs kwargs);
  void reset(nanobind::object row);
  void seed(nanobind::handle seed);
  nanobind::dict states();
  void setStates(nanobind::dict values);

  // Weights.cpp
  nanobind::object parameter(nanobind::object self, const std::string &path);
  nanobind::list parameterPaths() const;
  nanobind::set frozenPaths() const;
  void setParameters(nanobind::dict values);
  void init(nanobind::handle seed);
  void loadBytes(nanobind::bytes bytes, const std::string &layout);
  nanobind::bytes saveBytes();

  // Training.cpp
  nanobind::tuple grad(nanobind::args args, nanobind::kwargs kwargs);
  double update(nanobind::handle step, nanobind::handle rate);

  // Generate.cpp
  nanobind::tuple generate(nanobind::dict inputs, nanobind::object prompts, nanobind::object promptLengths,
                           nanobind::dict options);

  // Layer.cpp
  void vjp(nanobind::dict inputs, nanobind::dict cotangents, nanobind::object states, nanobind::object stateCotangents,
           nanobind::dict gradients, nanobind::dict inputGradients, nanobind::dict stateGradients);

  std::string describe() const;

  const std::string path;
  const int threads;
  Functions functions;
  Description description;
  /// Whether the parameters have values, and whether these are a part of the library.
  bool hasValues = false, isEmbedded = false;

private:
  /// Holds the model for one call.
  struct Turn {
    explicit Turn(Model &model);
    ~Turn() { model.isBusy = false; }
    Model &model;
  };

  Arguments parse(const Ports &ports, nanobind::args args, nanobind::kwargs kwargs, unsigned options,
                  const char *function) const;
  /// A Failure where the parameters have no values.
  void checkValues() const;
  void checkGiven(const Ports &ports, const Arguments &arguments, const char *function) const;
  const int32_t *lengthsOf(nanobind::handle object, const Extent &extent, View &keep) const;
  void openWorkspace(int64_t rows);
  void loadWithMore(nanobind::bytes bytes, const std::string &layout);
  std::string bytesOf(rondo_model_weights *of) const;
  /// The framework is that of results, where it is not NumPy; else the first input's.
  nanobind::object call(const Arguments &arguments, Extent extent, Framework framework, bool carry);
  nanobind::object callLists(Arguments arguments, bool carry);
  nanobind::object results(const Arguments &arguments, const Extent &extent, Framework framework,
                           std::vector<Array> &arrays, std::vector<nanobind::object> &made);
  void check(int code, const char *words) const;
  size_t parameterNumber(const std::string &path) const;
  std::string namesOf(const std::vector<Port> &ports, bool readOnly) const;

  Memory weightsMemory;
  rondo_model_weights *weights = nullptr;
  void openGenerator(int64_t rows, int64_t beam, int64_t symbols);
  std::unique_ptr<Memory> workspaceMemory, trainerMemory, layerMemory, generatorMemory;
  rondo_model_workspace *workspace = nullptr;
  rondo_model_trainer *trainer = nullptr;
  rondo_model_layer *layer = nullptr;
  rondo_model_generator *generator = nullptr;
  /// The rows, hypotheses of each, and symbols that the generator has room for.
  int64_t generatorRows = 0, generatorBeam = 0, generatorSymbols = 0;
  /// The rows that the workspace has room for, those of the last call, and whether sequences have begun.
  int64_t capacity = 0, lastRows = 0;
  bool hasBegun = false;
  int64_t lastSeed = 1;
  bool isBusy = false;
};

} // namespace rondo

#endif // RONDO_PYTHON_MODEL_H
