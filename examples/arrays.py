"""The arrays that examples are trained on, and what they compute: safetensors files."""

import array
import json
import struct


def tokens(rows):
    """Rows of as many tokens below 256."""
    return "U8", [len(rows), len(rows[0])], b"".join(map(bytes, rows))


def reals(*shape, values):
    return "F32", list(shape), array.array("f", values).tobytes()


def numbers(tensor):
    """The elements of a tensor, of (dtype, shape, bytes)."""
    dtype, _, content = tensor
    return array.array({"F32": "f", "F64": "d", "U8": "B", "I32": "i", "I64": "q"}[dtype], content)


def read(path):
    """What `write` takes; the path is a pathlib.Path."""
    content = path.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, end = (begin + offset for offset in entry["data_offsets"])
        tensors[name] = entry["dtype"], entry["shape"], content[first:end]
    return tensors


def write(path, tensors):
    """Tensors by name, each (dtype, shape, bytes); the path is a pathlib.Path."""
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
