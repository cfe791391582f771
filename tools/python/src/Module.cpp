// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The extension module rondo._rondo. What users see of it is documented in rondo/model.py.

#include "Model.h"
#include "Numbers.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

namespace {

/// What rondo/model.py and its neighbours know of the ports: (name, type, whether it is read, which dimension of a row
/// the steps go along or -1, the shape of a row, the same with the rows in words).
nb::list listOf(const std::vector<Port> &ports) {
  nb::list result;
  for (const Port &port : ports) {
    result.append(nb::make_tuple(port.name, nameOf(port.type), port.isRead, port.window, tupleOf(port.shape),
                                 port.describe(false)));
  }
  return result;
}

nb::dict layoutOf(const Model &model) {
  const Description &of = model.description;
  nb::dict layout;
  layout["name"] = of.name;
  layout["streamable"] = of.streamable;
  layout["has_steps"] = !of.windowAxis.empty();
  layout["inputs"] = listOf(of.run.inputs);
  layout["outputs"] = listOf(of.run.outputs);
  layout["states"] = listOf(of.states);
  layout["batch"] = of.batch;
  layout["window"] = of.steps;
  layout["layer_rows"] = of.layerRows;
  layout["layer_steps"] = of.layerSteps;
  layout["layer_takes_one"] = of.layerTakesOne;
  return layout;
}

} // namespace

NB_MODULE(_rondo, module) {
  nb::set_leak_warnings(false); // a model may live as long as the interpreter
  nb::exception<Failure>(module, "Error", PyExc_RuntimeError).attr("__doc__") =
      "What a model cannot do, or cannot do now, in words.";
  nb::class_<Model>(module, "Model")
      .def(nb::init<const std::string &, nb::handle>(), nb::arg("path"), nb::arg("threads").none() = 1,
           nb::sig("def __init__(self, path: str, threads: int = 1) -> None"))
      .def(
          "run", &Model::run,
          nb::sig("def run(self, inputs: dict | None = None, /, *, out: object = None, lengths: object = None, "
                  "carry: bool = False, **arrays: object) -> object"),
          "Computes the outputs of any number of sequences, the rows, of any number of steps; of a model that looks\n"
          "ahead, of the number that it was compiled for.\n\n"
          "The inputs are given by name, or as one dict of them (for names that are no keywords). Returns the output,\n"
          "or a dict where there are several, as arrays of the framework of the inputs. `out` is an array for the\n"
          "output, or a dict with arrays for some outputs: no others are computed, and it is what is returned.\n"
          "`lengths` ([rows]) has each row's own number of steps; what is behind them is zero, or in `out` as before.\n"
          "An input over steps may be a list of arrays, one for each row; then so are outputs over steps.\n"
          "Tokens and lengths are int32; of other integer types they are copied. With `carry` the sequences go on from "
          "the states of the call before.")
      .def("step", &Model::step,
           nb::sig("def step(self, inputs: dict | None = None, /, *, out: object = None, **arrays: object) -> object"),
           "Computes the outputs of the next step of each row: arrays are those of `run` without the axis of steps,\n"
           "[rows, features]. States go on from call to call; `reset` begins new sequences. Not for models that look\n"
           "ahead.")
      .def("reset", &Model::reset, nb::arg("row") = nb::none(),
           nb::sig("def reset(self, row: int | None = None) -> None"),
           "The next step, or run(carry=True), begins new sequences, or a new one in one row.")
      .def("seed", &Model::seed, nb::arg("seed").none(), nb::sig("def seed(self, seed: int) -> None"),
           "For models that draw random numbers when they run: those of row r are what `run --seed` draws for its\n"
           "sequence r. 1 at first.")
      .def("grad", &Model::grad,
           nb::sig("def grad(self, inputs: dict | None = None, /, *, lengths: object = None, first: bool = True, "
                   "seed: int = 1, **arrays: object) -> tuple[float, dict]"),
           "The loss that the program says, of a batch, and its gradients by the parameters, as NumPy arrays by their\n"
           "paths. The inputs, targets included, have the rows and steps of the program's batch and window; or, of a\n"
           "ragged one, those over steps are lists of arrays, one for each row, with up to so many steps. With\n"
           "first=False the rows go on from the states of the call before. Dropout depends on `seed`.")
      .def(
          "update", &Model::update, nb::arg("step").none(), nb::arg("rate") = nb::none(),
          nb::sig("def update(self, step: int, rate: float | None = None) -> float"),
          "Changes the parameters by the gradients of the last `grad`, with the program's optimizer. Steps count from\n"
          "1; the rate is the program's if none is given. Returns the norm of all gradients before clipping.")
      .def("init", &Model::init, nb::arg("seed").none() = 1, nb::sig("def init(self, seed: int = 1) -> None"),
           "Gives the parameters the first values that the program says, drawn from a seed, as `train --seed` does.")
      .def_ro("path", &Model::path, "The library's file.")
      .def_ro("threads", &Model::threads, "How many threads run the model.")
      .def_prop_ro(
          "has_values", [](const Model &model) { return model.hasValues; }, "Whether the parameters have values.")
      .def("_describe", &Model::describe)
      .def_prop_rw("_states", &Model::states, &Model::setStates)
      .def("_parameter",
           [](nb::object self, const std::string &path) { return nb::cast<Model &>(self).parameter(self, path); })
      .def("_parameter_paths", &Model::parameterPaths)
      .def("_frozen_paths", &Model::frozenPaths)
      .def("_set_parameters", &Model::setParameters)
      .def("_load", &Model::loadBytes)
      .def("_save", &Model::saveBytes)
      .def("_generate", &Model::generate, nb::arg("inputs"), nb::arg("prompts").none(),
           nb::arg("prompt_lengths").none(), nb::arg("options"))
      .def("_vjp", &Model::vjp, nb::arg("inputs"), nb::arg("cotangents"), nb::arg("states").none(),
           nb::arg("state_cotangents").none(), nb::arg("gradients"), nb::arg("input_gradients"),
           nb::arg("state_gradients"))
      .def_prop_ro("_layout", layoutOf);
}
