# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes small files of weights for refused.test.

usage: make_weights.py OUT.safetensors NAME:SIZE,..[:TYPE[:VALUE]]..      all elements are VALUE (default 0.5)
       make_weights.py OUT.npz KIND NAME:SIZE,..                          what is wrong with it: KIND
"""

import math
import os
import struct
import sys
import zipfile

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "torch"))

import safetensors


def parse(word):
    name, shape, *rest = word.split(":")
    dtype = rest[0] if rest else "F32"
    value = float(rest[1]) if len(rest) > 1 else 0.5
    shape = [int(size) for size in shape.split(",") if size]
    count = math.prod(shape)
    return name, dtype, shape, [value if dtype[0] == "F" else int(value)] * count


def npy(shape, values):
    """The bytes of an array of <f4."""
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }" % "".join(f"{size}," for size in shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode() + struct.pack(f"<{len(values)}f", *values)


def write_npz(path, kind, words):
    method = zipfile.ZIP_DEFLATED if kind.startswith("compressed") else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        for word in words:
            name, _, shape, values = parse(word)
            name += ".txt" if kind == "no-array" else ".npy"
            archive.writestr("ä" + name if kind == "umlaut" else name, npy(shape, values))
            if kind == "twice":
                archive.writestr(name, npy(shape, values))
    with open(path, "rb") as file:
        data = bytearray(file.read())
    directory = data.rfind(b"PK\1\2")
    if kind == "truncated":
        del data[-40:]
    elif kind == "encrypted":
        data[directory + 8] |= 1
    elif kind == "far":  # an entry that begins behind the end
        data[directory + 42 : directory + 46] = struct.pack("<I", 1 << 30)
    elif kind == "bzip2":
        data[directory + 10] = 12
    elif kind == "compressed-flipped":
        data[30 + len(name) + 12] ^= 1
    elif kind == "compressed-bomb":  # many more bytes than those that are compressed can be
        data[directory + 24 : directory + 28] = struct.pack("<I", 1 << 30)
    elif kind == "compressed-longer":
        size = struct.unpack_from("<I", data, directory + 24)[0]
        data[directory + 24 : directory + 28] = struct.pack("<I", size + 1)
    elif kind == "zip64":
        data[directory + 42 : directory + 46] = b"\xff" * 4
    elif kind == "long":  # an entry that ends behind the end
        data[directory + 20 : directory + 28] = struct.pack("<II", 1 << 30, 1 << 30)
    elif kind == "flipped":
        data[data.find(b"PK\3\4", 1) - 1 if len(words) > 1 else directory - 1] ^= 1
    elif kind == "directory":
        data[directory] = 0
    elif kind == "beyond":  # a directory that begins behind itself
        data[-6:-2] = struct.pack("<I", 1 << 30)
    elif kind == "cut-name":
        data[directory + 28 : directory + 30] = b"\xff\xff"
    elif kind == "no-npy":
        at = data.find(b"\x93NUMPY")
        data[at] = 0
        struct.pack_into("<I", data, directory + 16, zipfile.crc32(data[at:directory]))
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    out, *rest = sys.argv[1:]
    if out.endswith(".npz"):
        write_npz(out, rest[0], rest[1:])
    else:
        tensors = {}
        for name, dtype, shape, values in map(parse, rest):
            tensors[name] = safetensors.tensor(dtype, shape, values)
        safetensors.write(out, tensors)
