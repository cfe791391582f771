# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model as a layer of a PyTorch model.

    model = rondo.compile("gated.rondo", layer=True, H=128, batch=16, bptt=35)
    layer = rondo.torch.Layer(model)
    y = layer(x)                        # x: [rows, steps, features], on the CPU
    y, states = layer(x, states=states, return_states=True)
"""

from __future__ import annotations

import torch
from torch.autograd.function import once_differentiable

from . import layer as _layer
from .model import Model, load

__all__ = ["Layer"]


class _Call(torch.autograd.Function):
    """From (inputs, states, parameters) to (outputs, states)."""

    @staticmethod
    def forward(ctx, layer, input_names, state_names, *tensors):
        ports = layer._ports
        inputs = dict(zip(input_names, tensors))
        states = dict(zip(state_names, tensors[len(inputs):])) if state_names else None
        parameters = tensors[len(inputs) + len(state_names or ()):]
        layer._push(parameters)
        rows, steps = _layer.extent(ports, inputs)
        out = {}
        for name, port in ports.outputs.items():
            out[name] = torch.empty(_layer.part_shape(port, rows, steps), dtype=getattr(torch, port.dtype))
        ctx.save_for_backward(*tensors)
        finals, before = _layer.forward(layer._model, ports, inputs, states, out)
        ctx.layer, ctx.names, ctx.before = layer, (input_names, state_names), before
        return (*out.values(), *(torch.from_numpy(finals[name]) for name in ports.states))

    @staticmethod
    @once_differentiable
    def backward(ctx, *cotangents):
        layer, (input_names, state_names) = ctx.layer, ctx.names
        ports = layer._ports
        tensors = ctx.saved_tensors
        inputs = dict(zip(input_names, tensors))
        parameters = tensors[len(inputs) + len(state_names or ()):]
        wants = ctx.needs_input_grad[3:]
        layer._push(parameters)
        of_parameters = dict(zip(layer._paths, wants[len(tensors) - len(parameters):]))
        found, states, gradients = _layer.backward(
            layer._model,
            ports,
            inputs,
            ctx.before,
            dict(zip(ports.outputs, cotangents)),
            dict(zip(ports.states, cotangents[len(ports.outputs):])),
            [name for name, wanted in zip(input_names, wants) if wanted],
            bool(state_names),
            {path: tuple(p.shape) for path, p in zip(layer._paths, parameters) if of_parameters[path]},
        )
        result = [found.get(name) for name in input_names] + [states[name] for name in state_names or ()]
        result += [gradients.get(path) for path in layer._paths]
        return (None, None, None, *(None if g is None else torch.from_numpy(g) for g in result))


class _Group(torch.nn.Module):
    """Parameters whose paths begin alike."""


class Layer(torch.nn.Module):
    """A compiled model, made with `layer=True`, as a layer: its parameters are those of the layer and train with it.

    They begin with the model's values or, where it has none, with those that the program says, drawn by PyTorch's
    generator, and have the names of the program under `cell`, as in `layer.state_dict()["cell.a.z.x"]`.

    Calls take the inputs in the order of the program, or by name, as tensors on the CPU, [rows, steps, features], of
    any number of rows and, if the model streams, of steps: the gradients are those of the whole sequence, whatever rows
    and window it was compiled for. They return the output, or a dict of them where there are several. `states` is a
    dict with all states before the first step, [rows, features] each, in place of those that the program begins with;
    with `return_states` the result is a pair with the states behind the last step, and gradients flow through both.

    Outputs are computed as by `Model.run`. Only the states before each window are kept for the gradients, and its steps
    are computed again. There are no second derivatives.
    """

    def __init__(self, model: Model):
        super().__init__()
        if not isinstance(model, Model):
            raise TypeError(f"Layer(): expected a model of rondo.compile or rondo.load, found {type(model).__name__}")
        self._ports = _layer.Ports(model)
        self._open(model.path, model.threads)
        if not model.has_values:
            self._model.init(int(torch.randint(0, 2**62, ())))
        source = model if model.has_values else self._model
        self.cell = _Group()
        for path, values in source.parameters.items():
            group, name = self._place(path, make=True)
            trains = path not in self._model._frozen_paths()
            group.register_parameter(name, torch.nn.Parameter(torch.from_numpy(values.copy()), trains))

    def _open(self, path, threads):
        # Of its own: two layers have different values.
        self._model = load(path, threads)
        self._paths = list(self._model.parameters)
        self._pushed = None

    def _place(self, path, make=False):
        """The group and the name of a parameter. What a module has as an attribute gets a _ behind it."""
        group, names = self.cell, [name + "_" if hasattr(_Group, name) else name for name in path.split(".")]
        for name in names[:-1]:
            if make and name not in group._modules:
                group.add_module(name, _Group())
            group = group._modules[name]
        return group, names[-1]

    def _parameter_list(self):
        places = [self._place(path) for path in self._paths]
        return [getattr(group, name) for group, name in places]

    def _push(self, parameters):
        """Gives the library the parameters' values, where they have changed."""
        state = [(p.data_ptr(), p._version) for p in parameters]
        if state != self._pushed:
            self._pushed = None
            self._model._set_parameters(dict(zip(self._paths, (p.detach() for p in parameters))))
            self._pushed = state

    def save_weights(self, path) -> None:
        """Writes a weight file with the program's names, for `rondoc --weights`, programs and `Model.load_weights`."""
        self._push(self._parameter_list())
        self._model.save_weights(path)

    def forward(
        self, *inputs: torch.Tensor, states: dict[str, torch.Tensor] | None = None, return_states: bool = False,
        **named: torch.Tensor
    ):
        ports = self._ports
        if len(inputs) > len(ports.inputs):
            raise TypeError(f"expected at most {len(ports.inputs)} inputs, found {len(inputs)}")
        given = dict(zip(ports.inputs, inputs))
        for name, tensor in named.items():
            if name in given or name not in ports.inputs:
                expected = "it once" if name in given else "the inputs " + ", ".join(map(repr, ports.inputs))
                raise TypeError(f"'{name}': expected {expected}, found {'two' if name in given else 'it'}")
            given[name] = tensor
        for name in ports.inputs:
            if name not in given:
                raise TypeError(f"expected the input '{name}', found none")
        if states is not None and set(states) != set(ports.states):
            raise TypeError(
                f"expected the states {', '.join(map(repr, ports.states)) or 'none'}, "
                f"found {', '.join(map(repr, states)) or 'none'}"
            )
        names = None if states is None else tuple(ports.states)
        tensors = [*given.values(), *((states or {})[name] for name in names or ())]
        for name, tensor in zip([*given, *(names or ())], tensors):
            if not isinstance(tensor, torch.Tensor):
                raise TypeError(f"'{name}': expected a tensor, found {type(tensor).__name__}")
        results = _Call.apply(self, tuple(given), names, *tensors, *self._parameter_list())
        outputs = dict(zip(ports.outputs, results))
        result = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        return (result, dict(zip(ports.states, results[len(outputs):]))) if return_states else result

    def extra_repr(self):
        return f"{self._ports.layout['name']}, inputs {', '.join(self._ports.inputs)}"

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["_model"]
        return {**state, "_pushed": None, "_library": (self._model.path, self._model.threads)}

    def __setstate__(self, state):
        library = state.pop("_library")
        super().__setstate__(state)
        self._open(*library)
