# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Mutates weights of other frameworks, which a program whose runtime is under sanitizers may refuse but not crash on.

usage: mutate.py BINARY SCRATCH COUNT FILE LAYOUT [FILE LAYOUT]..

A run that fails says so in words, with status 1, and writes nothing; a crash ends this script with the seed of the
mutation, whose file is SCRATCH.bad.
"""

import os
import random
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "fuzz"))

from mutators import mutate_npz, mutate_tensors


def main(binary, scratch, count, files):
    out = scratch + ".out.safetensors"
    accepted = 0
    for seed in range(count):
        chance = random.Random(seed)
        path, layout = files[seed % len(files)]
        with open(path, "rb") as file:
            data = (mutate_tensors if path.endswith(".safetensors") else mutate_npz)(file.read(), chance)
        bad = scratch + ".bad"
        with open(bad, "wb") as file:
            file.write(data)
        if os.path.exists(out):
            os.remove(out)
        name = chance.choice([layout, "auto", "own", "torch", "keras", "onnx"])
        target = chance.choice(["own", "torch", "keras", "onnx"])
        command = [binary, "convert", "--weights", bad, "--layout", name, "--to", target, "--out", out]
        found = subprocess.run(command, capture_output=True, text=True, errors="replace")
        isRefused = found.returncode == 1 and ": error: " in found.stderr and not os.path.exists(out)
        if found.returncode and not isRefused:
            sys.exit(f"seed {seed}, layout {name}: status {found.returncode}\n{found.stderr}")
        accepted += found.returncode == 0
    print(f"{count} files, of which {accepted} were taken")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), list(zip(sys.argv[4::2], sys.argv[5::2])))
