# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what compare.py takes of the golden file of Silero's detector: one sequence, `x` to `y`.

usage: silero.py GOLDEN.safetensors OUT.safetensors
"""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors

tensors, _ = safetensors.read(sys.argv[1])
x, y = tensors["lstm_in"], tensors["lstm_out"]
shape = [1, x.shape[0], 128]
safetensors.write(sys.argv[2], {n: safetensors.tensor("F32", shape, t.values) for n, t in {"x": x, "y": y}.items()})
