# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what compare.py takes of a golden file of Silero's detector: one sequence, `x` to `y`.

usage: silero.py GOLDEN.safetensors OUT.safetensors X Y

X and Y are the names of tensors there, [frames, ..] each, with sizes of 1 or without.
"""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors

golden, out, *names = sys.argv[1:]
tensors, _ = safetensors.read(golden)
sequences = {}
for port, name in zip("xy", names):
    given = tensors[name]
    shape = [1, given.shape[0], len(given.values) // given.shape[0]]
    sequences[port] = safetensors.tensor("F32", shape, given.values)
safetensors.write(out, sequences)
