# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled models."""

from __future__ import annotations

import collections
import inspect
import json
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence

import numpy

from . import _rondo, layer


def _dict_of(values, where, what):
    """A dict of what should be one; a TypeError otherwise."""
    if not isinstance(values, Mapping):
        raise TypeError(f"{where}: expected a dict of {what}, found {type(values).__name__}")
    return dict(values)


def _names(names):
    return ", ".join(repr(name) for name in sorted(map(str, names)))


# Of a dict with other names: it may be another framework's.
_LAYOUT_HINT = (
    ': for the names of another framework, load_state_dict(values, layout="torch") or another layout'
)


def _safetensors(values):
    """The bytes of a file of arrays of NumPy, PyTorch or JAX, by their names."""
    header, parts, end = {}, [], 0
    for name, value in values.items():
        array = numpy.asarray(value.detach() if hasattr(value, "detach") else value)
        if array.dtype.kind != "f" or array.dtype.itemsize > 8:
            raise TypeError(f"{name!r}: expected an array of float16, float32 or float64, found {array.dtype}")
        parts.append(numpy.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
        header[str(name)] = {"dtype": f"F{8 * array.dtype.itemsize}", "shape": list(array.shape),
                             "data_offsets": [end, end + len(parts[-1])]}
        end += len(parts[-1])
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


class Parameters(Mapping):
    """The parameters of a model by their paths, as read-only NumPy views of its memory.

    `parameters[path] = values` copies values there: an array of NumPy, PyTorch or JAX, of the same type and shape.
    """

    def __init__(self, model: Model):
        self._model = model

    def __getitem__(self, path: str) -> numpy.ndarray:
        return self._model._parameter(path)

    def __setitem__(self, path: str, values) -> None:
        self._model._set_parameters({path: values})

    def __iter__(self) -> Iterator[str]:
        return iter(self._model._parameter_paths())

    def __len__(self) -> int:
        return len(self._model._parameter_paths())

    def __repr__(self):
        return f"Parameters({', '.join(self)})"


class States(Mapping):
    """Copies of the states of a model, [rows, features] each, by their names.

    To change some, set `model.states` to a dict of them: setting one here is a TypeError, since nothing would change.
    """

    def __init__(self, values: dict[str, numpy.ndarray]):
        self._values = values

    def __getitem__(self, name: str) -> numpy.ndarray:
        if name not in self._values:
            raise KeyError(f"expected one of the states {_names(self._values) or '(none)'}, found {name!r}")
        return self._values[name]

    def __setitem__(self, name: str, values) -> None:
        raise TypeError(f"expected model.states = {{{name!r}: values}}, found one set in copies of the states")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self):
        return f"States({self._values})"


Generated = collections.namedtuple("Generated", "sequences log_probabilities")
Generated.__doc__ = "What `Model.generate` returns."


