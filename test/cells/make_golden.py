# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the golden files of cells.test from the equations in NumPy and random weights of a fixed seed.

usage: make_golden.py FOLDER [CASE..]

For each case, or those named, CASE.safetensors: the input `x`, [sequences, time, features], what goes out `y` and
`weight.PATH` of each parameter.
"""

import os
import sys
import zlib

# Before a package of the same name.
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import equations
import equations_matrices
import equations_spaces
import numpy
import safetensors
from cases import CASES

ROWS, LENGTH = 2, 7


def golden(name, case):
    """The file's tensors; the equations are computed in double of numbers that single precision has."""
    draw = numpy.random.default_rng(zlib.crc32(name.encode()))
    weights = {}

    def rounded(*sizes, span=(-1, 1)):
        return draw.uniform(*span, sizes).astype("f4").astype("f8")

    def weight(path, *sizes, **span):
        if path not in weights:
            weights[path] = rounded(*sizes, **span)
        assert weights[path].shape == sizes, path
        return weights[path]

    x = rounded(ROWS, LENGTH, case.features, span=(-2, 2))
    modules = equations, equations_spaces, equations_matrices
    cell = next(getattr(module, case.equations) for module in modules if hasattr(module, case.equations))
    y = numpy.stack(list(cell(weight, list(x.swapaxes(0, 1)), *case.sizes)), 1)
    assert y.shape == (ROWS, LENGTH, case.size), y.shape
    arrays = {"x": x, "y": y} | {f"weight.{case.owner}{path}": value for path, value in weights.items()}
    return {path: safetensors.tensor("F32", value.shape, value.ravel()) for path, value in arrays.items()}


def main(folder, *names):
    for name in names or CASES:
        safetensors.write(os.path.join(folder, name + ".safetensors"), golden(name, CASES[name]))


if __name__ == "__main__":
    main(*sys.argv[1:])
