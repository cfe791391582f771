"""The models of the tests, compiled, and the cell in NumPy."""
import json
import pathlib
import struct

import numpy
import rondo

PROGRAM = pathlib.Path(__file__).with_name("models.rondo")


def make(name, seed=1, **options):
    model = rondo.compile(PROGRAM, model=name, **options)
    model.init(seed)
    return model


def gated(x, parameters, prefix, h):
    """All outputs of the cell Gated, in double precision."""
    p = {path: numpy.asarray(parameters[f"{prefix}.{path}"], numpy.float64)
         for path in ("z.x", "z.h", "z.bias", "n.x", "n.h", "n.bias")}
    outputs = []
    for t in range(x.shape[1]):
        z = 1 / (1 + numpy.exp(-(x[:, t] @ p["z.x"].T + h @ p["z.h"].T + p["z.bias"])))
        n = numpy.tanh(x[:, t] @ p["n.x"].T + h @ p["n.h"].T + p["n.bias"])
        h = z * h + (1 - z) * n
        outputs.append(h)
    return numpy.stack(outputs, 1) if outputs else numpy.zeros((x.shape[0], 0, h.shape[1]))


def random(*shape, seed=0):
    return numpy.random.default_rng(seed).standard_normal(shape).astype(numpy.float32)


def write_safetensors(path, arrays):
    """Of arrays of float32, by their names."""
    header, data = {}, b""
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)
