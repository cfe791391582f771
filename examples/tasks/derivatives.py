#!/usr/bin/env python3
"""derivatives.py MODEL TEST WEIGHTS RONDOC [PLOT]: of gradients.rondo, compiled as MODEL, prints by what factor the
last state's derivative by the first state is greater than that by the last one, `factor`, as a power of ten. With PLOT
draws into an SVG the norms over the steps for networks that vanish, keep and explode."""

import math
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent)]

import arrays
import plot

UNITS = {"plain, 0.9": "Plain[H, 0.9]", "plain, 1.1": "Plain[H, 1.1]", "identity": "Identity[H]",
         "LSTM, open": "Open[H]"}


def call(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def norms(model, data, weights, out):
    """The Euclidean norm of the derivative by each step's state."""
    call(model, "grad", "--in", data, "--weights", weights, "--out", out)
    added = arrays.read(out)["added"]
    values, width = arrays.numbers(added), added[1][1]
    return [math.sqrt(sum(v * v for v in values[t : t + width])) for t in range(0, len(values), width)]


def main(model, test, weights, rondoc, picture=None):
    with tempfile.TemporaryDirectory() as folder:
        folder, curves = pathlib.Path(folder), {}
        found = norms(model, test, weights, folder / "gradients.safetensors")
        print("factor", round(math.log10(found[0] / found[-1]), 3))
        text = pathlib.Path(model).with_suffix(".rondo").read_text()
        for name, unit in UNITS.items() if picture else ():
            program, other = folder / "other.rondo", folder / "other"
            program.write_text(re.sub(r"(let unit = ).*", lambda m: m[1] + unit, text))
            call(rondoc, program, "--no-gradcheck", "-o", other)
            call(other, "train", "--data", test, "--split", 0, "--steps", 1, "--rate", 1e-12, "--out",
                 folder / "weights.safetensors")
            found = norms(other, test, folder / "weights.safetensors", folder / "gradients.safetensors")
            curves[name] = list(enumerate(found))
        if picture:
            plot.write(pathlib.Path(picture), "The last state's derivative by the state of each step", "step", "norm",
                       curves, logarithmic=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
