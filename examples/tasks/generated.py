#!/usr/bin/env python3
"""generated.py MODEL TEST WEIGHTS RONDOC NAME LENGTH: prints `wrong`, the share of the sequences NAME in TEST that
MODEL, with nothing of them given, does not generate in full."""

import json
import pathlib
import subprocess
import sys
import tempfile


def read(path, name):
    """The rows of a tensor of bytes or integers in a file of safetensors."""
    content = path.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    entry = json.loads(content[8:begin])[name]
    first, end = (begin + offset for offset in entry["data_offsets"])
    values = memoryview(content[first:end]).cast({"U8": "B", "I32": "i"}[entry["dtype"]])
    rows, length = entry["shape"]
    return [list(values[row * length : (row + 1) * length]) for row in range(rows)]


def main(model, test, weights, _, name, length):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "generated.safetensors"
        subprocess.run([model, "generate", "--in", test, "--weights", weights, "--max", length, "--out", out],
                       check=True, stdout=subprocess.DEVNULL)
        said = read(out, name)
    true = read(pathlib.Path(test), name)
    print("wrong", sum(a != b for a, b in zip(said, true, strict=True)) / len(true))


if __name__ == "__main__":
    main(*sys.argv[1:])
