# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that the Rondo compiler makes of recurrent networks, with arrays of NumPy, PyTorch and JAX.

    import numpy, rondo
    model = rondo.compile("gated.rondo", H=128)    # by rondoc, once
    model.init(seed=1)
    logits = model.run(text=numpy.zeros((4, 100), numpy.int32))
    help(model)                                    # its inputs, outputs, states and parameters

`rondo.torch.Layer` makes a model a layer of a PyTorch model, which trains there, and `rondo.jax.function` a function of
JAX.
"""

from ._rondo import Error
from .compiler import CompileError, compile
from .model import Model, Parameters, States, load

__all__ = ["CompileError", "Error", "Model", "Parameters", "States", "compile", "load"]
