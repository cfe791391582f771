# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes safetensors files with nothing but Python's own library.

A tensor is a Tensor(dtype, shape, values): its type's name in the format ("F64", "I32", ...), a list of sizes,
and an array.array of the values, row-major.
"""

import array
import collections
import json
import math
import struct
import sys

Tensor = collections.namedtuple("Tensor", "dtype shape values")

_codes = {"F32": "f", "F64": "d", "I32": "i", "I64": "q", "U8": "B"}


def tensor(dtype, shape, values):
    """A tensor of the values, which may be any sequence of numbers; checks their count."""
    data = array.array(_codes[dtype], values)
    if len(data) != math.prod(shape):
        raise ValueError(f"{len(data)} values for the shape {shape}")
    return Tensor(dtype, list(shape), data)


def read(path):
    """The tensors of a file by name, and its metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = array.array(_codes[entry["dtype"]])
        values.frombytes(data[begin:end])
        if sys.byteorder == "big":
            values.byteswap()
        tensors[name] = tensor(entry["dtype"], entry["shape"], values)
    return tensors, metadata


def write(path, tensors, metadata=None):
    """Writes tensors by name, each on a multiple of eight bytes."""
    header = {"__metadata__": metadata} if metadata else {}
    blobs, offset = [], 0
    # The format allows no gaps: the widest types first keep every tensor aligned.
    for name in sorted(tensors, key=lambda name: (-tensors[name].values.itemsize, name)):
        value = tensors[name]
        values = array.array(value.values.typecode, value.values)
        if sys.byteorder == "big":
            values.byteswap()
        blob = values.tobytes()
        header[name] = {"dtype": value.dtype, "shape": value.shape, "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
