# check_ragged.py RAGGED.RONDO FOLDER: programs of ragged.rondo on batches and on each of their sequences alone.
import math
import os
import random
import subprocess
import sys

import c_library
import fake

program, folder = sys.argv[1:]
LENGTHS, OF_S = [10, 10, 6, 2, 2, 1, 1, 0], [6, 3, 1, 0, 2, 6, 4, 5]
NAN = float("nan")
random.seed(5)


def run(command):
    found = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True)
    assert found.returncode == 0, (command, found.stdout, found.stderr)
    return found.stdout


def compile(model, name, more=""):
    run(f"rondoc {program} --model {model} -O1 --element=f64 --no-gradcheck {more} -o {name}")


def padded(lengths, room, features, draw):
    """[rows, room, features] with nothing behind each row's length."""
    return [draw() if t < length else NAN for length in lengths for t in range(room) for _ in range(features)]


def rows_of(tensor, rows):
    dtype, shape, values = tensor
    inner = math.prod(shape[1:])
    return dtype, [len(rows), *shape[1:]], [v for row in rows for v in values[row * inner : row * inner + inner]]


def near(found, expected, what):
    assert len(found) == len(expected), what
    for a, b in zip(found, expected):
        assert abs(a - b) < 1e-9, (what, a, b)


def number(text, word):
    return float(next(line for line in text.splitlines() if line.startswith(word)).split()[-1])


real = lambda: random.uniform(-1, 1)
token = lambda: random.randrange(4)


def check_rows(model, data, outputs):
    """The whole batch, whose programs has 8 rows, and each sequence alone."""
    compile(model, "batch")
    compile(model, "one", "-D rows=1")
    fake.write_tensors(f"{folder}/all", data)
    for row in range(len(LENGTHS)):
        fake.write_tensors(f"{folder}/row-{row}", {name: rows_of(tensor, [row]) for name, tensor in data.items()})
    run("./batch train --data all --split 0 --steps 3 --out w")
    run("./batch grad --in all --weights w --out all-grad")
    batch = fake.read_tensors(f"{folder}/all-grad")
    alone = []
    for row, length in enumerate(LENGTHS):
        run(f"./one grad --in row-{row} --weights w --out row-grad")
        alone.append(fake.read_tensors(f"{folder}/row-grad"))
        assert length or not any(v for name, t in alone[-1].items() if not name.startswith(("state.", "__"))
                                 for v in t[1]), "a sequence of no length has no loss and no gradient"
    for name in set(batch) - {"__metadata__"}:
        if not name.startswith("state."):
            near(batch[name][1], [sum(n * row[name][1][i] for n, row in zip(LENGTHS, alone)) / sum(LENGTHS)
                                  for i in range(len(batch[name][1]))], name)
    found = run("./batch eval --data all --weights w")
    assert number(found, "positions") == sum(LENGTHS)
    assert abs(number(found, "loss") - batch["loss"][1][0]) < 1e-8, (found, batch["loss"])

    # Outputs; files of run hold numbers throughout.
    filled = {name: (dtype, shape, [0 if v != v else v for v in values])
              for name, (dtype, shape, values) in data.items() if name != "y"}
    some = [row for row, length in enumerate(LENGTHS) if length]
    fake.write_tensors(f"{folder}/in", {name: rows_of(tensor, some) for name, tensor in filled.items()})
    run("./batch run --in in --weights w --out out.safetensors")
    whole = fake.read_tensors(f"{folder}/out.safetensors")
    for place, row in enumerate(some):
        length = LENGTHS[row]
        own = {name: rows_of(tensor, [row]) for name, tensor in filled.items() if name != "length.T"}
        own["x"] = ("F64", [1, length, 2], own["x"][2][: 2 * length])
        fake.write_tensors(f"{folder}/in", own)
        run("./one run --in in --weights w --out out.safetensors")
        for name in outputs:
            values = fake.read_tensors(f"{folder}/out.safetensors")[name][1]
            shape, all_values = whole[name]
            inner = math.prod(shape[1:])
            near(all_values[place * inner : place * inner + len(values)], values, (model, name, row))
    return whole


