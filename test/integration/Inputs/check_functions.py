# check_functions.py FOLDER: outputs of the models of functions.rondo beside Python's own functions.
import math
import random
import subprocess
import sys

import fake

folder = sys.argv[1]
values, counts, scaled, stopped, points = (
    f"{folder}/{name}" for name in ("values", "counts", "scaled", "stopped", "points")
)
random.seed(11)
rows, length = 3, 5


def reals(count):
    special = [0.0, -0.0, 1e-9, -1e-9, 0.5, -0.5, 30.0, -30.0]
    return [random.choice(special) if random.random() < 0.3 else random.uniform(-2, 2) for _ in range(count)]


x, y, many = reals(rows * length * 4), reals(rows * length * 4), reals(rows * length * 3 * 2)
kind, other = ([random.randrange(4) for _ in range(rows * length)] for _ in range(2))
fake.write_tensors(folder + "/in", {"x": ("F64", [rows, length, 4], x), "y": ("F64", [rows, length, 4], y),
                                    "many": ("F64", [rows, length, 3, 2], many), "kind": ("I32", [rows, length], kind),
                                    "other": ("I32", [rows, length], other)})
subprocess.run([values, "train", "--data", folder + "/in", "--split", "0", "--steps", "1", "--out", folder + "/w"],
               check=True, stdout=subprocess.DEVNULL)
subprocess.run([values, "run", "--in", folder + "/in", "--weights", folder + "/w",
                "--out", folder + "/out.safetensors"], check=True)
found = fake.read_tensors(folder + "/out.safetensors")


def sign(a):
    return (a > 0) - (a < 0)


def elu(a, alpha=1):
    return a if a > 0 else alpha * math.expm1(a)


def logsumexp(numbers):
    most = max(numbers)
    return most + math.log(sum(math.exp(a - most) for a in numbers))


elements = {
    "small": lambda a, b: math.expm1(a) + 10 * math.log1p(a * a), "whole": lambda a, b: math.floor(3 * a),
    "side": lambda a, b: sign(a), "angle": lambda a, b: math.atan2(b, a),
    "bent": lambda a, b: elu(a) + 100 * elu(a, 0.5), "within": lambda a, b: min(max(a, -0.5), b),
    "truth": lambda a, b: a < 0, "together": lambda a, b: logsumexp([100 * a, b, -80]),
}
expected = {name: [f(a, b) for a, b in zip(x, y)] for name, f in elements.items()}
features = [x[i : i + 4] for i in range(0, len(x), 4)]
others = [y[i : i + 4] for i in range(0, len(y), 4)]
expected["soft"] = [logsumexp([100 * a for a in row]) for row in features]
expected["picked"] = [a[k] - b[k] for a, b, k in zip(features, others, kind)]
expected["same"] = [(k == o) + 10 * (k != 2) + 100 * (k == (kind[p - 1] if p % length else 3))
                    for p, (k, o) in enumerate(zip(kind, other))]
expected["share"] = [sum(a > b for a, b in zip(*both)) / 4 + 4 for both in zip(features, others)]
expected["total"] = [sum(features[row * length + u][i] for u in range(t + 1))
                     for row in range(rows) for t in range(length) for i in range(4)]
places = [[many[(p * 3 + s) * 2 :][:2] for s in range(3)] for p in range(rows * length)]
expected["softer"] = [logsumexp([100 * place[s][i] for s in range(3)]) for place in places for i in range(2)]
expected["along"] = [sum(s * sum(place[u][i] for u in range(s + 1)) * place[s][i] for s in range(3) for i in range(2))
                     for place in places]
expected["count"] = [sum(max(pair) > 0 for pair in place) for place in places]
assert set(found) - {"__metadata__"} == set(expected), sorted(found)
for name, numbers in expected.items():
    result = found[name][1]
    assert len(result) == len(numbers), (name, found[name][0])
    for a, b in zip(result, numbers):
        assert abs(a - b) <= 1e-12 * max(1, abs(b)), (name, a, b)

# Whole, position by position and in parts: the same bytes.
def run_in_parts(program, inputs, output):
    fake.write_tensors(folder + "/steps", inputs)
    found = []
    for more in ["--stream", "1"], ["--stream", "4"], []:
        subprocess.run([program, "run", "--in", folder + "/steps", "--out", folder + "/out.safetensors", *more],
                       check=True)
        found.append(fake.read_tensors(folder + "/out.safetensors")[output])
    assert found[0] == found[1] == found[2]
    return found[0][1]


steps = [random.choice([-1.0, 0.0, 0.25, 2.0]) for _ in range(rows * 9 * 2)]
both = run_in_parts(counts, {"x": ("F64", [rows, 9, 2], steps)}, "both")
for row in range(rows):
    for i in range(2):
        once = twice = above = 0.0
        for t in range(9):
            value = steps[(row * 9 + t) * 2 + i]
            once, above = once + value, above + (value > 0)
            twice += once
            assert abs(both[(row * 9 + t) * 2 + i] - twice - above) < 1e-12
numbers = [random.uniform(-1, 1) for _ in range(40 * 2)]
run_in_parts(scaled, {"x": ("F64", [1, 40, 2], numbers), "still": ("F64", [1, 2], [1.37, 1.91])}, "scaled")

# The mean of w x over the positions, and not twice that.
fake.write_tensors(folder + "/x", {"x": ("F64", [rows, length, 4], x)})
subprocess.run([stopped, "grad", "--in", folder + "/x", "--weights", folder + "/w", "--out", folder + "/grad"],
               check=True, stdout=subprocess.DEVNULL)
w, gradient = (fake.read_tensors(folder + "/" + name)["w"][1] for name in ("w", "grad"))
for i in range(4):
    assert abs(gradient[i] - w[i] * sum(row[i] for row in features) / len(features)) < 1e-12, (i, gradient[i])

# Derivatives of elu, clamp with numbers, clamp with a parameter, atan2 and sign at their special points.
fake.write_tensors(folder + "/x", {"x": ("F64", [1, 1, 4], [0.0, 1.0, 2.0, -0.0])})
fake.write_tensors(folder + "/zero", {name: ("F64", [4], [0.0] * 4) for name in ("w", "low")})
subprocess.run([points, "grad", "--in", folder + "/x", "--weights", folder + "/zero", "--out", folder + "/grad"],
               check=True, stdout=subprocess.DEVNULL)
found = fake.read_tensors(folder + "/grad")
# atan2 has -x / (x^2 + y^2) of the second argument, 0 at the origin.
assert found["w"][1] == [3 + 10 + 100, 1 + 10 + 100 - 1000, 1 + 100 - 500, 3 + 10 + 100], found["w"]
assert found["low"][1] == [0.0] * 4, found["low"]
