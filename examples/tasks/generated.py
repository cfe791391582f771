#!/usr/bin/env python3
"""generated.py MODEL TEST WEIGHTS RONDOC NAME LENGTH: prints `wrong`, the share of the sequences NAME in TEST that
MODEL, with nothing of them given, does not generate in full."""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent))

import arrays


def rows_of(path, name):
    tensor = arrays.read(path)[name]
    values, (rows, length) = arrays.numbers(tensor), tensor[1]
    return [list(values[row * length : (row + 1) * length]) for row in range(rows)]


def main(model, test, weights, _, name, length):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "generated.safetensors"
        subprocess.run([model, "generate", "--in", test, "--weights", weights, "--max", length, "--out", out],
                       check=True, stdout=subprocess.DEVNULL)
        said = rows_of(out, name)
    true = rows_of(pathlib.Path(test), name)
    print("wrong", sum(a != b for a, b in zip(said, true, strict=True)) / len(true))


if __name__ == "__main__":
    main(*sys.argv[1:])