def check_windows():
    """Training on arrays, with nothing behind the lengths, and on the same sequences as frames is the same."""
    lengths = [9, 4, 1, 0, 7, 6, 3]
    x = [padded([n], n, 2, real) for n in lengths]
    y = [padded([n], n, 1, token) for n in lengths]
    fill = lambda parts, features, nothing: [
        v for part in parts for v in part + [nothing] * (12 * features - len(part))]
    fake.write_tensors(f"{folder}/arrays", {
        "x": ("F64", [7, 12, 2], fill(x, 2, NAN)), "y": ("I32", [7, 12], fill(y, 1, 99)),
        "length.T": ("I32", [7], lengths)})
    offsets = [sum(lengths[:i]) for i in range(8)]
    fake.write_tensors(f"{folder}/frames", {
        "x": ("F64", [offsets[-1], 2], sum(x, [])), "y": ("I32", [offsets[-1]], sum(y, [])),
        "offsets": ("I32", [8], offsets)})
    for more in "", "-D bptt=3", "-D bptt=1,5":
        compile("Forward", "arrays.out", more)
        compile("Frames", "frames.out", more)
        found = run("./arrays.out train --data arrays --split 0 --steps 30 --out a")
        assert "7 sequences" in found, found
        run("./frames.out train --data frames --split 0 --steps 30 --out b")
        a, b = fake.read_tensors(f"{folder}/a"), fake.read_tensors(f"{folder}/b")
        for name in set(a) - {"__metadata__"}:
            assert a[name] == b[name], name
        evals = [run(f"./{kind}.out eval --data {kind} --weights a") for kind in ("arrays", "frames")]
        assert evals[0] == evals[1] and number(evals[0], "positions") == sum(lengths), evals


def check_short_batches():
    """Where no sequence of a batch is longer than half of a window, a function for so many positions serves it."""
    lengths = [5, 4, 1, 0, 2, 5, 3, 2]
    x, y = padded(lengths, 5, 2, real), padded(lengths, 5, 1, real)
    fill = lambda values, n: [v for row in range(8) for v in values[5 * n * row : 5 * n * row + 5 * n] + [NAN] * 5 * n]
    ends = {"length.T": ("I32", [8], lengths)}
    fake.write_tensors(f"{folder}/five", {"x": ("F64", [8, 5, 2], x), "y": ("F64", [8, 5], y), **ends})
    fake.write_tensors(f"{folder}/ten", {"x": ("F64", [8, 10, 2], fill(x, 2)),
                                         "y": ("F64", [8, 10], fill(y, 1)), **ends})
    compile("Both", "ten.out")
    compile("Both", "five.out", "-D bptt=5")
    assert "train_short5_grad" in run("./ten.out info") and "train_short" not in run("./five.out info")
    for name in "five", "ten":
        run(f"./{name}.out train --data {name} --split 0 --steps 5 --out {name}-weights")
    a, b = (fake.read_tensors(f"{folder}/{name}-weights") for name in ("five", "ten"))
    for name in set(a) - {"__metadata__"}:
        near(a[name][1], b[name][1], name)
    # In a library, whose batches are the caller's, too.
    run("./ten.out grad --in ten --weights ten-weights --out ten-grad")
    whole = fake.read_tensors(f"{folder}/ten-grad")
    for name, values in library_gradients("ten").items():
        near(values, whole[name][1], name)


def library_gradients(name):
    """The loss and the gradients of the batch NAME."""
    compile("Both", name, "--emit=shared")
    library = c_library.Library(f"{folder}/lib{name}.so", f"{folder}/{name}-weights")
    assert b"train_short5_grad" in library.function("description", c_library.ctypes.c_char_p)()
    trainer = library.open("trainer", 1)
    data = fake.read_tensors(f"{folder}/{name}")
    inputs = c_library.arrays(c_library.block("d", data["x"][1]), c_library.block("d", data["y"][1]))
    lengths, loss = c_library.block("i", data["length.T"][1]), c_library.block("d", [0])
    library.call("trainer", trainer, "grad", 1, *c_library.sizes(0), lengths, inputs, loss)
    result = {"loss": c_library.read("d", loss, 1)}
    weights = fake.read_tensors(f"{folder}/{name}-weights")
    for path in weights.keys() - {"__metadata__"}:
        count = math.prod(weights[path][0])
        values = c_library.block("d", [0] * count)
        library.call("trainer", trainer, "gradient", path.encode(), values, *c_library.sizes(8 * count))
        result[path] = c_library.read("d", values, count)
    return result


os.makedirs(folder, exist_ok=True)
check_short_batches()
check_windows()
lengths = ("I32", [8], LENGTHS)
found = check_rows("Both", {"x": ("F64", [8, 10, 2], padded(LENGTHS, 10, 2, real)),
                            "y": ("F64", [8, 10], padded(LENGTHS, 10, 1, real)), "length.T": lengths},
                   ["guess", "whole", "places"])
# What is computed of positions alone varies over the rows, as their lengths do.
near(found["places"][1], [n * (n + 1) / 2 + n - 1 for n in LENGTHS if n], "places")
check_rows("Asks", {"w": ("F64", [8, 6, 2], padded(OF_S, 6, 2, real)),
                    "x": ("F64", [8, 10, 2], padded(LENGTHS, 10, 2, real)),
                    "y": ("F64", [8, 10], padded(LENGTHS, 10, 1, real)), "length.T": lengths,
                    "length.S": ("I64", [8], OF_S)}, ["guess"])
