# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the outputs of a compiled model, with weights of another framework, with those of that framework.

usage: compare.py BINARY LAYOUT GOLDEN.safetensors WEIGHTS SCRATCH [TOLERANCE]

`run` with --layout LAYOUT and auto must agree with `y` of the golden file, whose other tensors are the inputs, within
the tolerance, by default 1e-5. Weights that `convert` writes back in the layout, in the format of WEIGHTS, are the same
weights again when they are read.
"""

import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors

TOLERANCE = float(sys.argv[6]) if len(sys.argv) > 6 else 1e-5


def call(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def check_outputs(binary, layout, golden, weights, scratch):
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


def check_way_back(binary, layout, weights, scratch):
    own, again = scratch + ".own.safetensors", scratch + ".again.safetensors"
    back = scratch + ".back" + os.path.splitext(weights)[1]
    call(binary, "convert", "--weights", weights, "--layout", layout, "--out", own)
    call(binary, "convert", "--weights", own, "--to", layout, "--out", back)
    call(binary, "convert", "--weights", back, "--layout", layout, "--out", again)
    if safetensors.read(own)[0] != safetensors.read(again)[0]:
        sys.exit("the weights that are written back are others")


if __name__ == "__main__":
    program, foreign, golden_file, weight_file, prefix = sys.argv[1:6]
    differences = [check_outputs(program, name, golden_file, weight_file, prefix) for name in (foreign, "auto")]
    check_way_back(program, foreign, weight_file, prefix)
    print(f"the same within {max(differences):.2g}")
