#!/usr/bin/env python3
"""Makes the data of tagger.rondo: tagger.py FOLDER [SEED] writes train.safetensors (4,000 sequences) and
test.safetensors (500) of 40 random letters. A letter's tag is the number of the next vowel behind it (1 to 5 for a, e,
i, o, u), 0 where there is none; vowels are one letter in eight, so that most tags depend on letters several positions
later."""

import pathlib
import random
import sys

import arrays

VOWELS = "aeiou"
CONSONANTS = "bcdfghjklmnpqrstvwxyz"
LENGTH = 40


def make(count, draw):
    text, tags = b"", b""
    for _ in range(count):
        letters = [draw.choice(VOWELS if draw.random() < 0.125 else CONSONANTS) for _ in range(LENGTH)]
        tag, behind = 0, []
        for letter in reversed(letters):
            behind.append(tag)
            tag = VOWELS.find(letter) + 1 or tag
        text += bytes(ord(letter) - ord("a") for letter in letters)
        tags += bytes(reversed(behind))
    return {"text": ("U8", [count, LENGTH], text), "tag": ("U8", [count, LENGTH], tags)}


def main():
    folder = pathlib.Path(sys.argv[1])
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    arrays.write(folder / "train.safetensors", make(4000, draw))
    arrays.write(folder / "test.safetensors", make(500, draw))


main()
