// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reading a model's description (runtime/Model.h), which the compiler wrote: that it is whole is known.

#include "Ports.h"

namespace nb = nanobind;
using namespace rondo;

const char *rondo::nameOf(ElementType type) {
  return type == ElementType::F32 ? "float32" : type == ElementType::F64 ? "float64" : "int32";
}

std::string Port::describe(bool isStep) const {
  std::string text = "[rows";
  for (size_t i = 0; i < dims.size(); ++i)
    if (!isStep || static_cast<int>(i) != window)
      text += ", " + dims[i];
  return text + "]";
}

namespace {

std::string textOf(nb::handle json, const char *key) {
  nb::dict dict = nb::borrow<nb::dict>(json);
  return dict.contains(key) ? nb::cast<std::string>(dict[key]) : std::string();
}

std::vector<int64_t> shapeOf(nb::handle json) {
  std::vector<int64_t> shape;
  for (nb::handle size : nb::borrow<nb::list>(json["shape"]))
    shape.push_back(nb::cast<int64_t>(size));
  return shape;
}

bool isType(nb::handle argument, const char *type) { return textOf(argument, "type") == type; }

/// The argument of an entry with that role and name, or none.
nb::object findArgument(nb::handle entry, const char *role, const std::string &name) {
  for (nb::handle argument : nb::borrow<nb::list>(entry["args"]))
    if (textOf(argument, "role") == role && (name.empty() || textOf(argument, "name") == name))
      return nb::borrow(argument);
  return nb::none();
}

class Reader {
public:
  Reader(Description &to, nb::dict json) : to(to), json(json) {}

  /// The arrays of an entry. `cotangents` says whether the outputs are what a layer takes in their place.
  Ports portsOf(nb::handle entry, bool cotangents) {
    Ports ports;
    for (auto [key, role] : {std::pair("inputs", "input"), std::pair("targets", "target")})
      for (nb::handle port : nb::borrow<nb::list>(json[key]))
        ports.inputs.push_back(portOf(port, findArgument(entry, role, textOf(port, "name"))));
    for (nb::handle axis : nb::borrow<nb::list>(json["axes"]))
      if (nb::borrow<nb::dict>(axis).contains("lengths") && textOf(axis, "name") != to.windowAxis) {
        Port port;
        port.name = "length." + textOf(axis, "name");
        port.isRead = !findArgument(entry, "lengths", textOf(axis, "name")).is_none();
        port.type = ElementType::I32;
        ports.inputs.push_back(port);
      }
    for (nb::handle port : nb::borrow<nb::list>(json["outputs"]))
      ports.outputs.push_back(
          portOf(port, findArgument(entry, cotangents ? "cotangent" : "output", textOf(port, "name"))));
    for (std::vector<Port> *list : {&ports.inputs, &ports.outputs})
      for (Port &port : *list)
        port.key = nb::steal(PyUnicode_InternFromString(port.name.c_str()));
    return ports;
  }

private:
  Port portOf(nb::handle port, nb::object argument) {
    Port result;
    result.name = textOf(port, "name");
    result.type = textOf(port, "kind") == "token" ? ElementType::I32 : to.element;
    result.isRead = !argument.is_none();
    nb::list axes = nb::borrow<nb::list>(port["axes"]);
    for (nb::handle axis : axes) {
      std::string name = nb::cast<std::string>(axis);
      if (name == to.windowAxis)
        result.window = static_cast<int>(result.dims.size());
      result.dims.push_back(name);
    }
    if (!result.isRead)
      return result;
    // In an entry the rows stand behind the axes.
    result.shape = shapeOf(argument);
    result.shape.erase(result.shape.begin() + static_cast<int64_t>(axes.size()));
    for (size_t i = 0; i < result.shape.size(); ++i) {
      std::string size = std::to_string(result.shape[i]);
      if (i >= axes.size())
        result.dims.push_back(size);
      else if (static_cast<int>(i) != result.window || !to.streamable)
        result.dims[i] += " = " + size;
    }
    return result;
  }

