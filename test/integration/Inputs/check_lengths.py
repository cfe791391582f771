# check_lengths.py FOLDER data: writes data for lengths.rondo. check_lengths.py FOLDER: checks what programs made of it.
import math
import random
import sys

import fake

folder = sys.argv[1]
LENGTHS = [8, 3, 0, 5]
random.seed(3)
tokens = [random.randrange(1, 16) for _ in range(32)]
targets = [random.randrange(16) for _ in range(32)]


def write(name, rows, window):
    """Those rows, cut off behind the window."""
    cut = lambda values: [values[8 * row + t] for row in rows for t in range(window)]
    fake.write_tensors(f"{folder}/{name}", {
        "text": ("I32", [len(rows), window], cut(tokens)), "next": ("I32", [len(rows), window], cut(targets)),
        "length.T": ("I64", [len(rows)], [LENGTHS[row] for row in rows])})


def write_data():
    write("all", [0, 1, 2, 3], 8)
    for row in range(4):
        write(f"row-{row}", [row], 8)
    write("short", [1], 3)
    # The logarithm of what stands in the padding is infinite.
    x = [random.uniform(-1, 1) for _ in range(40)]
    y = [random.uniform(0.5, 2) if i % 5 < (5, 2, 0, 1)[i // 5] else 0 for i in range(20)]
    fake.write_tensors(folder + "/log", {"x": ("F64", [4, 5, 2], x), "y": ("F64", [4, 5], y),
                                         "length.T": ("I32", [4], [5, 2, 0, 1])})
    fake.write_tensors(folder + "/log-weights", {"w": ("F64", [2], [0.5, -2])})
    none = {"x": ("F64", [4, 5, 2], x), "y": ("F64", [4, 5], y), "length.T": ("I32", [4], [0, 0, 0, 0])}
    fake.write_tensors(folder + "/none", none)
    for name, lengths in ("long", ("I32", [4], [5, 2, 6, 1])), ("half", ("F64", [4], [0.5] * 4)):
        fake.write_tensors(folder + "/" + name, none | {"length.T": lengths})
    fake.write_tensors(folder + "/lacking", {key: value for key, value in none.items() if key != "length.T"})


def write_arrays():
    reals = lambda *shape: ("F32", list(shape), [random.uniform(-1, 1) for _ in range(math.prod(shape))])
    fake.write_tensors(folder + "/arrays", {
        "x": reals(4, 5, 3), "z": reals(4, 5, 4, 2), "y": reals(4, 5, 3), "label": ("I32", [4], [0, 2, 1, 1]),
        "length.T": ("I32", [4], [5, 2, 0, 4]), "length.N": ("I64", [4], [4, 0, 3, 1])})


def near(a, b):
    assert len(a) == len(b) and all(abs(x - y) < 1e-12 for x, y in zip(a, b)), (a, b)


def check():
    """The loss of a batch is the mean over all valid positions, whatever stands behind them and around them."""
    read = lambda name: fake.read_tensors(f"{folder}/{name}-grad")
    batch, rows = read("all"), [read(f"row-{row}") for row in range(4)]
    for name in set(batch) - {"__metadata__"}:
        if name.startswith("state."):
            continue
        expected = [sum(n * row[name][1][i] for n, row in zip(LENGTHS, rows)) / sum(LENGTHS)
                    for i in range(len(batch[name][1]))]
        near(batch[name][1], expected)
        near(read("short")[name][1], rows[1][name][1])
        assert not any(rows[2][name][1]), "a sequence of no length has no loss and no gradient"

    data, log = fake.read_tensors(folder + "/log"), read("log")
    x, y, w = data["x"][1], data["y"][1], [0.5, -2]
    loss, slope = 0, [0, 0]
    places = [5 * row + t for row, n in enumerate([5, 2, 0, 1]) for t in range(n)]
    for i in places:
        difference = math.log(y[i]) - w[0] * x[2 * i] - w[1] * x[2 * i + 1]
        loss += (difference**2 + math.log(y[i]) / y[i]) / len(places)
        for k in range(2):
            slope[k] -= 2 * difference * x[2 * i + k] / len(places)
    near(log["loss"][1], [loss])
    near(log["w"][1], slope)
    none = read("none")
    assert none["loss"][1] == [0] and not any(none["w"][1])


if len(sys.argv) > 2:
    write_data()
    write_arrays()
else:
    check()
