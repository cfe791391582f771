# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks at each cell of the library (cases.py): gradients, values, steps.

usage: check_cells.py GOLDEN SCRATCH [CASE..]

Compiles of each case, or of those named, a model that is this cell alone, and expects with the golden file's weights
(make_golden.py) that gradcheck passes in double precision, second derivatives too, and finds an influence of every
parameter; that the outputs are those of the equations, within 1e-5 of the largest; and that steps, windows and the
whole are the same bytes. Says of which cells there is no Gauss-Newton matrix.
"""

import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors
from cases import CASES
from compare import difference, part

TOLERANCE = 1e-5

PROGRAM = """model Cell {{
  axis T{limit}
  input  x: [{case.features}] over T
  target t: [{case.size}] over T
  output y: [{case.size}] = {case.use}
  loss = squared_error(y, t)
}}
"""


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def check(case, golden, scratch):
    """Compiles into files that begin with `scratch`; returns how far the outputs are off, and whether there are
    Gauss-Newton products."""
    with open(scratch + ".rondo", "w") as file:
        file.write(PROGRAM.format(case=case, limit="" if case.streams else " max 9"))
    call("rondoc", scratch + ".rondo", "-O1", f"-Dbatch={case.batch}", "-Dbptt=5", "--second-order", "-o", scratch)

    weights, x, out = (f"{scratch}.{name}.safetensors" for name in ("weights", "x", "y"))
    tensors, _ = safetensors.read(golden)
    safetensors.write(weights, part(tensors, "weight."))
    safetensors.write(x, {"x": tensors["x"]})
    printed = call(scratch, "gradcheck", "--second-order", "--weights", weights)
    assert printed.endswith("gradcheck passed\n") and "zero" not in printed, printed

    def run(*more):
        call(scratch, "run", "--weights", weights, "--in", x, "--out", out, *more)
        return out

    found, _ = safetensors.read(run())
    delta = difference(found["y"], tensors["y"])
    assert delta <= TOLERANCE, f"the outputs differ by {delta:.3g} of the largest"
    whole = read_bytes(run())
    for cut in "1", "2", "5":
        assert not case.streams or read_bytes(run("--stream", cut)) == whole, f"--stream {cut} gives other bytes"
    return delta, "Gauss-Newton positive" in printed


def main(golden, scratch, *names):
    for name in names or CASES:
        try:
            golden_file, begin = os.path.join(golden, name + ".safetensors"), os.path.join(scratch, name)
            delta, has_products = check(CASES[name], golden_file, begin)
        except AssertionError as error:
            sys.exit(f"error: {name}: {error}")
        products = "Hessian and Gauss-Newton products" if has_products else "Hessian products only"
        print(f"{name}: values within {delta:.1g}; {products} checked")


if __name__ == "__main__":
    main(*sys.argv[1:])
