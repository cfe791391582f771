# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Vector-Jacobian products of whole sequences, window by window (Model.vjp, rondo.torch)."""

from collections import namedtuple

import numpy

from ._rondo import Error

Port = namedtuple("Port", "name dtype is_read window shape words")


class Ports:
    """What a model takes and gives, by name."""

    def __init__(self, model):
        layout = model._layout
        self.layout = layout
        self.inputs = {port[0]: Port(*port) for port in layout["inputs"] if port[2]}
        self.outputs = {port[0]: Port(*port) for port in layout["outputs"]}
        self.states = {port[0]: Port(*port) for port in layout["states"] if port[2]}
        if not layout["layer_rows"]:
            raise Error(
                "the model was compiled without what a layer needs: expected rondo.compile(.., layer=True), "
                "or rondoc --layer"
            )


def part(array, port, rows, steps):
    """A view of some rows and, where there is an axis of steps, some steps."""
    index = [slice(None)] * len(array.shape)
    index[0] = slice(*rows)
    if port.window >= 0:
        index[1 + port.window] = slice(*steps)
    return array[tuple(index)]


def part_shape(port, rows, steps):
    """The shape of so many rows and steps."""
    return (rows, *(steps if i == port.window else size for i, size in enumerate(port.shape)))


def check_shape(name, array, shape, words):
    """TypeError or ValueError where it is no array of that shape, which is [..] in words."""
    if not hasattr(array, "shape"):
        raise TypeError(f"'{name}': expected an array of NumPy, PyTorch or JAX, found {type(array).__name__}")
    if list(array.shape) != list(shape):
        raise ValueError(f"'{name}': expected the shape {words}, found {list(array.shape)}")


def extent(ports, inputs):
    """The rows and steps of a sequence's inputs, the shapes of which are checked."""
    known = {}
    for name, array in inputs.items():
        port, shape = ports.inputs[name], list(getattr(array, "shape", ()))
        found = {"rows": shape[0] if shape else 1}
        if port.window >= 0 and len(shape) > 1 + port.window:
            found["steps"] = shape[1 + port.window]
        check_shape(name, array, part_shape(port, found["rows"], found.get("steps", 1)), port.words)
        for what, count in found.items():
            first, number = known.setdefault(what, (name, count))
            if number != count:
                raise ValueError(f"'{name}': expected {number} {what}, which '{first}' has, found {count}")
    return known.get("rows", ("", 1))[1], known.get("steps", ("", 1))[1]


def windows(ports, steps):
    """The parts of a sequence that the layer is called for: its windows, then single steps."""
    window = ports.layout["layer_steps"]
    if not ports.layout["has_steps"]:
        return [(0, 1)]
    if steps == 0 and ports.layout["streamable"]:
        return [(0, 0)]
    if not ports.layout["layer_takes_one"]:
        if steps % window or (steps != window and not ports.layout["streamable"]):
            raise ValueError(
                f"expected {'whole windows of ' if ports.layout['streamable'] else ''}{window} steps, "
                f"for which the layer was compiled, found {steps}"
            )
        return [(t, t + window) for t in range(0, steps, window)]
    whole = steps - steps % window
    return [(t, t + window) for t in range(0, whole, window)] + [(t, t + 1) for t in range(whole, steps)]


def forward(model, ports, inputs, states, out):
    """Computes outputs of sequences into `out`. Returns the states behind them, and those before each window."""
    rows, steps = extent(ports, inputs)
    whole = (0, rows)
    before = []
    if states is not None:
        for name, values in states.items():
            wanted = part_shape(ports.states[name], rows, 1)
            check_shape(name, values, wanted, list(wanted))
        model.reset()
        model.states = states
    # Where steps are not the first axis, those of a window do not lie so that the library can write them.
    in_place = all(port.window <= 0 for port in ports.outputs.values())
    for span in windows(ports, steps):
        carry = states is not None or bool(before)
        before.append(dict(model.states) if carry else None)
        taken = {name: part(array, ports.inputs[name], whole, span) for name, array in inputs.items()}
        given = {name: part(array, ports.outputs[name], whole, span) for name, array in out.items()}
        found = model.run(taken, out=given if in_place else None, carry=carry and ports.layout["streamable"])
        for name in () if in_place else given:
            given[name][...] = found[name] if isinstance(found, dict) else found
    return model.states, before


def backward(model, ports, inputs, before, cotangents, state_cotangents, wants_inputs, wants_states, wants_parameters):
    """The gradients by inputs, states before the first step and parameters, as three dicts of NumPy arrays."""
    rows, steps = extent(ports, inputs)
    for arrays, known in (cotangents, ports.outputs), (state_cotangents, ports.states):
        for name, array in arrays.items():
            wanted = part_shape(known[name], rows, steps)
            check_shape(name, array, wanted, list(wanted))
    batch = ports.layout["layer_rows"]
    dtype = next(iter(ports.outputs.values())).dtype
    gradients = {path: numpy.zeros(shape, dtype) for path, shape in wants_parameters.items()}
    found = {name: numpy.zeros(tuple(inputs[name].shape), dtype) for name in wants_inputs}
    behind = {name: numpy.zeros((rows, *port.shape), dtype) for name, port in ports.states.items()}
    for name, values in state_cotangents.items():
        behind[name][...] = values
    spans = windows(ports, steps)
    for number, (span, states) in reversed(list(enumerate(zip(spans, before)))):
        if span[0] == span[1]:
            continue  # no steps: states pass through
        is_last = number == len(spans) - 1
        for row in range(0, rows, batch):
            some = (row, min(row + batch, rows))
            wanted = {
                name: numpy.empty(part(values, ports.inputs[name], some, span).shape, dtype)
                for name, values in found.items()
            }
            after = {name: values[some[0]:some[1]] for name, values in behind.items()}
            model._vjp(
                {name: part(array, ports.inputs[name], some, span) for name, array in inputs.items()},
                {name: part(array, ports.outputs[name], some, span)
                 for name, array in cotangents.items() if is_last or ports.outputs[name].window >= 0},
                states and {name: values[some[0]:some[1]] for name, values in states.items()},
                after,
                gradients,
                wanted,
                after if states else {},
            )
            for name, values in wanted.items():
                part(found[name], ports.inputs[name], some, span)[...] += values
    return found, behind if wants_states else {}, gradients
