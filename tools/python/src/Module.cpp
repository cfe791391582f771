// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The extension module rondo._rondo. What users see of it is documented in rondo/model.py.

#include "Model.h"

#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rondo;

namespace {

/// What rondo/model.py and its neighbours know of the ports: (name, type, whether it is read, which dimension of a row
/// the steps go along or -1, the shape of a row).
nb::list listOf(const std::vector<Port> &ports) {
  nb::list result;
  for (const Port &port : ports) {
    nb::list shape;
    for (int64_t size : port.shape)
      shape.append(size);
    result.append(nb::make_tuple(port.name, nameOf(port.type), port.isRead, port.window, nb::tuple(shape)));
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
      .def(nb::init<const std::string &, int>(), nb::arg("path"), nb::arg("threads") = 1)
      .def("run", &Model::run)
      .def("step", &Model::step)
      .def("reset", &Model::reset, nb::arg("row") = nb::none())
      .def("seed", &Model::seed, nb::arg("seed"))
      .def("grad", &Model::grad)
      .def("update", &Model::update, nb::arg("step"), nb::arg("rate") = nb::none())
      .def("init", &Model::init, nb::arg("seed") = 1)
      .def_prop_rw("states", &Model::states, &Model::setStates)
      .def_ro("path", &Model::path)
      .def_ro("threads", &Model::threads)
      .def_prop_ro("has_values", [](const Model &model) { return model.hasValues; })
      .def("_describe", &Model::describe)
      .def("_parameter",
           [](nb::object self, const std::string &path) { return nb::cast<Model &>(self).parameter(self, path); })
      .def("_parameter_paths", &Model::parameterPaths)
      .def("_set_parameters", &Model::setParameters)
      .def("_load", &Model::loadBytes)
      .def("_save", &Model::saveBytes)
      .def("_vjp", &Model::vjp, nb::arg("inputs"), nb::arg("cotangents"), nb::arg("states").none(),
           nb::arg("state_cotangents").none(), nb::arg("gradients"), nb::arg("input_gradients"),
           nb::arg("state_gradients"))
      .def_prop_ro("_layout", layoutOf);
}
