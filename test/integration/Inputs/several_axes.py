# several_axes.py FOLDER: writes the data of several-axes.rondo; several_axes.py FOLDER compare: checks the gradients.
import random
import sys

import fake

folder = sys.argv[1]


def pick(values, shape, order):
    """The elements of the array `values` of that shape with its dimensions in another order."""
    strides = [1] * len(shape)
    for d in reversed(range(len(shape) - 1)):
        strides[d] = strides[d + 1] * shape[d + 1]
    places = [0]
    for d in order:
        places = [place + i * strides[d] for place in places for i in range(shape[d])]
    return [values[place] for place in places]


if len(sys.argv) == 2:
    random.seed(5)
    rows, first, single = {}, {}, {}
    for name, features in ("x", 2), ("y", 4):
        shape = [2, 4, 3, features]
        values = [random.uniform(-1, 1) for _ in range(24 * features)]
        rows[name] = ("F64", shape, values)
        first[name] = ("F64", [2, 3, 4, features], pick(values, shape, [0, 2, 1, 3]))
        single[name] = ("F64", [6, 4, features], pick(values, shape, [0, 2, 1, 3]))
    fake.write_tensors(folder + "/rows", rows)
    fake.write_tensors(folder + "/first", first)
    fake.write_tensors(folder + "/single", single)
    fake.write_tensors(folder + "/picture", {
        "x": ("F32", [6, 4, 3, 2], [random.uniform(-1, 1) + i // 24 % 3 for i in range(144)]),
        "label": ("U8", [6], [i % 3 for i in range(6)])})
else:
    single = fake.read_tensors(folder + "/single-grad")
    for form in "rows", "first":
        rows = fake.read_tensors(folder + "/" + form + "-grad")
        assert sorted(rows) == sorted(single)
        for name in set(rows) - {"__metadata__"}:
            shape, values = rows[name]
            if name.startswith("state."):  # [B, N, H] beside [B N, H]
                assert shape == [2, 3, 5], shape
            for a, b in zip(values, single[name][1], strict=True):
                assert abs(a - b) < 1e-12, (form, name, a, b)
