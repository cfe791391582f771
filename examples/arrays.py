"""Writes the arrays that examples are trained on: safetensors files."""

import array
import json
import struct


def tokens(rows):
    """Rows of as many tokens below 256."""
    return "U8", [len(rows), len(rows[0])], b"".join(map(bytes, rows))


def reals(*shape, values):
    return "F32", list(shape), array.array("f", values).tobytes()


def write(path, tensors):
    """Tensors by name, each (dtype, shape, bytes); the path is a pathlib.Path."""
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
