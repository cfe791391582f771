# check_buffers.py FOLDER data: writes data for buffers.rondo. check_buffers.py FOLDER: checks what an update has given
# to the buffers of its models, from the weights that were there before.
import math
import random
import sys

import fake

folder = sys.argv[1]
random.seed(5)
LENGTHS = [5, 2, 0, 3]
x = [[random.uniform(-1, 1) for _ in range(3)] for _ in range(4)]
y = [random.uniform(-1, 1) for _ in range(4)]
sequences = [[[random.uniform(-1, 1) for _ in range(2)] for _ in range(5)] for _ in range(4)]


def flat(values):
    return [number for value in values for number in flat(value)] if isinstance(values, list) else [values]


def write_data():
    fake.write_tensors(folder + "/plain", {"x": ("F64", [4, 3], flat(x)), "y": ("F64", [4, 1], y)})
    for name, lengths in ("ragged", LENGTHS), ("none", [0] * 4):
        fake.write_tensors(f"{folder}/{name}", {"x": ("F64", [4, 5, 2], flat(sequences)), "y": ("F64", [4, 1], y),
                                                "length.T": ("I64", [4], lengths)})


    write_weights("plain-0", {"h.x": [4, 3], "h.bias": [4], "z.g": [1, 4], "z.bias": [1]},
                  {"m": [4], "calls": [], "still": []})
    write_weights("ragged-0", {"a.s.x": [2, 2], "a.s.h": [2, 2], "a.s.bias": [2], "z.last": [1, 2], "z.bias": [1]},
                  {"a.m": [2], "a.most": [], "count": [], "sequences": [], "spread": [2], "share": [2]})


def write_weights(name, parameters, buffers):
    drawn = {path: ("F64", shape, [random.uniform(-1, 1) for _ in range(math.prod(shape))])
             for path, shape in (parameters | buffers).items()}
    for path in "calls", "still":
        drawn |= {path: ("F64", [], [0.0 if path == "calls" else 2.0])} if path in buffers else {}
    fake.write_tensors(f"{folder}/{name}", drawn)


def near(a, b):
    a, b = flat(a), flat(b)
    assert len(a) == len(b) and all(abs(x - y) < 1e-12 for x, y in zip(a, b)), (a, b)


def weights(name):
    return {path: tensor[1] for path, tensor in fake.read_tensors(f"{folder}/{name}").items() if path != "__metadata__"}


def product(w, vector):
    width = len(vector)
    return [sum(w[width * i + j] * vector[j] for j in range(width)) for i in range(len(w) // width)]


def mean(vectors):
    return [sum(column) / len(vectors) for column in zip(*vectors)]


def check_plain():
    for before, after, calls in ("plain-0", "plain-1", 1), ("plain-1", "plain-2", 2):
        w, v = weights(before), weights(after)
        h = mean([[a + b for a, b in zip(product(w["h.x"], row), w["h.bias"])] for row in x])
        near(v["m"], [0.9 * m + 0.1 * now for m, now in zip(w["m"], h)])
        near(v["calls"], calls)
        near(v["still"], 2)
        assert v["h.x"] != w["h.x"]
    assert "m" not in weights("plain-grad") and "h.x" in weights("plain-grad")


def check_ragged():
    w, v = weights("ragged-0"), weights("ragged-1")
    h = [[0.0, 0.0] for _ in LENGTHS]
    nows, most, outputs = [], [], []
    for t in range(5):
        there = [row for row, length in enumerate(LENGTHS) if t < length]
        s = {row: [a + b + c for a, b, c in zip(product(w["a.s.x"], sequences[row][t]), product(w["a.s.h"], h[row]),
                                                w["a.s.bias"])] for row in there}
        now = mean(list(s.values()))
        for row in there:
            nows.append(now)
            most.append(max(max(value) for value in s.values()))
            h[row] = [math.tanh(a - b) for a, b in zip(s[row], now)]
            outputs.append(h[row])
    near(v["a.m"], [0.5 * m + 0.5 * now for m, now in zip(w["a.m"], mean(nows))])
    near(v["a.most"], sum(most) / len(most))
    near(v["count"], sum(LENGTHS))
    near(v["sequences"], 3)
    near(v["share"], mean(outputs))
    centre = mean(outputs)
    near(v["spread"], mean([[(a - b) ** 2 for a, b in zip(output, centre)] for output in outputs]))
    z = [sum(a * b for a, b in zip(w["z.last"], row)) + w["z.bias"][0] for row in h]
    near(weights("ragged-grad")["loss"], sum((a - b) ** 2 for a, b in zip(z, y)) / 4)
    # Where nothing is there the buffers of a scan stay as they are.
    v = weights("none-1")
    for path in "a.m", "a.most", "share":
        near(v[path], w[path])
    near(v["count"], 0)
    near(v["sequences"], 0)


def check_names():
    v = weights("names")
    near(v["steps"], 3)
    assert 4 * 4 <= v["count"][0] <= 4 * 7 and v["count"][0] % 1 == 0, v["count"]  # of lines with their ends
    assert all(mean != 0 for mean in v["n.mean"]) and all(0 < one != 1 for one in v["n.variance"]), v


if sys.argv[2:] == ["data"]:
    write_data()
else:
    check_plain()
    check_ragged()
    check_names()
