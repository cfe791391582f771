# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the outputs of a compiled model, with weights of Keras, with those of Keras.

usage: compare.py BINARY GOLDEN.safetensors WEIGHTS.npz SCRATCH

`run` with --layout keras and auto must agree with `y` of the golden file within 1e-5. Weights that `convert` writes
back for Keras, as npz, are the same weights again when they are read.
"""

import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors

TOLERANCE = 1e-5


def call(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def check_outputs(binary, golden, weights, layout, scratch):
    tensors, _ = safetensors.read(golden)
    expected = tensors.pop("y")
    safetensors.write(scratch + ".in.safetensors", tensors)
    out = scratch + ".out.safetensors"
    call(binary, "run", "--weights", weights, "--layout", layout, "--in", scratch + ".in.safetensors", "--out", out)
    found = safetensors.read(out)[0]["y"]
    if found.shape != expected.shape:
        sys.exit(f"expected the shape {expected.shape}, found {found.shape}")
    worst = max(abs(a - b) for a, b in zip(found.values, expected.values))
    if not worst <= TOLERANCE:
        sys.exit(f"layout {layout}: differs by {worst:.3g}, expected at most {TOLERANCE:g}")
    return worst


def check_way_back(binary, weights, scratch):
    own, back, again = scratch + ".own.safetensors", scratch + ".back.npz", scratch + ".again.safetensors"
    call(binary, "convert", "--weights", weights, "--layout", "keras", "--out", own)
    call(binary, "convert", "--weights", own, "--to", "keras", "--out", back)
    call(binary, "convert", "--weights", back, "--layout", "keras", "--out", again)
    if safetensors.read(own) != safetensors.read(again):
        sys.exit("the weights that are written back are others")


if __name__ == "__main__":
    program, golden_file, weight_file, prefix = sys.argv[1:5]
    differences = [check_outputs(program, golden_file, weight_file, name, prefix) for name in ("keras", "auto")]
    check_way_back(program, weight_file, prefix)
    print(f"the same within {max(differences):.2g}")
