#!/usr/bin/env python3
"""capacity.py MODEL TEST WEIGHTS RONDOC [PLOT]: of hopfield.rondo, compiled as MODEL, prints `capacity`, for how many
patterns by units half of them are recalled, and draws the shares into PLOT, an SVG. Recall begins at the pattern
itself, and at one of which a tenth is flipped; it is by all units at once. In the limit of many units the patterns
themselves are lost at 0.138 (Amit, Gutfreund & Sompolinsky 1985)."""

import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent)]

import arrays
import plot

UNITS, LOADS = 400, [0.02, 0.06, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18, 0.22]


def call(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def write(path, patterns, flipped):
    seen = [[-v if unit in turned else v for unit, v in enumerate(row)] for row in patterns
            for turned in [set(random.Random(str(row)).sample(range(UNITS), round(flipped * UNITS)))]]
    arrays.write(path, {name: arrays.reals(len(rows), UNITS, values=sum(rows, []))
                        for name, rows in (("seen", seen), ("pattern", patterns))})


def recalled(folder, program, rondoc, load, flips):
    """For each share of flipped signs the share of patterns that are recalled, of so many by units."""
    draw, count = random.Random(load), round(load * UNITS)
    patterns = [[draw.choice([-1, 1]) for _ in range(UNITS)] for _ in range(count)]
    model, data, weights = (folder / name for name in ("model", "data.safetensors", "weights.safetensors"))
    # One sweep of single units: what they recall is not asked for here.
    call(rondoc, program, "--no-gradcheck", f"-DN={UNITS}", f"-Dpatterns={count}", "-Dsweeps=1", "-o", model)
    write(data, patterns, 0)
    call(model, "train", "--data", data, "--split", 0, "--threads", 1, "--out", weights)
    for flipped in flips:
        write(data, patterns, flipped)
        printed = call(model, "eval", "--data", data, "--weights", weights)
        missed = next(line for line in printed.splitlines() if line.startswith("missed_together loss"))
        yield 1 - float(missed.split()[-1])


def main(model, _test, _weights, rondoc, picture=None):
    program = pathlib.Path(model).with_suffix(".rondo")
    curves = {"from itself": [], "from 10 % flipped": []}
    with tempfile.TemporaryDirectory() as folder:
        for load in LOADS:
            shares = recalled(pathlib.Path(folder), program, rondoc, load, (0, 0.1))
            for points, share in zip(curves.values(), shares):
                points.append((load, share))
    points = curves["from itself"]
    for (before, high), (load, low) in zip(points, points[1:]):
        if low < 0.5 <= high:
            print("capacity", round(before + (high - 0.5) / (high - low) * (load - before), 4))
    if picture:
        plot.write(pathlib.Path(picture), f"Patterns recalled by a Hopfield network of {UNITS} units",
                   "patterns by units", "share that is recalled", curves)


if __name__ == "__main__":
    main(*sys.argv[1:])
