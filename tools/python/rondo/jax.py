# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model as a function of JAX.

    model = rondo.compile("gated.rondo", layer=True, H=128, batch=16, bptt=35)
    apply = rondo.jax.function(model)
    y = apply(model.state_dict(), {"x": x})                 # x: [rows, steps, features]
    gradients = jax.grad(lambda parameters: apply(parameters, {"x": x}).sum())(model.state_dict())
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import jax
import numpy

from . import layer as _layer
from .model import Model, load

__all__ = ["function"]


def _zero(array):
    """The cotangent of what has no gradient."""
    return numpy.zeros(array.shape, jax.dtypes.float0)


def function(model: Model) -> Callable:
    """The function (parameters, inputs) -> output of a compiled model, made with `layer=True`, for JAX on the CPU.

    `parameters` is a dict of all parameters by their paths, as `model.state_dict()` is, and `inputs` a dict of arrays
    by name, [rows, steps, features], of any number of rows and, if the model streams, of steps. The result is the
    output, or a dict of them where there are several. Each call begins new sequences. It can be used under jax.jit,
    jax.grad and jax.vjp, with the gradients by parameters and by inputs that are real numbers; there are no second
    derivatives, and none of forward mode.

    The function has a model of its own, which one call after another uses.
    """
    if not isinstance(model, Model):
        raise TypeError(f"function(): expected a model of rondo.compile or rondo.load, found {type(model).__name__}")
    ports = _layer.Ports(model)
    own, turn = load(model.path, model.threads), threading.Lock()
    paths = list(own.parameters)

    def check(parameters, inputs):
        for what, given, known in ("parameters", parameters, paths), ("inputs", inputs, list(ports.inputs)):
            if not isinstance(given, dict):
                raise TypeError(f"expected a dict of the {what}, found {type(given).__name__}")
            if set(given) != set(known):
                raise TypeError(
                    f"expected the {what} {', '.join(map(repr, known))}, found {', '.join(map(repr, given)) or 'none'}"
                )

    def shapes(inputs):
        rows, steps = _layer.extent(ports, inputs)
        return {
            name: jax.ShapeDtypeStruct(_layer.part_shape(port, rows, steps), port.dtype)
            for name, port in ports.outputs.items()
        }

    def numpies(arrays):
        return {name: numpy.asarray(array) for name, array in arrays.items()}

    def run(parameters, inputs):
        with turn:
            own.load_state_dict(numpies(parameters))
            found = own.run(numpies(inputs))
        return found if len(ports.outputs) > 1 else {next(iter(ports.outputs)): found}

    def products(parameters, inputs, cotangents):
        inputs = numpies(inputs)
        with turn:
            own.load_state_dict(numpies(parameters))
            by_inputs, _, by_parameters = own.vjp(inputs, numpies(cotangents))
        frozen = {path: numpy.zeros_like(parameters[path]) for path in own._frozen_paths()}
        return {**by_parameters, **frozen}, by_inputs

    def of_callback(parameters, inputs):
        return jax.pure_callback(run, shapes(inputs), parameters, inputs, vmap_method="sequential")

    @jax.custom_vjp
    def call(parameters, inputs):
        return of_callback(parameters, inputs)

    def forward(parameters, inputs):
        return of_callback(parameters, inputs), (parameters, inputs)

    def backward(kept, cotangents):
        parameters, inputs = kept
        reals = {name: array for name, array in inputs.items() if ports.inputs[name].dtype != "int32"}
        alike = [{name: jax.ShapeDtypeStruct(array.shape, array.dtype) for name, array in arrays.items()}
                 for arrays in (parameters, reals)]
        of_parameters, of_inputs = jax.pure_callback(
            products, tuple(alike), parameters, inputs, cotangents, vmap_method="sequential"
        )
        return of_parameters, {name: of_inputs[name] if name in reals else _zero(inputs[name]) for name in inputs}

    call.defvjp(forward, backward)

    def apply(parameters, inputs):
        check(parameters, inputs)
        found = call(dict(parameters), dict(inputs))
        return found if len(ports.outputs) > 1 else found[next(iter(ports.outputs))]

    return apply
