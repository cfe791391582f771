#!/usr/bin/env python3
"""Makes the data of renet.rondo and mdlstm.rondo of scikit-learn's digits: digits.py digits.csv.gz FOLDER [SEED] writes
train.safetensors and test.safetensors, four and one fifth of the 1,797 images in an order drawn with the seed.

A line of the CSV file is an image's 64 numbers from 0 to 16 and the digit."""

import gzip
import pathlib
import random
import struct
import sys

import arrays


def make(images):
    pixels = b"".join(struct.pack("<64f", *(value / 16 for value in image[:64])) for image in images)
    digits = bytes(int(image[64]) for image in images)
    return {"pixels": ("F32", [len(images), 8, 8, 1], pixels), "digit": ("U8", [len(images)], digits)}


def main():
    folder = pathlib.Path(sys.argv[2])
    with gzip.open(sys.argv[1], "rt") as file:
        images = [[float(value) for value in line.split(",")] for line in file]
    random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1).shuffle(images)
    held_out = len(images) // 5
    arrays.write(folder / "test.safetensors", make(images[:held_out]))
    arrays.write(folder / "train.safetensors", make(images[held_out:]))


main()
