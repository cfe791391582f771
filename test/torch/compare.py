# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares a compiled model's loss, gradients and final states with a golden file.

usage: compare.py BINARY GOLDEN.safetensors SCRATCH

The golden file (make_golden.py says how it comes about) holds `weight.PATH`, `in.NAME` (what `grad --in` takes) and
`out.NAME` (what it must give: `loss`, gradients by path, `state.NAME`). SCRATCH is the prefix of files that this
script may write. Each tensor must agree within 1e-9 of its largest entry.
"""

import subprocess
import sys

import safetensors

TOLERANCE = 1e-9


def part(tensors, prefix):
    """The tensors whose name begins with the prefix, without it."""
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def difference(found, expected):
    """The largest difference relative to the largest expected entry; infinite where shapes differ or a NaN is."""
    if found.shape != expected.shape:
        return float("inf")
    scale = max((abs(x) for x in expected.values), default=0.0) or 1.0
    worst = 0.0
    for a, b in zip(found.values, expected.values):
        delta = abs(a - b) / scale
        if not delta <= worst:
            worst = delta if delta == delta else float("inf")
    return worst


def main(binary, golden, scratch):
    tensors, _ = safetensors.read(golden)
    safetensors.write(scratch + ".weights.safetensors", part(tensors, "weight."))
    safetensors.write(scratch + ".in.safetensors", part(tensors, "in."))
    command = [binary, "grad", "--weights", scratch + ".weights.safetensors"]
    command += ["--in", scratch + ".in.safetensors", "--out", scratch + ".out.safetensors"]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        return f"'{binary} grad' failed"
    found, _ = safetensors.read(scratch + ".out.safetensors")
    expected = part(tensors, "out.")
    if set(found) != set(expected):
        return f"expected the results {sorted(expected)}, found {sorted(found)}"
    worst = 0.0
    for name in sorted(expected):
        delta = difference(found[name], expected[name])
        worst = max(worst, delta)
        if not delta <= TOLERANCE:
            return f"'{name}' differs by {delta:.3g} of its largest entry, expected at most {TOLERANCE:g}"
    print(f"{len(expected)} results agree within {worst:.2g}")
    return None


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: compare.py BINARY GOLDEN.safetensors SCRATCH")
    error = main(*sys.argv[1:])
    if error:
        sys.exit("error: " + error)
