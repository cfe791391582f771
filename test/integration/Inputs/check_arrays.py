# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a reader of both directions on arrays: sequences of 4 symbols, each of the class of its first and last symbol.

usage: check_arrays.py BINARY SCRATCH SAFETENSORS

BINARY is the model Both of edge-case-models.rondo. SCRATCH is a folder; SAFETENSORS the folder of the module that
writes these files. Expects the loss to fall, and `eval` to print what the training's validation printed.
"""

import os
import random
import subprocess
import sys


def main():
    binary, scratch, folder = sys.argv[1:]
    sys.path.insert(0, folder)
    import safetensors

    os.makedirs(scratch, exist_ok=True)
    data, weights, log = (os.path.join(scratch, name) for name in ("data", "weights", "log"))
    chance = random.Random(2)
    text = [[chance.randrange(4) for _ in range(5)] for _ in range(90)]
    label = [min(row[0], row[-1], 2) for row in text]
    safetensors.write(
        data,
        {
            "text": safetensors.tensor("I32", [90, 5], [token for row in text for token in row]),
            "label": safetensors.tensor("I32", [90], label),
        },
    )

    def run(*command):
        return subprocess.run([binary, *command], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    command = ["--data", data, "--steps", "400", "--rate", "0.02", "--out", weights, "--log", log]
    printed = run("train", *command)
    with open(log) as file:
        losses = [float(line.split(",")[1]) for line in file.readlines()[1:]]
    early, late = sum(losses[:10]) / 10, sum(losses[-10:]) / 10
    if not late < 0.5 * early:
        return f"error: the loss went from {early} to {late}"
    validation = [line[11:] for line in printed if line.startswith("validation ")]
    evaluation = run("eval", "--data", data, "--weights", weights, "--split", "0.1")
    if not validation or validation != evaluation:
        return f"error: expected {validation}, found {evaluation}"
    return None


if __name__ == "__main__":
    sys.exit(main())
