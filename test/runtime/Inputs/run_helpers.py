# What the tests of run share: calling it, and NumPy's files with the standard library only.
import ast
import struct
import subprocess

import fake

CODES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "|u1", "BOOL": "|b1"}
FORMATS = {**fake.FORMATS, "F16": "e", "BOOL": "B"}


def count(shape):
    product = 1
    for size in shape:
        product *= size
    return product


def flat(rows):
    return [value for row in rows for value in row]


def write_npy(path, dtype, shape, values, version=1, order="C"):
    """`values` are row-major; they are written in the order that is asked for."""
    if order == "F":
        values = [values[row_major(shape, i)] for i in range(len(values))]
    header = repr({"descr": CODES[dtype], "fortran_order": order == "F", "shape": tuple(shape)}).encode() + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)))
        file.write(header + struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values))


def row_major(shape, place):
    """The row-major place of the element that stands at `place` where the first index runs fastest."""
    index = []
    for size in shape:
        index.append(place % size)
        place //= size
    for size, i in zip(shape, index):
        place = place * size + i
    return place


def read_npy(path):
    """(shape, flat list of values)"""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\1\0"
    (length,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert (10 + length) % 64 == 0 and header["fortran_order"] is False
    dtype = {code: name for name, code in CODES.items()}[header["descr"]]
    values = struct.unpack(f"<{count(header['shape'])}{FORMATS[dtype]}", data[10 + length :])
    return list(header["shape"]), list(values)


def read_csv(path):
    with open(path) as file:
        return [[float(field) for field in line.split(",")] for line in file.read().splitlines()]


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def run(program, words, text=None):
    """Runs `program run`; returns what it prints."""
    done = subprocess.run([program, "run", *words.split()], capture_output=True, input=text)
    assert done.returncode == 0, (program, words, done.stderr.decode())
    return done.stdout.decode()