class Model(_rondo.Model):
    """A compiled model. `rondo.load` and `rondo.compile` make one.

    Arrays are of NumPy, PyTorch (on the CPU) or JAX, batch first: [rows, steps, features], as `help(model)` says of
    each. They are read and written where they lie; an input is copied only where the features of a row's step do not
    lie side by side. Tokens and lengths are int32; of other integer types they are copied, and must fit in it. A
    model is for one thread at a time.

    Wrong names, types and missing inputs raise TypeError, wrong shapes, devices, strides and values ValueError, and
    what the model cannot do `rondo.Error`.
    """

    @property
    def parameters(self) -> Parameters:
        """The parameters by their paths (`Parameters`)."""
        return Parameters(self)

    @property
    def states(self) -> States:
        """Copies of the states of the rows of the last call (`States`).

        What it is set to, a dict of arrays by their names, is where `step`, or `run(carry=True)`, goes on from; those
        that are not set stay as they are.
        """
        return States(self._states)

    @states.setter
    def states(self, values: Mapping) -> None:
        self._states = _dict_of(values, "states", "arrays by the states' names")

    def state_dict(self) -> dict[str, numpy.ndarray]:
        """Copies of all parameters, by their paths."""
        return {path: numpy.array(values) for path, values in self.parameters.items()}

    def load_state_dict(self, values: Mapping, layout: str = "own") -> None:
        """Takes all parameters from a dict of arrays, by their paths: all of them, and no others (else KeyError).

        With another layout the names are those of a state dict of PyTorch ("torch") and so on, as in `load_weights`,
        and what does not fit is a ValueError. On an error the parameters are as before.
        """
        values = _dict_of(values, "load_state_dict()", "arrays by the parameters' paths")
        if not isinstance(layout, str):
            raise TypeError(f"load_state_dict(): expected the name of a layout, found {type(layout).__name__}")
        if layout != "own":
            self._load(_safetensors(values), layout)
            return
        paths = set(self._parameter_paths())
        missing, unknown = paths - set(values), set(values) - paths
        if missing:
            raise KeyError(f"expected the parameter {_names(missing)}, found {_names(unknown) or 'no other'}"
                           f"{_LAYOUT_HINT if unknown else ''}")
        if unknown:
            raise KeyError(f"unknown parameter {_names(unknown)}")
        self._set_parameters(values)

    def load_weights(self, path: str | os.PathLike, layout: str = "own") -> None:
        """Loads a weight file (safetensors, or an archive of numpy.savez), as `train` and `save_weights` write them.

        Files of other frameworks are read as a layout of the program says, "torch", "keras" or "onnx", or with "auto"
        as the one that fits. A file that does not is a ValueError, and the parameters are as before.
        """
        if not isinstance(layout, str):
            raise TypeError(f"load_weights(): expected the name of a layout, found {type(layout).__name__}")
        if isinstance(path, Mapping):
            raise TypeError(f"load_weights(): expected a file's name, found {type(path).__name__}: load_state_dict() "
                            'takes a dict, of PyTorch with layout="torch"')
        with open(path, "rb") as file:
            data = file.read()
        try:
            self._load(data, layout)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None

    def save_weights(self, path: str | os.PathLike) -> None:
        """Writes a weight file, NAME.safetensors: all of it or, on an error, nothing."""
        path = os.fspath(path)
        if not os.fsdecode(path).endswith(".safetensors"):
            raise ValueError(f"save_weights(): expected a name that ends with .safetensors, found {path!r}")
        data = self._save()
        folder = os.path.dirname(os.path.abspath(path))
        try:
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=".rondo-")
        except OSError as error:  # of the file that was asked for, not of one beside it
            raise type(error)(error.errno, error.strerror, path) from None
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    def generate(
        self, inputs: Mapping | None = None, /, *, prompts: Sequence | None = None, max: int | None = None,
        beam: int = 1, length_penalty: float = 0.6, temperature: float | None = None, top_k: int | None = None,
        top_p: float | None = None, seed: int = 1, slide: bool = False, **arrays
    ) -> Generated:
        """Generates a sequence for each row, of a program with a `generate` line.

        The inputs, which do not vary over time, are given by name, or as one dict of them. Symbol by symbol the
        likeliest one is taken, until the symbol that ends a sequence or `max` of them, its end included, by default
        the program's. With `temperature`, `top_k` (only the likeliest ones) or `top_p` (only the likeliest that have
        together this probability) they are drawn, by `seed` and the row's number. With `beam` > 1 the likeliest
        sequence is searched for with so many hypotheses, where the logarithm of the probability of one of n symbols is
        divided by ((5 + n) / 6) ** length_penalty (Wu et al. 2016).

        `prompts` are how the sequences begin: an array [rows, symbols], or a list of sequences of any lengths. With
        `slide` a sequence that has as many positions as have an index goes on from the last half of it, read again.

        Returns (sequences, log_probabilities): a list with an array of int32 for each row, behind the prompt and
        without the end, and an array with the logarithm of the probability of each sequence and its end.
        """
        draws = any(option is not None for option in (temperature, top_k, top_p))
        if draws and beam != 1:
            raise ValueError("generate(): expected no temperature, top_k or top_p beside a beam, which searches")
        if top_p is not None and not 0 < top_p <= 1:
            raise ValueError(f"generate(): expected top_p above 0, at most 1, found {top_p}")
        options = {
            "max": max, "beam": beam, "length_penalty": length_penalty, "top_k": top_k, "top_p": top_p, "seed": seed,
            "slide": bool(slide),
            "temperature": (1.0 if draws else 0.0) if temperature is None else temperature,
        }
        given = {**_dict_of({} if inputs is None else inputs, "generate()", "arrays by the inputs' names"), **arrays}
        lengths = None
        if prompts is not None and not hasattr(prompts, "shape"):
            rows = [numpy.asarray(row, numpy.int32) if len(row) else numpy.zeros(0, numpy.int32) for row in prompts]
            if any(row.ndim != 1 for row in rows):
                raise ValueError("generate(): expected prompts that are sequences of symbols, found others")
            lengths = numpy.array([len(row) for row in rows], numpy.int32)
            prompts = numpy.zeros((len(rows), int(lengths.max(initial=0))), numpy.int32)
            for to, row in zip(prompts, rows):
                to[: len(row)] = row
        symbols, counts, log_probabilities = self._generate(given, prompts, lengths, options)
        return Generated([row[:count].copy() for row, count in zip(symbols, counts)], log_probabilities)

    def vjp(
        self, inputs: dict, cotangents: dict, states: dict | None = None, state_cotangents: dict | None = None
    ) -> tuple[dict, dict, dict]:
        """Vector-Jacobian products, of a model that was compiled with layer=True.

        The gradients of the sum of all outputs, and of the states behind the last step, times their cotangents, which
        are dicts of arrays by name; those that are not given are zero. Returns three dicts of NumPy arrays: the
        gradients by the inputs that are real numbers, by the states before the first step (empty where the sequences
        begin as the program says) and by the parameters that are not frozen. The model's own states are others
        afterwards.
        """
        ports = layer.Ports(self)
        for found, known, what in (
            (inputs, ports.inputs, "inputs"), (cotangents, ports.outputs, "outputs"),
            ({} if states is None else states, ports.states, "states"),
            ({} if state_cotangents is None else state_cotangents, ports.states, "states"),
        ):
            _dict_of(found, "vjp()", f"arrays by the names of the {what}")
            unknown = sorted(set(found) - set(known))
            if unknown:
                raise TypeError(f"vjp(): expected the {what} {', '.join(map(repr, known))}, found {unknown[0]!r}")
        rows, steps = layer.extent(ports, inputs)
        out = {
            name: numpy.empty(layer.part_shape(port, rows, steps), port.dtype) for name, port in ports.outputs.items()
        }
        before = layer.forward(self, ports, inputs, states, out)[1]
        reals = [name for name in inputs if ports.inputs[name].dtype != "int32"]
        shapes = {path: self.parameters[path].shape for path in self.parameters if path not in self._frozen_paths()}
        return layer.backward(self, ports, inputs, before, cotangents, state_cotangents or {}, reals,
                              states is not None, shapes)

    def __repr__(self):
        return f"<rondo model {self._layout['name']} of {self.path}>"


def load(path: str | os.PathLike, threads: int = 1) -> Model:
    """Opens the shared library of a model (rondoc --emit=shared), which `threads` threads (1 to 64) will run.

    Its parameters have no values yet, unless the library was compiled with weights.
    """
    if os.fsdecode(path).endswith(".rondo"):
        raise ValueError(f"load(): expected the shared library of a model, found a program: rondo.compile({path!r}) "
                         "compiles it")
    path = os.path.abspath(os.fsdecode(path))
    opened = Model(path, threads)
    name = opened._layout["name"]
    words = f"The model {name} of {path}.\n\n{opened._describe()}\n{inspect.cleandoc(Model.__doc__)}"
    # A class of its own, so that help(model) tells of the model.
    return type(name, (Model,), {"__doc__": words, "__module__": "rondo"})(path, threads)
