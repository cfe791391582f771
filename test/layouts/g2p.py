# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what examples/g2p.rondo generates with the golden file of the published model.

usage: g2p.py BINARY CHECKPOINT.safetensors GOLDEN.safetensors SCRATCH

All of its words, at once and by itself each fiftieth, must have the phonemes that are there.
"""

import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors

LETTERS = 32


def generate(binary, weights, words, scratch):
    """The phonemes of words, which are lists of letters."""
    padded = [letter for word in words for letter in word + [0] * (LETTERS - len(word))]
    safetensors.write(scratch + ".in.safetensors", {
        "letters": safetensors.tensor("I32", [len(words), LETTERS], padded),
        "length.S": safetensors.tensor("I32", [len(words)], [len(word) for word in words]),
    })
    out = scratch + ".out.safetensors"
    subprocess.run([binary, "generate", "--weights", weights, "--layout", "torch", "--in", scratch + ".in.safetensors",
                    "--out", out], check=True, stdout=subprocess.DEVNULL)
    found, _ = safetensors.read(out)
    width, values = found["phonemes"].shape[1], found["phonemes"].values
    return [list(values[row * width : row * width + length]) for row, length in enumerate(found["length.T"].values)]


def rows(tensor):
    """The rows of a table, without what is negative."""
    width = tensor.shape[1]
    begins = range(0, len(tensor.values), width)
    return [[v for v in tensor.values[begin : begin + width] if v >= 0] for begin in begins]


binary, weights, golden_file, scratch = sys.argv[1:]
golden, _ = safetensors.read(golden_file)
words, expected = rows(golden["chars"]), rows(golden["phonemes"])
found = generate(binary, weights, words, scratch)
right = sum(a == b for a, b in zip(found, expected))
for i in range(0, len(words), 50):
    if generate(binary, weights, words[i : i + 1], scratch) != expected[i : i + 1]:
        sys.exit(f"word {i} by itself has other phonemes")
print(f"{right} of {len(words)} words are right")
