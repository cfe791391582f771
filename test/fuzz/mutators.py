# Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Mutated bytes, tensors, arrays and tables; `chance` is a random.Random, which makes the same mutation again."""

import io
import json
import re
import struct
import warnings
import zipfile

NUMBERS = [0, 1, -1, 2, 3, 5, 6, 7, 8, 30, 31, 255, 256, 2**31 - 1, 2**31, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64]
NUMBERS += [10**30, 0.5, 1e300, -0.0, True, None, "", "6", [], {}, [[]], "\ud800", "\x00"]
NAMES = """e r w b text next length.T x y state.h state.q loss __metadata__ rondo.alphabet rondo.steps
offsets train.offsets dtype shape data_offsets""".split()
TYPES = "F32 F64 F16 BF16 I32 I64 I8 U8 BOOL f32 F320".split()
NPY_TYPES = "<f4 <f8 <f2 <i4 <i8 |u1 |b1 >f4 <u1 <f16 |O |V8".split()
NPZ_NAMES = ["x.npy", "arr_0.npy", "x", ".npy", "data.pkl", "config.json", "../x.npy", "ä.npy", "a" * 300 + ".npy"]


def mutate_bytes(data, chance):
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(6)
        if what == 0:
            del data[at : at + chance.choice([1, 4, 8, 1000])]
        elif what == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice([1, 4, 8, 1000])))
        elif what == 2:
            data = data[:at]
        elif what == 3:
            data[at:at] = data[: chance.choice([1, 8, 100])]
        elif at < len(data):
            data[at] = chance.choice([0, 255, data[at] ^ (1 << chance.randrange(8)), chance.randrange(256)])
    return bytes(data)


def mutate_value(value, chance):
    """JSON of another value somewhere below this one."""
    if isinstance(value, (dict, list)) and value and chance.random() < 0.85:
        isObject = isinstance(value, dict)
        places = sorted(value) if isObject else range(len(value))
        at, other = chance.choice(places), chance.choice(places)
        what = chance.randrange(8)
        if what == 0:
            del value[at]
        elif what == 1 and isObject:
            value[chance.choice(NAMES)] = value[at]
        elif what == 1:
            value.insert(at, chance.choice(NUMBERS))
        elif what == 2:
            value[at] = value[other]
        else:
            value[at] = mutate_value(value[at], chance)
        return value
    if isinstance(value, int) and chance.random() < 0.4:
        return value + chance.choice([-8, -4, -1, 1, 4, 8])
    if isinstance(value, str) and chance.random() < 0.5:
        return chance.choice(TYPES + NAMES)
    return chance.choice(NUMBERS)


def mutate_tensors(data, chance):
    """A file of tensors with another header, or damaged as bytes."""
    (length,) = struct.unpack("<Q", data[:8])
    what = chance.randrange(10)
    if what < 2:
        return mutate_bytes(data, chance)
    header, values = data[8 : 8 + length], data[8 + length :]
    if what < 7:
        tree = json.loads(header)
        for _ in range(chance.choice([1, 1, 2, 3])):
            tree = mutate_value(tree, chance)
        header = json.dumps(tree, ensure_ascii=chance.random() < 0.8).encode("utf-8", "surrogatepass")
    elif what == 7:
        header = mutate_bytes(header, chance)
    elif what == 8:
        deep = chance.choice([10, 1000, 100000])
        header = header[:-1] + b',"deep":' + chance.choice([b"[", b'{"a":']) * deep
    else:
        values = mutate_bytes(values, chance)
    length = len(header)
    if chance.random() < 0.1:
        length = chance.choice([0, 1, length - 1, length + 1, 2**32, 2**63, 2**64 - 1, 2**64 - 8])
    return struct.pack("<Q", length) + header + values


def mutate_npy(data, chance):
    """A file of one array with another header, or damaged as bytes."""
    if chance.random() < 0.4:
        return mutate_bytes(data, chance)
    (length,) = struct.unpack("<H", data[8:10])
    header, values = data[10 : 10 + length].decode(), data[10 + length :]
    for _ in range(chance.choice([1, 1, 2])):
        what = chance.randrange(5)
        if what == 0:
            header = re.sub(r"[<|]\w\d", lambda found: chance.choice(NPY_TYPES), header, count=1)
        elif what == 1:
            header = header.replace("False", chance.choice(["True", "0", "None", "'False'"]))
        elif what == 2:
            sizes = ", ".join(str(chance.choice(NUMBERS)) for _ in range(chance.randrange(10)))
            form = chance.choice(["({}", "({},)", "({})", "{}"])
            header = re.sub(r"\(.*\)", lambda found: form.format(sizes), header)
        elif what == 3:
            header = mutate_bytes(header.encode("utf-8", "surrogatepass"), chance).decode(errors="replace")
        else:
            header += " " * chance.choice([1, 64, 65000])
    version = chance.choice([1, 1, 2, 3, 4, 0])
    text = header.encode("utf-8", "surrogatepass")[: 65000 if version == 1 else None]
    length = chance.choice([len(text)] * 9 + [0, len(text) + 1, 65535])
    size = struct.pack("<H" if version == 1 else "<I", length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + values


def mutate_npz(data, chance):
    """An archive with other entries, some of them compressed, another directory, or damaged as bytes."""
    if chance.random() < 0.2:
        return mutate_bytes(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    arrays = [array for _, array in entries]
    for _ in range(chance.choice([0, 1, 1, 2])):
        at = chance.randrange(len(entries))
        name, array = entries[at]
        what = chance.randrange(5)
        if what < 2:
            entries[at] = name, mutate_npy(chance.choice(arrays), chance)
        elif what == 2:
            entries[at] = chance.choice(NPZ_NAMES), array
        elif what == 3:
            entries.insert(at, chance.choice(entries))
        elif len(entries) > 1:
            del entries[at]
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as archive:
        warnings.simplefilter("ignore")  # names that are twice
        for name, array in entries:
            archive.writestr(name, array, chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    data = bytearray(made.getvalue())
    if chance.random() < 0.5:
        # A number of the directory, or a byte of it or of what it is about.
        begin = data.find(b"PK\1\2")
        size, offset = chance.choice([(2, 8), (2, 10), (4, 16), (4, 20), (4, 24), (2, 28), (2, 30), (4, 42)])
        if begin >= 0 and chance.random() < 0.6:
            number = chance.choice([0, 1, 8, 9, 2**16 - 1, 2**31, 2**32 - 1, chance.randrange(300)])
            data[begin + offset : begin + offset + size] = (number % 256**size).to_bytes(size, "little")
        else:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def mutate_table(data, chance):
    """A table with other fields and lines, or damaged as bytes."""
    if chance.random() < 0.4:
        return mutate_bytes(data, chance)
    rows = [line.split(",") for line in data.decode().splitlines()]
    for _ in range(chance.choice([1, 1, 3])):
        row = chance.choice(rows)
        what = chance.randrange(5)
        if what == 0 and row:
            row[chance.randrange(len(row))] = str(chance.choice(NUMBERS + ["nan", "a", '"1"', '"', '""', " 2 ", "-1"]))
        elif what == 1:
            row.append(str(chance.choice(NUMBERS)))
        elif what == 2 and row:
            del row[-1]
        elif what == 3:
            rows.insert(chance.randrange(len(rows) + 1), chance.choice([[], ["a", "b"], ["1"] * 1000, list(row)]))
        else:
            rows = [list(line) for line in rows] * 2
    return chance.choice(["\n", "\r\n", "\r"]).join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