  Description &to;
  nb::dict json;
};

/// The entry may have room for more steps than the model takes.
void setMostSteps(Ports &ports, const std::string &axis, int64_t most) {
  for (std::vector<Port> *list : {&ports.inputs, &ports.outputs})
    for (Port &port : *list)
      if (port.isRead && port.window >= 0) {
        size_t window = static_cast<size_t>(port.window);
        port.shape[window] = most;
        port.dims[window] = axis + " <= " + std::to_string(most);
      }
}

} // namespace

Description::Description(const char *text) {
  nb::dict json = nb::borrow<nb::dict>(nb::module_::import_("json").attr("loads")(text));
  name = textOf(json, "model");
  element = textOf(json, "element") == "f64" ? ElementType::F64 : ElementType::F32;
  streamable = nb::cast<bool>(json["streamable"]);
  int64_t most = 0;
  for (nb::handle axis : nb::borrow<nb::list>(json["axes"]))
    if (!nb::borrow<nb::dict>(axis).contains("size") && windowAxis.empty()) {
      windowAxis = textOf(axis, "name");
      hasLengths = nb::borrow<nb::dict>(axis).contains("lengths");
      most = nb::borrow<nb::dict>(axis).contains("most") ? nb::cast<int64_t>(axis["most"]) : 0;
    }
  for (nb::handle parameter : nb::borrow<nb::list>(json["parameters"]))
    parameters.push_back({textOf(parameter, "path"), shapeOf(parameter),
                          nb::borrow<nb::dict>(parameter).contains("frozen"),
                          nb::borrow<nb::dict>(parameter).contains("buffer")});
  for (nb::handle state : nb::borrow<nb::list>(json["states"])) {
    Port port;
    port.name = textOf(state, "name");
    port.type = element;
    port.shape = shapeOf(state);
    for (int64_t size : port.shape)
      port.dims.push_back(std::to_string(size));
    statesAreNumbers &= nb::borrow<nb::dict>(state).contains("initial");
    states.push_back(port);
  }
  Reader reader(*this, json);
  for (nb::handle entry : nb::borrow<nb::list>(json["entries"])) {
    std::string kind = textOf(entry, "name");
    int64_t length = nb::cast<int64_t>(entry["length"]), rows = nb::cast<int64_t>(entry["batch"]);
    bool ofGenerator = nb::borrow<nb::dict>(entry).contains("generates");
    if (ofGenerator && generate.inputs.empty())
      generate = reader.portsOf(entry, false);
    if (nb::borrow<nb::dict>(entry).contains("cost") && !ofGenerator && run.outputs.empty()) {
      run = reader.portsOf(entry, false);
      if (most)
        setMostSteps(run, windowAxis, most);
      isRandom = !findArgument(entry, "seed", "").is_none();
      for (Port &state : states)
        state.isRead = !findArgument(entry, "state", state.name).is_none();
    } else if (kind == "train_grad") {
      grad = reader.portsOf(entry, false);
      batch = rows;
      steps = length;
    } else if (kind.compare(0, 4, "vjp_") == 0) {
      layerTakesOne |= layerSteps > 1 && length == 1;
      if (!layerRows) {
        layer = reader.portsOf(entry, true);
        layerRows = rows;
        layerSteps = length;
      }
    }
  }
  if (json.contains("generate"))
    readGenerate(nb::borrow<nb::dict>(json["generate"]));
}

void Description::readGenerate(nb::dict json) {
  answer = textOf(json, "answer");
  most = json.contains("most") ? nb::cast<int64_t>(json["most"]) : 0;
  if (generate.inputs.empty()) // the functions of all outputs serve
    generate = run;
  for (Port &port : generate.inputs)
    if (port.name == answer) {
      prompt = port;
      port.isRead = false;
    }
}
