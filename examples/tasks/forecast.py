#!/usr/bin/env python3
"""forecast.py MODEL TEST WEIGHTS RONDOC PLOT: draws into PLOT, an SVG, what elnino.rondo, compiled as MODEL,
forecasts for each of the years that are asked for from the last month before it, what exponential smoothing does, and
what came."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent)]

import arrays
import plot


def read(path):
    """The numbers of each tensor."""
    return {name: arrays.numbers(tensor) for name, tensor in arrays.read(path).items()}


def main(model, test, weights, _, picture):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "told.safetensors"
        subprocess.run([model, "run", "--in", test, "--weights", weights, "--out", out], check=True,
                       stdout=subprocess.DEVNULL)
        told, known = read(out), read(pathlib.Path(test))
    curves = {"sea": [], "forecast": [], "smoothing": []}
    first = list(known["valid"]).index(1)
    for t in range(first, len(known["valid"]), 12):
        for name, values in ("sea", known["next"]), ("forecast", told["guess"]), ("smoothing", told["smoothed"]):
            curves[name] += [(1950 + (t + 1 + k) / 12, 20 + 2 * values[12 * t + k]) for k in range(12)]
    plot.write(pathlib.Path(picture), "The sea's surface, forecast each December for a year",
               "year", "degrees", curves)


if __name__ == "__main__":
    main(*sys.argv[1:])
