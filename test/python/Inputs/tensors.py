# Files of safetensors, from and to arrays of NumPy.
import json
import struct

import numpy


def save(path, tensors):
    """A file of safetensors."""
    header, data = {}, b""
    for name, array in tensors.items():
        array = numpy.ascontiguousarray(array)
        kind = {"int32": "I32", "int64": "I64", "float32": "F32", "float64": "F64"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def load(path):
    """Its arrays by name."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    found = {}
    for name, value in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = value["data_offsets"]
            kind = {"I32": "<i4", "I64": "<i8", "F32": "<f4", "F64": "<f8"}[value["dtype"]]
            found[name] = numpy.frombuffer(data[8 + size + begin : 8 + size + end], kind).reshape(value["shape"])
    return found
