# grad.py BINARY FOLDER: the loss and the carried states against the model in Python, gradients against differences of
# losses.
import random
import subprocess
import sys

import fake

binary, folder = sys.argv[1:]
SHAPES = {"e": [30, 6], "r": [6], "w": [30, 6], "b": [30]}
source = random.Random(3)


def size(shape):
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def grad(weights, arrays):
    fake.write_tensors(folder + "/w", {name: ("F64", SHAPES[name], weights[name]) for name in SHAPES})
    fake.write_tensors(folder + "/in", arrays)
    files = ["--weights", folder + "/w", "--in", folder + "/in", "--out", folder + "/out"]
    output = subprocess.run([binary, "grad", *files],
                            check=True, capture_output=True, text=True).stdout
    result = fake.read_tensors(folder + "/out")
    assert float(output.split()[1]) == result["loss"][1][0]
    return result


weights = {name: [source.gauss(0, 0.5) for _ in range(size(shape))] for name, shape in SHAPES.items()}
shape = [fake.BATCH, fake.WINDOW]
text = [[source.randrange(30) for _ in range(fake.WINDOW + 1)] for _ in range(fake.BATCH)]
flat = lambda rows: [token for row in rows for token in row]
state = [[source.gauss(0, 1) for _ in range(fake.HIDDEN)] for _ in range(fake.BATCH)]
arrays = {"text": ("U8", shape, flat(row[:-1] for row in text)), "next": ("I64", shape, flat(row[1:] for row in text)),
          "state.h": ("F64", [fake.BATCH, fake.HIDDEN], flat(state))}
result = grad(weights, arrays)
assert {name: result[name][0] for name in SHAPES} == SHAPES
assert result["loss"][0] == [] and result["state.h"][0] == [fake.BATCH, fake.HIDDEN]
assert set(result) == {"__metadata__", "loss", "e", "r", "w", "b", "state.h"}

model = fake.Fake(folder + "/w")
losses = []
for b in range(fake.BATCH):
    scored, last = model.losses(text[b][:-1], text[b][1:], state[b])
    losses += [loss for loss, _ in scored]
    assert all(abs(x - y) < 1e-12 for x, y in zip(last, result["state.h"][1][b * fake.HIDDEN:]))
assert abs(sum(losses) / len(losses) - result["loss"][1][0]) < 1e-12

# Targets that are the input ahead may be left out; the input then has one token more. The first window has zero states.
long = {"text": ("I32", [fake.BATCH, fake.WINDOW + 1], flat(text))}
first, zero = grad(weights, long), grad(weights, {**arrays, "state.h": ("F32", arrays["state.h"][1], [0.0] * 18)})
assert first["loss"] == zero["loss"] and first["r"] == zero["r"] and first["loss"] != result["loss"]

for name in SHAPES:
    i = max(range(size(SHAPES[name])), key=lambda k: abs(result[name][1][k]))
    sides = []
    for h in (1e-5, -1e-5):
        moved = {**weights, name: list(weights[name])}
        moved[name][i] += h
        sides.append(grad(moved, arrays)["loss"][1][0])
    numeric = (sides[0] - sides[1]) / 2e-5
    assert abs(numeric - result[name][1][i]) < 1e-8 * max(1, abs(numeric)), (name, numeric, result[name][1][i])
