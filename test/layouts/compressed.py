# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Archives as numpy.savez_compressed writes them, by every way that zlib has to compress: each must be read as it was.

usage: compressed.py BINARY SCRATCH

BINARY is a program with parameters y.x [N, N] and y.bias [N]. A stream that ends early, or has more behind it, must be
refused, and an entry of no bytes too.
"""

import os
import random
import struct
import subprocess
import sys
import zlib

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors
from make_weights import npy

SIZE = 150


def archive(entries):
    """A ZIP archive of (name, packed bytes, bytes)."""
    data, directory = b"", b""
    for name, packed, whole in entries:
        facts = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(whole), len(packed), len(whole), len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + facts + bytes(10) + struct.pack("<I", len(data)) + name
        data += b"PK\3\4" + facts + name + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(data), 0)
    return data + directory + b"PK\5\6" + end


def pack(data, level, strategy):
    stream = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return stream.compress(data) + stream.flush()


def values(kind, count, chance):
    """Noise, few different numbers, or the same one: streams of literals, of codes, of long copies."""
    if kind == "noise":
        return [chance.gauss(0, 1) for _ in range(count)]
    return [chance.choice([0.5, -1.25, 3.0, 1e-3][: 4 if kind == "few" else 1]) for _ in range(count)]


def main(binary, scratch):
    chance, path, out = random.Random(1), scratch + ".npz", scratch + ".safetensors"
    convert = [binary, "convert", "--weights", path, "--out", out]
    shapes = {"y.x": [SIZE, SIZE], "y.bias": [SIZE]}
    strategies = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]
    read = 0
    for kind in ("noise", "few", "same"):
        tensors = {name: values(kind, shape[0] * SIZE if len(shape) > 1 else SIZE, chance)
                   for name, shape in shapes.items()}
        arrays = {name: npy(shapes[name], values) for name, values in tensors.items()}
        for level, strategy in [(level, strategy) for level in (0, 1, 6, 9) for strategy in strategies]:
            entries = [(name.encode() + b".npy", pack(array, level, strategy), array) for name, array in arrays.items()]
            with open(path, "wb") as file:
                file.write(archive(entries))
            subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
            for name, tensor in safetensors.read(out)[0].items():
                form = f"<{len(tensors[name])}f"
                if tuple(tensor.values) != struct.unpack(form, struct.pack(form, *tensors[name])):
                    sys.exit(f"{kind}, level {level}, strategy {strategy}: '{name}' is another")
            read += 1
        os.remove(out)
        name, packed, whole = entries[0]
        for wrong in (packed[:-1], packed[: len(packed) // 2], packed + b"\0", b""):
            with open(path, "wb") as file:
                file.write(archive([(name, wrong, whole), entries[1]]))
            found = subprocess.run(convert, capture_output=True, text=True)
            if found.returncode != 1 or "'y.x.npy' is damaged" not in found.stderr or os.path.exists(out):
                sys.exit(f"{kind}, {len(wrong)} of {len(packed)} bytes: status {found.returncode}\n{found.stderr}")
    for level in (0, 9):
        with open(path, "wb") as file:
            file.write(archive([*entries, (b"none.npy", pack(b"", level, zlib.Z_DEFAULT_STRATEGY), b"")]))
        found = subprocess.run(convert, capture_output=True, text=True)
        if found.returncode != 1 or "none.npy: expected a NumPy file" not in found.stderr or os.path.exists(out):
            sys.exit(f"no bytes, level {level}: status {found.returncode}\n{found.stderr}")
    print(f"{read} archives read")


if __name__ == "__main__":
    main(*sys.argv[1:])
